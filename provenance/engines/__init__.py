"""How the work of a scan is spread: over threads where storage answers slowly, over processes."""
