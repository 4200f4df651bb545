"""Where frames come from: a running device, or a recorded file.

Takes an SDK device or a path, gives `RawFrame`s in order; leaves naming, unwrapping and
the `Device` protocol to `mr.devices.realsense.source`.

Sensors are read one by one, each through its own queue or pipeline: the SDK's common
pipeline drops depth frames that have no colour partner.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mr.clock.host import NowNs
from mr.devices.realsense.frames import Kind, RawFrame, copy_frame, stream_kinds
from mr.devices.realsense.settings import CameraSettings
from mr.errors import DeviceError, RecordingError

_QUEUE_FRAMES = 64
_READ_WAIT_MS = 500
_FIRST_WAIT_MS = 3000
_STUCK_S = 20.0


class LiveFeed:
    """A device that runs now: a camera on the bus, or the SDK's software device."""

    def __init__(self, rs: Any, device: Any, settings: CameraSettings | None, now: NowNs) -> None:
        self._rs = rs
        self._settings = settings
        self._now = now
        self._running: list[tuple[Any, Any]] = []
        self.device = device
        self.kinds: tuple[Kind, ...] = ()
        self.profiles: dict[Kind, Any] = {}
        self._heard_ns = 0

    def open(self) -> None:
        """Choose profiles, set options, start the sensors; `DeviceError` when that fails."""
        try:
            for sensor in self.device.query_sensors():
                chosen = self._choose(sensor)
                if chosen is None:
                    continue
                kind, profile = chosen
                self._configure(sensor, kind)
                queue = self._rs.frame_queue(_QUEUE_FRAMES, keep_frames=True)
                sensor.open(profile)
                sensor.start(queue)
                self._running.append((sensor, queue))
                self.profiles[kind] = profile
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
        self._heard_ns = self._now()

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

    def _configure(self, sensor: Any, kind: Kind) -> None:
        """Fix what would change under our hands: clock, exposure, depth unit."""
        want, option = self._settings, self._rs.option
        if want is None:
            return
        values = [(option.global_time_enabled, 0.0)]
        if kind == "depth":
            values.append((option.depth_units, want.depth_unit_m))
            if want.exposure_us is not None:
                values.append((option.enable_auto_exposure, 0.0))
                values.append((option.exposure, float(want.exposure_us)))
        for name, value in values:
            if sensor.supports(name) and not sensor.is_option_read_only(name):
                sensor.set_option(name, value)

    def read(self) -> list[RawFrame]:
        """Give what has come since the last call, in order of the camera's clock."""
        frames: list[RawFrame] = []
        arrival_ns = self._now()
        for _, queue in self._running:
            while frame := queue.poll_for_frame():
                frames.append(copy_frame(self._rs, frame, arrival_ns))
        if frames:
            self._heard_ns = arrival_ns
        elif self._settings and arrival_ns - self._heard_ns > self._settings.silence_s * 1e9:
            raise DeviceError(
                f"the camera has been silent for {self._settings.silence_s:g} s: "
                "check its cable and plug it in again"
            )
        frames.sort(key=lambda f: (f.ticks_us, f.kind))
        return frames

    def close(self) -> None:
        """Stop the sensors; a camera that is already gone is no error now."""
        for sensor, _ in self._running:
            try:
                sensor.stop()
                sensor.close()
            except RuntimeError:
                continue
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


class _FileStream:
    """One stream of a file, read without dropping; keeps one frame ahead for merging.

    `n_written` is how many frames the file's own index tells of, or None without one. The
    SDK stops silently at a damaged place, and only the index can tell that from the end.
    """

    def __init__(self, rs: Any, path: Path, kind: Kind, n_written: int | None) -> None:
        self._rs, self._path, self.kind, self._n_written = rs, path, kind, n_written
        stream = rs.stream.depth if kind == "depth" else rs.stream.color
        # A file can be loaded once per context, and real time must be off before the start.
        self._context = rs.context()
        self.playback = self._context.load_device(str(path)).as_playback()
        self.playback.set_real_time(False)
        config = rs.config()
        config.enable_stream(stream)
        self._pipeline = rs.pipeline(self._context)
        self._pipeline.set_device(self.playback)
        self.profile = self._pipeline.start(config).get_stream(stream)
        self._n_read = 0
        self.head = self._next()

    def _next(self) -> RawFrame | None:
        if self._n_read == self._n_written:
            return None
        deadline_s = time.monotonic() + _STUCK_S
        while time.monotonic() < deadline_s:
            # Asked before waiting: a frame that was still under way then has come since.
            ended = self.playback.current_status() == self._rs.playback_status.stopped
            # Playback also counts as stopped for a moment before its first frame.
            got, frames = self._pipeline.try_wait_for_frames(
                _READ_WAIT_MS if self._n_read else _FIRST_WAIT_MS
            )
            if got:
                self._n_read += 1
                return copy_frame(self._rs, next(iter(frames)), None)
            if ended:
                break
        if ended and self._n_written is None:
            return None
        written = "" if self._n_written is None else f" of {self._n_written}"
        raise RecordingError(
            f"{self._path}: damaged, only {self._n_read}{written} {self.kind} frames can be read: "
            "copy it again from its source"
        )

    def advance(self) -> RawFrame:
        """Give the frame ahead and read the next one."""
        head = self.head
        assert head is not None
        self.head = self._next()
        return head

    def close(self) -> None:
        self._pipeline.stop()


