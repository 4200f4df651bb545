"""The sub-skill of giving breaths: their volume, their speed, their rhythm, the missing ones.

Takes a `Performance`, a profile and a mode, gives a `Judged` item. A breath is as good as
the worst of its parts; a breath that was due and not given is worth nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mr.config import Mode
from mr.scoring.closeness import Band, Judged, Loss, Thing, interval_pct, misses, sure_ones
from mr.scoring.due import BREATHS_PER_SET, Due, due_breaths
from mr.scoring.guideline import Guideline
from mr.scoring.pauses import SETS
from mr.scoring.performance import Performance
from mr.types import BoolArray, FloatArray

DUE_AFTER = {**SETS, Mode.CONTINUOUS: 15}
"""Without a breath after more compressions than these (continuous: about 6 s at 10 breaths a
minute) one is missing."""
PACED = (Mode.CONTINUOUS, Mode.VENTILATION_ONLY)
"""Modes in which compressions do not say when a breath is due."""


@dataclass(frozen=True, slots=True)
class _Breaths:
    """The breaths that can be judged, each with its parts and their bands."""

    known: Sequence[Thing]
    volumes_ml: FloatArray
    sigmas_ml: FloatArray
    inspirations_s: FloatArray
    intervals_s: FloatArray
    """From the breath before; NaN where it is not judged."""
    surplus: BoolArray
    """More than its pause asks for: it earns nothing."""
    volume: Band
    speed: Band
    pace: Band | None

    def closeness(self, k: FloatArray | float = 0.0) -> FloatArray:
        """Rate each breath by its worst part, its volume moved by `k` (m, 1) sigmas."""
        close = np.minimum(
            self.volume.closeness(self.volumes_ml + k * self.sigmas_ml),
            self.speed.closeness(self.inspirations_s),
        )
        if self.pace is not None:
            paced = np.isfinite(self.intervals_s)
            rhythm = self.pace.closeness(self.intervals_s[paced])
            close[..., paced] = np.minimum(close[..., paced], rhythm)
        return np.where(self.surplus, 0.0, close)

    def miss(self, i: int) -> str:
        """Say what is wrong with one breath."""
        if self.surplus[i]:
            return f"more than the {BREATHS_PER_SET} of its pause"
        parts = [
            self.volume.miss(float(self.volumes_ml[i])),
            self.speed.miss(float(self.inspirations_s[i])),
        ]
        if self.pace is not None and np.isfinite(self.intervals_s[i]):
            parts.append(self.pace.miss(float(self.intervals_s[i])))
        return ", ".join(p for p in parts if p)

    def words(self, missing: int) -> str:
        """Say how all of them were."""
        words = []
        if self.volume.low is not None or self.volume.high is not None:
            words.append(f"volume: {misses(self.volumes_ml, self.volume)}")
        n_fast = int(np.sum(self.speed.closeness(self.inspirations_s) < 1.0))
        if n_fast:
            words.append(f"{n_fast} in under {self.speed.low:g} s")
        intervals_s = self.intervals_s[np.isfinite(self.intervals_s)]
        if self.pace is not None and len(intervals_s):
            band = f"{self.pace.low:g} to {self.pace.high:g} s wanted"
            words.append(f"one every {float(np.mean(intervals_s)):.1f} s ({band})")
        if self.surplus.any():
            words.append(f"{int(self.surplus.sum())} more than due")
        if missing:
            words.append(f"{missing} due and not given")
        return ", ".join(words) or f"all {len(self.known)} on target"


def judge_breaths(performance: Performance, guideline: Guideline, mode: Mode) -> Judged:
    """Judge each breath, and count those that were due and not given."""
    pace = _pace(guideline, mode)
    due = due_breaths(performance, mode, None if pace is None else pace.high)
    if not performance.ventilations:
        return _none_given(performance, mode, due)
    breaths, why = _breaths(performance, guideline, pace, due)
    if breaths is None:
        return Judged(None, why)
    missing = due.missing
    close, n = breaths.closeness(), len(breaths.known) + missing
    losses = [
        Loss("breath", thing.index, thing.t_ns, 100.0 * (1.0 - c) / n, breaths.miss(i))
        for i, (thing, c) in enumerate(zip(breaths.known, close.tolist(), strict=True))
        if c < 1.0
    ]
    losses += [Loss("missing breath", None, None, 100.0 / n, "due and not given")] * missing
    low_pct, high_pct = interval_pct(breaths.closeness)
    share = len(breaths.known) / n
    return Judged(
        100.0 * float(close.sum()) / n,
        breaths.words(missing),
        (share * low_pct, share * high_pct),
        100.0 * float(np.sum(close == 1.0)) / n,
        tuple(losses),
    )


def _breaths(
    performance: Performance, guideline: Guideline, pace: Band | None, due: Due
) -> tuple[_Breaths | None, str]:
    """Give the breaths that can be judged; or None, and why there are none."""
    target, every = guideline.ventilation, performance.ventilations
    volume = Band(
        target.volume_low_ml, target.volume_high_ml, target.volume_zero_at_ml,
        "mL", "too small", "too big",
    )  # fmt: skip
    things = [Thing(k, b.start_ns, b.volume_ml) for k, b in enumerate(every)]
    known, why = sure_ones(things, volume.zero_at, "no breaths were seen")
    if not known:
        return None, why
    inspirations_s = np.round([every[t.index].inspiration_s for t in known], 2)
    return _Breaths(
        known,
        np.round([t.value.value or 0.0 for t in known], 1),
        np.array([t.value.sigma or 0.0 for t in known]),
        inspirations_s,
        _intervals_s(performance)[[t.index for t in known]],
        np.array([t.index in due.surplus for t in known]),
        volume,
        Band(target.inspiration_min_s, None, target.inspiration_zero_at_s, "s", "too fast"),
        pace,
    ), why


def _none_given(performance: Performance, mode: Mode, due: Due) -> Judged:
    """Say what no breath at all means."""
    if not performance.airway_measured:
        return Judged(None, "the airway was not measured")
    if mode is not Mode.VENTILATION_ONLY and len(performance.compressions) <= DUE_AFTER[mode]:
        return Judged(None, "no breaths were due yet")
    if performance.holes_ns and not due.missing:
        return Judged(None, f"no breaths were seen, but {performance.unmeasured}")
    words = "no breaths were given"
    return Judged(0.0, words, (0.0, 0.0), 0.0, (Loss("session", None, None, 100.0, words),))


def _pace(guideline: Guideline, mode: Mode) -> Band | None:
    """Give the band of the time between breaths, where it is judged."""
    target = guideline.ventilation
    if mode not in PACED or target.interval_low_s is None:
        return None
    return Band(
        target.interval_low_s, target.interval_high_s, target.interval_zero_at_s,
        "s", "too soon", "too late",
    )  # fmt: skip


def _intervals_s(performance: Performance) -> FloatArray:
    """Time from each breath's predecessor, start to start; none for the first.

    None either where another may have been hidden in between.
    """
    gaps_s = [
        np.nan
        if any(a.start_ns < end and start < b.start_ns for start, end in performance.holes_ns)
        else (b.start_ns - a.start_ns) / 1e9
        for a, b in itertools.pairwise(performance.ventilations)
    ]
    return np.round([np.nan, *gaps_s], 1)
