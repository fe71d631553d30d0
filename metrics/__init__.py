"""What a metric is and how it is computed."""
