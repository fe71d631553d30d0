"""The expression language: its tree, its parser, and what is refused by name."""
