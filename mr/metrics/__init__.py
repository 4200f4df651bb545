"""Motion → compressions, ventilations, pauses."""
