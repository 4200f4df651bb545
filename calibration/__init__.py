"""The lab technician's procedures."""
