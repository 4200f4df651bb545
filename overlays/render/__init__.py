"""Renderers of a scene."""
