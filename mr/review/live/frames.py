"""The live wire's bytes: what a rig sends of a session, and what a viewer gets of many rigs.

Takes a `LiveState` with rows of motion, gives compact little-endian messages, and back; leaves
sockets to `mr.review.live.rig_link` and who gets what to `mr.review.live.hub`. The layout is
described byte by byte in docs/LIVE.md, for a page decodes it without this module. Whatever
arrives is checked whole before anything of it is used: what does not fit is a `ProtocolError`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mr.config import LEARNER_ID
from mr.errors import ProtocolError
from mr.review.live.layout import (
    ATTEMPTS,
    HANDS,
    HEAD,
    HEALTHS,
    KINDS,
    MAGIC,
    MAX_PARTS,
    MAX_ROWS,
    MODES,
    PHASES,
    PRESENCES,
    ROW,
    SEVERITIES,
    STATE,
    TRACE,
    TRACE_PART,
    VERSION,
    WALL,
    WALL_HEAD,
    WALL_PART,
)
from mr.types import FloatArray, IntArray, Targets

RECORDING_ID = r"^rec-[0-9a-f]{16}$"
RIG_ID = re.compile(r"^[A-Za-z0-9_-]{1,32}$")
_CODES: dict[str, tuple[str, ...]] = {
    "phase": PHASES,
    "mode": MODES,
    "attempt": ATTEMPTS,
    "kind": KINDS,
    "hands": HANDS,
    "severity": SEVERITIES,
    "health": HEALTHS,
}
_TEXTS = {
    "recording_id": re.compile(RECORDING_ID),
    "learner_id": re.compile(LEARNER_ID),
    "cue_key": re.compile(r"^[a-z0-9_.]{1,32}$"),
}
"""What a text may be besides empty."""
_OPTIONAL = ("rate_cpm", "last_depth_mm", "last_release_mm", "score_pct")
_COUNTS = ("n_compressions", "n_in_cycle", "n_breaths")
_TARGETS = (
    "depth_low_mm",
    "depth_high_mm",
    "rate_low_cpm",
    "rate_high_cpm",
    "release_max_mm",
    "hand_offset_max_mm",
)
_MAY_BE_UNKNOWN = {*_OPTIONAL, *_TARGETS, "hand_x_mm", "hand_y_mm"}
_FLOATS = tuple(name for name in STATE.names or () if STATE[name].kind == "f")
MOST = 1e6
"""No number of a state is larger."""

PhaseWord = Literal["idle", "waiting", "compressing", "ventilating", "paused", "finished"]
Presence = Literal["never", "here", "lost"]


@dataclass(frozen=True, slots=True)
class LiveState:
    """How one rig's session stands; `idle` where none goes on."""

    phase: PhaseWord = "idle"
    kind: str = ""
    """"live", "sim" or "replay"; empty where nothing was opened."""
    recording_id: str = ""
    learner_id: str = ""
    mode: str = ""
    attempt: str = ""
    guidance: bool = False
    elapsed_s: float = 0.0
    rate_cpm: float | None = None
    last_depth_mm: float | None = None
    last_release_mm: float | None = None
    score_pct: float | None = None
    """So far; None: comes later, or cannot be judged."""
    n_compressions: int = 0
    n_in_cycle: int = 0
    n_breaths: int = 0
    hands: str = "unknown"
    hand_offset_mm: tuple[float, float] | None = None
    hands_off_s: float = 0.0
    cue_key: str = ""
    severity: str = ""
    health: str = ""
    """The worst of the streams'; the words are in the rig's status."""
    targets: Targets | None = None


IDLE = LiveState()


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Rows of motion, (N,) each: the rig's monotonic clock, and NaN where nothing is known."""

    t_ns: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    depth_mm: FloatArray = field(default_factory=lambda: np.zeros(0))
    sigma_mm: FloatArray = field(default_factory=lambda: np.zeros(0))

    def __len__(self) -> int:
        return len(self.t_ns)


@dataclass(frozen=True, slots=True, eq=False)
class TraceFrame:
    """One message of a rig."""

    seq: int
    sent_ns: int
    lost_n: int
    """Rows that the rig could not send since its session began."""
    state: LiveState
    motion: Motion
    state_bytes: bytes
    """The state as it came, to be passed on."""


@dataclass(frozen=True, slots=True, eq=False)
class WallPart:
    """One rig in a viewer's message."""

    rig_id: str
    presence: Presence
    since_ms: float
    """Since when it is here or lost, unix ms of the server's clock; NaN when never."""
    captured_ms: float
    """When the newest row was captured, unix ms of the server's clock; NaN: not known."""
    dropped_n: int
    """Rows that this viewer did not get, since it subscribed."""
    state_bytes: bytes
    motion: Motion


