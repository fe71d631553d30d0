"""How many times its usual number a topic comes up."""
