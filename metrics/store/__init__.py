"""The append-only store of observations, and all that lies in its database."""
