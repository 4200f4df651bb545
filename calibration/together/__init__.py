"""What two devices saw of the same compressions."""
