"""A session's trace at every zoom, as one compact blob.

Takes a trace (t_s, depth_mm, sigma_mm), gives bytes; opens such bytes and gives any window of
it in at most so many rows, without unpacking the rest. Leaves keeping the bytes to the store
and sending rows to the web.

Level 0 is every sample; each level above has one row for four rows below: the lowest and the
highest depth and the largest sigma. A peak is so at every zoom. No row reaches over a gap,
which is where depth is unknown or samples are further apart than `GAP_S`.

What is kept is rounded: instants to a microsecond, depths and sigmas to `QUANTUM_MM`, a tenth
of what is shown and a thirtieth of the best sigma. Numbers of the analysis never come from here.

The blob: ``MRCPRPYR``, ``u32`` length and CRC-32 of the index, the index (JSON), then zstd
frames of up to `FRAME_ROWS` rows, their columns one after the other, little-endian: each row's
first instant (i64, steps; microseconds), on the upper levels how long it is (i64), the low depth
(i32, steps; quanta), on the upper levels the high one above it (i32), sigma (i32; -1: unknown),
and whether a gap is before it (u8).
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple, Self

import numpy as np
import zstandard

from mr.errors import AnalysisError, RecordingError
from mr.types import BoolArray, FloatArray, IntArray

PYRAMID_SCHEMA = "mrcpr.pyramid/1"
QUANTUM_MM = 0.01
GAP_S = 0.25
"""As `mr.metrics` has it: over a longer step nothing was measured."""
FOLD = 4
"""Rows of a level that become one of the next."""
TOP_ROWS = 2048
"""A level with no more rows than this needs none above it."""
FRAME_ROWS = 1 << 15
MAX_POINTS = 100_000
MAX_MM, MAX_S = 1e6, 1e8
MAGIC = b"MRCPRPYR"
_HEAD = struct.Struct("<8sII")
DAMAGED = "the trace kept beside this session is damaged: analyse the session again"
NEWER = "the trace kept beside this session was made by another version: analyse it again"


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Rows of one level; each column (N,)."""

    first_us: IntArray
    last_us: IntArray
    low: IntArray
    high: IntArray
    sigma: IntArray
    fresh: BoolArray
    """A gap is before it."""

    def __len__(self) -> int:
        return len(self.first_us)

    def part(self, which: slice) -> Self:
        return type(self)(*(getattr(self, f.name)[which] for f in fields(self)))

    def grouped(self, starts: IntArray) -> Self:
        """Make one row of those from each start up to the next."""
        ends = np.append(starts[1:], len(self)) - 1
        return type(self)(
            self.first_us[starts],
            self.last_us[ends],
            np.minimum.reduceat(self.low, starts),
            np.maximum.reduceat(self.high, starts),
            np.maximum.reduceat(self.sigma, starts),
            self.fresh[starts],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A part of a trace to draw; columns (N,), NaN in a row that stands for a gap."""

    t_s: FloatArray
    low_mm: FloatArray
    high_mm: FloatArray
    sigma_mm: FloatArray
    exact: bool
    """Every sample of the window is in it; then low and high are the same."""

    def to_bytes(self) -> bytes:
        """Give rows of (t_s, low_mm, high_mm, sigma_mm) as little-endian float32."""
        columns = (self.t_s, self.low_mm, self.high_mm, self.sigma_mm)
        return np.column_stack(columns).astype("<f4").tobytes()


class _Frame(NamedTuple):
    """Where some rows of a level are in the blob."""

    first_us: int
    last_us: int
    n: int
    at: int
    length: int


class _Level(NamedTuple):
    longest_us: int
    """The longest row."""
    frames: tuple[_Frame, ...]


def build_pyramid(t_s: FloatArray, depth_mm: FloatArray, sigma_mm: FloatArray) -> bytes:
    """Pack a trace; see the module's first lines.

    Parameters
    ----------
    t_s, depth_mm, sigma_mm
        (N,) each. A sample that is not later than the one before is left out; where the depth
        is NaN, nothing was measured.

    Raises
    ------
    AnalysisError
        When the columns differ in length or hold what no session has.
    """
    rows = _quantised(t_s, depth_mm, sigma_mm)
    levels = [rows]
    while len(rows) > TOP_ROWS:
        folded = rows.grouped(_folds(rows.fresh))
        if len(folded) > len(rows) // 2:
            break  # nothing but gaps
        rows = folded
        levels.append(rows)
    at, packed, index = 0, [], []
    for k, level in enumerate(levels):
        frames = []
        for i in range(0, len(level), FRAME_ROWS):
            part = level.part(slice(i, i + FRAME_ROWS))
            data = _packed(part, upper=k > 0)
            ends = int(part.first_us[0]), int(part.last_us[-1])
            frames.append(_Frame(*ends, len(part), at, len(data)))
            packed.append(data)
            at += len(data)
        longest_us = int((level.last_us - level.first_us).max(initial=0))
        index.append({"longest_us": longest_us, "frames": frames})
    head = {"schema": PYRAMID_SCHEMA, "quantum_mm": QUANTUM_MM, "gap_s": GAP_S, "levels": index}
    text = json.dumps(head).encode()
    return b"".join((_HEAD.pack(MAGIC, len(text), zlib.crc32(text)), text, *packed))


class Pyramid:
    """An opened blob; make it with `open_pyramid`."""

    def __init__(self, data: bytes, base: int, quantum_mm: float, levels: Sequence[_Level]) -> None:
        self._data = data
        self._base = base
        self._quantum_mm = quantum_mm
        self._levels = levels
        frames = levels[0].frames
        self._bounds_us = (frames[0].first_us, frames[-1].last_us) if frames else None

    @property
    def bounds_s(self) -> tuple[float, float] | None:
        """Tell the first and the last instant (s) at which something was measured."""
        if self._bounds_us is None:
            return None
        first_us, last_us = self._bounds_us
        return first_us / 1e6, last_us / 1e6

    @property
    def n_samples(self) -> int:
        """Tell how many samples there are."""
        return sum(frame.n for frame in self._levels[0].frames)

    def window(self, from_s: float, to_s: float, points: int) -> Window:
        """Give what was measured between two instants, both included.

        A gap that is two rows' time or longer is a row of NaN. Where not every sample fits,
        the first and the last row may reach over the window's ends by less than a row's time.

        Parameters
        ----------
        from_s, to_s
            Ends of the window.
        points
            At most so many rows, 2 to `MAX_POINTS`.

        Raises
        ------
        AnalysisError
            When the window cannot be.
        RecordingError
            When the blob is damaged.
        """
        if not 2 <= points <= MAX_POINTS:
            raise AnalysisError(f"points: {points} is not between 2 and {MAX_POINTS}")
        if not -MAX_S <= from_s <= to_s <= MAX_S:
            raise AnalysisError(f"from_s {from_s:g} to to_s {to_s:g} is no time: give from <= to")
        if self._bounds_us is None:
            return self._drawn(_NO_ROWS, exact=True)
        from_us = max(round(1e6 * from_s), self._bounds_us[0])
        to_us = min(round(1e6 * to_s), self._bounds_us[1])
        if to_us < from_us:
            return self._drawn(_NO_ROWS, exact=True)
        width_us = max(-(-(to_us - from_us) // (points - 1)), 1)
        level = max(
            k for k, one in enumerate(self._levels) if not k or 2 * one.longest_us <= width_us
        )
        rows = self._rows(level, from_us, to_us)
        if not len(rows) or (level == 0 and len(rows) + np.count_nonzero(rows.fresh[1:]) <= points):
            return self._drawn(rows, exact=True)
        # On a grid that does not move with the window: what is drawn does not flicker.
        bins = np.maximum(rows.first_us, from_us) // width_us
        starts = np.flatnonzero(np.diff(bins, prepend=bins[0] - 1))
        told = rows.grouped(starts)
        empty_before = np.diff(bins[starts], prepend=bins[0]) > 1
        # A shorter gap is narrower than what can be seen.
        told = replace(told, fresh=told.fresh & empty_before)
        return self._drawn(told, exact=False)

    def samples(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Give every sample: ``(t_s, depth_mm, sigma_mm)``, with a row of NaN in each gap."""
        rows = _NO_ROWS if self._bounds_us is None else self._rows(0, *self._bounds_us)
        drawn = self._drawn(rows, exact=True)
        return drawn.t_s, drawn.low_mm, drawn.sigma_mm

    def _rows(self, level: int, from_us: int, to_us: int) -> _Rows:
        """Unpack the rows that reach into a window."""
        parts = [
            _unpacked(self._data, self._base, frame, upper=level > 0)
            for frame in self._levels[level].frames
            if frame.last_us >= from_us and frame.first_us <= to_us
        ]
        if not parts:
            return _NO_ROWS
        rows = parts[0] if len(parts) == 1 else _joined(parts)
        a = int(np.searchsorted(rows.last_us, from_us, side="left"))
        b = int(np.searchsorted(rows.first_us, to_us, side="right"))
        return rows.part(slice(a, b))

    def _drawn(self, rows: _Rows, *, exact: bool) -> Window:
        """Give rows in s and mm, with one of NaN in each gap."""
        t_s = (rows.first_us + rows.last_us) / 2e6
        unit = self._quantum_mm
        sigma_mm = np.where(rows.sigma < 0, np.nan, unit * rows.sigma)
        gaps = np.flatnonzero(rows.fresh[1:]) + 1
        between_s = (rows.last_us[gaps - 1] + rows.first_us[gaps]) / 2e6
        low_mm, high_mm, sigma_mm = (
            np.insert(column, gaps, np.nan)
            for column in (unit * rows.low, unit * rows.high, sigma_mm)
        )
        return Window(np.insert(t_s, gaps, between_s), low_mm, high_mm, sigma_mm, exact=exact)


def open_pyramid(data: bytes) -> Pyramid:
    """Open a blob; rows are unpacked when they are asked for.

    Raises
    ------
    RecordingError
        When it is damaged or made by another version.
    """
    if len(data) < _HEAD.size:
        raise RecordingError(DAMAGED)
    magic, length, crc = _HEAD.unpack_from(data)
    text = data[_HEAD.size : _HEAD.size + length]
    if magic != MAGIC or len(text) != length or zlib.crc32(text) != crc:
        raise RecordingError(DAMAGED)
    try:
        head: dict[str, Any] = json.loads(text)
        if head["schema"] != PYRAMID_SCHEMA:
            raise RecordingError(NEWER)
        levels = [
            _Level(int(one["longest_us"]), tuple(_Frame(*map(int, f)) for f in one["frames"]))
            for one in head["levels"]
        ]
        quantum_mm = float(head["quantum_mm"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RecordingError(DAMAGED) from error
    base = _HEAD.size + length
    ends = [base + f.at + f.length for level in levels for f in level.frames]
    if not levels or max(ends, default=base) != len(data):
        raise RecordingError(DAMAGED)
    if not all(0 < f.n <= FRAME_ROWS and f.at >= 0 for level in levels for f in level.frames):
        raise RecordingError(DAMAGED)
    return Pyramid(data, base, quantum_mm, levels)


def _quantised(t_s: FloatArray, depth_mm: FloatArray, sigma_mm: FloatArray) -> _Rows:
    if not len(t_s) == len(depth_mm) == len(sigma_mm):
        raise AnalysisError(
            f"a trace of {len(t_s)} instants, {len(depth_mm)} depths and {len(sigma_mm)} sigmas: "
            "give one of each a sample"
        )
    if not np.all(np.abs(t_s) <= MAX_S):
        raise AnalysisError("a trace with an instant that no session has: its clock is wrong")
    t_us = np.rint(1e6 * t_s).astype(np.int64)
    before_us = np.maximum.accumulate(np.append(np.iinfo(np.int64).min, t_us))[:-1]
    in_time = t_us > before_us
    t_us, depth_mm, sigma_mm = t_us[in_time], depth_mm[in_time], sigma_mm[in_time]
    known = np.isfinite(depth_mm)
    t_us, depth_mm, sigma_mm = t_us[known], depth_mm[known], sigma_mm[known]
    sigma_mm = np.where(np.isfinite(sigma_mm), sigma_mm, -QUANTUM_MM)
    for column in (depth_mm, sigma_mm):
        if not np.all(np.abs(column) <= MAX_MM):
            raise AnalysisError(f"a trace with values over {MAX_MM:g} mm: its sensors are wrong")
    place = np.flatnonzero(known)
    fresh = np.ones(len(t_us), np.bool_)
    fresh[1:] = (np.diff(t_us) > round(1e6 * GAP_S)) | (np.diff(place) > 1)
    depth = np.rint(depth_mm / QUANTUM_MM).astype(np.int64)
    return _Rows(t_us, t_us, depth, depth, np.rint(sigma_mm / QUANTUM_MM).astype(np.int64), fresh)


def _folds(fresh: BoolArray) -> IntArray:
    """Give where rows of the next level begin: at each gap, and at every `FOLD`th row after."""
    at = np.arange(len(fresh))
    since = at - np.maximum.accumulate(np.where(fresh, at, 0))
    return np.flatnonzero(since % FOLD == 0)


def _columns(*, upper: bool) -> list[tuple[str, str]]:
    """Name the columns of a frame with their types."""
    every = [
        ("first_us", "<i8"), ("long_us", "<i8"), ("low", "<i4"), ("above", "<i4"),
        ("sigma", "<i4"), ("fresh", "u1"),
    ]  # fmt: skip
    return [c for c in every if upper or c[0] not in {"long_us", "above"}]


def _packed(rows: _Rows, *, upper: bool) -> bytes:
    values = {
        "first_us": np.diff(rows.first_us, prepend=0),
        "long_us": rows.last_us - rows.first_us,
        "low": np.diff(rows.low, prepend=0),
        "above": rows.high - rows.low,
        "sigma": rows.sigma,
        "fresh": rows.fresh,
    }
    plain = b"".join(values[name].astype(dtype).tobytes() for name, dtype in _columns(upper=upper))
    return zstandard.ZstdCompressor(level=3, write_checksum=True).compress(plain)


def _unpacked(data: bytes, base: int, frame: _Frame, *, upper: bool) -> _Rows:
    packed = data[base + frame.at : base + frame.at + frame.length]
    columns = _columns(upper=upper)
    size = frame.n * sum(np.dtype(dtype).itemsize for _, dtype in columns)
    try:
        if zstandard.frame_content_size(packed) != size:
            raise RecordingError(DAMAGED)
        plain = zstandard.ZstdDecompressor().decompress(packed)
    except zstandard.ZstdError as error:
        raise RecordingError(DAMAGED) from error
    found, at = {}, 0
    for name, dtype in columns:
        found[name] = np.frombuffer(plain, dtype, frame.n, at)
        at += found[name].nbytes
    first_us = np.cumsum(found["first_us"])
    low = np.cumsum(found["low"], dtype=np.int64)
    return _Rows(
        first_us,
        first_us + found["long_us"] if upper else first_us,
        low,
        low + found["above"] if upper else low,
        found["sigma"].astype(np.int64),
        found["fresh"].astype(np.bool_),
    )


def _joined(parts: Sequence[_Rows]) -> _Rows:
    return _Rows(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(_Rows)))


_NOTHING = np.zeros(0, np.int64)
_NO_ROWS = _Rows(_NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING, np.zeros(0, np.bool_))
