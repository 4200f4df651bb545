"""The lag between two sensors that saw the same compressions: one signal slid along the other.

Takes two signals with sign, scale, zero and slow drift unknown, gives the lag that leaves
least and its rivals; leaves more sensors than two, and what to refuse, to `.clocks`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.signal import correlate, find_peaks

from calibration.together.motion import huber, weighted
from mr.types import BoolArray, FloatArray, IntArray

NS_PER_S = 1e9
MOST_LAG_S = 1.5
GRID_HZ = 100.0
SLOW_S = 1.2
"""What is slower than two compressions is drift."""
KNOT_S = 2.0
"""The drift bends so often."""
APART_S = 0.12
"""Two lags nearer than this are one."""
N_RIVALS = 6
MAX_GAP_S = 0.1
SLOPE_S = 0.012
ROUNDS, FEW_ROUNDS, STEP_S = 10, 4, 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """What one sensor saw of the compressions."""

    name: str
    t_ns: IntArray
    """(n,) its own stamps, which increase."""
    value: FloatArray
    """(n,) any unit, either sign."""
    sigma: FloatArray
    """(n,) noise of one value, in the same unit."""
    sign: int = 0
    """+1: it rises when the chest is pressed; -1: it falls; 0: unknown. A known sign keeps half a
    compression from being taken for the lag, turned over."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A pair's lag, and what it leaves."""

    lag_s: float
    gain: float
    left: FloatArray
    """(n,) in the looks' sigmas."""
    weights: FloatArray
    explained: float
    cost: float
    typical: float
    """Median of the squares: a train's first compression alone does not tell one lag from the
    next, for a sensor may have missed it."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A denser signal that is slid along the other's looks."""

    first: str
    second: str
    sign: float
    """+1 when the second is the one with the looks."""
    dense_s: FloatArray
    dense: FloatArray
    t_s: FloatArray
    value: FloatArray
    sigma: FloatArray
    hats: FloatArray
    """(n, knots) the drift's columns."""
    turned: int = 0
    """The gain's sign, if it is known."""

    @staticmethod
    def of(a: Signal, b: Signal, zero_ns: int) -> Pair:
        """Take the one with more looks to slide."""
        slid, looks, sign = (a, b, 1.0) if len(a.t_ns) >= len(b.t_ns) else (b, a, -1.0)
        dense_s, t_s = ((s.t_ns - zero_ns) / NS_PER_S for s in (slid, looks))
        knots_s = np.arange(t_s[0], t_s[-1] + KNOT_S, KNOT_S)
        hats = np.maximum(0.0, 1 - np.abs(t_s[:, None] - knots_s) / KNOT_S)
        values = (slid.value, t_s, looks.value, looks.sigma)
        return Pair(a.name, b.name, sign, dense_s, *values, hats, a.sign * b.sign)

    def fits(self) -> list[Fit]:
        """Fit from each candidate; those of the wrong sign are none, unless all are."""
        fits = [self.refine(lag_s, rounds=FEW_ROUNDS) for lag_s in self.candidates()]
        return [fit for fit in fits if fit.gain * self.turned >= 0] or fits

    def candidates(self) -> list[float]:
        """Give the lags at which both are most alike, of either sign."""
        low_s = min(self.dense_s[0], self.t_s[0])
        grid_s = np.arange(low_s, max(self.dense_s[-1], self.t_s[-1]), 1 / GRID_HZ)
        x = _quick(grid_s, self.dense_s, self.dense)
        y = _quick(grid_s, self.t_s, self.value)
        alike = np.abs(correlate(y, x, "full"))
        steps = np.arange(-len(grid_s) + 1, len(grid_s))
        near = np.abs(steps) <= MOST_LAG_S * GRID_HZ
        alike, steps = alike[near], steps[near]
        peaks, _ = find_peaks(alike, distance=round(APART_S * GRID_HZ))
        best = peaks[np.argsort(alike[peaks])[::-1][:N_RIVALS]]
        return [float(steps[k]) / GRID_HZ for k in best] or [0.0]

    def refine(self, lag_s: float, keep: BoolArray | None = None, rounds: int = ROUNDS) -> Fit:
        """Fit lag, gain and drift together; the lag is of the looks against the other."""
        base = self.known(lag_s) & (np.ones(len(self.t_s), bool) if keep is None else keep)
        weights, gain = base.astype(np.float64), 0.0
        for k in range(rounds):
            seen, slope = self.slid(lag_s)
            columns = np.column_stack((self.hats, seen))
            if k == 0:
                gain = float(weighted(columns, self.value, weights, self.sigma)[0][-1])
            columns = np.column_stack((columns, -gain * slope))
            beta, left = weighted(columns, self.value, weights, self.sigma)
            gain = float(beta[-2])
            lag_s += float(np.clip(beta[-1], -STEP_S, STEP_S))
            weights = huber(left) * base
        columns = np.column_stack((self.hats, self.slid(lag_s)[0]))
        beta, left = weighted(columns, self.value, weights, self.sigma)
        drift = weighted(self.hats, self.value, weights, self.sigma)[1]
        cost = float(np.sum(weights * left**2) / max(weights.sum(), 1e-9))
        whole = float(np.sum(weights * drift**2) / max(weights.sum(), 1e-9))
        squares = left[weights > 0] ** 2
        typical = float(np.median(squares)) if squares.size else float("inf")
        explained = 1 - cost / max(whole, 1e-12)
        return Fit(lag_s, float(beta[-1]), left, weights, explained, cost, typical)

    def slid(self, lag_s: float) -> tuple[FloatArray, FloatArray]:
        """Give the denser signal at the looks' instants less the lag, and its slope."""
        at_s = self.t_s - lag_s
        seen = np.interp(at_s, self.dense_s, self.dense)
        ahead = np.interp(at_s + SLOPE_S, self.dense_s, self.dense)
        behind = np.interp(at_s - SLOPE_S, self.dense_s, self.dense)
        return seen, (ahead - behind) / (2 * SLOPE_S)

    def known(self, lag_s: float) -> BoolArray:
        """Tell which looks lie where the denser signal has no gap."""
        at_s = self.t_s - lag_s
        after = np.clip(np.searchsorted(self.dense_s, at_s), 1, len(self.dense_s) - 1)
        near = self.dense_s[after] - self.dense_s[after - 1] <= MAX_GAP_S
        return np.asarray(near & (at_s >= self.dense_s[0]) & (at_s <= self.dense_s[-1]))

    def outside(self, low_s: float, high_s: float) -> BoolArray:
        """Tell which looks are not of a block."""
        return np.asarray((self.t_s < low_s) | (self.t_s >= high_s))

    def local(self, fit: Fit, low_s: float, high_s: float) -> float:
        """Give the lag within a block alone, less the whole one; NaN with too few looks."""
        block = ~self.outside(low_s, high_s) & (fit.weights > 0)
        if block.sum() < 10:
            return float("nan")
        lag_s = fit.lag_s
        for _ in range(ROUNDS):
            seen, slope = self.slid(lag_s)
            columns = np.column_stack((np.ones(len(seen)), self.t_s, seen, -fit.gain * slope))
            rows = columns[block] / self.sigma[block, None]
            right = self.value[block] / self.sigma[block]
            # The gain is the whole's: a block of two compressions tells it badly.
            right = right - rows[:, 2] * fit.gain
            beta = np.linalg.lstsq(rows[:, [0, 1, 3]], right, rcond=None)[0]
            lag_s += float(np.clip(beta[2], -STEP_S, STEP_S))
        return lag_s - fit.lag_s


def _quick(grid_s: FloatArray, t_s: FloatArray, value: FloatArray) -> FloatArray:
    """Give a signal on a grid without what is slow; zero where it has not begun or has ended."""
    there = (grid_s >= t_s[0]) & (grid_s <= t_s[-1])
    on_grid = np.interp(grid_s, t_s, value)
    quick = on_grid - uniform_filter1d(on_grid, round(SLOW_S * GRID_HZ), mode="nearest")
    return np.where(there, quick, 0.0)
