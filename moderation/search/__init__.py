"""Searching comments: how words are told apart, what is asked, and the index on disk.

Knows comments and files, and neither the store nor the web.
"""
