"""One rule a file: what `check --data` finds in the rows themselves."""
