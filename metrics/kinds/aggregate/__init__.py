"""A count, sum or other measure of rows."""
