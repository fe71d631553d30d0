"""How far a metric is from another, or from itself in an earlier period."""
