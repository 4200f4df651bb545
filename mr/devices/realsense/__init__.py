"""Intel RealSense depth cameras: live, recorded and virtual through one class."""

from mr.config import CameraSettings
from mr.devices.realsense.recorder import record_frames
from mr.devices.realsense.sdk import CameraList, FoundCamera, list_cameras
from mr.devices.realsense.source import RealSenseSource
from mr.devices.realsense.virtual import VirtualCamera

__all__ = [
    "CameraList",
    "CameraSettings",
    "FoundCamera",
    "RealSenseSource",
    "VirtualCamera",
    "list_cameras",
    "record_frames",
]
