"""A folder of YAML becomes a catalog, with every finding at its file, line and column."""
