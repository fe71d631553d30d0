"""How far two judgements of the same things agree."""
