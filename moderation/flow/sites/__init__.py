"""What an operator does with the installation and its sites."""
