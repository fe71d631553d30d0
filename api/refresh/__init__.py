"""When and how everything is computed anew."""
