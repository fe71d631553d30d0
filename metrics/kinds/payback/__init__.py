"""After how long a new customer has brought back what it cost."""
