"""What Prometheus is told: live series, a history that stays right, and backfill files."""
