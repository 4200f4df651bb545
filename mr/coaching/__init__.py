"""What to say now, by rules in a table."""
