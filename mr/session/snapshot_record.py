"""A snapshot as one record of fixed size, so that a reader needs no pickle.

Takes a `Snapshot`, gives bytes, and back; leaves where they lie to `mr.session.shared`. Text that
is longer than its field is cut, and of more streams' health than `MAX_HEALTH` the first are kept.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt

from mr.types import (
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
SNAPSHOT_BYTES = _SNAPSHOT.itemsize
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


def clip(text: str, size: int) -> bytes:
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
        record[name] = clip(str(getattr(snapshot, name)), 16)
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
        record["cue_key"] = clip(snapshot.cue.key, 32)
        record["cue_severity"] = clip(snapshot.cue.severity, 8)
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
            row[name] = clip(getattr(health, name), _HEALTH[name].itemsize)
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
    record["lesson"] = clip(cycle.lesson, 32)


def _unpack_cycle(record: Any) -> CycleDigest:
    numbers: dict[str, Any] = {name: int(record[name]) for name in _OF_CYCLE}
    numbers |= {name: _none(record[name]) for name in _OF_CYCLE_OPTIONAL}
    return CycleDigest(**numbers, lesson=bytes(record["lesson"]).decode())


def _pack_placing(record: Any, placing: Placing) -> None:
    record["state"], record["ask"] = clip(placing.state, 8), clip(placing.ask, 32)
    record["touch"] = _UNKNOWN if placing.touch is None else placing.touch
    record["share"] = placing.share
    found = placing.registration
    if found is not None:
        record["has_registration"], record["pose"] = True, _flat(found.xr_from_world)
        record["rms_m"], record["sigma_m"] = found.rms_m, _nan(found.sigma_m)
        record["n_pairs"], record["t_ns"] = found.n_pairs, found.t_ns
        record["source"] = clip(found.source, 8)


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
