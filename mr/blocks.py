"""Many samples at once, as columns.

Takes samples one by one, or columns, gives blocks and samples again; leaves what they mean
to `mr.types`. A session's samples come in runs of one stream; what is done to a run at once
costs little a sample, and the results must not depend on where runs begin.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

import numpy as np

from mr.types import (
    BoolArray,
    ChestSample,
    ClockExchange,
    FloatArray,
    IntArray,
    MannequinFrame,
    Stamp,
)

HANDS: tuple[Literal["unknown", "off", "on"], ...] = ("unknown", "off", "on")
"""What a block's codes of the hands mean."""


@dataclass(frozen=True, slots=True, eq=False)
class MannequinBlock:
    """Some of the mannequin's frames in their order of arrival; each column (N,)."""

    stream: str
    seq: IntArray
    device_ticks: IntArray
    arrival_ns: IntArray
    chest_counts: IntArray
    force_counts: IntArray
    """(N, 4)."""
    airway_counts: IntArray
    overflow: IntArray

    @classmethod
    def of(cls, frames: Sequence[MannequinFrame]) -> Self:
        """Make it of frames of one stream, at least one."""
        rows = [
            (f.arrival.seq, f.arrival.device_ticks, f.arrival.arrival_ns, f.chest_counts,
             *f.force_counts, f.airway_counts, f.overflow)
            for f in frames
        ]  # fmt: skip
        c = np.array(rows, np.int64)
        return cls(
            frames[0].arrival.stream,
            c[:, 0],
            c[:, 1],
            c[:, 2],
            c[:, 3],
            c[:, 4:8],
            c[:, 8],
            c[:, 9],
        )

    @classmethod
    def of_rows(cls, stream: str, rows: np.ndarray[Any, Any]) -> Self:
        """Make it of a structured array whose fields are named like its columns."""
        names = [f.name for f in fields(cls)[1:]]
        return cls(stream, *(rows[name].astype(np.int64) for name in names))

    def __len__(self) -> int:
        return len(self.seq)

    def part(self, which: slice | BoolArray) -> Self:
        """Give some of it, in the same order."""
        columns = {f.name: getattr(self, f.name)[which] for f in fields(self)[1:]}
        return type(self)(self.stream, **columns)


@dataclass(frozen=True, slots=True, eq=False)
class MannequinRun:
    """Some of the mannequin's frames, and what was asked of its clock meanwhile."""

    frames: MannequinBlock
    """At least one."""
    exchanges: tuple[tuple[int, ClockExchange], ...] = ()
    """In their order of arrival, each with how many of the frames, at least one, came before."""

    def between_exchanges(self) -> Iterator[Self]:
        """Give it in parts, none with an exchange ahead of any of its frames."""
        start = 0
        for end, exchanges in itertools.groupby(self.exchanges, key=lambda pair: pair[0]):
            here = tuple((end - start, x) for _, x in exchanges)
            yield type(self)(self.frames.part(slice(start, end)), here)
            start = end
        if start < len(self.frames):
            yield type(self)(self.frames.part(slice(start, None)))


@dataclass(frozen=True, slots=True, eq=False)
class ChestBlock:
    """Some of the chest's motion, in order of time, all of it from the same sources.

    The columns are (N,) and those of `ChestSample`; what is unknown is NaN.
    """

    sources: tuple[str, ...]
    t_ns: IntArray
    t_sigma_ns: IntArray
    depth_m: FloatArray
    velocity_m_s: FloatArray
    sigma_m: FloatArray
    zero_known: BoolArray
    force_n: FloatArray
    hand_offset_m: FloatArray
    """(N, 2)."""
    hand_sigma_m: FloatArray
    hands: IntArray
    """Indices of `HANDS`."""
    airway_ml: FloatArray
    chest_rise_m: FloatArray

    @classmethod
    def of(cls, samples: Sequence[ChestSample]) -> Self:
        """Make it of samples of the same sources, at least one."""

        def column(name: str) -> FloatArray:
            return np.array([_or_nan(getattr(s, name)) for s in samples], np.float64)

        offsets = [
            (np.nan, np.nan) if s.hand_offset_m is None else s.hand_offset_m for s in samples
        ]
        return cls(
            sources=samples[0].sources,
            t_ns=np.array([s.stamp.t_ns for s in samples], np.int64),
            t_sigma_ns=np.array([s.stamp.sigma_ns for s in samples], np.int64),
            depth_m=column("depth_m"),
            velocity_m_s=column("velocity_m_s"),
            sigma_m=column("sigma_m"),
            zero_known=np.array([s.zero_known for s in samples], np.bool_),
            force_n=column("force_n"),
            hand_offset_m=np.array(offsets, np.float64),
            hand_sigma_m=column("hand_sigma_m"),
            hands=np.array([HANDS.index(s.hands) for s in samples], np.int64),
            airway_ml=column("airway_ml"),
            chest_rise_m=column("chest_rise_m"),
        )

    @classmethod
    def runs(cls, samples: Iterable[ChestSample]) -> Iterator[Self]:
        """Make one of each run of samples of the same sources."""
        for _, run in itertools.groupby(samples, key=lambda sample: sample.sources):
            yield cls.of(list(run))

    def __len__(self) -> int:
        return len(self.t_ns)

    def part(self, which: slice | BoolArray) -> Self:
        """Give some of it, in the same order."""
        columns = {f.name: getattr(self, f.name)[which] for f in fields(self)[1:]}
        return type(self)(self.sources, **columns)

    def samples(self) -> Iterator[ChestSample]:
        """Give them one by one."""
        rows = zip(
            self.t_ns.tolist(), self.t_sigma_ns.tolist(), self.depth_m.tolist(),
            self.velocity_m_s.tolist(), self.sigma_m.tolist(), self.zero_known.tolist(),
            _known(self.force_n), self.hand_offset_m.tolist(), _known(self.hand_sigma_m),
            self.hands.tolist(), _known(self.airway_ml), _known(self.chest_rise_m),
            strict=True,
        )  # fmt: skip
        for t_ns, t_sigma_ns, depth, velocity, sigma, zero, force, (
            x,
            y,
        ), place, h, air, rise in rows:
            yield ChestSample(
                Stamp(t_ns, t_sigma_ns), depth, velocity, sigma, self.sources, zero, force,
                None if math.isnan(x) else (x, y), place, HANDS[h], air, rise,
            )  # fmt: skip


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def _known(column: FloatArray) -> list[float | None]:
    return [None if math.isnan(value) else value for value in column.tolist()]