def _packed_rows(motion: Motion, base_ns: int) -> bytes:
    if len(motion) > MAX_ROWS:
        raise ProtocolError(f"{len(motion)} rows in one message: at most {MAX_ROWS}")
    t_us = (motion.t_ns - base_ns) // 1000
    if len(motion) and not 0 <= t_us[0] <= t_us[-1] < 2**32:
        raise ProtocolError("rows of one message are in order, and within an hour")
    rows = np.empty(len(motion), ROW)
    rows["t_us"] = t_us
    rows["depth_mm"], rows["sigma_mm"] = motion.depth_mm, motion.sigma_mm
    return rows.tobytes()


def pack_state(state: LiveState) -> bytes:
    """Lay a state out as one record; `ProtocolError` for a word that the wire does not know."""
    record = np.zeros((), STATE)
    for name in _TEXTS:
        record[name] = getattr(state, name).encode()
    for name, words in _CODES.items():
        word = getattr(state, name)
        if word not in words:
            raise ProtocolError(f"the live wire has no {name} {word!r}")
        record[name] = words.index(word)
    for name in (*_COUNTS, "guidance", "elapsed_s", "hands_off_s"):
        record[name] = getattr(state, name)
    for name in _OPTIONAL:
        value = getattr(state, name)
        record[name] = np.nan if value is None else value
    offset = state.hand_offset_mm
    record["hand_x_mm"], record["hand_y_mm"] = (np.nan, np.nan) if offset is None else offset
    for name in _TARGETS:
        value = None if state.targets is None else getattr(state.targets, name)
        record[name] = np.nan if value is None else value
    return record.tobytes()


def unpack_state(data: bytes) -> LiveState:
    """Read a state back; `ProtocolError` when it is none."""
    if len(data) != STATE.itemsize:
        raise ProtocolError(f"a live state of {len(data)} bytes: it has {STATE.itemsize}")
    (record,) = np.frombuffer(data, STATE, 1).tolist()
    values: dict[str, Any] = dict(zip(STATE.names or (), record, strict=True))
    for name, pattern in _TEXTS.items():
        values[name] = _text(name, values[name], pattern)
    for name, words in _CODES.items():
        if values[name] >= len(words):
            raise ProtocolError(f"live state: {name} is {values[name]}, which means nothing")
        values[name] = words[values[name]]
    if values["guidance"] > 1:
        raise ProtocolError(f"live state: guidance is {values['guidance']}: 0 or 1")
    values["guidance"] = bool(values["guidance"])
    for name in _FLOATS:
        values[name] = _number(name, values[name])
    x, y = values.pop("hand_x_mm"), values.pop("hand_y_mm")
    targets = {name: values.pop(name) for name in _TARGETS}
    known = all(v is not None for name, v in targets.items() if name != "depth_high_mm")
    return LiveState(
        **values,
        hand_offset_mm=None if x is None or y is None else (x, y),
        targets=Targets(**targets) if known else None,
    )


def _text(name: str, value: bytes, pattern: re.Pattern[str]) -> str:
    try:
        text = value.decode("ascii")
    except UnicodeDecodeError:
        text = "\0"
    if text and not pattern.fullmatch(text):
        raise ProtocolError(f"live state: {name} is none")
    return text


def _number(name: str, value: float) -> float | None:
    if math.isnan(value):
        if name not in _MAY_BE_UNKNOWN:
            raise ProtocolError(f"live state: {name} is not a number")
        return None
    least = 0.0 if name in ("elapsed_s", "hands_off_s", "score_pct") else -MOST
    most = 100.0 if name == "score_pct" else MOST
    if not least <= value <= most:
        raise ProtocolError(f"live state: {name} is {value:g}, out of bounds")
    return value


def encode_trace(
    seq: int, sent_ns: int, state: LiveState, motion: Motion, lost_n: int = 0
) -> bytes:
    """Write a rig's message: its state and all its motion since the last one."""
    part = np.zeros((), TRACE_PART)
    base_ns = int(motion.t_ns[0]) if len(motion) else sent_ns
    part["base_ns"], part["sent_ns"] = base_ns, sent_ns
    part["lost_n"], part["n_rows"] = lost_n, len(motion)
    body = part.tobytes() + pack_state(state) + _packed_rows(motion, base_ns)
    return _head(TRACE, 1, len(body), seq) + body


def decode_trace(data: bytes) -> TraceFrame:
    """Read a rig's message; `ProtocolError` when anything of it does not fit."""
    seq, n_parts = _checked_head(data, TRACE)
    at = HEAD.itemsize
    if n_parts != 1 or len(data) < at + TRACE_PART.itemsize + STATE.itemsize:
        raise ProtocolError(f"live trace: {n_parts} parts in {len(data)} bytes")
    base_ns, sent_ns, lost_n, n_rows = np.frombuffer(data, TRACE_PART, 1, at).tolist()[0]
    at += TRACE_PART.itemsize
    state_bytes = data[at : at + STATE.itemsize]
    motion, end = _motion(data, at + STATE.itemsize, n_rows, base_ns)
    if end != len(data):
        raise ProtocolError(f"live trace: {len(data) - end} bytes behind its {n_rows} rows")
    return TraceFrame(seq, sent_ns, lost_n, unpack_state(state_bytes), motion, state_bytes)


