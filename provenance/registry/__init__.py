"""What is remembered of bytes once seen, and of approvals."""
