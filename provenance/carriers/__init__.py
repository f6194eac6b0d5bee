"""Ways to say the tag inside or beside a file."""
