"""One hand of a headset over the last seconds, at any instant in them.

Takes `HandJoints` of one hand, gives the places that headset and rig both see; leaves pairs of them
with what the rig saw to `mr.fusion.hand_pairs`. Single frames in which the hand is elsewhere
altogether are left out by their neighbours.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from mr.geometry.hand import SEEN_BY_BOTH
from mr.geometry.tracks import MAX_GAP_S
from mr.types import FloatArray, HandJoints

KEPT_S = 2.5
"""Joints so old are forgotten; landmarks come back some 0.1 s late."""
WILD_M = 0.05
"""A frame's hand so far from the median of five frames is another thing's. At 72 Hz a hand that
sweeps at 1 m/s goes 28 mm in two frames."""
NEIGHBOURS = 2
MIN_PLACES = 2
"""Of the five that both must show in a look."""
PALM = 0


@dataclass(slots=True)
class HandTrack:
    """One hand's joints, the wild ones left out."""

    raw: deque[tuple[int, FloatArray, FloatArray]] = field(
        default_factory=lambda: deque(maxlen=2 * NEIGHBOURS + 1)
    )
    t_ns: list[int] = field(default_factory=list)
    places: list[FloatArray] = field(default_factory=list)
    """(6, 3) each: wrist and knuckles, and the palm."""

    def add(self, sample: HandJoints) -> None:
        """Take in one frame; what is told ends `NEIGHBOURS` frames before it."""
        chosen = [*SEEN_BY_BOTH, PALM]
        valid = sample.valid[chosen]
        if valid[:5].sum() < MIN_PLACES:
            return
        t_ns = sample.stamp.t_ns
        if self.raw and t_ns <= self.raw[-1][0]:
            return
        places = np.where(valid[:, None], sample.joints_in_xr_m[chosen], np.nan)
        middle = places[:5][valid[:5]].mean(axis=0)
        self.raw.append((t_ns, places, middle))
        if len(self.raw) < 2 * NEIGHBOURS + 1:
            return
        of_ns, told, mine = self.raw[NEIGHBOURS]
        usual = np.sort(np.array([m for _, _, m in self.raw]), axis=0)[NEIGHBOURS]
        if np.abs(mine - usual).max() > WILD_M:
            return
        self.t_ns.append(of_ns)
        self.places.append(told)
        if self.t_ns[-1] - self.t_ns[0] > 2 * KEPT_S * 1e9:
            first = bisect_left(self.t_ns, self.t_ns[-1] - round(KEPT_S * 1e9))
            del self.t_ns[:first], self.places[:first]

    def at(self, t_ns: int) -> FloatArray | None:
        """Give places (6, 3) at an instant; None in a gap or outside."""
        after = bisect_left(self.t_ns, t_ns)
        if after == 0 or after == len(self.t_ns):
            return None
        gap_ns = self.t_ns[after] - self.t_ns[after - 1]
        if gap_ns > MAX_GAP_S * 1e9:
            return None
        share = (t_ns - self.t_ns[after - 1]) / gap_ns
        return np.asarray((1 - share) * self.places[after - 1] + share * self.places[after])
