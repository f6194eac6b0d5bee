"""Evidence of AI that files carry, one kind a file."""
