"""A synthetic rig whose truth is known."""
