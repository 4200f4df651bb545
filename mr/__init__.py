"""MR-CPR: a mixed-reality trainer for CPR on a mannequin. Not a medical device."""

__version__ = "0.1.0"
