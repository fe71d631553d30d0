"""One file per kind of metric."""
