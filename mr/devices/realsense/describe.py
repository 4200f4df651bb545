"""Who a camera is, what it was told and what of that did not take, and its calibration.

Takes an open feed, gives `DeviceInfo`, lasting `Complaint`s and `CameraCalibration`;
leaves frames to `mr.devices.realsense.source`.
"""

from __future__ import annotations

from typing import Any

from mr.config import CameraSettings
from mr.devices.depth_camera import Complaint
from mr.devices.realsense.file_feed import FileFeed
from mr.devices.realsense.frames import TICKS_PER_S, color_from_depth_of, intrinsics_of
from mr.devices.realsense.live_feed import LiveFeed
from mr.devices.realsense.sdk import info_of
from mr.errors import CalibrationError
from mr.rig import CameraCalibration, PoseEntry
from mr.types import DeviceInfo, Pose, SourceKind, StreamInfo

SIMULATED_NAME = "Simulated "
"""How the name of a camera begins in a recording whose pixels are not real."""


def describe(rs: Any, feed: LiveFeed | FileFeed, camera_id: str, kind: SourceKind) -> DeviceInfo:
    """Tell who a camera is; `kind` is what its source believes."""
    name = info_of(rs, feed.device, "name")
    if kind == "replay" and name.startswith(SIMULATED_NAME):
        kind = "sim"  # simulated pixels stay simulated in a file
    details = {}
    unit_m = _depth_option(rs, feed, "depth_units")
    if unit_m is not None:
        details["m_per_count"] = f"{unit_m:.7g}"
    if isinstance(feed, FileFeed):
        details["file"] = feed.path.name
    else:
        details |= {written.name: written.words for written in feed.written}
        if usb := info_of(rs, feed.device, "usb_type_descriptor"):
            details["usb"] = usb
    return DeviceInfo(
        kind=kind,
        maker="Intel RealSense",
        model=name,
        serial=info_of(rs, feed.device, "serial_number"),
        firmware=info_of(rs, feed.device, "firmware_version"),
        streams=tuple(
            StreamInfo(f"cam_{camera_id}.{which}", float(feed.profiles[which].fps()), TICKS_PER_S)
            for which in sorted(feed.kinds, reverse=True)
        ),
        details=details,
    )


def lasting_complaints(rs: Any, feed: LiveFeed | FileFeed, camera_id: str) -> list[Complaint]:
    """Say what is wrong with a running camera from the start; a file is as it is.

    A sensor may lack what is usually asked for; that is told by `describe` alone.
    """
    if isinstance(feed, FileFeed):
        return []
    depth = f"cam_{camera_id}.depth"
    said = [
        Complaint(f"cam_{camera_id}.{w.kind}", f"{w.name}: {w.words}")
        for w in feed.written
        if not w.took and (w.got is not None or w.by_name)
    ]
    usb = info_of(rs, feed.device, "usb_type_descriptor")
    if usb.startswith("2"):
        said.append(Complaint(depth, f"runs on USB {usb}: use a USB 3 port and cable"))
    firmware = info_of(rs, feed.device, "firmware_version")
    wanted = info_of(rs, feed.device, "recommended_firmware_version")
    if firmware and wanted and firmware != wanted:
        words = f"firmware {firmware}, not {wanted} as this SDK wants it"
        said.append(Complaint(depth, words, remark=True))
    return said


def calibration_of(
    rs: Any,
    feed: LiveFeed | FileFeed,
    info: DeviceInfo,
    settings: CameraSettings | None,
    world_from_cam: Pose | None,
) -> CameraCalibration:
    """Give the factory calibration that the SDK reports (`CalibrationError` when it has none)."""
    baseline_mm = _depth_option(rs, feed, "stereo_baseline")
    if "depth" not in feed.profiles or not baseline_mm:
        raise CalibrationError(
            f"camera {info.serial or info.model} tells no depth model or stereo baseline: "
            "use a stereo depth camera, or write its calibration into the rig file"
        )
    depth, color = feed.profiles["depth"], feed.profiles.get("color")
    return CameraCalibration(
        serial=info.serial,
        model=info.model,
        depth=intrinsics_of(rs, depth),
        color=None if color is None else intrinsics_of(rs, color),
        color_from_depth=None if color is None else color_from_depth_of(depth, color),
        baseline_m=abs(baseline_mm) / 1000.0,
        world_from_cam=PoseEntry.of(world_from_cam or Pose.identity()),
        settings=settings,
    )


def _depth_option(rs: Any, feed: LiveFeed | FileFeed, name: str) -> float | None:
    option = getattr(rs.option, name)
    for sensor in feed.device.query_sensors():
        if sensor.supports(option):
            return float(f"{sensor.get_option(option):.7g}")
    return None
