"""A hand that rests still on the chest: where a camera alone finds its zero.

Takes heights of the back of the hand, look after look, gives a rest when the hand has lain
still for a third of a second, and else tells when it first pressed. Leaves the zero itself
to `mr.fusion.camera`.
"""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

from mr.types import ChestObservation

STILL_S = 0.35
STILL_N = 6
STILL_M = 0.0005
"""A still hand's heights scatter by no more than this, or than a half more than their noise."""
RECALL_S = 0.8
MOVED_M = 0.010
"""A contact lies within this of the lowest height lately; and a press goes down by more."""


class Rest(NamedTuple):
    """A hand that lies still."""

    height_m: float
    beside_m: float | None
    """What the bare chest beside it says of the depth; None where too little was seen of it."""
    n: int


class Approach:
    """Follows hands from the air to their first compression."""

    def __init__(self) -> None:
        self._still: deque[tuple[float, float, float | None]] = deque()
        """Heights of the last `STILL_S`, and what the bare chest beside the hand said."""
        self._recent: deque[tuple[float, float]] = deque()
        """Heights of the last `RECALL_S`: a contact is no hand that hovers over the chest."""
        self._lowest_m = math.inf
        self._highest_m = -math.inf

    def clear(self) -> None:
        """Begin anew: no hand is on the chest."""
        self._still.clear()
        self._recent.clear()
        self._lowest_m, self._highest_m = math.inf, -math.inf

    def step(
        self, height_m: float, seen: ChestObservation, t_s: float, floor_m: float = -math.inf
    ) -> Rest | None:
        """Take in a look; a rest when the hand lies still and not under `floor_m`."""
        self._still.append((t_s, height_m, seen.beside_depth_m))
        while self._still[0][0] < t_s - STILL_S:
            self._still.popleft()
        self._recent.append((t_s, height_m))
        while self._recent[0][0] < t_s - RECALL_S:
            self._recent.popleft()
        if height_m < self._lowest_m:
            self._lowest_m, self._highest_m = height_m, -math.inf
        self._highest_m = max(self._highest_m, height_m)
        n = len(self._still)
        if n < STILL_N or t_s - self._still[0][0] <= 0.8 * STILL_S:
            return None
        mean_m = math.fsum(h for _, h, _ in self._still) / n
        spread_m = math.sqrt(math.fsum((h - mean_m) ** 2 for _, h, _ in self._still) / n)
        low_m = max(min(h for _, h in self._recent), floor_m)
        still = spread_m < max(1.5 * seen.sigma_m, STILL_M)
        return (
            Rest(mean_m, self.beside_m(), n)
            if still and low_m <= mean_m < low_m + MOVED_M
            else None
        )

    def beside_m(self) -> float | None:
        """Give the mean of what the bare chest beside the hand said lately."""
        said_m = [b for _, _, b in self._still if b is not None]
        return math.fsum(said_m) / len(said_m) if len(said_m) >= STILL_N else None

    def pressed_from_m(self, height_m: float) -> float | None:
        """Give the height from which a first press came that is on its way down again or up."""
        pressed = self._highest_m - self._lowest_m > MOVED_M
        back = height_m < self._highest_m - 0.5 * MOVED_M
        return self._highest_m if pressed and back else None
