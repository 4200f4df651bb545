"""Live devices, recorded files and virtual devices, all as a Device."""
