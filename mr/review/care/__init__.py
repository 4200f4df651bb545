"""What keeps the review's data safe, and lets it go: backup, restore, checks, erasing."""
