"""Hard signals for the detection of compressions, and what of them counts by definition.

Takes a seed, gives a `Signal`: noisy samples of a motion, and a `Press` for each compression
that docs/guides/definitions.md finds in the motion beneath them. Shares nothing with
`mr.metrics` nor with `mr.sim`: strokes are chained of flanks of many shapes, and the truth is
the definition's words read on the motion without noise.

What is nearly the minimum excursion is neither: presses that a least excursion smaller or
larger by the `zone` would judge differently (by a least excursion over 10 mm, or between the
samples that there are) are `certain=False`, and nothing is counted wrong about them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import lfilter
from scipy.special import betainc

from mr.types import FloatArray

LEAST_MM = 10.0
MOST_S = 2.0
"""From a press's onset until it is back: what is slower is drift or a hold."""
MAX_GAP_S = 0.25
ZONE_MM = 0.5
ZONE_SIGMAS = 3.0
"""The zone: half a millimetre, and so many sigmas of a mean of the noise over `MEAN_S`."""
MEAN_S = 0.06
COLOUR_S = 0.03
"""How long coloured noise remembers."""
SLOW_S = 0.4
"""Presses that last within this of `MOST_S` are not certain."""
DENSE_HZ = 400.0

KINDS = (
    "plain",
    "least",
    "fast",
    "slow",
    "leaning",
    "double dips",
    "holds",
    "quick pauses",
    "breaths",
    "drift",
    "bumps",
    "hands resting",
    "losses",
)
RATES_HZ = (30.0, 60.0, 100.0, 200.0)
NOISES_MM = (0.05, 0.3, 1.0, 2.0, 3.0)


@dataclass(frozen=True, slots=True)
class Press:
    """One compression as defined: where it is, and from when on it is one."""

    from_s: float
    """It has gone in by half of its rise."""
    peak_s: float
    closed_s: float
    """It has come back by the minimum excursion."""
    certain: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """Samples of one learner's motion with what they truly hold."""

    seed: int
    kind: str
    rate_hz: float
    noise_mm: float
    coloured: bool
    zone_mm: float
    t_s: FloatArray
    mm: FloatArray
    presses: tuple[Press, ...]


@dataclass(frozen=True, slots=True)
class Flank:
    """A way from one depth to another; `a`, `b` bend it (a beta distribution's rise)."""

    start_s: float
    lasts_s: float
    from_mm: float
    to_mm: float
    a: float
    b: float


