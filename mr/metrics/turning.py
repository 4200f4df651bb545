"""Keep the last seconds of the signal and find where its smoothed curve turns.

Takes samples one by one, gives turning-point candidates (peak, trough) with hysteresis;
leaves fitting values and deciding what is a compression to `mr.metrics.strokes`.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mr.types import ChestSample, FloatArray

KEEP_S = 8.0
"""How much of the past is kept for fits; longer than any stroke with its rest."""
REST_MEMORY_S = 1.0
"""At rest the release level is that of the last second: baselines drift."""
LONGEST_PRESS_S = 2.0
"""What takes longer from its onset until it has come back is drift, or a hold."""
REACH_S = 0.15
"""Fits reach so far to both sides of a turn."""
SLOW = 0.7
"""Samples so far apart, in half widths of the mean, that no second one lies within."""
REACH_K = 3
"""A slow signal's fits reach so many samples."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A candidate: the smoothed signal turned here. `k` counts samples from the start."""

    kind: Literal["peak", "trough"]
    k: int
    t_s: float
    y: float


class History:
    """Raw and smoothed samples of the last seconds, indexed by a running number `k`.

    The smoothed value at `k` is the mean of the raw ones within half of `smoothing_s`
    on both sides; it is known once a sample beyond that has come.
    """

    def __init__(self, smoothing_s: float) -> None:
        self.smoothing_s = smoothing_s
        self._half_s = 0.5 * smoothing_s + 1e-9
        self._first = 0
        self._lo = 0
        self._hi = 0
        self._sum = 0.0
        self.t_s: list[float] = []
        self.samples: list[ChestSample] = []
        self.smooth: list[float] = []

    def append(self, t_s: float, sample: ChestSample) -> None:
        """Take in a raw sample."""
        self.t_s.append(t_s)
        self.samples.append(sample)

    def next_smooth(self, last: bool) -> tuple[int, float, float] | None:
        """Give the next smoothed (k, t_s, y), or None until enough has come."""
        t_s, i = self.t_s, len(self.smooth)
        if i >= len(t_s) or not (last or self._all_there(i)):
            return None
        until, since = t_s[i] + self._half_s, t_s[i] - self._half_s
        while self._hi < len(t_s) and t_s[self._hi] <= until:
            self._sum += self.samples[self._hi].depth_m
            self._hi += 1
        while t_s[self._lo] < since:
            self._sum -= self.samples[self._lo].depth_m
            self._lo += 1
        y = self._sum / (self._hi - self._lo)
        self.smooth.append(y)
        if i > 4096:
            self._prune(i)
        return self._first + len(self.smooth) - 1, t_s[len(self.smooth) - 1], y

    def _all_there(self, i: int) -> bool:
        """Whether all samples have come that the smoothed value at list index `i` needs.

        Of a slow signal that is the next one: the one after it lies beyond the mean.
        """
        since_s = self.t_s[-1] - self.t_s[i]
        slow = len(self.t_s) == i + 2 and since_s > SLOW * self._half_s
        return slow or since_s >= self._half_s

    def _prune(self, i: int) -> None:
        cut = self.index_at(self.t_s[i] - KEEP_S)
        if cut < 1024:
            return
        cut = min(cut, self._lo)
        del self.t_s[:cut], self.samples[:cut], self.smooth[:cut]
        self._first += cut
        self._lo -= cut
        self._hi -= cut
        self._sum = math.fsum(s.depth_m for s in self.samples[self._lo : self._hi])

    def index_at(self, t_s: float) -> int:
        """First list index at or after `t_s`."""
        return bisect_left(self.t_s, t_s)

    def at(self, k: int) -> int:
        """List index of running number `k` (the oldest kept, if it is gone)."""
        return max(k - self._first, 0)

    def fell_at_end(self, span_s: float) -> float:
        """How much the smoothed curve fell over the last `span_s` of what has come."""
        i = self.index_at(self.t_s[len(self.smooth) - 1] - span_s)
        return self.smooth[i] - self.smooth[-1]

    def window(
        self, from_s: float, to_s: float | None = None, reach_s: float = REACH_S
    ) -> tuple[int, int]:
        """List bounds [a, b) from so far before one instant to so far after another."""
        to_s = from_s if to_s is None else to_s
        a = min(self.index_at(from_s - reach_s), self.index_at(from_s) - REACH_K)
        b = max(self.index_at(to_s + reach_s), self.index_at(to_s) + REACH_K + 1)
        return max(a, 0), min(b, len(self.t_s))

    def raw(self, a: int, b: int) -> tuple[FloatArray, FloatArray]:
        """Times (s) and raw depths (m) of list slice [a, b)."""
        return np.array(self.t_s[a:b]), np.array([s.depth_m for s in self.samples[a:b]])

    def crossing(self, k_from: int, k_to: int, level: float) -> float:
        """Time (s) at which the smoothed curve crosses `level`, walking from one k to another.

        Walks from `k_from` (the peak's side) and gives the first crossing below `level`;
        the end of the walk when there is none.
        """
        i, end = self.at(k_from), self.at(k_to)
        step = 1 if end >= i else -1
        while i != end:
            j = i + step
            y0, y1 = self.smooth[i], self.smooth[j]
            if y1 <= level < y0:
                return self.t_s[i] + (self.t_s[j] - self.t_s[i]) * (y0 - level) / (y0 - y1)
            i = j
        return self.t_s[end]


class TurnFinder:
    """Hysteresis on the smoothed curve: a turn counts once the curve came back by so much."""

    def __init__(self, hysteresis_m: float, history: History) -> None:
        self._h = hysteresis_m
        self._history = history
        self._rising = False
        self._k = 0
        self._t_s = 0.0
        self._y = math.inf
        self._since_s = 0.0

    @property
    def rising(self) -> bool:
        """True on the way into the chest (a trough was confirmed, its peak not yet)."""
        return self._rising

    def extreme(self) -> Turn:
        """The lowest (or, when rising, highest) point so far."""
        return Turn("peak" if self._rising else "trough", self._k, self._t_s, self._y)

    def step(self, k: int, t_s: float, y: float, at_rest: bool) -> Turn | None:
        """Take in a smoothed sample; give the turn it confirms."""
        if self._rising:
            if t_s - self._since_s > LONGEST_PRESS_S:
                self._rising = False
                self._forget(k)
            elif y >= self._y:
                self._k, self._t_s, self._y = k, t_s, y
            elif y < self._y - self._h:
                turn = self.extreme()
                self._rising, self._k, self._t_s, self._y = False, k, t_s, y
                return turn
            return None
        if y <= self._y:
            self._k, self._t_s, self._y = k, t_s, y
            return None
        if at_rest and t_s - self._t_s > REST_MEMORY_S:
            self._forget(k)
        if y > self._y + self._h:
            turn = self.extreme()
            self._rising, self._k, self._t_s, self._y = True, k, t_s, y
            self._since_s = t_s
            return turn
        return None

    def _forget(self, k: int) -> None:
        """Take the lowest point of the second half of the memory instead of an old one."""
        history = self._history
        a, b = history.at(k), len(history.smooth)
        while a > 0 and history.t_s[b - 1] - history.t_s[a - 1] <= 0.5 * REST_MEMORY_S:
            a -= 1
        i = min(range(a, b), key=history.smooth.__getitem__)
        self._k, self._t_s, self._y = k - (b - 1 - i), history.t_s[i], history.smooth[i]
