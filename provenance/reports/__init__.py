"""Ways to show a scan: for people and for machines."""
