"""The technician's page: a rig's calibration in a browser on the same machine."""
