"""What the definitions say, frozen, and the questions that they answer alone."""
