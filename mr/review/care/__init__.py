"""What keeps the data safe and no longer than it may be kept."""
