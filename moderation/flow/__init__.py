"""What happens to a comment: accepted, checked, scored in batches, decided, undone, learned from.

The only package that calls the store and the classifier together.
"""
