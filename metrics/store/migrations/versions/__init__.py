"""One module a change of the tables, named after its revision."""
