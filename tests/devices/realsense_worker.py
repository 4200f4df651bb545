"""Cases that run the real camera SDK in a process of their own: a fault in it may abort.

Run as ``python -m tests.devices.realsense_worker CASE [ARGUMENT ...]`` in the repository;
prints one line of JSON.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from mr.clock.host import SteppedClock
from mr.devices.realsense import (
    RealSenseSource,
    VirtualCamera,
    record_frames,
    recorder,
)
from mr.devices.realsense.frames import intrinsics_of
from mr.errors import MrError
from mr.rig import CameraCalibration, Intrinsics, PoseEntry
from mr.types import DepthFrame, Device, EndOfStream, Pose

N_FRAMES = 70  # with colour, more than the recorder lets wait
SIZE = (180, 320)


def calibration(color: bool = True) -> CameraCalibration:
    """A small camera with a colour lens of its own."""
    turn = np.array([[1.0, 0.0, 0.0], [0.0, 0.6, -0.8], [0.0, 0.8, 0.6]])
    return CameraCalibration(
        serial="S1",
        model="D435",
        depth=Intrinsics(width_px=320, height_px=180, fx_px=210.5, fy_px=211, cx_px=161, cy_px=89),
        color=Intrinsics(
            width_px=320,
            height_px=180,
            fx_px=230,
            fy_px=231,
            cx_px=158,
            cy_px=92,
            distortion=(-0.05, 0.03, 0.001, -0.002, 0.0),
        )
        if color
        else None,
        color_from_depth=PoseEntry.of(Pose(turn, np.array([0.015, 0.001, -0.002])))
        if color
        else None,
        baseline_m=0.05,
        world_from_cam=PoseEntry.of(Pose.identity()),
    )


def made_frames(seed: int = 1) -> list[tuple[float, Any, Any]]:
    """Random pixels, the hardest thing to keep; colour on every second frame, views not copies."""
    rng = np.random.default_rng(seed)
    frames = []
    for k in range(N_FRAMES):
        wide = rng.integers(0, 65536, (SIZE[0], 2 * SIZE[1]), dtype=np.uint16)
        bgr = rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8)[:, ::-1] if k % 2 == 0 else None
        frames.append((k / 60, wide[:, ::2], bgr))  # not contiguous on purpose
    return frames


def digest(frames: list[Any]) -> str:
    """Hash pixels in order."""
    total = hashlib.sha256()
    for pixels in frames:
        total.update(np.ascontiguousarray(pixels).tobytes())
    return total.hexdigest()


def drain(source: RealSenseSource) -> tuple[list[Any], list[Any]]:
    """Read a file to its end."""
    depth: list[Any] = []
    color: list[Any] = []
    try:
        while True:
            for sample in source.poll():
                (depth if isinstance(sample, DepthFrame) else color).append(sample)
    except EndOfStream:
        return depth, color


def describe(depth: list[Any], color: list[Any], source: RealSenseSource) -> dict[str, Any]:
    """Tell what came out of a source."""
    return {
        "kind": source.info.kind,
        "model": source.info.model,
        "serial": source.info.serial,
        "streams": [s.name for s in source.info.streams],
        "rates_hz": [s.rate_hz for s in source.info.streams],
        "depth_seq": [f.arrival.seq for f in depth],
        "depth_ticks": [f.arrival.device_ticks for f in depth],
        "depth_arrival_ns": [f.arrival.arrival_ns for f in depth],
        "color_ticks": [f.arrival.device_ticks for f in color],
        "m_per_count": sorted({f.m_per_count for f in depth}),
        "depth_sha": digest([f.depth_counts for f in depth]),
        "color_sha": digest([f.bgr for f in color]),
        "owned": all(f.depth_counts.flags.owndata for f in depth),
    }


def play(path: str) -> dict[str, Any]:
    """Read a recording to its end."""
    with RealSenseSource.file(Path(path), "a") as source:
        assert isinstance(source, Device)
        out = describe(*drain(source), source)
        try:
            source.poll()
        except EndOfStream:
            out["ended_twice"] = True
        out["calibration"] = json.loads(source.calibration().model_dump_json())
    return out


def record(path: str) -> dict[str, Any]:
    """Write the made frames, then say what should come out."""
    frames = made_frames()
    counts = record_frames(Path(path), frames, calibration(), 60, color_fps=30)
    return {
        "counts": counts,
        "depth_sha": digest([d for _, d, _ in frames]),
        "color_sha": digest([c for _, _, c in frames if c is not None]),
        "ticks": [round(t * 1e6) for t, _, _ in frames],
        "calibration": json.loads(calibration().model_dump_json()),
    }


def refused_recordings(folder: str) -> dict[str, str]:
    """Try to record what cannot be recorded; tell the errors and what was left on the disk."""
    frames = made_frames()[:3]
    small = [(0.0, np.zeros((10, 10), np.uint16), None)]
    out = {}
    for name, ending, given, model in (
        ("size", ".db3", small, calibration()),
        ("empty", ".db3", [], calibration()),
        ("order", ".db3", frames[::-1], calibration()),
        ("ending", ".mp4", frames, calibration()),
        ("no_color", ".db3", frames, calibration(color=False)),
    ):
        try:
            record_frames(Path(folder) / (name + ending), given, model, 60)
            out[name] = "no error"
        except MrError as error:
            out[name] = f"{type(error).__name__}: {error}"
    out["left"] = " ".join(p.name for p in Path(folder).iterdir())
    return out


def interrupted_recordings(folder: str) -> dict[str, Any]:
    """Press Ctrl-C before each line that the writer runs; tell how each of them ended."""
    frames, ends = made_frames()[:2], []

    def record(line: int) -> int:
        lines = 0

        def each_line(frame: FrameType, event: str, arg: Any) -> Any:
            nonlocal lines
            if event == "line":
                lines += 1
                if lines == line:
                    raise KeyboardInterrupt
            return each_line

        def each_call(frame: FrameType, event: str, arg: Any) -> Any:
            return each_line if frame.f_code is recorder._write.__code__ else None

        sys.settrace(each_call)
        try:
            record_frames(Path(folder) / "a.db3", frames, calibration(), 60)
            ends.append("written")
        except KeyboardInterrupt:
            ends.append("interrupted")
        except RuntimeError as error:
            ends.append(str(error))
        finally:
            sys.settrace(None)
        return lines

    for line in range(1, 1 + record(0)):
        (Path(folder) / "a.db3").unlink(missing_ok=True)
        record(line)
    return {"ends": ends, "left": [p.name for p in Path(folder).iterdir()]}


def open_files(*paths: str) -> dict[str, str]:
    """Open and read files that are not what they should be."""
    out = {}
    for path in paths:
        try:
            with RealSenseSource.file(Path(path), "a") as source:
                depth, color = drain(source)
            out[path] = f"no error, {len(depth)} depth and {len(color)} colour frames"
        except MrError as error:
            out[path] = f"{type(error).__name__}: {error}"
    return out


def copied(path: str, out: str, serial: str, shift_s: str, part: str) -> dict[str, int]:
    """Write a part of a recording again, as another camera's with a clock of its own."""
    with RealSenseSource.file(Path(path), "a") as source:
        model = source.calibration().model_copy(update={"serial": serial})
        depth, color = drain(source)
    pictures = {f.arrival.device_ticks: f.bgr for f in color}
    kept = depth[: round(len(depth) * float(part))]
    frames = [
        (
            f.arrival.device_ticks / 1e6 + float(shift_s),
            f.depth_counts,
            pictures.get(f.arrival.device_ticks),
        )
        for f in kept
    ]
    return dict(record_frames(Path(out), frames, model, 60, color_fps=30))


