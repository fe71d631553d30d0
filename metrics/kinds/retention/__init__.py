"""Which share of customers or revenue stays."""
