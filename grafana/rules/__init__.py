"""Recording and alert rules for Prometheus, from the definitions."""
