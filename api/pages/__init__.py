"""The pages that people read: Jinja templates and charts drawn on the server."""
