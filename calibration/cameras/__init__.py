"""The cameras: lenses, depth, places in the world."""
