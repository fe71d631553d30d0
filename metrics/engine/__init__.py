"""Many metrics become few scans, and their results outcomes; it knows of no store."""
