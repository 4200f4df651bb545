"""One module for each noun that the API knows."""
