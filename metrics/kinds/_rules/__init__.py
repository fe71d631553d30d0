"""Rules about metrics of several kinds, alike or set beside each other."""
