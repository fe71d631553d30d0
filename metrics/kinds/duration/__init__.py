"""How long it takes from one event to another."""