def depth_only(path: str, out: str) -> dict[str, int]:
    """Write a recording's depth again, as a camera without colour would."""
    with RealSenseSource.file(Path(path), "a") as source:
        model = source.calibration().model_copy(update={"color": None, "color_from_depth": None})
        depth, _ = drain(source)
    frames = [(f.arrival.device_ticks / 1e6, f.depth_counts, None) for f in depth]
    return dict(record_frames(Path(out), frames, model, 60))


def _record_nothing(path: str) -> None:
    import pyrealsense2 as rs

    camera = VirtualCamera(calibration(), 60)
    recorder = rs.recorder(path, camera.device)
    sensors = recorder.query_sensors()
    queues = [rs.frame_queue(1) for _ in sensors]
    for sensor, queue in zip(sensors, queues, strict=True):
        sensor.open(sensor.get_stream_profiles())
        sensor.start(queue)
    for sensor in sensors:
        sensor.stop()
        sensor.close()


def empty_recording(path: str) -> dict[str, str]:
    """Make a recording without a single frame with the SDK, then open it."""
    _record_nothing(path)
    return open_files(path)


def virtual() -> dict[str, Any]:
    """Read a virtual camera while its clock runs over 2³² µs."""
    clock = SteppedClock(5_000_000_000)
    camera = VirtualCamera(calibration(), 60)
    frames = made_frames()
    depth: list[Any] = []
    color: list[Any] = []
    with RealSenseSource.virtual(camera.device, "b", clock) as source:
        before = len(source.poll())
        for t_s, counts, bgr in frames:
            shown_s = ((t_s + 4294.9) * 1e6) % 2**32 / 1e6
            camera.push_depth(shown_s, counts)
            if bgr is not None:
                camera.push_color(shown_s, bgr)
            clock.advance(16_666_667)
            deadline_s = time.monotonic() + 5
            want = len(depth) + len(color) + 1 + (bgr is not None)
            while len(depth) + len(color) < want and time.monotonic() < deadline_s:
                for sample in source.poll():
                    (depth if isinstance(sample, DepthFrame) else color).append(sample)
        out = describe(depth, color, source)
        out["before"] = before
        clock.advance(600_000_000_000)
        out["later"] = len(source.poll())
    out["expected_depth_sha"] = digest([d for _, d, _ in frames])
    out["expected_color_sha"] = digest([c for _, _, c in frames if c is not None])
    return out


