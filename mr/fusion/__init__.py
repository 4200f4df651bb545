"""Observations → one motion with a sigma."""
