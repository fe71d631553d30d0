"""DuckDB: database files, CSV and Parquet."""
