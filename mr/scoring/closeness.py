"""How close measured values are to a target, and how sure that is.

Takes values with their sigmas and a band, gives a `Judged` item: the mean closeness, its
interval, the share on target and what each value cost. Which values belong to which item
is said in `mr.scoring.items`.

The interval is worked out, not drawn by chance. A sigma is partly a bias that all values
of one kind share (a calibration, a zero) and partly noise of each value by itself, and
nobody says how much of which. So both extremes are looked at: all values moved together by
up to 1.96 sigma, and what noise of one sigma in each value by itself would take off the
mean or add to it. The interval holds the worst and the best of these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mr.metrics.strokes import FIRST, FIRST_AFTER_LOSS
from mr.types import FloatArray, Measured

SURE_SHARE = 0.5
"""A value with a sigma over this share of ``zero_at`` is not judged. Source: this project."""
LEAST_SURE = 0.5
"""With fewer sure values than this share the item is not judged at all."""
SHIFTS = np.linspace(-1.96, 1.96, 9)
"""Biases that all values may share, in sigmas."""
NOISE = np.array([-2.857, -1.356, 0.0, 1.356, 2.857])
NOISE_WEIGHTS = np.array([0.01126, 0.22208, 0.53332, 0.22208, 0.01126])
"""Nodes (in sigmas) and weights of a Gauss-Hermite rule: the mean over normal noise."""

What = Literal["compression", "breath", "missing breath", "pause", "shock", "session"]


@dataclass(frozen=True, slots=True)
class Band:
    """A target: full closeness between its ends, none from `zero_at` beyond them on."""

    low: float | None
    high: float | None
    zero_at: float
    unit: str
    under: str = ""
    over: str = ""
    """Words for a value below the low end, and above the high one."""

    def closeness(self, values: FloatArray) -> FloatArray:
        """Rate each value 1 inside, falling linearly to 0 outside.

        Examples
        --------
        >>> Band(50.0, 60.0, 20.0, "mm").closeness(np.array([40.0, 55.0, 70.0]))
        array([0.5, 1. , 0.5])
        """
        below = np.zeros_like(values) if self.low is None else np.maximum(self.low - values, 0.0)
        above = np.zeros_like(values) if self.high is None else np.maximum(values - self.high, 0.0)
        return np.asarray(np.clip(1.0 - (below + above) / self.zero_at, 0.0, 1.0))

    def miss(self, value: float) -> str:
        """Say by how much a value misses the band; empty when it does not."""
        digits = 2 if self.unit == "s" else 1  # as it is judged
        if self.low is not None and value < self.low:
            return f"{self.low - value:.{digits}f} {self.unit} {self.under}"
        if self.high is not None and value > self.high:
            return f"{value - self.high:.{digits}f} {self.unit} {self.over}"
        return ""


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing that is judged: its place, its instant and its value."""

    index: int
    t_ns: int
    value: Measured


@dataclass(frozen=True, slots=True)
class Loss:
    """What one thing takes off its item, in hundredths of it."""

    what: What
    index: int | None
    t_ns: int | None
    share_pct: float
    reason: str


@dataclass(frozen=True, slots=True)
class Judged:
    """One item before weighting: 0 … 100, or None, and the words for it."""

    value_pct: float | None
    reason: str
    interval_pct: tuple[float, float] | None = None
    in_target_pct: float | None = None
    losses: tuple[Loss, ...] = ()


def judge_band(what: What, things: Sequence[Thing], band: Band, why: str) -> Judged:
    """Judge things by one band; `why` is said when there are none."""
    known, why = sure_ones(things, band.zero_at, why)
    if not known:
        return Judged(None, why)
    # To a tenth, as it is shown: 120.0 is not above 120.
    values = np.round([t.value.value or 0.0 for t in known], 1)
    sigmas = np.array([t.value.sigma or 0.0 for t in known])
    close = band.closeness(values)
    losses = tuple(
        Loss(what, thing.index, thing.t_ns, 100.0 * (1.0 - float(c)) / len(known), band.miss(v))
        for thing, v, c in zip(known, values.tolist(), close, strict=True)
        if c < 1.0
    )
    has_sigmas = all(t.value.sigma is not None for t in known)
    return Judged(
        100.0 * float(close.mean()),
        misses(values, band),
        interval_pct(lambda k: band.closeness(values + k * sigmas)) if has_sigmas else None,
        100.0 * float(np.mean(close == 1.0)),
        losses,
    )


def sure_ones(things: Sequence[Thing], zero_at: float, why: str) -> tuple[list[Thing], str]:
    """Give what can be judged; and the commonest reason why not.

    A value whose sigma is more than half of what separates full from no points says too
    little about the learner: it is not judged, and its sigma is told.
    """
    limit = SURE_SHARE * zero_at
    known = [t for t in things if t.value.value is not None]
    sure = [t for t in known if (t.value.sigma or 0.0) <= limit]
    whys = [t.value.why for t in things if t.value.value is None and t.value.why]
    if known and len(sure) < LEAST_SURE * len(known):
        vague = float(np.median([t.value.sigma or 0.0 for t in known]))
        return [], f"measured to ±{vague:.1f} only, too vague to judge"
    if whys:
        why = max(sorted(set(whys)), key=whys.count)
    # A first compression has no rate, and could have none.
    due_n = len(things) - sum(w in (FIRST, FIRST_AFTER_LOSS) for w in whys)
    if known and len(known) < LEAST_SURE * due_n:
        return [], f"only {len(known)} of {due_n} were measured: {why}"
    return sure, why


def interval_pct(closeness_at: Callable[[FloatArray], FloatArray]) -> tuple[float, float]:
    """Give the least and the greatest mean closeness (in %) that the sigmas allow.

    `closeness_at` takes shifts (m, 1), in sigmas, and gives closenesses (m, n): of each value
    when all of them are moved by so many of their sigmas.
    """
    means = closeness_at(np.concatenate([SHIFTS, NOISE])[:, None]).mean(axis=1)
    moved, noisy = means[: len(SHIFTS)], float(NOISE_WEIGHTS @ means[len(SHIFTS) :])
    here = float(moved[len(SHIFTS) // 2])
    low = float(moved.min()) + min(here - noisy, 0.0)
    high = float(moved.max()) + max(here - noisy, 0.0)
    return 100.0 * min(max(low, 0.0), here), 100.0 * max(min(high, 1.0), here)


def misses(values: FloatArray, band: Band) -> str:
    """Say how many values miss the band on which side, and by how much on average."""
    parts = []
    under = values[values < band.low] if band.low is not None else values[:0]
    over = values[values > band.high] if band.high is not None else values[:0]
    for word, side, end in ((band.under, under, band.low), (band.over, over, band.high)):
        if len(side) and end is not None:
            by = float(np.mean(np.abs(side - end)))
            parts.append(f"{len(side)} {word} (by {by:.1f} {band.unit} on average)")
    return f"{' and '.join(parts)} of {len(values)}" if parts else f"all {len(values)} on target"
