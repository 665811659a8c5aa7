"""Comments as they are kept: taken in, waiting for a verdict, read, decided, deleted."""
