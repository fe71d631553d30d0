"""What a new customer is worth."""
