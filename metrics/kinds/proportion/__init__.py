"""Which share of rows or entities satisfies a condition."""
