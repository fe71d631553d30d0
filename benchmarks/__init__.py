"""Each file measures one promise against an equivalent."""
