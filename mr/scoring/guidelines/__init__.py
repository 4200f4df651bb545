"""Guideline profiles in TOML; every value with its source and standing."""
