"""The mannequin's bytes: encode and decode, no port."""
