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
from mr.clock.unwrap import Unwrapper
from mr.devices.realsense.feeds import FileFeed, LiveFeed
from mr.devices.realsense.frames import (
    TICKS_PER_S,
    RawFrame,
    color_from_depth_of,
    intrinsics_of,
)
from mr.devices.realsense.sdk import info_of, load_sdk
from mr.devices.realsense.settings import CameraSettings
from mr.errors import CalibrationError, DeviceError
from mr.rig import CameraCalibration, PoseEntry
from mr.types import (
    Arrival,
    ColorFrame,
    DepthFrame,
    DeviceInfo,
    EndOfStream,
    Pose,
    Sample,
    SourceKind,
    StreamInfo,
)

SIMULATED_NAME = "Simulated "
"""How the name of a camera begins in a recording whose pixels are not real."""


class RealSenseSource:
    """A depth camera that satisfies `mr.types.Device`; make it with `live`, `file` or `virtual`."""

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
        # Microseconds of 32 bits jump back every 71.6 minutes, for both streams at once.
        self._unwrap = Unwrapper(32)
        self._last_seq: dict[str, int] = {}
        self._seq_shift: dict[str, int] = {}

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
    def file(cls, path: Path, camera_id: str) -> RealSenseSource:
        """Give a recording, frame by frame, as fast as it is asked for."""
        return cls(camera_id, "replay", path=Path(path))

    @classmethod
    def virtual(
        cls, rs_software_device: Any, camera_id: str, now: NowNs = host_now_ns
    ) -> RealSenseSource:
        """Give the SDK's software device, whose pixels somebody else makes."""
        return cls(camera_id, "sim", device=rs_software_device, now=now)

    @property
    def info(self) -> DeviceInfo:
        """Who it is; `DeviceError` before it is open."""
        if self._info is None:
            raise DeviceError(f"camera {self._camera_id} is not open: open it first")
        return self._info

    def __enter__(self) -> Self:
        """Open it, or raise `DeviceError` (a camera) or `RecordingError` (a file)."""
        rs = load_sdk()
        feed: LiveFeed | FileFeed
        if self._path is not None:
            feed = FileFeed(rs, self._path)
        else:
            device = self._device if self._device is not None else self._find(rs)
            feed = LiveFeed(rs, device, self._settings, self._now)
        feed.open()
        self._feed = feed
        self._info = self._describe(rs, feed)
        return self

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

    def _describe(self, rs: Any, feed: LiveFeed | FileFeed) -> DeviceInfo:
        name = info_of(rs, feed.device, "name")
        kind = self._kind
        if kind == "replay" and name.startswith(SIMULATED_NAME):
            kind = "sim"  # simulated pixels stay simulated in a file
        details = {}
        unit_m = self._depth_option(rs, feed, "depth_units")
        if unit_m is not None:
            details["m_per_count"] = f"{unit_m:.7g}"
        if self._path is not None:
            details["file"] = self._path.name
        return DeviceInfo(
            kind=kind,
            maker="Intel RealSense",
            model=name,
            serial=info_of(rs, feed.device, "serial_number"),
            firmware=info_of(rs, feed.device, "firmware_version"),
            streams=tuple(
                StreamInfo(self._stream(which), float(feed.profiles[which].fps()), TICKS_PER_S)
                for which in sorted(feed.kinds, reverse=True)
            ),
            details=details,
        )

    def _stream(self, which: str) -> str:
        return f"cam_{self._camera_id}.{which}"

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
        feed = self._feed
        if feed is None:
            raise DeviceError(f"camera {self._camera_id} is not open: open it first")
        if isinstance(feed, FileFeed) and feed.ended:
            raise EndOfStream
        return [self._sample(frame) for frame in feed.read()]

    def _sample(self, frame: RawFrame) -> DepthFrame | ColorFrame:
        ticks = self._unwrap(frame.ticks_us)
        from_file = self._path is not None
        arrival = Arrival(
            stream=self._stream(frame.kind),
            seq=self._seq(frame),
            device_ticks=ticks,
            arrival_ns=ticks * 1000 if from_file else frame.arrival_ns,
        )
        if frame.kind == "depth":
            counts = cast(npt.NDArray[np.uint16], frame.pixels)
            return DepthFrame(arrival, self._camera_id, counts, frame.m_per_count)
        return ColorFrame(arrival, self._camera_id, cast(npt.NDArray[np.uint8], frame.pixels))

    def _seq(self, frame: RawFrame) -> int:
        """Give the frame's number; after a reopening the numbers go on, none counts as lost."""
        shift = self._seq_shift.get(frame.kind)
        if shift is None:
            shift = self._last_seq.get(frame.kind, frame.number - 1) + 1 - frame.number
            self._seq_shift[frame.kind] = shift
        self._last_seq[frame.kind] = frame.number + shift
        return frame.number + shift

    def _depth_option(self, rs: Any, feed: LiveFeed | FileFeed, name: str) -> float | None:
        option = getattr(rs.option, name)
        for sensor in feed.device.query_sensors():
            if sensor.supports(option):
                return float(f"{sensor.get_option(option):.7g}")
        return None

    def calibration(self, world_from_cam: Pose | None = None) -> CameraCalibration:
        """Give the factory calibration that the SDK reports; where it stands is the caller's.

        Raises
        ------
        CalibrationError
            When the device tells no depth model or no baseline.
        DeviceError
            When it is not open.
        """
        feed, info, rs = self._feed, self.info, load_sdk()
        if feed is None:
            raise DeviceError(f"camera {self._camera_id} is not open: open it first")
        baseline_mm = self._depth_option(rs, feed, "stereo_baseline")
        if "depth" not in feed.profiles or not baseline_mm:
            raise CalibrationError(
                f"camera {info.serial or self._camera_id} tells no depth model or stereo baseline: "
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
        )


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
        self.__exit__(None, None, None)
        try:
            self.__enter__()
        except RuntimeError as error:  # a camera that is only half back on the bus
            raise DeviceError(
                f"camera {self._camera_id} is not back yet ({error}): wait, or plug it in again"
            ) from error
        self._unwrap.restart()
        self._seq_shift.clear()
