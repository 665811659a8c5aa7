"""The way of a comment: accepted, checked, scored in batches, read, and gone in the end."""
