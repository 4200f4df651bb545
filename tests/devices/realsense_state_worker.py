"""Cases of what ails a camera, in a process of their own like those of `realsense_worker`."""

from __future__ import annotations

import time
from typing import Any

from mr.clock.host import SteppedClock, host_now_ns
from mr.config import CameraSettings
from mr.devices.realsense import RealSenseSource
from mr.devices.realsense.live_feed import QUEUE_FRAMES
from mr.errors import MrError
from mr.session.taking import TakenCamera
from mr.types import ColorFrame, DepthFrame
from tests.devices.realsense_bus import SMALL, Bus, flat, gray, until
from tests.devices.realsense_worker import run_case


def said(source: Any) -> list[str]:
    return [("remark: " if c.remark else "") + c.words for c in source.complaints()]


def rest(source: Any, n: int) -> list[Any]:
    """Give the `n` samples that are still under way."""
    samples: list[Any] = []
    until(lambda: samples.extend(source.poll()) or len(samples) >= n, f"{n} samples are missing")
    return samples


def options() -> dict[str, Any]:
    """A camera on USB 2 with old firmware, which takes one value, refuses one and lacks one."""
    import pyrealsense2 as rs

    bus = Bus()
    camera = bus.plug("S1")
    for key, text in (
        ("usb_type_descriptor", "2.1"),
        ("firmware_version", "5.12.7"),
        ("recommended_firmware_version", "5.16.0.1"),
    ):
        camera.device.register_info(getattr(rs.camera_info, key), text)
    sensor = camera.device.query_sensors()[0]
    # min, max, step, as it was
    for name, bounds in (
        ("exposure", (1, 33000, 1, 8500)),
        ("laser_power", (0, 360, 30, 150)),
        ("gain", (16, 248, 1, 16)),
    ):
        span = rs.option_range()
        span.min, span.max, span.step, span.default = map(float, bounds)
        camera._depth_sensor.add_option(getattr(rs.option, name), span, True)
    asked = {"laser_power_mw": 100.0, "gain": 32.0, "preset": "high-density"}
    want = CameraSettings(**SMALL.model_dump(exclude_unset=True), **asked)
    with RealSenseSource.live("S1", "a", want, context=bus) as source:
        out = {
            "details": source.info.details,
            "said": said(source),
            "exposure": sensor.get_option(rs.option.exposure),
            "gain": sensor.get_option(rs.option.gain),
            "kept": source.calibration().settings == want,
        }
    plain = Bus()
    plain.plug("S2")
    with RealSenseSource.virtual(plain.cameras["S2"].device, "b") as source:
        out["virtual"] = said(source)
    return out


def rates() -> dict[str, Any]:
    """Depth at 90 beside colour at 15, then depth alone; every frame that was pushed."""
    out: dict[str, Any] = {}
    for name, color in (("both", True), ("depth only", False)):
        bus, clock = Bus(), SteppedClock(1_000_000_000)
        camera = bus.plug("S1", fps=90, color_fps=15)
        want = SMALL.model_copy(update={"depth_fps": 90, "color_fps": 15, "color": color})
        with RealSenseSource.live("S1", "a", want, clock, bus) as source:
            samples: list[Any] = []
            for k in range(180):
                camera.push_depth(1 + k / 90, flat())
                if color and k % 6 == 0:
                    camera.push_color(1 + k / 90, gray())
                clock.advance(11_111_111)
                samples += source.poll()
            samples += rest(source, 180 + (30 if color else 0) - len(samples))
            out[name] = {
                "streams": [[s.name, s.rate_hz] for s in source.info.streams],
                "depth": [s.arrival.seq for s in samples if isinstance(s, DepthFrame)],
                "color": [s.arrival.seq for s in samples if isinstance(s, ColorFrame)],
                "said": [w for w in said(source) if not w.startswith("remark")],
            }
    return out


