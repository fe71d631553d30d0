"""Which share of entities several datasets know."""
