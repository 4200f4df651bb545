"""Cases of a camera on the bus, in a process of their own like those of `realsense_worker`."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from mr.clock.host import SteppedClock
from mr.clock.ticks import TickClock
from mr.devices.realsense import CameraSettings, RealSenseSource, record_frames
from mr.errors import MrError
from mr.session.sensing import Reopenable
from mr.types import DepthFrame
from tests.devices.realsense_worker import calibration, describe, digest, made_frames, run_case

UNPLUGGED_NS = 1_000_000_000


def live(path: str) -> dict[str, Any]:
    """A camera on the bus: the SDK lists a loaded file beside what is plugged in."""
    import pyrealsense2 as rs

    small = CameraSettings(
        depth_width_px=320,
        depth_height_px=180,
        color_width_px=320,
        color_height_px=180,
        color_fps=30,
    )
    started_s = time.monotonic()
    out: dict[str, Any] = {"none": _refused(None, CameraSettings(), rs.context())}
    out["none_s"] = time.monotonic() - started_s
    context = rs.context()
    camera = context.load_device(path)  # listed as long as somebody holds it
    out["other"] = _refused("S2", small, context)
    out["size"] = _refused("S1", CameraSettings(), context)
    clock = SteppedClock()
    depth: list[Any] = []
    with RealSenseSource.live("S1", "c", small, clock, context) as source:
        deadline_s = time.monotonic() + 10
        while not depth and time.monotonic() < deadline_s:
            time.sleep(0.002)  # the SDK reads the file in a thread of its own
            clock.advance(1_000_000)
            depth += [s for s in source.poll() if isinstance(s, DepthFrame)]
        out |= describe(depth[:1], [], source)
        out["now_ns"] = clock()
        _run_out(source)
        clock.advance(6_000_000_000)
        out["silence"] = _polled(source)
    del camera
    out["made_sha"] = [digest([counts]) for _, counts, _ in made_frames()]
    return out


def reopened(path: str, other: str) -> dict[str, Any]:
    """Unplug a camera on the bus, put another in its place, then plug it in again."""
    import pyrealsense2 as rs

    small = CameraSettings(
        depth_width_px=320, depth_height_px=180, color_width_px=320, color_height_px=180
    )
    record_frames(
        Path(other), made_frames(2), calibration().model_copy(update={"serial": "S2"}), 60
    )
    context = rs.context()
    out: dict[str, Any] = {}
    source = RealSenseSource.live(None, "c", small, context=context)
    out["never open"] = _reopen(source)
    plugged = context.load_device(path)  # listed as long as somebody holds it
    clock = TickClock(1e6)
    with source:
        out["reopenable"] = [
            isinstance(device, Reopenable)
            for device in (source, RealSenseSource.file(Path(path), "c"))
        ]
        before = _some_samples(source, 20)
        del plugged
        context.unload_device(path)
        out["gone"] = _reopen(source)
        out["poll"] = _polled(source)
        source._context = _HalfBack()
        out["half back"] = _reopen(source)
        source._context = context
        plugged = context.load_device(other)
        out["other"] = _reopen(source)
        del plugged
        plugged = context.load_device(path)
        out["back"] = _reopen(source)
        after = _some_samples(source, 40)
        out["serial"] = source.info.serial
        late_ms: list[float] = []
        begin_ns = 0
        for part in (before, after):
            late_ms.clear()
            first = part[0].arrival
            for sample in part:
                # A file plays faster than time here; a clock wants time to pass.
                passed_ns = 1000 * (sample.arrival.device_ticks - first.device_ticks)
                paced = replace(sample.arrival, arrival_ns=begin_ns + passed_ns)
                clock.arrival(paced)
                if stamp := clock.stamp(paced.device_ticks):
                    late_ms.append((stamp.t_ns - paced.arrival_ns) / 1e6)
            begin_ns = paced.arrival_ns + UNPLUGGED_NS
        out["stamp_late_ms"] = late_ms[-1]
    del plugged
    for name in ("depth", "color"):
        seqs, ticks = (
            [
                [getattr(s.arrival, what) for s in part if s.arrival.stream == f"cam_c.{name}"]
                for part in (before, after)
            ]
            for what in ("seq", "device_ticks")
        )
        out[name] = {
            "gap": seqs[1][0] - seqs[0][-1],
            "jump_us": ticks[1][0] - ticks[0][-1],
            "span_us": ticks[1][-1] - ticks[1][0],
        }
    return out


class _HalfBack:
    """A bus on which a camera is just being enumerated."""

    def query_devices(self) -> Any:
        raise RuntimeError("failed to set power state")


def _run_out(source: RealSenseSource, quiet_s: float = 1.0, limit_s: float = 30.0) -> None:
    """Take what still comes of a file, depth and colour, until nothing has come for a time."""
    heard_s = started_s = time.monotonic()
    while time.monotonic() < min(heard_s + quiet_s, started_s + limit_s):
        time.sleep(0.05)
        if source.poll():
            heard_s = time.monotonic()


def _some_samples(source: RealSenseSource, n: int) -> list[Any]:
    samples: list[Any] = []
    deadline_s = time.monotonic() + 10
    while len(samples) < n and time.monotonic() < deadline_s:
        samples += source.poll()
        time.sleep(0.002)
    return samples


def _reopen(source: Any) -> str:
    try:
        source.reopen()
    except MrError as error:
        return f"{type(error).__name__}: {error}"
    return "no error"


def _polled(source: RealSenseSource) -> str:
    try:
        source.poll()
    except MrError as error:
        return f"{type(error).__name__}: {error}"
    return "no error"


def _refused(serial: str | None, settings: CameraSettings, context: Any) -> str:
    try:
        with RealSenseSource.live(serial, "c", settings, context=context):
            return "no error"
    except MrError as error:
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    run_case(globals())
