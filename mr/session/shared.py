"""Snapshots and pictures in shared memory: one process publishes, any number read.

Takes `Snapshot`s and colour pictures, gives the newest whole one to readers; leaves who runs in
which process to `mr.session.processes`, and a snapshot's bytes to `mr.session.snapshot_record`. A
stalled reader delays nobody. A sequence number that is odd while a write is under way, and a
checksum, let a reader tell a torn read from a whole one; it then simply tries again (a *seqlock*).
"""

from __future__ import annotations

import os
import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import numpy as np
import numpy.typing as npt

from mr.session.snapshot_record import SNAPSHOT_BYTES, clip, pack_snapshot, unpack_snapshot
from mr.types import Arrival, Snapshot

MAX_PICTURE = (1080, 1920, 3)
READ_TRIES = 8
PREFIX = "mrcpr_"
POSIX_SHARED = Path("/dev/shm")
T = TypeVar("T")


def _sweep() -> None:
    """Remove what sessions left that were killed with all their processes (Linux)."""
    for left in POSIX_SHARED.glob(f"{PREFIX}*") if POSIX_SHARED.is_dir() else ():
        pid = left.name.removeprefix(PREFIX).split("_")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            left.unlink(missing_ok=True)


class _Slot:
    """One seqlocked piece of shared memory: [seq, crc, length] then the payload."""

    _HEAD = 3 * 8

    def __init__(self, memory: SharedMemory, owner: bool) -> None:
        self._memory = memory
        self._owner = owner
        assert memory.buf is not None
        self._buffer: memoryview = memory.buf
        self._head: npt.NDArray[np.int64] | None = np.ndarray(3, np.int64, memory.buf)

    @classmethod
    def create(cls, size: int) -> Self:
        name = f"{PREFIX}{os.getpid()}_{secrets.token_hex(4)}"
        memory = SharedMemory(name=name, create=True, size=cls._HEAD + size)
        slot = cls(memory, owner=True)
        assert slot._head is not None
        slot._head[:] = 0
        return slot

    @classmethod
    def attach(cls, name: str) -> Self:
        # Only child processes attach: they share the maker's resource tracker, which
        # therefore does not remove the memory when they end.
        return cls(SharedMemory(name=name), owner=False)

    @property
    def name(self) -> str:
        return self._memory.name

    def write(self, data: bytes) -> None:
        head, buffer = self._head, self._buffer
        assert head is not None
        head[0] += 1
        buffer[self._HEAD : self._HEAD + len(data)] = data
        head[1], head[2] = zlib.crc32(data), len(data)
        head[0] += 1

    @property
    def seq(self) -> int:
        """What `read` would give as the sequence, were nothing under way; 0 before the first."""
        assert self._head is not None
        return int(self._head[0])

    def read(self) -> tuple[int, bytes] | None:
        """Give (sequence, payload) of the newest whole write, or None."""
        head, buffer = self._head, self._buffer
        assert head is not None
        for _ in range(READ_TRIES):
            before = int(head[0])
            if before == 0:
                return None
            if before % 2:
                continue
            crc, length = int(head[1]), int(head[2])
            data = bytes(buffer[self._HEAD : self._HEAD + length])
            if int(head[0]) == before and zlib.crc32(data) == crc:
                return before, data
        return None

    def close(self) -> None:
        self._head = None
        self._memory.close()
        if self._owner:
            self._memory.unlink()


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A camera's colour picture, (H, W, 3) uint8 blue-green-red, and how it arrived."""

    arrival: Arrival
    camera_id: str
    bgr: npt.NDArray[np.uint8]


_PICTURE_HEAD = np.dtype(
    [
        ("stream", "S40"),
        ("seq", "i8"),
        ("device_ticks", "i8"),
        ("arrival_ns", "i8"),
        ("camera_id", "S32"),
        ("h", "i8"),
        ("w", "i8"),
    ]
)


def pack_picture(picture: Picture) -> bytes:
    """Lay a picture out behind a small head."""
    head, arrival = np.zeros((), _PICTURE_HEAD), picture.arrival
    head["stream"], head["seq"] = clip(arrival.stream, 40), arrival.seq
    head["device_ticks"], head["arrival_ns"] = arrival.device_ticks, arrival.arrival_ns
    head["camera_id"] = clip(picture.camera_id, 32)
    head["h"], head["w"] = picture.bgr.shape[:2]
    return head.tobytes() + np.ascontiguousarray(picture.bgr).tobytes()


def unpack_picture(data: bytes) -> Picture:
    """Read a picture back; the inverse of `pack_picture`."""
    head: Any = np.frombuffer(data, _PICTURE_HEAD, count=1)[0]
    pixels = np.frombuffer(data, np.uint8, offset=_PICTURE_HEAD.itemsize)
    bgr = pixels.reshape(int(head["h"]), int(head["w"]), 3)
    arrival = Arrival(
        bytes(head["stream"]).decode(),
        int(head["seq"]),
        int(head["device_ticks"]),
        int(head["arrival_ns"]),
    )
    return Picture(arrival, bytes(head["camera_id"]).decode(), bgr)


class _Newest(Generic[T]):
    """Reads a slot's newest content, and decodes it only when it is another one."""

    def __init__(self, slot: _Slot, unpack: Callable[[bytes], T]) -> None:
        self._slot, self._unpack = slot, unpack
        self._seen: tuple[int, T] | None = None

    def __call__(self) -> T | None:
        if self._seen is not None and self._seen[0] == self._slot.seq:
            return self._seen[1]
        found = self._slot.read()
        if found is not None:
            self._seen = found[0], self._unpack(found[1])
        return None if self._seen is None else self._seen[1]


class Channel:
    """Both slots of a session: made by its parent process, attached by name elsewhere."""

    def __init__(self, snapshots: _Slot, pictures: _Slot) -> None:
        self._snapshots = snapshots
        self._pictures = pictures
        self._newest_snapshot = _Newest(snapshots, unpack_snapshot)
        self._newest_picture = _Newest(pictures, unpack_picture)

    @classmethod
    def create(cls) -> Self:
        """Make the shared memory; the maker removes it in `close`."""
        _sweep()
        size = _PICTURE_HEAD.itemsize + int(np.prod(MAX_PICTURE))
        return cls(_Slot.create(SNAPSHOT_BYTES), _Slot.create(size))

    @classmethod
    def attach(cls, names: tuple[str, str]) -> Self:
        """Open a channel that another process made."""
        return cls(_Slot.attach(names[0]), _Slot.attach(names[1]))

    @property
    def names(self) -> tuple[str, str]:
        """What `attach` wants."""
        return self._snapshots.name, self._pictures.name

    def publish(self, snapshot: Snapshot) -> None:
        """Replace the newest snapshot."""
        self._snapshots.write(pack_snapshot(snapshot))

    def publish_picture(self, picture: Picture) -> None:
        """Replace the newest picture; one too large for the channel is an error of ours."""
        if picture.bgr.size > int(np.prod(MAX_PICTURE)):
            raise ValueError(f"picture {picture.bgr.shape} is larger than {MAX_PICTURE}")
        self._pictures.write(pack_picture(picture))

    def snapshot(self) -> Snapshot | None:
        """Give the newest snapshot, or None before the first; the same object until a newer one."""
        return self._newest_snapshot()

    def picture(self) -> Picture | None:
        """Give the newest picture, or None before the first; the same object until a newer one."""
        return self._newest_picture()

    def close(self) -> None:
        """Let go of the shared memory; its maker also removes it."""
        self._snapshots.close()
        self._pictures.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()
