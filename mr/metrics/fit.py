"""Fit the signal around a turning point instead of taking its extreme sample.

Takes raw samples of one window, gives the fitted extreme or the steepest slope with its
sigma; leaves finding the strokes to `mr.metrics.turning`. The extreme sample of a noisy
peak is too high by two to three sigmas; a polynomial through the top is not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mr.types import FloatArray

FLOOR = 1e-6
"""Residuals below a micrometre (or a millionth of a newton) are rounding, not noise."""
MISFIT = 1.6
FAITHFUL_M = 5e-5
"""A polynomial follows the curve when it leaves little more than the noise, or 0.05 mm."""
INNER = 0.8
"""Extremes are looked for within this share of the window: its ends wag with the noise."""
NEAR = 2
SURE = 2.5
"""Five samples at the extreme may not lie off it by more than 2.5 sigmas of their mean."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What a polynomial through one window says."""

    t_s: float
    value: float
    sigma: float
    """One-sigma of `value` out of the residuals (white noise)."""
    t_sigma_s: float


def roughness(y: FloatArray) -> tuple[float, int]:
    """Sum of squares and number of third differences of (N,) `y`, scaled to one sample.

    Third differences hardly see a chest's motion, and see white noise whole.
    """
    third = np.diff(y, 3)
    return float(third @ third) / 20.0, len(third)


class NoiseMemory:
    """The noise of single samples, pooled over the strokes of the last seconds."""

    def __init__(self) -> None:
        self._rss = 0.0
        self._dof = 0.0

    def pool(self, rss: float, dof: int) -> float:
        """Take in one fit's residuals; give the pooled variance."""
        self._rss = 0.8 * self._rss + rss
        self._dof = 0.8 * self._dof + dof
        return self.variance

    @property
    def variance(self) -> float:
        """Variance of a single sample about its fit; 0 before the first."""
        return self._rss / self._dof if self._dof > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Polynomial:
    """Least squares through one window, in ``u = (t - centre_s) / width_s``."""

    coef: FloatArray
    gram_inv: FloatArray
    rss: float
    dof: int
    u: FloatArray
    centre_s: float
    width_s: float
    sign: float

    @classmethod
    def best(
        cls,
        t_s: FloatArray,
        y: FloatArray,
        centre_s: float,
        degrees: tuple[int, ...],
        *,
        highest: bool,
    ) -> Polynomial:
        """Pick the degree by the corrected information criterion of Akaike (AICc).

        Parameters
        ----------
        t_s, y
            (N,) times and values of the window, N ≥ 1.
        centre_s
            Where the smoothed signal turns.
        degrees
            Candidates; the data choose among those they can carry.
        highest
            True for a peak, False for a trough.
        """
        sign = 1.0 if highest else -1.0
        width_s = max(float(np.max(np.abs(t_s - centre_s))), 1e-6)
        u = (t_s - centre_s) / width_s
        n = len(u)
        best: Polynomial | None = None
        best_score = math.inf
        for degree in [d for d in degrees if n >= d + 4] or [min(*degrees, 2)]:
            k = degree + 1
            design = np.vander(u, min(k, n), increasing=True)
            gram_inv: FloatArray = np.asarray(np.linalg.inv(design.T @ design), dtype=np.float64)
            coef = gram_inv @ (design.T @ (sign * y))
            residual = sign * y - design @ coef
            rss = float(residual @ residual) + n * FLOOR * FLOOR
            score = n * math.log(rss / n) + 2 * k + 2 * k * (k + 1) / max(n - k - 1, 1)
            if score < best_score:
                dof = max(n - len(coef), 0)
                best = cls(coef, gram_inv, rss, dof, u, centre_s, width_s, sign)
                best_score = score
        assert best is not None
        return best

    def follows(self, y: FloatArray, noise_var: float) -> bool:
        """Whether what it leaves of (N,) `y` is noise, on the whole and at its extreme."""
        n = len(y)
        if self.dof == 0 or n < 8:
            return True
        if self.rss / self.dof > MISFIT**2 * noise_var + FAITHFUL_M**2:
            return False
        fitted = self.sign * self.fitted()
        k = int(np.argmax(fitted))
        a, b = max(k - NEAR, 0), min(k + NEAR + 1, n)
        left = float(np.mean(self.sign * y[a:b] - fitted[a:b]))
        return left * left <= SURE**2 * noise_var / (b - a) + FAITHFUL_M**2 / 4

    def fitted(self) -> FloatArray:
        """Give the fitted values at the window's instants, (N,)."""
        values = np.polynomial.polynomial.polyval(self.u, self.coef)
        return np.asarray(self.sign * values, dtype=np.float64)

    def row(self, u: float, order: int) -> FloatArray:
        """Row of the design (or of its `order`-th derivative) at `u`."""
        row = np.zeros(len(self.coef))
        for power in range(order, len(row)):
            row[power] = math.perm(power, order) * u ** (power - order)
        return row

    def extreme(self, memory: NoiseMemory) -> Fit:
        """Give the highest (or lowest) point; `memory` pools the noise over strokes."""
        variance = memory.pool(self.rss, self.dof)
        first, last = float(self.u[0]), float(self.u[-1])
        grid = np.linspace(INNER * first, INNER * last, 65)
        at = float(grid[int(np.argmax(np.polynomial.polynomial.polyval(grid, self.coef)))])
        curvature = float(self.row(at, 2) @ self.coef)
        inside = first < at < last and curvature < 0
        if inside:
            at = min(max(at - float(self.row(at, 1) @ self.coef) / curvature, first), last)
        row, slope = self.row(at, 0), self.row(at, 1)
        sigma = math.sqrt(max(variance * float(row @ self.gram_inv @ row), 0.0))
        value, t_sigma_s = float(row @ self.coef), self.width_s
        if inside:
            slope_var = max(variance * float(slope @ self.gram_inv @ slope), 0.0)
            t_sigma_s *= min(math.sqrt(slope_var) / -curvature, 1.0)
            # Noise tilts the top, and the highest point of a tilted top is too high.
            value -= min(slope_var / (-2.0 * curvature), 0.5 * sigma)
        t_s = self.centre_s + at * self.width_s
        return Fit(t_s, self.sign * value, sigma, t_sigma_s)


def fit_fastest_fall(t_s: FloatArray, y: FloatArray) -> Fit | None:
    """Fit the steepest fall of a window; `value` is its speed, positive when falling.

    Gives None when there are fewer than four samples.
    """
    if len(t_s) < 4:
        return None
    centre_s = 0.5 * float(t_s[0] + t_s[-1])
    poly = Polynomial.best(t_s, y, centre_s, (1, 3), highest=False)
    variance = poly.rss / poly.dof if poly.dof else 0.0
    grid = np.linspace(-1.0, 1.0, 33)
    speeds = np.array([float(poly.row(g, 1) @ poly.coef) for g in grid])
    at = float(grid[int(np.argmax(speeds))])
    row = poly.row(at, 1)
    sigma = math.sqrt(max(variance * float(row @ poly.gram_inv @ row), 0.0)) / poly.width_s
    speed = float(np.max(speeds)) / poly.width_s
    return Fit(centre_s + at * poly.width_s, speed, sigma, poly.width_s)
