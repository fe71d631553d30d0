"""One file per kind of source: what its engine does differently."""
