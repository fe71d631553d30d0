"""What a change of definitions is: class by class, key by key, and who has to agree to it."""
