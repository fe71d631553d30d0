"""What one can do with a catalog, its sources and the store."""
