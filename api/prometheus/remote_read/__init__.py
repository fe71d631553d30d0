"""Prometheus' remote read: a Prometheus server evaluates PromQL over the whole, restated history."""
