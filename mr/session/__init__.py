"""The live pipeline: the only place with threads and processes."""
