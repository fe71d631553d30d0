"""Definitions of other programs as ours: what travels, and by name what does not."""
