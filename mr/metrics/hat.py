"""The likeliest curve through any samples of one window, for one noise.

Takes a window's basis and how large noise is beside the motion, gives the curve on a grid as
a sum of the samples, and how sure its values and differences are; leaves the samples to
`mr.metrics.fit`. What goes with the samples is linear, so that a mannequin's windows, which
repeat, cost next to nothing: hats are remembered, for noises in steps of a twenty-third.

An estimate by a slightly other noise is hardly worse, and its sigma is worked out for the
estimate that it is.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from mr.metrics.basis import Basis, Grid, even_basis, even_grid
from mr.types import FloatArray

STEPS_PER_OCTAVE = 8
"""Of the noise's variance."""
LEAST_RATIO = 1e-12

VALUE = np.array([0.0, 0.0, 1.0, 0.0, 0.0])
SLOPE = np.array([0.0, -0.5, 0.0, 0.5, 0.0])
BEND = np.array([0.0, 1.0, -2.0, 1.0, 0.0])
TWIST = np.array([-0.5, 1.0, 0.0, -1.0, 0.5])
DIFFERENCES = np.stack([VALUE, SLOPE, BEND, TWIST])
"""Differences of five neighbours on the grid: the curve and its derivatives, by their order."""


class Hat:
    """What makes a window's curve of its samples; time runs from 0 to 2, the jerk's power is one.

    Gives variances in two parts: what the prior's motion leaves, per power of the jerk, and
    what noise does, per variance of the samples.
    """

    def __init__(self, basis: Basis, grid: Grid, step: int) -> None:
        self._basis, self.grid = basis, grid
        gain = 1.0 / (basis.spread + 2.0 ** (step / STEPS_PER_OCTAVE))
        self.weights: FloatArray = (self.grid.modal * gain) @ basis.modes.T + self.grid.quadratic
        """(GRID_N, n): the curve at the grid out of the samples."""
        self._left: dict[tuple[int, int], tuple[float, float]] = {}
        self._left_of_means: dict[tuple[int, int], tuple[float, float]] = {}

    def left(self, order: int, i: int) -> tuple[float, float]:
        """Give the variance's parts of a difference of the five grid points from `i` on."""
        found = self._left.get((order, i))
        if found is None:
            found = self._left[order, i] = self._variance(slice(i, i + 5), DIFFERENCES[order])
        return found

    def left_of_mean(self, a: int, b: int) -> tuple[float, float]:
        """Give the variance's parts of the mean of grid points [a, b)."""
        found = self._left_of_means.get((a, b))
        if found is None:
            row = np.full(b - a, 1.0 / (b - a))
            found = self._left_of_means[a, b] = self._variance(slice(a, b), row)
        return found

    def _variance(self, at: slice, row: FloatArray) -> tuple[float, float]:
        w = row @ self.weights[at]
        own = float(row @ self.grid.own[at, at] @ row)
        cross = float(row @ self.grid.cross[at] @ w)
        return max(own - 2.0 * cross + float(w @ self._basis.prior @ w), 0.0), float(w @ w)


def hat_of(basis: Basis, low: float, high: float, ratio: float) -> Hat:
    """Give the hat of a window, its grid from `low` to `high` (0 … 2).

    `ratio` is the samples' variance over the power of the jerk. In an even window the grid
    goes from sample to sample.
    """
    step = round(STEPS_PER_OCTAVE * math.log2(max(ratio, LEAST_RATIO)))
    if not basis.even:
        return Hat(basis, Grid.of(basis, low, high), step)
    last = len(basis.u) - 1
    a = min(round(0.5 * low * last), last - 1)
    return _even_hat(last + 1, a, max(round(0.5 * high * last), a + 1), step)


@lru_cache(maxsize=512)
def _even_hat(n: int, a: int, b: int, step: int) -> Hat:
    return Hat(even_basis(n), even_grid(n, a, b), step)
