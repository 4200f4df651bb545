"""How far the back of the hand goes down when the chest goes down.

Takes a camera's calibrated gain (seen over true displacement at full depth), gives what is
seen of a depth, and the depth of what is seen; leaves zeros to `mr.fusion.camera`.

A gain over one is the hand: skin and fat of two stacked hands give way, early in the stroke
and then hardly any more. As a gain it would be taken out evenly, and a learner who leans by
a centimetre would seem to lean by a millimetre and a half more. A gain under one is the
camera's own.
"""

from __future__ import annotations

import math

import numpy as np

from mr.types import FloatArray

FULL_M = 0.055
"""Depth at which the gain was measured: about a full compression."""
GIVES_BY_M = 0.010
"""Depth by which most of it (63 %) has given way. Source: ours; no measurement of hands
that press a chest is known to us, so `sigma_m` allows for a third of it."""
UNSURE_SHARE = 0.35
LEAST_SLOPE, LEAST_SCALE = 0.4, 0.1
"""No hands get thicker so fast that less than this share of a step is seen; and what measures a
tenth is broken, not out of scale. Without such bounds a depth could have no height of its own."""
_ROUNDS = 4


def beyond_m(depth_m: FloatArray, soft: bool) -> FloatArray:
    """Give what is seen beyond depths (...) for a gain of two: a gain's excess scales it.

    `soft`: the gain is over one, and hands give way; else the camera's own scale is off.
    """
    if not soft:
        return depth_m
    return np.asarray(FULL_M * (1.0 - np.exp(-np.maximum(depth_m, 0.0) / GIVES_BY_M)))


class HandGive:
    """Seen displacement of the back of the hand as a function of the chest's depth.

    Parameters
    ----------
    gain
        Calibrated: seen over true displacement at full depth, with the technician's hands.
    more_m
        By how much these hands give more when pressed in fully; less when negative.
    scale
        What the camera was found to measure beyond that, all the way, as a ratio.
    """

    def __init__(self, gain: float, more_m: float = 0.0, scale: float = 1.0) -> None:
        scale = max(scale, LEAST_SCALE)
        self._linear = scale * min(gain, 1.0)
        full_m = scale * max(gain - 1.0, 0.0) * FULL_M + more_m
        self._full_m = max(full_m, (LEAST_SLOPE - 1.0) * self._linear * GIVES_BY_M)

    def seen_m(self, depth_m: float) -> float:
        """Tell how far the back of the hand goes down at a depth."""
        if depth_m <= 0.0:
            return self._linear * depth_m
        return self._linear * depth_m + self._full_m * (1.0 - math.exp(-depth_m / GIVES_BY_M))

    def slope(self, depth_m: float) -> float:
        """Tell how much is seen of a small step of the chest at a depth."""
        if depth_m <= 0.0:
            return self._linear
        return self._linear + self._full_m / GIVES_BY_M * math.exp(-depth_m / GIVES_BY_M)

    def depth_m(self, seen_m: float) -> float:
        """Tell the depth at which so much is seen (Newton's method; the curve bends little)."""
        if seen_m <= 0.0:
            return seen_m / self._linear
        depth_m = max(seen_m - self._full_m, 0.0) / self._linear
        for _ in range(_ROUNDS):
            depth_m += (seen_m - self.seen_m(depth_m)) / self.slope(depth_m)
        return depth_m

    def sigma_m(self, depth_m: float) -> float:
        """Tell how far hands that give way earlier or later may be from this curve."""
        u = max(depth_m, 0.0) / GIVES_BY_M
        return UNSURE_SHARE * abs(self._full_m) * u * math.exp(1.0 - u)
