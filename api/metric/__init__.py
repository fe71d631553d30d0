"""What is shown of one metric beside its values."""
