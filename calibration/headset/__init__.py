"""The headset: where its frame lies in the rig's world."""
