"""What of a compression is coached, and on which side of its band it lies.

Takes a `Compression` and a guideline, gives a `Side` and a cost; leaves when to speak of
it to `mr.coaching.rules`. A value counts as a miss only where it lies outside its band by
more than its own sigma: noise is nobody's mistake. An unknown value has no side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mr.scoring.guideline import Guideline
from mr.types import Compression, Measured

Side = Literal["low", "good", "high"]
"""Where a value lies against its band."""

PERSISTENCE = 4
"""So many misses in a row make a mistake, and so many hits in a row make it good. Source:
CPRmeter waits for four misses (S, FIELD notes)."""
MADE = 3
"""A correction counts as made after so many compressions without the miss. Source: ours;
fewer than it takes to be named, so that advice goes sooner than it comes."""
KEPT = 2 * PERSISTENCE


@dataclass(frozen=True, slots=True)
class Band:
    """A guideline's bounds for one measure; None is one-sided."""

    low: float | None
    high: float | None
    zero_at: float
    """How far outside the band a compression earns nothing."""
    weight_pct: float

    def side(self, measured: Measured) -> Side | None:
        """Tell on which side a value lies for sure; None when it is unknown."""
        if measured.value is None:
            return None
        sigma = measured.sigma or 0.0
        if self.low is not None and measured.value < self.low - sigma:
            return "low"
        if self.high is not None and measured.value > self.high + sigma:
            return "high"
        return "good"

    def cost(self, measured: Measured) -> float:
        """Give what a miss costs, 0 … `weight_pct`; what is no sure miss costs nothing."""
        side = self.side(measured)
        if measured.value is None or side in (None, "good"):
            return 0.0
        bound = self.low if side == "low" else self.high
        assert bound is not None
        return self.weight_pct * min(abs(measured.value - bound) / self.zero_at, 1.0)


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that is coached."""

    key: Literal["release", "hands", "depth", "rate"]
    of: Callable[[Compression, Guideline], Measured]
    band: Callable[[Guideline], Band]


def _left(compression: Compression, guideline: Guideline) -> Measured:
    """Give what is left at release, by the profile's one criterion."""
    if guideline.recoil.criterion == "force":
        return compression.release_force_n
    return compression.release_depth_mm


def _left_band(guideline: Guideline) -> Band:
    recoil, weight_pct = guideline.recoil, guideline.weights.recoil
    if recoil.criterion == "force" and recoil.zero_at_n is not None:
        return Band(None, recoil.release_max_n, recoil.zero_at_n, weight_pct)
    return Band(None, recoil.release_max_mm, recoil.zero_at_mm, weight_pct)


def _offset(compression: Compression, _: Guideline) -> Measured:
    """Give the distance of the hands from the compression point."""
    x, y = compression.hand_offset_mm
    if x.value is None or y.value is None:
        return Measured.unknown(x.why or y.why)
    distance_mm = float((x.value**2 + y.value**2) ** 0.5)
    across = ((x.value * (x.sigma or 0.0)) ** 2 + (y.value * (y.sigma or 0.0)) ** 2) ** 0.5
    return Measured(distance_mm, across / distance_mm if distance_mm > 0 else x.sigma)


MEASURES = (
    Measure("release", _left, _left_band),
    Measure(
        "hands",
        _offset,
        lambda g: Band(None, g.hands.offset_max_mm, g.hands.zero_at_mm, g.weights.hands),
    ),
    Measure(
        "depth",
        lambda c, _: c.depth_mm,
        lambda g: Band(g.depth.low_mm, g.depth.high_mm, g.depth.zero_at_mm, g.weights.depth),
    ),
    Measure(
        "rate",
        lambda c, _: c.rate_cpm,
        lambda g: Band(g.rate.low_cpm, g.rate.high_cpm, g.rate.zero_at_cpm, g.weights.rate),
    ),
)
"""Most critical first: recoil before depth, for correcting depth makes learners lean."""


@dataclass(frozen=True, slots=True)
class History:
    """On which sides the last compressions lay, oldest first, since the last pause."""

    sides: tuple[Side, ...] = ()
    unknown_n: int = 0
    """How many in a row could not be measured; `PERSISTENCE` of them, and all is forgotten."""

    def then(self, side: Side | None) -> History:
        """Add one compression."""
        if side is not None:
            return History((*self.sides, side)[-KEPT:])
        unknown_n = self.unknown_n + 1
        return History(self.sides if unknown_n < PERSISTENCE else (), unknown_n)

    def last(self, count: int, side: Side) -> bool:
        """Whether the last `count` all lay on that side."""
        return len(self.sides) >= count and all(s == side for s in self.sides[-count:])

    def made(self, side: Side) -> bool:
        """Whether the last ones show that the miss on that side has ended."""
        return len(self.sides) >= MADE and side not in self.sides[-MADE:]

    @property
    def known(self) -> bool:
        """Whether anything is known of late."""
        return self.unknown_n < PERSISTENCE