class Pen:
    """Draws the motion stroke by stroke."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.t_s = 0.0
        self.mm = 0.0
        self.flanks: list[Flank] = []

    def go(self, to_mm: float, lasts_s: float) -> None:
        """Move by a flank of some shape: steep, soft at one end, nearly straight."""
        a, b = self.rng.uniform(1.05, 3.5, 2)
        self.flanks.append(Flank(self.t_s, lasts_s, self.mm, to_mm, a, b))
        self.t_s += lasts_s
        self.mm = to_mm

    def stay(self, lasts_s: float) -> None:
        """Stay where it is."""
        self.go(self.mm, lasts_s)

    def motion_mm(self, t_s: FloatArray) -> FloatArray:
        """Tell the depth at instants in increasing order."""
        mm = np.zeros_like(t_s)
        for f in self.flanks:
            i, j = np.searchsorted(t_s, [f.start_s, f.start_s + f.lasts_s])
            share = betainc(f.a, f.b, (t_s[i:j] - f.start_s) / f.lasts_s)
            mm[i:j] = f.from_mm + (f.to_mm - f.from_mm) * share
        mm[t_s >= self.t_s] = self.mm
        return mm


# --- what learners do ---------------------------------------------------------------------


def _press(
    pen: Pen, kind: str, size_mm: float, period_s: float, rest_mm: float, zone_mm: float
) -> None:
    """Press once by `size_mm` and come back to `rest_mm`, within one period."""
    rng = pen.rng
    down = rng.uniform(0.25, 0.5)
    hold = rng.uniform(0.0, 0.2)
    idle = rng.uniform(0.0, 0.25)
    up_s = period_s * max(1.0 - down - hold - idle, 0.2)
    top_mm = pen.mm + size_mm
    pen.go(top_mm, period_s * down)
    dip_mm = min(LEAST_MM - zone_mm, 0.6 * size_mm)
    if kind == "double dips" and dip_mm > 0.5 and rng.random() < 0.6:
        back_mm = rng.uniform(0.3, 1.0) * dip_mm
        pen.go(top_mm - back_mm, rng.uniform(0.05, 0.12))
        pen.go(top_mm + rng.uniform(-0.3, 0.1) * back_mm, rng.uniform(0.05, 0.12))
    elif kind == "holds":
        pen.go(top_mm + rng.uniform(-1.0, 1.0), rng.uniform(0.2, 0.9))
    else:
        pen.go(top_mm + rng.uniform(-0.5, 0.5), period_s * hold + 0.01)
    pen.go(rest_mm, up_s)
    pen.stay(period_s * idle + 0.01)


def _wiggle(pen: Pen, lasts_s: float, zone_mm: float) -> None:
    """Rest with the hands on the chest: shifts of weight that are no compressions."""
    end_s, most_mm = pen.t_s + lasts_s, max(LEAST_MM - zone_mm, 0.0)
    base_mm = pen.mm
    while pen.t_s < end_s:
        size_mm = pen.rng.uniform(0.2, 1.0) * most_mm
        pen.go(base_mm + size_mm, pen.rng.uniform(0.1, 0.6))
        pen.go(base_mm, pen.rng.uniform(0.1, 0.6))
        pen.stay(pen.rng.uniform(0.05, 0.5))


def _breathe(pen: Pen) -> None:
    """Two breaths lift the chest, hands away."""
    for _ in range(2):
        lift_mm = pen.rng.uniform(3.0, 7.0)
        pen.go(-lift_mm, pen.rng.uniform(0.8, 1.3))
        pen.go(0.0, pen.rng.uniform(0.8, 1.5))
    pen.stay(0.4)


RATE_CPM = {"fast": (140.0, 170.0), "slow": (50.0, 70.0), "holds": (50.0, 90.0)}


def _learner(rng: np.random.Generator, kind: str, n: int, zone_mm: float) -> Pen:
    """Draw the motion of one learner: bouts of compressions with what lies between."""
    pen = Pen(rng)
    pen.stay(rng.uniform(0.5, 2.5))
    low_mm = LEAST_MM + zone_mm
    style_cpm = rng.uniform(*RATE_CPM.get(kind, (80.0, 150.0)))
    typical_mm = low_mm + rng.uniform(0.0, 1.0) ** 2 * (60.0 - low_mm)
    done = 0
    while done < n:
        bout = int(rng.integers(4, 8) if kind == "quick pauses" else rng.integers(12, 31))
        for _ in range(bout):
            size_mm = max(typical_mm * rng.normal(1.0, 0.12), low_mm)
            if kind == "least":
                size_mm = low_mm + rng.exponential(1.5)
            rest_mm = pen.mm if kind == "least" else abs(rng.normal(0.0, 1.5))
            if kind == "leaning":
                rest_mm = min(rng.uniform(3.0, 20.0), max(pen.mm + size_mm - low_mm, 0.0))
            size_mm = max(size_mm, low_mm + rest_mm - pen.mm)
            cpm = float(np.clip(style_cpm * rng.normal(1.0, 0.06), 50.0, 170.0))
            _press(pen, kind, size_mm, 60.0 / cpm, rest_mm, zone_mm)
        done += bout
        pen.go(0.0, 0.3)
        if kind == "quick pauses":
            pen.stay(rng.uniform(0.3, 1.6))
        elif kind == "breaths":
            _breathe(pen)
        elif kind == "hands resting":
            pen.go(rng.uniform(1.0, 6.0), 0.8)
            _wiggle(pen, rng.uniform(4.0, 12.0), zone_mm)
            pen.go(0.0, 0.3)
        else:
            pen.stay(rng.uniform(1.5, 4.0))
    return pen


def _bumps_mm(
    rng: np.random.Generator, t_s: FloatArray, end_s: float, zone_mm: float
) -> FloatArray:
    """Somebody knocks against the table: short, damped, below what counts."""
    mm = np.zeros_like(t_s)
    most_mm = 0.45 * max(LEAST_MM - zone_mm, 0.0)
    at_s = 1.0
    while at_s < end_s:
        age_s = np.clip(t_s - at_s, 0.0, None)
        ring = np.sin(2 * np.pi * rng.uniform(6.0, 15.0) * age_s) * np.exp(
            -age_s / rng.uniform(0.04, 0.12)
        )
        mm += rng.uniform(0.3, 1.0) * most_mm * ring
        at_s += rng.exponential(2.5)
    return mm


def _drift_mm(rng: np.random.Generator, t_s: FloatArray) -> FloatArray:
    """The zero wanders by centimetres in some ten seconds."""
    slow = rng.uniform(4.0, 12.0) * np.sin(
        2 * np.pi * (t_s / rng.uniform(20.0, 60.0) + rng.random())
    )
    return slow + rng.uniform(-0.1, 0.1) * t_s


# --- what sensors do ------------------------------------------------------------------------


def _instants_s(rng: np.random.Generator, kind: str, rate_hz: float, end_s: float) -> FloatArray:
    """Instants of the samples: a jitter, and some that are lost."""
    t_s = np.arange(0.0, end_s, 1.0 / rate_hz)
    t_s = t_s + rng.uniform(-0.1, 0.1, t_s.size) / rate_hz
    keep = np.ones(t_s.size, bool)
    if kind == "losses":
        at_s = 0.0
        while (at_s := at_s + rng.exponential(4.0)) < end_s:
            lost_s = rng.choice([rng.uniform(0.03, 0.2), rng.uniform(0.3, 3.0)], p=[0.7, 0.3])
            keep &= (t_s < at_s) | (t_s >= at_s + lost_s)
    return t_s[keep]


def _kept(rate_hz: float, coloured: bool) -> float:
    """Share of one sample's noise that the next one keeps."""
    return math.exp(-1.0 / (rate_hz * COLOUR_S)) if coloured else 0.0


