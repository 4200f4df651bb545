"""Pixels → observations: where the mannequin, the hands and the chest are."""
