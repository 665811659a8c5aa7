"""What other software kept of comments and of what people decided, row by row."""
