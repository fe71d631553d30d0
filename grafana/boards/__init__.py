"""One file a dashboard; each has `make`, which yields its dashboards."""
