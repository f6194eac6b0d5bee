"""Written approvals as signed statements: made, opened, trusted and verified."""
