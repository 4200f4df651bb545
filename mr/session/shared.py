"""Snapshots and pictures in shared memory: one process publishes, any number read.

Takes `Snapshot`s and colour pictures, gives the newest whole one to readers; leaves who
runs in which process to `mr.session.processes`. The layout is fixed, so a reader needs
no pickle and a stalled reader delays nobody. A sequence number that is odd while a write
is under way, and a checksum, let a reader tell a torn read from a whole one; it then
simply tries again (a *seqlock*).
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
from typing import Any, Generic, Self, TypeVar, cast

import numpy as np
import numpy.typing as npt

from mr.types import (
    Arrival,
    Cue,
    CycleDigest,
    Health,
    Phase,
    Placing,
    Pose,
    Registration,
    Snapshot,
    Targets,
)

MAX_HEALTH = 16
MAX_PICTURE = (1080, 1920, 3)
READ_TRIES = 8
PREFIX = "mrcpr_"
POSIX_SHARED = Path("/dev/shm")
T = TypeVar("T")

_HEALTH = np.dtype(
    [
        ("stream", "S40"),
        ("kind", "S8"),
        ("state", "S10"),
        ("rate_hz", "f8"),
        ("lost", "i8"),
        ("age_s", "f8"),
        ("why", "S240"),
    ]
)
_CYCLE = np.dtype(
    [
        ("index", "i8"),
        ("n_compressions", "i8"),
        ("depth_mm", "f8"),
        ("rate_cpm", "f8"),
        ("release_mm", "f8"),
        ("depth_in_target_pct", "f8"),
        ("rate_in_target_pct", "f8"),
        ("release_in_target_pct", "f8"),
        ("ended_ns", "i8"),
        ("lesson", "S32"),
    ]
)
_PLACING = np.dtype(
    [
        ("state", "S8"),
        ("ask", "S32"),
        ("touch", "i8"),
        ("share", "f8"),
        ("has_registration", "?"),
        ("pose", "f8", (12,)),
        ("rms_m", "f8"),
        ("n_pairs", "i8"),
        ("t_ns", "i8"),
        ("sigma_m", "f8"),
        ("source", "S8"),
    ]
)
_UNKNOWN = -1
"""Stands for an unknown instant or number of a place, which are not negative."""
_SNAPSHOT = np.dtype(
    [
        ("t_ns", "i8"),
        ("seq", "i8"),
        ("phase", "S16"),
        ("mode", "S16"),
        ("guidance", "?"),
        ("kind", "S8"),
        ("elapsed_s", "f8"),
        ("depth_mm", "f8"),
        ("depth_sigma_mm", "f8"),
        ("velocity_mm_s", "f8"),
        ("rate_cpm", "f8"),
        ("n_compressions", "i8"),
        ("n_in_cycle", "i8"),
        ("last_depth_mm", "f8"),
        ("last_release_mm", "f8"),
        ("hands", "S8"),
        ("hand_offset_mm", "f8", (2,)),
        ("hands_off_s", "f8"),
        ("targets", "f8", (6,)),
        ("cue_key", "S32"),
        ("cue_severity", "S8"),
        ("cue_since_ns", "i8"),
        ("cue_aloud", "?"),
        ("cue_written", "?"),
        ("score_pct", "f8"),
        ("has_pose", "?"),
        ("pose", "f8", (12,)),
        ("measured_ns", "i8"),
        ("level", "S8"),
        ("n_breaths", "i8"),
        ("has_cycle", "?"),
        ("cycle", _CYCLE),
        ("has_placing", "?"),
        ("placing", _PLACING),
        ("n_health", "i8"),
        ("health", _HEALTH, (MAX_HEALTH,)),
    ]
)
_OPTIONAL = (
    "depth_mm",
    "depth_sigma_mm",
    "velocity_mm_s",
    "rate_cpm",
    "last_depth_mm",
    "last_release_mm",
    "score_pct",
)
_OF_CUE = ("since_ns", "aloud", "written")
_PLAIN = ("t_ns", "seq", "elapsed_s", "n_compressions", "n_in_cycle", "hands_off_s", "n_breaths")
_OF_CYCLE = ("index", "n_compressions", "ended_ns")
_OF_CYCLE_OPTIONAL = tuple(
    name for name in _CYCLE.names or () if name not in (*_OF_CYCLE, "lesson")
)


def _nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _clip(text: str, size: int) -> bytes:
    """Encode text into at most `size` bytes without cutting a character in two."""
    return text.encode()[:size].decode(errors="ignore").encode()


def pack_snapshot(snapshot: Snapshot) -> bytes:
    """Lay a snapshot out as one fixed-size record."""
    record = np.zeros((), _SNAPSHOT)
    for name in _PLAIN:
        record[name] = getattr(snapshot, name)
    for name in _OPTIONAL:
        record[name] = _nan(getattr(snapshot, name))
    for name in ("phase", "mode", "kind", "hands", "level"):
        record[name] = _clip(str(getattr(snapshot, name)), 16)
    record["guidance"] = snapshot.guidance
    offset = snapshot.hand_offset_mm
    record["hand_offset_mm"] = (np.nan, np.nan) if offset is None else offset
    targets = snapshot.targets
    record["targets"] = (
        targets.depth_low_mm,
        _nan(targets.depth_high_mm),
        targets.rate_low_cpm,
        targets.rate_high_cpm,
        targets.release_max_mm,
        targets.hand_offset_max_mm,
    )
    if snapshot.cue is not None:
        record["cue_key"] = _clip(snapshot.cue.key, 32)
        record["cue_severity"] = _clip(snapshot.cue.severity, 8)
        for name in _OF_CUE:
            record[f"cue_{name}"] = getattr(snapshot.cue, name)
    record["score_pct"] = _nan(snapshot.score_pct)
    pose = snapshot.world_from_mannequin
    if pose is not None:
        record["has_pose"], record["pose"] = True, _flat(pose)
    record["measured_ns"] = _UNKNOWN if snapshot.measured_ns is None else snapshot.measured_ns
    if snapshot.cycle is not None:
        record["has_cycle"] = True
        _pack_cycle(record["cycle"], snapshot.cycle)
    if snapshot.placing is not None:
        record["has_placing"] = True
        _pack_placing(record["placing"], snapshot.placing)
    record["n_health"] = min(len(snapshot.health), MAX_HEALTH)
    for row, health in zip(record["health"], snapshot.health, strict=False):
        for name in ("stream", "kind", "state", "why"):
            row[name] = _clip(getattr(health, name), _HEALTH[name].itemsize)
        row["rate_hz"], row["lost"], row["age_s"] = health.rate_hz, health.lost, health.age_s
    return record.tobytes()


def _flat(pose: Pose) -> npt.NDArray[np.float64]:
    return np.concatenate([pose.R.ravel(), pose.t_m])


def _pose(flat: npt.NDArray[np.float64]) -> Pose:
    return Pose(flat[:9].reshape(3, 3).copy(), flat[9:].copy())


def _pack_cycle(record: Any, cycle: CycleDigest) -> None:
    for name in _OF_CYCLE:
        record[name] = getattr(cycle, name)
    for name in _OF_CYCLE_OPTIONAL:
        record[name] = _nan(getattr(cycle, name))
    record["lesson"] = _clip(cycle.lesson, 32)


def _unpack_cycle(record: Any) -> CycleDigest:
    numbers: dict[str, Any] = {name: int(record[name]) for name in _OF_CYCLE}
    numbers |= {name: _none(record[name]) for name in _OF_CYCLE_OPTIONAL}
    return CycleDigest(**numbers, lesson=bytes(record["lesson"]).decode())


def _pack_placing(record: Any, placing: Placing) -> None:
    record["state"], record["ask"] = _clip(placing.state, 8), _clip(placing.ask, 32)
    record["touch"] = _UNKNOWN if placing.touch is None else placing.touch
    record["share"] = placing.share
    found = placing.registration
    if found is not None:
        record["has_registration"], record["pose"] = True, _flat(found.xr_from_world)
        record["rms_m"], record["sigma_m"] = found.rms_m, _nan(found.sigma_m)
        record["n_pairs"], record["t_ns"] = found.n_pairs, found.t_ns
        record["source"] = _clip(found.source, 8)


def _unpack_placing(record: Any) -> Placing:
    found = None
    if record["has_registration"]:
        found = Registration(
            _pose(record["pose"]),
            float(record["rms_m"]),
            int(record["n_pairs"]),
            int(record["t_ns"]),
            _none(record["sigma_m"]),
            cast(Any, bytes(record["source"]).decode()),
        )
    touch = int(record["touch"])
    return Placing(
        cast(Any, bytes(record["state"]).decode()),
        found,
        bytes(record["ask"]).decode(),
        None if touch == _UNKNOWN else touch,
        float(record["share"]),
    )


def unpack_snapshot(data: bytes) -> Snapshot:
    """Read a record back; the inverse of `pack_snapshot`."""
    record: Any = np.frombuffer(data, _SNAPSHOT, count=1)[0]
    text = {k: bytes(record[k]).decode() for k in ("phase", "mode", "kind", "hands", "level")}
    key = bytes(record["cue_key"]).decode()
    severity = cast(Any, bytes(record["cue_severity"]).decode())
    of_cue: dict[str, Any] = {name: record[f"cue_{name}"].item() for name in _OF_CUE}
    offset = record["hand_offset_mm"]
    low, high, rate_low, rate_high, release, hand = (float(v) for v in record["targets"])
    measured_ns = int(record["measured_ns"])
    numbers: dict[str, Any] = {name: record[name].item() for name in _PLAIN}
    numbers |= {name: _none(record[name]) for name in _OPTIONAL}
    return Snapshot(
        **numbers,
        phase=Phase(text["phase"]),
        mode=text["mode"],
        kind=cast(Any, text["kind"]),
        hands=cast(Any, text["hands"]),
        guidance=bool(record["guidance"]),
        hand_offset_mm=None if np.isnan(offset[0]) else (float(offset[0]), float(offset[1])),
        targets=Targets(low, _none(high), rate_low, rate_high, release, hand),
        cue=Cue(key, severity, **of_cue) if key else None,
        world_from_mannequin=_pose(record["pose"]) if record["has_pose"] else None,
        measured_ns=None if measured_ns == _UNKNOWN else measured_ns,
        level=cast(Any, text["level"]),
        cycle=_unpack_cycle(record["cycle"]) if record["has_cycle"] else None,
        placing=_unpack_placing(record["placing"]) if record["has_placing"] else None,
        health=tuple(_unpack_health(row) for row in record["health"][: record["n_health"]]),
    )


def _unpack_health(row: Any) -> Health:
    return Health(
        stream=bytes(row["stream"]).decode(),
        kind=cast(Any, bytes(row["kind"]).decode()),
        state=cast(Any, bytes(row["state"]).decode()),
        rate_hz=float(row["rate_hz"]),
        lost=int(row["lost"]),
        age_s=float(row["age_s"]),
        why=bytes(row["why"]).decode(),
    )


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
    head["stream"], head["seq"] = _clip(arrival.stream, 40), arrival.seq
    head["device_ticks"], head["arrival_ns"] = arrival.device_ticks, arrival.arrival_ns
    head["camera_id"] = _clip(picture.camera_id, 32)
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
        return cls(_Slot.create(_SNAPSHOT.itemsize), _Slot.create(size))

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
