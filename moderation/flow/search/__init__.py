"""Searching: the index that follows the store, and what is found by it."""
