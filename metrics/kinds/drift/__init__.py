"""How far a mix of values has moved from what is expected."""
