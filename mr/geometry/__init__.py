"""Poses and camera models, thin over SciPy and OpenCV."""
