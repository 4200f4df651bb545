"""Recordings: write, read, recover, replay, import."""
