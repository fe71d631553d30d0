"""What definitions must hold beyond their shape: one rule a file, found by its name."""
