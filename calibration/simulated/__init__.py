"""The simulated rig's calibration, by the procedures of a real one."""
