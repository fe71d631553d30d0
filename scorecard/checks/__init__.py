"""Rules on the scorecard and on who answers for what: one file a rule."""
