"""The scorecard that the departments share: its definitions, scores and report."""
