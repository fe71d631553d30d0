"""A project folder as a server sees it: definitions, store, and the commit that they come from."""
