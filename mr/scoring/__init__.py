"""Guideline profiles, the score and its explanation."""