class _Profile:
    """A stream profile that holds nothing but a lens."""

    def __init__(self, lens: Any) -> None:
        self._lens = lens

    def as_video_stream_profile(self) -> _Profile:
        return self

    def get_intrinsics(self) -> Any:
        return self._lens


def lenses() -> dict[str, Any]:
    """Read the SDK's lens models; compare where OpenCV and the SDK see the same rays."""
    import cv2
    import pyrealsense2 as rs

    out: dict[str, Any] = {}
    for name in ("brown_conrady", "inverse_brown_conrady", "modified_brown_conrady"):
        lens = rs.intrinsics()
        lens.width, lens.height, lens.fx, lens.fy = 848, 480, 610.0, 611.0
        lens.ppx, lens.ppy, lens.model = 420.0, 243.0, getattr(rs.distortion, name)
        lens.coeffs = [-0.055, 0.064, 0.0005, -0.0004, -0.02]
        pixels = np.array([[10.0, 10.0], [840.0, 470.0], [424.0, 20.0], [600.0, 300.0]])
        try:
            model = intrinsics_of(rs, _Profile(lens))
        except MrError as error:
            out[name] = f"{type(error).__name__}: {error}"
            continue
        rays = np.array([rs.rs2_deproject_pixel_to_point(lens, list(p), 1.0) for p in pixels])
        still = np.zeros(3)
        missed_px = [
            float(
                np.abs(
                    cv2.projectPoints(rays, still, still, model.matrix(), k)[0][:, 0] - pixels
                ).max()
            )
            for k in (np.array(model.distortion), np.zeros(5))
        ]
        out[name] = missed_px
    return out


def run_case(cases: dict[str, Any]) -> None:
    """Run the case that the command line names and print what it tells."""
    print(json.dumps(cases[sys.argv[1]](*sys.argv[2:])))


if __name__ == "__main__":
    run_case(globals())
