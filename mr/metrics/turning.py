"""Find where the smoothed curve turns.

Takes smoothed values, gives turning-point candidates (peak, trough) with hysteresis;
leaves fitting values and deciding what is a compression to `mr.metrics.strokes`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mr.metrics.history import SMOOTH, History, T
from mr.types import BoolArray, FloatArray

REST_MEMORY_S = 1.0
"""At rest the release level is that of the last second: baselines drift."""
LONGEST_PRESS_S = 2.0
"""What takes longer from its onset until it has come back is drift, or a hold."""
AT_ONCE = 128
"""Values looked at in one go: about as many as lie between two turns."""
FEW = 5
"""Fewer are looked at one by one."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A candidate: the smoothed signal turned here. `k` counts samples from the start."""

    kind: Literal["peak", "trough"]
    k: int
    t_s: float
    y: float


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
        b = history.at(k) + 1
        t_s = history.column(T, 0, b)
        a = int(np.searchsorted(t_s, t_s[-1] - 0.5 * REST_MEMORY_S))
        i = a + int(history.column(SMOOTH, a, b).argmin())
        self._k, (self._t_s, self._y) = history.k(i), history.smoothed(i)

    def skip(self, a: int, b: int, at_rest: bool, settles: Settles | None) -> int:
        """Pass over smoothed values from place `a` on, before `b`, at which nothing happens.

        Nothing but the extreme changes there: `step` would find no turn and forget
        nothing, and the chest has not stayed out as `settles` says. Gives the place of the
        first value that must be looked at.
        """
        b = min(b, a + AT_ONCE)
        if b - a < FEW:
            return a
        t_s, y = self._history.column(T, a, b), self._history.column(SMOOTH, a, b)
        sign = 1.0 if self._rising else -1.0
        extreme = np.maximum.accumulate(np.append(sign * self._y, sign * y))
        moved = sign * y >= extreme[:-1]
        last = np.maximum.accumulate(np.where(moved, np.arange(len(y)), -1))
        since_s = np.where(last >= 0, t_s[last], self._t_s)
        stop = sign * y < extreme[:-1] - self._h
        if self._rising:
            stop |= t_s - self._since_s > LONGEST_PRESS_S
        elif at_rest:
            stop |= t_s - since_s > REST_MEMORY_S
        if settles is not None:
            stop |= settles.may(t_s, since_s, (last >= 0) | (self._k != settles.tried_k))
        n = int(stop.argmax()) if stop.any() else len(y)
        if n and last[n - 1] >= 0:
            i = int(last[n - 1])
            self._k, self._t_s, self._y = self._history.k(a + i), float(t_s[i]), float(y[i])
        return a + n


@dataclass(frozen=True, slots=True)
class Settles:
    """When a chest that has come back counts as staying out."""

    rest_s: float
    """After its shallowest point."""
    peak_s: float
    longest_s: float
    """After the peak, in any case: by then it is a compression, or it never was."""
    tried_k: int
    """A shallowest point that was tried already."""

    def may(self, t_s: FloatArray, lowest_s: FloatArray, untried: BoolArray) -> BoolArray:
        """Tell at which instants (N,), with their shallowest points so far, that may be."""
        rested = (t_s - lowest_s >= self.rest_s) & untried
        return rested | (t_s - self.peak_s >= self.longest_s)
