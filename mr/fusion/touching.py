"""Which of the rig's places a fingertip rests on, and which to touch next.

Takes rests of a fingertip (`mr.fusion.dwells`), gives pairs of kind "touch"; leaves what they
tell of the frame to `mr.fusion.frame_filter`. The places are the middles of the marker plates,
the only points of a mannequin that a rig knows and a finger finds.

Before anything is known a rest is taken to be where it was asked for, and two rests must lie as
far apart, and as much higher, as their places do. Once the frame is known roughly, a rest on
another of the places is that place, and one on none is no touch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from mr.fusion.dwells import Dwell
from mr.fusion.frame_filter import NOISE_S, PLACE_M, TIP_NOISE_M
from mr.fusion.frame_finding import TOUCH_AGREES_M, XR_FROM_UPRIGHT
from mr.fusion.hand_pairs import Pair
from mr.types import FloatArray, Pose

OFF_M = 0.06
"""A rest farther from a place, where the frame is known roughly, is not on it."""
WANTED = 3
"""Different places; fewer leave a wrong one unnoticed."""


class Touching:
    """One round of touches of known places.

    Parameters
    ----------
    places_in_mannequin_m
        By number.
    """

    def __init__(self, places_in_mannequin_m: Mapping[int, FloatArray]) -> None:
        self._places = dict(places_in_mannequin_m)
        self._touched: list[tuple[int, Pair]] = []
        self.wrong: int | None = None
        """The place that was touched last instead of the one asked for; -1: none of them."""

    def forget(self) -> None:
        """Begin anew."""
        self._touched = []
        self.wrong = None

    @property
    def possible(self) -> bool:
        """Whether there are enough places."""
        return len(self._places) >= WANTED

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The touches that are believed, oldest first."""
        return tuple(pair for _, pair in self._touched)

    @property
    def n_places(self) -> int:
        """How many different places were touched."""
        return len({number for number, _ in self._touched})

    @property
    def next(self) -> int | None:
        """Which place to touch now: the farthest from those touched, each as often as others."""
        if not self._places:
            return None
        counts = dict.fromkeys(self._places, 0)
        for number, _ in self._touched:
            counts[number] += 1
        least = min(counts.values())
        left = [number for number, n in counts.items() if n == least]
        if not self._touched:
            return min(left)
        last = [self._places[number] for number, _ in self._touched[-2:]]

        def apart_m(number: int) -> float:
            return min(float(np.linalg.norm(self._places[number] - at)) for at in last)

        return max(sorted(left), key=apart_m)

    def take(self, dwell: Dwell, world_from_mannequin: Pose, believed: Pose | None) -> Pair | None:
        """Take in a rest; gives the pair that it makes, or None when it is no touch."""
        number = self.next
        if number is None:
            return None
        if believed is not None:
            found = self._nearest(dwell, world_from_mannequin, believed)
            self.wrong = None if found == number else (-1 if found is None else found)
            if found is None:
                return None
            number = found
        else:
            self.wrong = None
        pair = _pair(dwell, world_from_mannequin.apply(self._places[number]))
        if believed is None and not self._fits(pair):
            # One of the two was on another place, or on none: the newer one is kept.
            self._touched = []
            self.wrong = -1
        self._touched.append((number, pair))
        return pair

    def _nearest(self, dwell: Dwell, world_from_mannequin: Pose, believed: Pose) -> int | None:
        xr_from_mannequin = believed @ world_from_mannequin
        away_m = {
            number: float(np.linalg.norm(xr_from_mannequin.apply(at) - dwell.pad_in_xr_m))
            for number, at in self._places.items()
        }
        near = min(away_m, key=lambda number: away_m[number])
        return near if away_m[near] < OFF_M else None

    def _fits(self, pair: Pair) -> bool:
        """Whether it lies to the others as its place does to theirs, in breadth and height."""
        for _, other in self._touched:
            seen = (pair.seen_in_xr_m - other.seen_in_xr_m) @ XR_FROM_UPRIGHT
            true = pair.place_in_world_m - other.place_in_world_m
            broad = math.hypot(*seen[:2]) - math.hypot(*true[:2])
            if math.hypot(broad, float(seen[2] - true[2])) > TOUCH_AGREES_M:
                return False
        return True


def _pair(dwell: Dwell, place_in_world_m: FloatArray) -> Pair:
    # The mean over a span of an error that goes on (an Ornstein-Uhlenbeck process).
    ratio = NOISE_S / dwell.duration_s
    mean2 = TIP_NOISE_M**2 * 2 * ratio * (1 - ratio * (1 - math.exp(-1 / ratio)))
    return Pair(
        t_ns=dwell.t_ns,
        kind="touch",
        side=dwell.side,
        seen_in_xr_m=dwell.pad_in_xr_m,
        place_in_world_m=place_in_world_m,
        velocity_in_world_m_s=np.zeros(3),
        turn_in_world=None,
        turn_in_xr=dwell.turn_in_xr,
        latency_s=0.0,
        white_m=math.hypot(math.sqrt(mean2), PLACE_M),
        n_looks=1,
    )
