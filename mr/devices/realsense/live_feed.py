"""Frames of a device that runs now: a camera on the bus, or the SDK's software device.

Takes an SDK device and what it is asked for, gives `RawFrame`s in order; leaves naming,
unwrapping and the `Device` protocol to `mr.devices.realsense.source`.

Sensors are read one by one, each through its own queue: the SDK's common pipeline drops
depth frames that have no colour partner, and depth must not wait for a slower colour.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mr.clock.host import NowNs
from mr.config import CameraSettings
from mr.devices.realsense.frames import Kind, RawFrame, copy_frame, stream_kinds
from mr.devices.realsense.options import Written, write_options
from mr.errors import DeviceError

QUEUE_FRAMES = 64
"""The SDK keeps so many frames a stream and then drops the oldest: a second at 60 Hz."""


@dataclass(slots=True)
class _Running:
    """One sensor at work."""

    kind: Kind
    sensor: Any
    profile: Any
    queue: Any
    heard_ns: int
    """When a frame came last; also when it was last started."""

    def start(self) -> None:
        self.sensor.open(self.profile)
        self.sensor.start(self.queue)

    def stop(self) -> None:
        """Stop it; a camera that is already gone is no error now."""
        for step in (self.sensor.stop, self.sensor.close):
            with suppress(RuntimeError):
                step()


class LiveFeed:
    """The sensors of one device, each read through a queue of its own."""

    def __init__(self, rs: Any, device: Any, settings: CameraSettings | None, now: NowNs) -> None:
        self._rs = rs
        self._settings = settings
        self._now = now
        self._running: list[_Running] = []
        self.device = device
        self.kinds: tuple[Kind, ...] = ()
        self.profiles: dict[Kind, Any] = {}
        self.written: list[Written] = []
        """What became of the options that were asked for."""
        self.restarted: list[tuple[Kind, int]] = []
        """Which stream had stopped and was started again since this was last emptied, and when."""

    def open(self) -> None:
        """Choose profiles, set options, start the sensors; `DeviceError` when that fails."""
        try:
            for sensor in self.device.query_sensors():
                self._open_sensor(sensor)
        except DeviceError:
            self.close()
            raise
        except RuntimeError as error:
            self.close()
            raise DeviceError(
                f"the camera cannot be started ({error}): close other programs that use it, "
                "plug it into a USB 3 port, and try again"
            ) from error
        if "depth" not in self.profiles:
            self.close()
            raise DeviceError("the device has no depth stream: connect a depth camera")
        self.kinds = tuple(self.profiles)

    def _open_sensor(self, sensor: Any) -> None:
        chosen = self._choose(sensor)
        if chosen is None:
            return
        kind, profile = chosen
        if self._settings is not None:
            self.written += write_options(self._rs, sensor, kind, self._settings)
        queue = self._rs.frame_queue(QUEUE_FRAMES, keep_frames=True)
        running = _Running(kind, sensor, profile, queue, self._now())
        running.start()
        self._running.append(running)
        self.profiles[kind] = profile

    def _choose(self, sensor: Any) -> tuple[Kind, Any] | None:
        """Pick the profile asked for; of a virtual device, the one it has."""
        rs, want = self._rs, self._settings
        formats = {"depth": (rs.format.z16,), "color": (rs.format.bgr8, rs.format.rgb8)}
        offered = [p.as_video_stream_profile() for p in sensor.get_stream_profiles()]
        for kind, stream in stream_kinds(rs):
            fits = [p for p in offered if p.stream_type() == stream and p.format() in formats[kind]]
            if not fits or (kind == "color" and want is not None and not want.color):
                continue
            return kind, fits[0] if want is None else _matching(fits, kind, want)
        return None

    def read(self) -> list[RawFrame]:
        """Give what has come since the last call, in order of the camera's clock.

        Raises
        ------
        DeviceError
            When its depth has been silent for too long, or the SDK cannot read it.
        """
        frames: list[RawFrame] = []
        arrival_ns = self._now()
        try:
            for running in self._running:
                while frame := running.queue.poll_for_frame():
                    frames.append(copy_frame(self._rs, frame, arrival_ns))
                    running.heard_ns = arrival_ns
        except RuntimeError as error:
            raise DeviceError(
                f"the camera cannot be read ({error}): check its cable and plug it in again"
            ) from error
        if self._settings is not None:
            self._watch(arrival_ns, self._settings.silence_s)
        frames.sort(key=lambda f: (f.ticks_us, f.kind))
        return frames

    def _watch(self, now_ns: int, silence_s: float) -> None:
        """Give a silent camera up; start a silent colour sensor again, depth going on."""
        silent = [r for r in self._running if now_ns - r.heard_ns > silence_s * 1e9]
        if any(r.kind == "depth" for r in silent):
            whose = "camera has" if len(silent) == len(self._running) else "camera's depth has"
            raise DeviceError(
                f"the {whose} been silent for {silence_s:g} s: check its cable and plug it in again"
            )
        for running in silent:
            running.stop()
            with suppress(RuntimeError):  # it stays silent, which is told, and is tried again
                running.start()
            running.heard_ns = now_ns
            self.restarted.append((running.kind, now_ns))

    def close(self) -> None:
        """Stop the sensors."""
        for running in self._running:
            running.stop()
        self._running = []


def _matching(fits: list[Any], kind: Kind, want: CameraSettings) -> Any:
    asked = (want.color_width_px, want.color_height_px, want.color_fps)
    if kind == "depth":
        asked = (want.depth_width_px, want.depth_height_px, want.depth_fps)
    for profile in fits:
        if (profile.width(), profile.height(), profile.fps()) == asked:
            return profile
    has = sorted({(p.width(), p.height(), p.fps()) for p in fits})
    listed = ", ".join(f"{w}x{h}@{fps}" for w, h, fps in has)
    raise DeviceError(
        f"the camera has no {kind} at {asked[0]}x{asked[1]}@{asked[2]} on this port: "
        f"use USB 3, or one of {listed}"
    )
