"""Writes a real camera recording through the SDK.

Takes frames as arrays with a camera's calibration, gives a file that the SDK, its viewer
and `RealSenseSource.file` play, every pixel kept; leaves making the frames to others.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mr.devices.realsense.feeds import count_frames
from mr.devices.realsense.frames import Kind
from mr.devices.realsense.sdk import load_sdk
from mr.devices.realsense.virtual import VirtualCamera
from mr.errors import RecordingError
from mr.rig import CameraCalibration
from mr.types import SourceKind

TimedFrame = tuple[float, npt.NDArray[np.uint16] | None, npt.NDArray[np.uint8] | None]
"""Seconds on the camera's clock, depth counts (H, W) and blue-green-red (H, W, 3), or None."""

_FLUSH_EVERY = 32
_FIRST_DB3_SDK = (2, 58)


def recording_suffix() -> str:
    """Tell which kind of file this SDK writes: ``.db3`` from 2.58 on, ``.bag`` before."""
    version = tuple(int(part) for part in str(load_sdk().__version__).split(".")[:2])
    return ".db3" if version >= _FIRST_DB3_SDK else ".bag"


def record_frames(
    path: Path,
    frames: Iterable[TimedFrame],
    calibration: CameraCalibration,
    fps: int,
    *,
    m_per_count: float = 0.0001,
    kind: SourceKind = "sim",
) -> dict[Kind, int]:
    """Write a recording and tell how many frames of each stream it holds.

    The file appears under its name only when it is whole.

    Raises
    ------
    RecordingError
        When the name's ending is not what this SDK writes, when no frame is given, when a
        frame's time runs backwards, or when the SDK lost one.
    DeviceError
        When a frame has another size than the calibration says.
    """
    rs = load_sdk()
    path = Path(path)
    if path.suffix != recording_suffix():
        raise RecordingError(
            f"{path}: SDK {rs.__version__} writes {recording_suffix()} files: "
            f"name it {path.with_suffix(recording_suffix()).name}"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.stem}.unfinished{path.suffix}")
    unfinished.unlink(missing_ok=True)
    try:
        pushed = _write(rs, unfinished, frames, VirtualCamera(calibration, fps, m_per_count, kind))
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
    """Push frames through the SDK's recorder; its queue is emptied now and then.

    The recorder drops frames when 800 MB wait to be written; pausing it empties its queue.
    """
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
            if n % _FLUSH_EVERY == 0:
                recorder.pause()
                recorder.resume()
    finally:
        for sensor in sensors:
            sensor.stop()
            sensor.close()
    return pushed


def _check_written(unfinished: Path, path: Path, pushed: dict[Kind, int]) -> None:
    if unfinished.suffix != ".db3":
        return  # older SDKs write no index that can be counted without playing it
    for kind, n in pushed.items():
        written = count_frames(unfinished, kind)
        if written != n:
            raise RecordingError(
                f"{path}: the SDK kept {written} of {n} {kind} frames: "
                "free memory and disk space, and record again"
            )
