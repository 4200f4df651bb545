"""One depth camera as a device: live, recorded or virtual.

Takes a serial number, a file or an SDK software device, gives `DepthFrame`s and
`ColorFrame`s with the camera's own ticks, and the camera's factory calibration; leaves
capture times to `mr.clock` and the camera's place in the world to `calibration`.

Depth runs beside colour, never behind it: each stream comes at its own rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt

from mr.clock.host import NowNs, host_now_ns
from mr.config import CameraSettings
from mr.devices.depth_camera import Complaint
from mr.devices.realsense.describe import calibration_of, describe, lasting_complaints
from mr.devices.realsense.file_feed import FileFeed
from mr.devices.realsense.frames import RawFrame
from mr.devices.realsense.in_step import InStep
from mr.devices.realsense.live_feed import LiveFeed
from mr.devices.realsense.sdk import info_of, load_sdk
from mr.devices.realsense.sequence import FrameSequence
from mr.errors import DeviceError
from mr.rig import CameraCalibration
from mr.types import (
    Arrival,
    ColorFrame,
    DepthFrame,
    DeviceInfo,
    EndOfStream,
    Pose,
    Sample,
    SourceKind,
)


class RealSenseSource:
    """A `mr.devices.depth_camera.DepthCamera`; make it with `live`, `file` or `virtual`."""

    def __init__(
        self,
        camera_id: str,
        kind: SourceKind,
        *,
        serial: str | None = None,
        path: Path | None = None,
        device: Any = None,
        context: Any = None,
        settings: CameraSettings | None = None,
        now: NowNs = host_now_ns,
    ) -> None:
        self._camera_id = camera_id
        self._kind: SourceKind = kind
        self._serial = serial
        self._path = path
        self._device = device
        self._context = context
        self._settings = settings
        self._now = now
        self._feed: LiveFeed | FileFeed | None = None
        self._info: DeviceInfo | None = None
        self._sequence: FrameSequence | None = None
        self._lasting: list[Complaint] = []
        self._in_step: InStep | None = None

    @classmethod
    def live(
        cls,
        serial: str | None,
        camera_id: str,
        settings: CameraSettings | None = None,
        now: NowNs = host_now_ns,
        context: Any = None,
    ) -> LiveRealSenseSource:
        """Give the camera with this serial number, or the only one; `context` is the SDK's."""
        return LiveRealSenseSource(
            camera_id,
            "live",
            serial=serial,
            settings=settings or CameraSettings(),
            now=now,
            context=context,
        )

    @classmethod
    def file(cls, path: Path, camera_id: str, now: NowNs | None = None) -> RealSenseSource:
        """Give a recording, frame by frame, as fast as it is asked for.

        With `now` it plays in step with that clock, its first frame at once: so several
        recordings play side by side, whatever their own clocks say.
        """
        source = cls(camera_id, "replay", path=Path(path))
        source._in_step = None if now is None else InStep(now)
        return source

    @classmethod
    def virtual(
        cls,
        rs_software_device: Any,
        camera_id: str,
        now: NowNs = host_now_ns,
        settings: CameraSettings | None = None,
    ) -> RealSenseSource:
        """Give the SDK's software device, whose pixels somebody else makes."""
        return cls(camera_id, "sim", device=rs_software_device, settings=settings, now=now)

    @property
    def info(self) -> DeviceInfo:
        """Who it is; `DeviceError` before it is open."""
        if self._info is None:
            raise DeviceError(f"camera {self._camera_id} is not open: open it first")
        return self._info

    @property
    def settings(self) -> CameraSettings | None:
        """What it was asked for; None for a file, and a virtual camera that is left alone."""
        return self._settings

    def __enter__(self) -> Self:
        """Open it, or raise `DeviceError` (a camera) or `RecordingError` (a file)."""
        try:
            self._open()
        except RuntimeError as error:
            raise DeviceError(
                f"camera {self._camera_id}: the SDK cannot read it ({error}): close other "
                "programs, check the udev rules (mrcpr doctor), and plug it in again"
            ) from error
        return self

    def _open(self) -> None:
        """Open it and ask who it is and what ails it; the SDK's own errors come as they are."""
        rs = load_sdk()
        feed: LiveFeed | FileFeed
        if self._path is not None:
            feed = FileFeed(rs, self._path)
        else:
            device = self._device if self._device is not None else self._find(rs)
            feed = LiveFeed(rs, device, self._settings, self._now)
        feed.open()
        try:
            self._info = describe(rs, feed, self._camera_id, self._kind)
            self._lasting = lasting_complaints(rs, feed, self._camera_id)
        except BaseException:
            feed.close()
            raise
        streams = {
            kind: (f"cam_{self._camera_id}.{kind}", float(feed.profiles[kind].fps()))
            for kind in feed.kinds
        }
        self._sequence = FrameSequence(streams, from_file=self._path is not None)
        self._feed = feed

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Stop it and give the SDK everything back."""
        if self._feed is not None:
            self._feed.close()
            self._feed = None

    def _find(self, rs: Any) -> Any:
        """Look for the camera before starting one: a start without any blocks for 15 s."""
        context = self._context if self._context is not None else rs.context()
        found = {info_of(rs, d, "serial_number"): d for d in context.query_devices()}
        if not found:
            raise DeviceError(
                f"camera {self._camera_id}: no RealSense camera is connected: plug one into a "
                "USB 3 port, or see `mrcpr doctor`"
            )
        if self._serial is None and len(found) == 1:
            return next(iter(found.values()))
        if self._serial is None:
            raise DeviceError(
                f"camera {self._camera_id}: {len(found)} cameras are connected "
                f"({', '.join(sorted(found))}): name one by its serial number"
            )
        if self._serial not in found:
            raise DeviceError(
                f"camera {self._camera_id}: {self._serial} is not connected, but "
                f"{', '.join(sorted(found))} is: connect it or use the other's rig file"
            )
        return found[self._serial]

    def poll(self) -> Sequence[Sample]:
        """Give what has come; a file gives one frame a call.

        Raises
        ------
        EndOfStream
            At the end of a file.
        DeviceError
            When a live camera has gone silent, or it is not open.
        RecordingError
            When a file turns out to be damaged.
        """
        feed, sequence = self._opened()
        if self._in_step is not None and self._in_step.waiting:
            return self._in_step.due()
        if isinstance(feed, FileFeed) and feed.ended:
            raise EndOfStream
        samples = []
        for frame in feed.read():
            arrival = sequence.arrival(frame)
            if arrival is not None:
                samples.append(self._sample(frame, arrival))
        if isinstance(feed, LiveFeed):
            for kind, at_ns in feed.restarted:
                sequence.restarted(kind, at_ns)
            feed.restarted.clear()
        if self._in_step is not None:
            self._in_step.put(samples)
            return self._in_step.due()
        return samples

    def _opened(self) -> tuple[LiveFeed | FileFeed, FrameSequence]:
        if self._feed is None or self._sequence is None:
            raise DeviceError(f"camera {self._camera_id} is not open: open it first")
        return self._feed, self._sequence

    def _sample(self, frame: RawFrame, arrival: Arrival) -> DepthFrame | ColorFrame:
        if frame.kind == "depth":
            counts = cast(npt.NDArray[np.uint16], frame.pixels)
            return DepthFrame(arrival, self._camera_id, counts, frame.m_per_count)
        return ColorFrame(arrival, self._camera_id, cast(npt.NDArray[np.uint8], frame.pixels))

    def complaints(self) -> Sequence[Complaint]:
        """Say what ails its streams: settings, port, light, doubles, its clock."""
        _, sequence = self._opened()
        return (*self._lasting, *sequence.complaints())

    def calibration(self, world_from_cam: Pose | None = None) -> CameraCalibration:
        """Give the factory calibration that the SDK reports; where it stands is the caller's.

        Raises
        ------
        CalibrationError
            When the device tells no depth model or no baseline.
        DeviceError
            When it is not open.
        """
        feed, _ = self._opened()
        return calibration_of(load_sdk(), feed, self.info, self._settings, world_from_cam)


class LiveRealSenseSource(RealSenseSource):
    """A camera on the bus, which may be unplugged and come back; made by `RealSenseSource.live`."""

    def reopen(self) -> None:
        """Open the same camera again after it was lost.

        Its clock may have begun anew: ticks go on in a range of their own, so that
        `mr.clock.ticks.TickClock` starts over, live and in a replay.

        Raises
        ------
        DeviceError
            When it is not back yet, or another camera has taken its place.
        """
        self._serial = self.info.serial or self._serial
        before = self._sequence
        self.__exit__(None, None, None)
        try:
            self._open()
        except RuntimeError as error:  # a camera that is only half back on the bus
            raise DeviceError(
                f"camera {self._camera_id} is not back yet ({error}): wait, or plug it in again"
            ) from error
        if before is not None:
            before.restart()
            self._sequence = before
