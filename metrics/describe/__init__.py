"""A metric in names, units and words."""
