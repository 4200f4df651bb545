"""Device ticks → host monotonic time, with its uncertainty."""
