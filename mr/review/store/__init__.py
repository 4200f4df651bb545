"""What the review keeps: tables, the database they are in, and the audit chain."""
