"""What `scorecard init` writes: a small project, and starters for systems whose tables a loader lands."""
