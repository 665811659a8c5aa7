"""Winnow's service: the part that sites and moderators talk to."""

__version__ = "0.1.0"
