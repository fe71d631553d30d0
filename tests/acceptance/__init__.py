"""Whole projects over real data."""
