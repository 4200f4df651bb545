"""The contract of a depth camera, run on each of ours, and on broken ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mr.cli.sources import SimSources
from mr.clock.host import SteppedClock
from mr.config import Mode
from mr.devices.depth_camera import Complaint
from mr.devices.realsense import RealSenseSource, record_frames
from mr.types import DepthFrame, EndOfStream
from tests.devices.depth_camera_contract import violations
from tests.devices.realsense_bus import SMALL, Bus, flat, gray
from tests.devices.realsense_worker import calibration, made_frames, run_case


def pushed(bus: Bus, clock: SteppedClock) -> Callable[[], None]:
    """Let the camera on the bus take the next frame."""
    n = [0]

    def go_on() -> None:
        n[0] += 1
        clock.advance(16_666_667)
        bus.cameras["S1"].push_depth(1 + n[0] / 60, flat())
        if n[0] % 2 == 0:
            bus.cameras["S1"].push_color(1 + n[0] / 60, gray())
        time.sleep(0.001)

    return go_on


def live(camera_class: Any = RealSenseSource) -> tuple[Any, Callable[[], None]]:
    bus, clock = Bus(), SteppedClock(1_000_000_000)
    bus.plug("S1")
    return camera_class.live("S1", "a", SMALL, clock, bus), pushed(bus, clock)


def virtual() -> tuple[Any, Callable[[], None]]:
    bus, clock = Bus(), SteppedClock(1_000_000_000)
    device = bus.plug("S1").device
    return RealSenseSource.virtual(device, "a", clock), pushed(bus, clock)


def contract(path: str) -> dict[str, list[str]]:
    """Tell what is wrong with each of our cameras."""
    record_frames(Path(path), made_frames()[:30], calibration(), 60, color_fps=30)
    stepped = SteppedClock()
    in_step = RealSenseSource.file(Path(path), "a", stepped)
    (simulated,) = SimSources("good", Mode.HANDS_ONLY, 2.0, 1, 15.0, 5.0, mannequin=False)(stepped)
    whole = 100  # more than the file holds: its end is looked at, too
    return {
        "live": violations(*live()),
        "virtual": violations(*virtual()),
        "file": violations(RealSenseSource.file(Path(path), "a"), lambda: None, frames=whole),
        "file in step": violations(in_step, lambda: stepped.advance(5_000_000), frames=whole),
        "simulated": violations(
            simulated, lambda: stepped.advance(5_000_000), simulated=True, frames=12
        ),
    }


class _Broken:
    """A camera that does one thing wrong."""

    def __init__(self, camera: Any, fault: str) -> None:
        self._camera, self._fault = camera, fault
        self._first: Any = None

    def __getattr__(self, name: str) -> Any:
        if name == "calibration" and self._fault == "no method":
            raise AttributeError(name)
        return getattr(self._camera, name)

    def __enter__(self) -> Any:
        self._camera.__enter__()
        return self

    def __exit__(self, *what: Any) -> None:
        self._camera.__exit__(*what)

    @property
    def info(self) -> Any:
        return self._camera.info

    def complaints(self) -> Any:
        strange = (Complaint("mannequin", "is cold"),)
        return strange if self._fault == "complaints" else self._camera.complaints()

    def poll(self) -> Any:
        if self._fault == "closed":
            try:
                return self._camera.poll()
            except EndOfStream:
                raise
            except Exception:  # noqa: BLE001 -- the fault itself
                return []
        return [self._bad(s) for s in self._camera.poll()]

    def _bad(self, sample: Any) -> Any:
        if not isinstance(sample, DepthFrame):
            return sample
        arrival, fault = sample.arrival, self._fault
        self._first = self._first or sample
        if fault == "numbers":
            return replace(sample, arrival=replace(arrival, seq=5))
        if fault == "clock":
            return replace(
                sample, arrival=replace(arrival, device_ticks=arrival.device_ticks % 50_000)
            )
        if fault == "arrival":
            return replace(sample, arrival=replace(arrival, arrival_ns=-arrival.arrival_ns))
        if fault == "metres":
            return replace(sample, depth_counts=sample.depth_counts.astype(np.float32))
        if fault == "unit":
            return replace(sample, m_per_count=0.1)
        if fault == "memory":
            return replace(sample, depth_counts=self._first.depth_counts)
        if fault == "size":
            return replace(sample, depth_counts=sample.depth_counts[:50].copy())
        return sample


FAULTS = {
    "numbers": "seq of cam_a.depth does not rise",
    "clock": "device_ticks of cam_a.depth does not rise",
    "arrival": "frames are not given in the order of their arrival",
    "metres": "depth is not (H, W) uint16",
    "unit": "the depth unit is not in m",
    "memory": "frames share memory: the driver writes over one that was given",
    "size": "frames have another size than its calibration",
    "closed": "it can be polled while it is closed",
    "complaints": "its complaints are not of its streams",
    "no method": "it is no DepthCamera: a method is missing",
}


def broken() -> dict[str, bool]:
    """Tell whether the contract finds each fault."""
    found = {}
    for fault, words in FAULTS.items():
        camera, go_on = live()
        wrong = violations(_Broken(camera, fault), go_on)
        found[fault] = any(words in w for w in wrong)
    return found


if __name__ == "__main__":
    run_case(globals())