class FileFeed:
    """A recorded ``.bag`` or ``.db3``, every frame in order of the camera's clock."""

    def __init__(self, rs: Any, path: Path) -> None:
        self._rs, self._path = rs, path
        self._streams: list[_FileStream] = []
        self.device: Any = None
        self.kinds: tuple[Kind, ...] = ()
        self.profiles: dict[Kind, Any] = {}

    def open(self) -> None:
        """Open it, or raise `RecordingError`: missing, no recording, damaged, or empty."""
        if not self._path.is_file():
            raise RecordingError(f"{self._path}: no such recording: check the path")
        try:
            for kind in self._kinds():
                n_written = self._n_written(kind)
                if n_written != 0:
                    self._streams.append(_FileStream(self._rs, self._path, kind, n_written))
        except RecordingError:
            self.close()
            raise
        except RuntimeError as error:
            self.close()
            raise RecordingError(
                f"{self._path}: not a readable RealSense recording ({_first_line(error)}): "
                "give a whole .bag or .db3 file"
            ) from error
        if not any(s.head for s in self._streams):
            self.close()
            raise RecordingError(f"{self._path}: holds no depth or colour frame: record it again")
        self.kinds = tuple(s.kind for s in self._streams if s.head)
        self.device = self._streams[0].playback
        self.profiles = {p.kind: p.profile for p in self._streams}
        for sensor in self.device.query_sensors():  # profiles of one context know their extrinsics
            for profile in sensor.get_stream_profiles():
                for kind, stream in stream_kinds(self._rs):
                    if profile.stream_type() == stream:
                        self.profiles[kind] = profile

    def _kinds(self) -> list[Kind]:
        context = self._rs.context()
        device = context.load_device(str(self._path))
        types = {p.stream_type() for s in device.query_sensors() for p in s.get_stream_profiles()}
        return [kind for kind, stream in stream_kinds(self._rs) if stream in types]

    def read(self) -> list[RawFrame]:
        """Give the next frame; nothing when the file is at its end (see `ended`)."""
        ready = [s for s in self._streams if s.head is not None]
        if not ready:
            return []
        first = min(ready, key=lambda s: (s.head.ticks_us if s.head else 0, s.kind))
        return [first.advance()]

    @property
    def ended(self) -> bool:
        """Whether every frame has been given."""
        return all(s.head is None for s in self._streams)

    def _n_written(self, kind: Kind) -> int | None:
        """Tell how many frames the file's index names; a ``.bag`` is not asked."""
        return count_frames(self._path, kind) if self._path.suffix == ".db3" else None

    def close(self) -> None:
        """Stop reading."""
        for stream in self._streams:
            stream.close()
        self._streams = []


def count_frames(path: Path, kind: Kind, being_written: bool = False) -> int:
    """Count the frames of one stream that a ``.db3`` recording holds (it is an SQLite file).

    A file that the SDK is writing is read without any lock, which would disturb it.

    Raises
    ------
    RecordingError
        When the file's index itself is damaged.
    """
    query = (
        "SELECT count(*) FROM messages JOIN topics ON messages.topic_id = topics.id "
        "WHERE topics.name LIKE ?"
    )
    name = f"%/{kind.capitalize()}_%/image/data%"
    try:
        how = "immutable=1" if being_written else "mode=ro"
        address = f"file:{quote(str(path))}?{how}"
        with closing(sqlite3.connect(address, uri=True)) as database:
            return int(database.execute(query, (name,)).fetchone()[0])
    except sqlite3.Error as error:
        raise RecordingError(
            f"{path}: its index is damaged ({error}): copy it again from its source"
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:160]
