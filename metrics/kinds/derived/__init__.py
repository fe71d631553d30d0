"""A formula over other metrics."""
