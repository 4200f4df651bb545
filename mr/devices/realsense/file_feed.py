"""Frames of a recorded file.

Takes a path, gives `RawFrame`s in order of the camera's clock; leaves naming, unwrapping
and the `Device` protocol to `mr.devices.realsense.source`.

Streams are read one by one, each through its own pipeline: the SDK's common pipeline
drops depth frames that have no colour partner.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mr.devices.realsense.frames import Kind, RawFrame, copy_frame, stream_kinds
from mr.errors import DeviceError, RecordingError

_READ_WAIT_MS = 500
_FIRST_WAIT_MS = 3000
_STUCK_S = 20.0
_HALF_RANGE = 1 << 31


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
        try:
            self.head = self._next()
        except BaseException:
            self._pipeline.stop()
            raise

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
        self._rs, self.path = rs, path
        self._streams: list[_FileStream] = []
        self.device: Any = None
        self.kinds: tuple[Kind, ...] = ()
        self.profiles: dict[Kind, Any] = {}

    def open(self) -> None:
        """Open it, or raise `RecordingError`: missing, no recording, damaged, or empty."""
        if not self.path.is_file():
            raise RecordingError(f"{self.path}: no such recording: check the path")
        try:
            for kind in self._kinds():
                n_written = self._n_written(kind)
                if n_written != 0:
                    self._streams.append(_FileStream(self._rs, self.path, kind, n_written))
        except RecordingError:
            self.close()
            raise
        except DeviceError as error:
            self.close()
            raise RecordingError(f"{self.path}: {error}, when it is recorded") from error
        except RuntimeError as error:
            self.close()
            raise RecordingError(f"{self.path}: {_why_unreadable(error)}") from error
        if not any(s.head for s in self._streams):
            self.close()
            raise RecordingError(f"{self.path}: holds no depth or colour frame: record it again")
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
        device = context.load_device(str(self.path))
        types = {p.stream_type() for s in device.query_sensors() for p in s.get_stream_profiles()}
        return [kind for kind, stream in stream_kinds(self._rs) if stream in types]

    def read(self) -> list[RawFrame]:
        """Give the next frame; nothing when the file is at its end (see `ended`)."""
        ready = [s for s in self._streams if s.head is not None]
        if not ready:
            return []
        first = ready[0]
        for other in ready[1:]:
            if _is_before(other, first):
                first = other
        return [first.advance()]

    @property
    def ended(self) -> bool:
        """Whether every frame has been given."""
        return all(s.head is None for s in self._streams)

    def _n_written(self, kind: Kind) -> int | None:
        """Tell how many frames the file's index names; a ``.bag`` is not asked."""
        return count_frames(self.path, kind) if self.path.suffix == ".db3" else None

    def close(self) -> None:
        """Stop reading."""
        for stream in self._streams:
            stream.close()
        self._streams = []


def _is_before(a: _FileStream, b: _FileStream) -> bool:
    """Whether a's next frame is the earlier one, also where the camera's clock wraps."""
    assert a.head is not None and b.head is not None
    ahead_us = (a.head.ticks_us - b.head.ticks_us) % (2 * _HALF_RANGE)
    return ahead_us >= _HALF_RANGE or (ahead_us == 0 and a.kind < b.kind)


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


def _why_unreadable(error: Exception) -> str:
    """Say what the SDK found, and what to do."""
    found = str(error).splitlines()[0][:160]
    if "unindexed" in found:
        return (
            "has no index, for its recorder was cut off before the end: record it again, or mend "
            "it with `rosbag reindex`"
        )
    return f"not a readable RealSense recording ({found}): give a whole .bag or .db3 file"
