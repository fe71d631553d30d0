"""How many of a stage's entities reach a later one."""
