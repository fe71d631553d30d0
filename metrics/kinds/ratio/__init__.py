"""One measure divided by another."""
