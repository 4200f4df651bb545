"""The mannequin: its sensors' curves, where it lies, its surface."""
