"""Made-up comments for trials and figures."""
