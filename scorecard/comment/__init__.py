"""The comment on a change of definitions: what it does, in words that the departments read."""
