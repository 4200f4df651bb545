"""What an instructor sees: the analysis, the report."""
