"""Intel RealSense depth cameras: live, recorded and virtual through one class."""