def _share(rate_hz: float, coloured: bool) -> float:
    """Sigma of the noise's mean over `MEAN_S`, as a share of one sample's."""
    n = max(round(MEAN_S * rate_hz), 1)
    apart = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    return math.sqrt(float(np.mean(_kept(rate_hz, coloured) ** apart)))


def _noise(rng: np.random.Generator, n: int, rate_hz: float, coloured: bool) -> FloatArray:
    """Noise of sigma one, white or with a memory."""
    kept = _kept(rate_hz, coloured)
    fresh = math.sqrt(1.0 - kept**2) * rng.standard_normal(n)
    return np.asarray(lfilter([1.0], [1.0, -kept], fresh))


# --- what counts ----------------------------------------------------------------------------


def _points(t_s: FloatArray, mm: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Keep the turning points, and one point in 20 ms: less to walk through."""
    turns = (mm[1:-1] - mm[:-2]) * (mm[2:] - mm[1:-1]) <= 0.0
    ticks = np.floor(t_s / 0.02)
    keep = np.concatenate([[True], turns | (ticks[1:-1] != ticks[:-2]), [True]])
    return t_s[keep], mm[keep]


def defined(t_s: FloatArray, mm: FloatArray, least_mm: float, most_s: float) -> list[Press]:
    """Find the compressions of a motion without noise, by the definition's words.

    The chest goes in by `least_mm` above the release before and comes back by as much, within
    `most_s` from its onset; a dip that comes back by less is no release.
    """
    t_s, mm = _points(t_s, mm)
    found: list[Press] = []
    oldest = low = 0
    peak: int | None = None
    for i, y_mm in enumerate(mm.tolist()):
        if peak is None:
            if t_s[i] - t_s[low] > most_s:
                oldest = int(np.searchsorted(t_s, t_s[i] - most_s))
                low = oldest + int(np.argmin(mm[oldest : i + 1]))
            if y_mm <= mm[low]:
                low = i
            elif y_mm - mm[low] >= least_mm:
                peak = i
            continue
        if y_mm > mm[peak]:
            peak = i
        if y_mm <= mm[peak] - least_mm:
            half_mm = 0.5 * (mm[low] + mm[peak])
            half = low + int(np.argmax(mm[low : peak + 1] >= half_mm))
            found.append(Press(float(t_s[half]), float(t_s[peak]), float(t_s[i])))
            peak, low = None, i
        elif t_s[i] - _onset_s(t_s, mm, low, peak) > most_s:
            peak, low = None, i
    return found


def _onset_s(t_s: FloatArray, mm: FloatArray, low: int, peak: int) -> float:
    """Tell when a press passes the tenth of its travel, for the last time."""
    tenth_mm = mm[low] + 0.1 * (mm[peak] - mm[low])
    return float(t_s[low + np.flatnonzero(mm[low : peak + 1] <= tenth_mm)[-1]])


def parts(t_s: FloatArray) -> list[slice]:
    """Cut where nothing was measured for longer than `MAX_GAP_S`."""
    cuts = [0, *(np.flatnonzero(np.diff(t_s) > MAX_GAP_S) + 1).tolist(), t_s.size]
    return [slice(a, b) for a, b in itertools.pairwise(cuts)]


def truth(
    t_s: FloatArray, motion: Callable[[FloatArray], FloatArray], zone_mm: float
) -> tuple[Press, ...]:
    """Tell what counts in what was measured, and what is too near to the limit to be told."""
    presses: list[Press] = []
    for part in parts(t_s):
        seen_s = t_s[part]
        dense_s = np.arange(seen_s[0], seen_s[-1], 1.0 / DENSE_HZ)
        if dense_s.size < 3 or seen_s.size < 3:
            continue
        dense_mm, seen_mm = motion(dense_s), motion(seen_s)
        every = defined(dense_s, dense_mm, LEAST_MM, MOST_S)
        others = [
            defined(dense_s, dense_mm, LEAST_MM - zone_mm, MOST_S + SLOW_S),
            defined(dense_s, dense_mm, LEAST_MM + zone_mm, MOST_S - SLOW_S),
            defined(seen_s, seen_mm, LEAST_MM + zone_mm, MOST_S - SLOW_S),
        ]
        presses += _certain(every, others)
    return tuple(sorted(presses, key=lambda p: p.peak_s))


def _certain(every: list[Press], others: list[list[Press]]) -> list[Press]:
    """Mark what all readings find once; add what only another one finds, uncertain."""

    def inside(p: Press, found: list[Press]) -> list[Press]:
        return [q for q in found if q.from_s < p.closed_s and q.closed_s > p.from_s]

    marked = [
        replace(p, certain=all(len(inside(p, found)) == 1 for found in others)) for p in every
    ]
    extra = [replace(q, certain=False) for found in others for q in found if not inside(q, every)]
    return marked + extra


# --- the set --------------------------------------------------------------------------------


def hard_signal(seed: int, n: int = 60, noise_mm: float | None = None) -> Signal:
    """Make one signal of about `n` compressions; its seed says all that is not given."""
    rng = np.random.default_rng(seed)
    kind = KINDS[seed % len(KINDS)]
    rate_hz = float(rng.choice(RATES_HZ))
    drawn_mm = float(rng.choice(NOISES_MM))
    noise_mm = drawn_mm if noise_mm is None else noise_mm
    coloured = bool(rng.random() < 0.5)
    zone_mm = ZONE_MM + ZONE_SIGMAS * noise_mm * _share(rate_hz, coloured)
    pen = _learner(rng, kind, n, zone_mm)
    extra = rng.integers(2**63)

    def motion(t_s: FloatArray) -> FloatArray:
        """Give the motion beneath the noise, the same at whatever instants."""
        again = np.random.default_rng(extra)
        mm = pen.motion_mm(t_s)
        if kind == "drift":
            mm = mm + _drift_mm(again, t_s)
        if kind == "bumps":
            mm = mm + _bumps_mm(again, t_s, pen.t_s, zone_mm)
        return mm

    t_s = _instants_s(rng, kind, rate_hz, pen.t_s)
    mm = motion(t_s) + noise_mm * _noise(rng, t_s.size, rate_hz, coloured)
    return Signal(
        seed, kind, rate_hz, noise_mm, coloured, zone_mm, t_s, mm, truth(t_s, motion, zone_mm)
    )
