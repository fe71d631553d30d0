"""Version 1 of the HTTP API: one blueprint a module."""
