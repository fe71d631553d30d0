"""What a change of a value means, and what it comes from."""
