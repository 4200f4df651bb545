"""A fingertip that is held still, out of a headset's joints alone.

Takes hand joints, gives a `Dwell` each time that an index finger has rested for about a second;
leaves which place it touches to `mr.fusion.touching`. A hand must have gone on in between: the
same rest is told once.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from mr.fusion.hand_pairs import SIDES, Side
from mr.geometry.hand import INDEX_TIP, TIP_OVER_PAD_M, seen_by_both, turn_of
from mr.types import FloatArray, HandJoints

DWELL_S = 1.2
"""So long the finger must rest."""
STILL_M = 0.020
"""Half-way spread, one axis, of a fingertip that rests: a headset's own error is 6 mm."""
SETTLED_SHARE = 0.8
"""The last part of a rest that is averaged: in the first the finger may still be coming down."""
WANDER_M = 0.03
"""Between the first and the last third: a headset's own error makes 9 mm of it."""
GROSS_M = 0.04
MOVED_ON_M = 0.10
"""Two rests nearer than this are one."""
MIN_LOOKS = 20
"""Of a rest: a headset that shows its hands 20 times a second is enough."""
POINTING_M = 0.045
"""From the index knuckle to its tip: a finger that points is twice as long, a fist half."""
EVERY = 6
"""Of how many frames one is looked at for a rest."""


@dataclass(frozen=True, slots=True, eq=False)
class Dwell:
    """One rest of a fingertip."""

    t_ns: int
    """Its end."""
    side: Side
    pad_in_xr_m: FloatArray
    """(3,) of the finger's pad, its mean."""
    turn_in_xr: FloatArray
    """(3, 3) of the hand."""
    duration_s: float


@dataclass(slots=True)
class _Finger:
    looks: deque[tuple[int, FloatArray, FloatArray]] = field(default_factory=deque)
    """Instant, tip (3,), wrist and knuckles (5, 3)."""
    told_m: FloatArray | None = None
    n: int = 0
    share: float = 0.0


class Dwells:
    """Watches both index fingers."""

    def __init__(self) -> None:
        self._fingers = {side: _Finger() for side in SIDES}

    def forget(self) -> None:
        """Begin anew: what comes is in another frame."""
        self._fingers = {side: _Finger() for side in SIDES}

    @property
    def share(self) -> float:
        """How far the present rest is done, 0 ... 1."""
        return max(finger.share for finger in self._fingers.values())

    def step(self, sample: HandJoints) -> Dwell | None:
        """Take in one frame of one hand; gives a rest that it completes."""
        if not sample.valid[INDEX_TIP]:
            return None
        finger = self._fingers[sample.side]
        t_ns = sample.stamp.t_ns
        finger.looks.append((t_ns, sample.joints_in_xr_m[INDEX_TIP], _places(sample)))
        while finger.looks and finger.looks[0][0] < t_ns - DWELL_S * 1e9:
            finger.looks.popleft()
        finger.n += 1
        if finger.n % EVERY:
            return None
        return self._rest(finger, sample.side)

    def _rest(self, finger: _Finger, side: Side) -> Dwell | None:
        t_ns = np.array([t for t, _, _ in finger.looks])
        tips = np.array([tip for _, tip, _ in finger.looks])
        span_s = float(t_ns[-1] - t_ns[0]) * 1e-9
        middle = np.median(tips, axis=0)
        off = np.abs(tips - middle)
        third = max(len(tips) // 3, 1)
        ends = np.median(tips[-third:], axis=0) - np.median(tips[:third], axis=0)
        still = np.median(off, axis=0).max() < STILL_M / 2 and np.linalg.norm(ends) < WANDER_M
        if finger.told_m is not None and np.linalg.norm(middle - finger.told_m) < MOVED_ON_M:
            finger.share = 0.0
            return None
        if not still:
            finger.told_m, finger.share = None, 0.0
            return None
        finger.share = min(span_s / (0.95 * DWELL_S), 1.0)
        if span_s < 0.95 * DWELL_S or len(tips) < MIN_LOOKS:
            return None
        near = np.linalg.norm(tips - middle, axis=1) < GROSS_M
        near &= t_ns > t_ns[-1] - round(SETTLED_SHARE * span_s * 1e9)
        places = np.array([p for _, _, p in finger.looks])[near]
        known = np.isfinite(places).all(axis=(1, 2))
        if near.sum() < MIN_LOOKS // 2 or known.sum() < MIN_LOOKS // 2:
            return None
        hand = places[known].mean(axis=0)
        tip = tips[near].mean(axis=0)
        turn = turn_of(hand, side)
        if turn is None or np.linalg.norm(tip - hand[1]) < POINTING_M:
            return None
        finger.told_m, finger.share = middle, 0.0
        pad = tip - TIP_OVER_PAD_M * turn[:, 2]
        return Dwell(int(t_ns[-1]), side, pad, turn, SETTLED_SHARE * span_s)


def _places(sample: HandJoints) -> FloatArray:
    return np.asarray(seen_by_both(sample.joints_in_xr_m[None], sample.valid[None])[0])
