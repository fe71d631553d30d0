"""Which share of lost customers comes back."""
