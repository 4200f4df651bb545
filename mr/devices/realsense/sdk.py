"""The camera SDK, imported late, and what is plugged in.

Takes nothing, gives the SDK's module (or a `DeviceError` that says how to get it) and the
list of connected cameras; leaves opening one to `mr.devices.realsense.source`.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from typing import Any

from mr.errors import DeviceError

INSTALL_HINT = "pip install 'mrcpr[realsense]'"
LIBRARIES_HINT = "apt-get install libusb-1.0-0 libudev1"


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """One camera as the SDK names it."""

    serial: str
    name: str
    firmware: str
    usb: str
    """The USB version it runs at; depth at 60 fps needs 3.x."""
    wanted_firmware: str = ""
    """What this SDK was tested with; empty when it does not say."""


@dataclass(frozen=True, slots=True)
class CameraList:
    """The connected cameras, or why they cannot be listed (`why` is empty otherwise)."""

    cameras: tuple[FoundCamera, ...]
    why: str = ""


def load_sdk() -> Any:
    """Import pyrealsense2.

    Raises
    ------
    DeviceError
        When it is not installed, or a system library it needs is absent.
    """
    try:
        return importlib.import_module("pyrealsense2")
    except ModuleNotFoundError as error:
        if sys.platform == "darwin":
            raise DeviceError(
                "the RealSense SDK (pyrealsense2) has no macOS wheel: "
                "use cameras on Linux or Windows; everything else works here"
            ) from error
        raise DeviceError(
            f"the RealSense SDK (pyrealsense2) is not installed: {INSTALL_HINT}"
        ) from error
    except ImportError as error:
        raise DeviceError(
            f"the RealSense SDK cannot be loaded ({error}): {LIBRARIES_HINT}"
        ) from error


def info_of(rs: Any, device: Any, key: str) -> str:
    """Tell one of a device's names (``serial_number``, ``name`` ...); empty when it has none."""
    item = getattr(rs.camera_info, key)
    return str(device.get_info(item)) if device.supports(item) else ""


def list_cameras() -> CameraList:
    """List the connected cameras without starting any; an absent SDK is a reason, no error."""
    try:
        rs = load_sdk()
    except DeviceError as error:
        return CameraList((), str(error))
    try:
        cameras = tuple(
            FoundCamera(
                serial=info_of(rs, device, "serial_number"),
                name=info_of(rs, device, "name"),
                firmware=info_of(rs, device, "firmware_version"),
                usb=info_of(rs, device, "usb_type_descriptor"),
                wanted_firmware=info_of(rs, device, "recommended_firmware_version"),
            )
            for device in rs.context().query_devices()
        )
    except RuntimeError as error:  # a camera that another program holds, or no permission
        return CameraList((), f"the SDK cannot look at the USB bus ({error}): check udev rules")
    return CameraList(cameras, "" if cameras else "no RealSense camera is connected")
