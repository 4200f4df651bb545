"""What to say now: a policy with a memory, by rules in a table."""