class Driven:
    """A live source on a stepped clock, one frame at a time."""

    def __init__(self, **settings: Any) -> None:
        self.bus, self.clock = Bus(), SteppedClock(1_000_000_000)
        self.camera = self.bus.plug("S1")
        want = SMALL.model_copy(update=settings)
        self.source = RealSenseSource.live("S1", "a", want, self.clock, self.bus)
        self.t_s = 10.0
        self.n_taken = 0

    def push(self, n: int, hz: float = 60.0, depth: bool = True, color: bool = False) -> None:
        """Deliver frames and poll after each; how many came is kept."""
        for _ in range(n):
            self.t_s += 1 / hz
            self.clock.advance(round(1e9 / hz))
            if depth:
                self.camera.push_depth(self.t_s, flat())
            if color:
                self.camera.push_color(self.t_s, gray())
            time.sleep(0.001)
            self.n_taken += len(self.source.poll())

    def settle(self) -> list[str]:
        """Take what is still under way; tell what the camera says, remarks left out."""
        quiet = 0
        while quiet < 20:
            time.sleep(0.01)
            n = len(self.source.poll())
            self.n_taken += n
            quiet = 0 if n else quiet + 1
        return [w for w in said(self.source) if not w.startswith("remark")]


def state() -> dict[str, Any]:
    """Low light, doubles and a jump of the clock, each of a healthy camera."""
    out: dict[str, Any] = {}
    for name in ("healthy", "low light", "half rate", "doubles", "jump"):
        driven = Driven(color=False)
        with driven.source:
            driven.push(150)
            if name == "low light":
                driven.camera.expose(33_000, automatic=True)
                driven.push(150, hz=30.0)
            elif name == "half rate":
                driven.push(150, hz=30.0)
            elif name == "doubles":
                for _ in range(5):
                    driven.camera.lose("depth", -1)
                    driven.push(1)
            elif name == "jump":
                driven.t_s += 50.0
                driven.push(60)
            out[name] = {"said": driven.settle(), "taken": driven.n_taken}
    return out


def stalls() -> dict[str, Any]:
    """Depth that stops while colour goes on, then the other way about."""
    out: dict[str, Any] = {}
    driven = Driven()
    with driven.source:
        driven.push(30, color=True)
        try:
            driven.push(90, depth=False, color=True)
            out["depth"] = "no error"
        except MrError as error:
            out["depth"] = f"{type(error).__name__}: {error}"
    driven = Driven()
    with driven.source:
        driven.push(60, color=True)
        driven.settle()
        driven.push(90)
        before = driven.n_taken
        out["colour"] = driven.settle()
        driven.push(30, color=True)
        driven.settle()
        out["after"] = driven.n_taken - before
    return out


def slow_rounds() -> dict[str, Any]:
    """A session's round that takes half a second, or three: with our worker and without."""
    bus = Bus()
    camera = bus.plug("S1")
    want = SMALL.model_copy(update={"color": False, "silence_s": 60.0})
    t_s = [1.0]

    def push(n: int) -> None:
        for _ in range(n):
            t_s[0] += 1 / 60
            camera.push_depth(t_s[0], flat())
            time.sleep(1 / 60)

    def taken(device: Any, newest: int) -> list[int]:
        seqs: list[int] = []
        until(
            lambda: seqs.extend(s.arrival.seq for s in device.poll()) or newest in seqs,
            f"frame {newest} does not come",
        )
        return seqs

    out: dict[str, Any] = {"queue": QUEUE_FRAMES}
    with TakenCamera(
        RealSenseSource.live("S1", "a", want, host_now_ns, bus), host_now_ns
    ) as device:
        push(10)
        first = taken(device, 10)[0]
        push(30)
        out["half"] = taken(device, 40)
        out["said after half"] = [w for w in said(device) if not w.startswith("remark")]
        push(180)
        out["three"] = taken(device, 220)
        out["said after three"] = [w for w in said(device) if not w.startswith("remark")]
        out["first"] = first
    camera = bus.plug("S1")
    t_s[0] = 1.0
    with RealSenseSource.live("S1", "a", want, host_now_ns, bus) as source:
        push(90)
        out["without"] = taken(source, 90)
    return out


if __name__ == "__main__":
    run_case(globals())