def encode_wall(seq: int, server_ms: float, parts: Sequence[WallPart]) -> bytes:
    """Write a viewer's message: the rigs of which there is something new."""
    body = [np.array((server_ms,), WALL_HEAD).tobytes()]
    for part in parts:
        base_ns = int(part.motion.t_ns[0]) if len(part.motion) else 0
        head = np.zeros((), WALL_PART)
        head["rig_id"], head["presence"] = part.rig_id.encode(), PRESENCES.index(part.presence)
        head["t0_s"], head["captured_ms"] = base_ns / 1e9, part.captured_ms
        head["since_ms"], head["dropped_n"] = part.since_ms, part.dropped_n
        head["n_rows"] = len(part.motion)
        body += [head.tobytes(), part.state_bytes, _packed_rows(part.motion, base_ns)]
    whole = b"".join(body)
    return _head(WALL, len(parts), len(whole), seq) + whole


def decode_wall(data: bytes) -> tuple[int, float, list[WallPart]]:
    """Read a viewer's message: its number, the server's unix ms, and its rigs."""
    seq, n_parts = _checked_head(data, WALL)
    at = HEAD.itemsize + WALL_HEAD.itemsize
    if len(data) < at:
        raise ProtocolError("live wall: it ends before it has begun")
    ((server_ms,),) = np.frombuffer(data, WALL_HEAD, 1, HEAD.itemsize).tolist()
    parts = []
    for _ in range(n_parts):
        if len(data) < at + WALL_PART.itemsize + STATE.itemsize:
            raise ProtocolError("live wall: it ends within a rig")
        head = np.frombuffer(data, WALL_PART, 1, at)[0]
        at += WALL_PART.itemsize
        state_bytes = data[at : at + STATE.itemsize]
        unpack_state(state_bytes)
        presence, t0_s = int(head["presence"]), float(head["t0_s"])
        if presence >= len(PRESENCES) or not 0 <= t0_s < 2**33:
            raise ProtocolError("live wall: a rig that is neither here nor lost, or without time")
        base_ns = round(t0_s * 1e9)
        motion, at = _motion(data, at + STATE.itemsize, int(head["n_rows"]), base_ns)
        parts.append(
            WallPart(
                _text("rig_id", bytes(head["rig_id"]), RIG_ID),
                PRESENCES[presence],  # type: ignore[arg-type]
                float(head["since_ms"]),
                float(head["captured_ms"]),
                int(head["dropped_n"]),
                state_bytes,
                motion,
            )
        )
    if at != len(data):
        raise ProtocolError(f"live wall: {len(data) - at} bytes behind its last rig")
    return seq, server_ms, parts


def _head(kind: int, n_parts: int, n_body: int, seq: int) -> bytes:
    whole = HEAD.itemsize + n_body
    return np.array((MAGIC, VERSION, kind, n_parts, whole, seq % 2**32), HEAD).tobytes()


def _checked_head(data: bytes, wanted: int) -> tuple[int, int]:
    if len(data) < HEAD.itemsize:
        raise ProtocolError(f"live message of {len(data)} bytes: its head has {HEAD.itemsize}")
    magic, version, kind, n_parts, length, seq = np.frombuffer(data, HEAD, 1).tolist()[0]
    if magic != MAGIC or kind != wanted:
        raise ProtocolError("not a live message of the kind that was asked for")
    if version != VERSION:
        raise ProtocolError(
            f"live message of version {version}: this program speaks {VERSION}; install the same "
            "version of mrcpr on the rig and on the server"
        )
    if length != len(data):
        raise ProtocolError(f"live message of {len(data)} bytes that says {length}")
    if n_parts > MAX_PARTS:
        raise ProtocolError(f"live message of {n_parts} rigs: at most {MAX_PARTS}")
    return seq, n_parts


def _motion(data: bytes, at: int, n_rows: int, base_ns: int) -> tuple[Motion, int]:
    """Read rows and where they end; their times rise and their numbers are possible."""
    end = at + n_rows * ROW.itemsize
    if n_rows > MAX_ROWS or end > len(data):
        raise ProtocolError(f"live message: {n_rows} rows do not fit into it")
    if not 0 <= base_ns < 2**62:
        raise ProtocolError("live message: its rows have no time")
    rows: npt.NDArray[Any] = np.frombuffer(data, ROW, n_rows, at)
    depth_mm = rows["depth_mm"].astype(np.float64)
    sigma_mm = rows["sigma_mm"].astype(np.float64)
    t_us = rows["t_us"].astype(np.int64)
    if (np.diff(t_us) < 0).any() or (np.abs(depth_mm) > MOST).any() or (sigma_mm < 0).any():
        raise ProtocolError("live message: rows out of order, or depths out of bounds")
    if np.isinf(sigma_mm).any():
        raise ProtocolError("live message: a sigma without bound")
    return Motion(base_ns + 1000 * t_us, depth_mm, sigma_mm), end
