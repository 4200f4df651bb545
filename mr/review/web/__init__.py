"""The review's web server: an API under `/api`, and the page that uses it."""
