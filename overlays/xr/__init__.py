"""The headset: OpenXR session and layers."""
