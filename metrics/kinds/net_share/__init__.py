"""The share of positive rows less that of negative ones."""
