"""Each procedure as a rig's calibration uses it: its samples, its guide, what it changes."""
