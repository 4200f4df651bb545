"""MR-CPR: a mixed-reality trainer for CPR on a mannequin. Not a medical device."""

__version__ = "0.1.0"

DISCLAIMER = "For training on mannequins only. Not a medical device; never for use on patients."
"""Said where a session starts, in every report and in the README."""
