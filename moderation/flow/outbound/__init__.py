"""What leaves this machine, and the guard that it passes."""
