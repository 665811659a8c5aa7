"""People who write: what is held of one, found, put out and erased; what a site promises them."""
