"""Writes a real camera recording through the SDK.

Takes frames as arrays with a camera's calibration, gives a file that the SDK, its viewer
and `RealSenseSource.file` play, every pixel kept; leaves making the frames to others.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mr.devices.realsense.file_feed import count_frames
from mr.devices.realsense.frames import KINDS, Kind
from mr.devices.realsense.sdk import load_sdk
from mr.devices.realsense.virtual import VirtualCamera
from mr.errors import RecordingError
from mr.rig import CameraCalibration
from mr.types import SourceKind

TimedFrame = tuple[float, npt.NDArray[np.uint16] | None, npt.NDArray[np.uint8] | None]
"""Seconds on the camera's clock, depth counts (H, W) and blue-green-red (H, W, 3), or None."""

SUFFIX = ".db3"
_FIRST_SDK = (2, 58)
_CHECK_EVERY = 16
_MAX_WAITING = 64
"""Frames that may wait to be written: 80 MB, a tenth of where the SDK starts to drop."""
_STUCK_S = 30.0


def recording_suffix() -> str:
    """Tell how a recording's name must end.

    Raises
    ------
    RecordingError
        When this SDK is too old: before 2.58 it wrote another kind of file.
    """
    version = str(load_sdk().__version__)
    if tuple(int(part) for part in version.split(".")[:2]) < _FIRST_SDK:
        raise RecordingError(
            f"the RealSense SDK {version} is too old to record with: "
            "pip install -U 'pyrealsense2>=2.58'"
        )
    return SUFFIX


def record_frames(
    path: Path,
    frames: Iterable[TimedFrame],
    calibration: CameraCalibration,
    fps: int,
    *,
    m_per_count: float = 0.0001,
    kind: SourceKind = "sim",
    color_fps: int | None = None,
) -> dict[Kind, int]:
    """Write a recording and tell how many frames of each stream it holds.

    `fps` and `color_fps` (the same if not given) are the nominal rates that the file tells;
    frames are timed by their own seconds. The file appears under its name only when it is whole.

    Raises
    ------
    RecordingError
        When the SDK is too old or the name does not end in ``.db3``, when no frame is
        given, when a frame's time runs backwards, or when the SDK lost one.
    DeviceError
        When a frame has another size than the calibration says.
    """
    rs = load_sdk()
    path = Path(path)
    if path.suffix != recording_suffix():
        raise RecordingError(
            f"{path}: the SDK writes {SUFFIX} files: name it {path.with_suffix(SUFFIX).name}"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.stem}.unfinished{path.suffix}")
    unfinished.unlink(missing_ok=True)
    try:
        camera = VirtualCamera(calibration, fps, m_per_count, kind, color_fps)
        pushed = _write(rs, unfinished, frames, camera)
        if not any(pushed.values()):
            raise RecordingError(f"{path}: no frame to record: give at least one")
        _check_written(unfinished, path, pushed)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return pushed


def _write(
    rs: Any, path: Path, frames: Iterable[TimedFrame], camera: VirtualCamera
) -> dict[Kind, int]:
    """Push frames through the SDK's recorder, no faster than it writes."""
    pushed: dict[Kind, int] = {"depth": 0, "color": 0}
    recorder = rs.recorder(str(path), camera.device)
    sensors = recorder.query_sensors()
    queues = [rs.frame_queue(1) for _ in sensors]  # takes frames in and lets them go
    try:
        for sensor, queue in zip(sensors, queues, strict=True):
            sensor.open(sensor.get_stream_profiles())
            sensor.start(queue)
        last_s = -1.0
        for n, (t_s, depth_counts, bgr) in enumerate(frames, start=1):
            if t_s <= last_s:
                raise RecordingError(
                    f"{path.name}: frame {n} at {t_s} s is not after {last_s} s: sort the frames"
                )
            last_s = t_s
            if depth_counts is not None:
                camera.push_depth(t_s, depth_counts)
                pushed["depth"] += 1
            if bgr is not None:
                camera.push_color(t_s, bgr)
                pushed["color"] += 1
            if n % _CHECK_EVERY == 0:
                _wait_for_writer(path, sum(pushed.values()) - _MAX_WAITING)
    finally:
        for sensor in sensors:
            # Ctrl-C may have come before it started; what is lacking in the file is told later.
            for stop in (sensor.stop, sensor.close):
                with suppress(RuntimeError):
                    stop()
    return pushed


def _wait_for_writer(path: Path, wanted: int) -> None:
    """Wait until so many frames are in the file: the SDK drops what waits for too long.

    Its own pause would empty the queue too, but frames after it get earlier times in the
    file than those before and come out in another order.
    """
    best, deadline_s = -1, time.monotonic() + _STUCK_S
    while time.monotonic() < deadline_s:
        written = _written_so_far(path)
        if written is not None and written >= wanted:
            return
        if written is not None and written > best:
            best, deadline_s = written, time.monotonic() + _STUCK_S
        time.sleep(0.005)
    raise RecordingError(f"{path.name}: nothing was written for {_STUCK_S:g} s: is the disk full?")


def _written_so_far(path: Path) -> int | None:
    """Count frames while the SDK writes, taking no lock; None when caught in mid-write."""
    try:
        return sum(count_frames(path, kind, being_written=True) for kind in KINDS)
    except RecordingError:
        return None


def _check_written(unfinished: Path, path: Path, pushed: dict[Kind, int]) -> None:
    for kind, n in pushed.items():
        written = count_frames(unfinished, kind)
        if written != n:
            raise RecordingError(
                f"{path}: the SDK kept {written} of {n} {kind} frames: "
                "free memory and disk space, and record again"
            )
