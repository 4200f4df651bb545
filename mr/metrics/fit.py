"""Fit the signal around a turning point instead of taking its extreme sample.

Takes raw samples of one stroke, gives the fitted extreme or the steepest slope with its
sigma; leaves finding the strokes to `mr.metrics.turning`. The extreme sample of a noisy
peak is too high by two to three sigmas; a polynomial through the top is not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mr.types import FloatArray

FLOOR_M = 1e-6
"""Residuals below a micrometre are rounding, not noise."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What a polynomial through one window says."""

    t_s: float
    value: float
    sigma: float
    """One-sigma of `value` out of the residuals (white noise)."""
    t_sigma_s: float
    noise: float
    """One-sigma of a single sample about the polynomial."""


class NoiseMemory:
    """The noise of single samples, pooled over the strokes of the last seconds."""

    def __init__(self) -> None:
        self._rss = 0.0
        self._dof = 0.0

    def pool(self, rss: float, dof: int) -> float:
        """Take in one fit's residuals; give the pooled variance."""
        self._rss = 0.8 * self._rss + rss
        self._dof = 0.8 * self._dof + dof
        return self._rss / self._dof if self._dof > 0 else 0.0


@dataclass(frozen=True, slots=True)
class _Poly:
    coef: FloatArray
    gram_inv: FloatArray
    rss: float
    dof: int


def _best_poly(u: FloatArray, y: FloatArray, degrees: tuple[int, ...], floor: float) -> _Poly:
    """Pick the degree by the corrected information criterion of Akaike (AICc)."""
    n = len(u)
    best: _Poly | None = None
    best_score = math.inf
    fitting = [d for d in degrees if n >= d + 4] or [min(*degrees, 2)]
    for degree in fitting:
        k = degree + 1
        design = np.vander(u, min(k, n), increasing=True)
        gram_inv: FloatArray = np.asarray(np.linalg.pinv(design.T @ design), dtype=np.float64)
        coef = gram_inv @ (design.T @ y)
        residual = y - design @ coef
        rss = float(residual @ residual) + n * floor * floor
        score = n * math.log(rss / n) + 2 * k + 2 * k * (k + 1) / max(n - k - 1, 1)
        if score < best_score:
            best, best_score = _Poly(coef, gram_inv, rss, max(n - len(coef), 0)), score
    assert best is not None
    return best


def _row(u: float, n: int, order: int) -> FloatArray:
    """Row of the design (or of its `order`-th derivative) at `u`."""
    row = np.zeros(n)
    for power in range(order, n):
        row[power] = math.perm(power, order) * u ** (power - order)
    return row


def fit_extreme(
    t_s: FloatArray,
    y: FloatArray,
    t_hint_s: float,
    memory: NoiseMemory,
    *,
    highest: bool,
    degrees: tuple[int, ...] = (2, 3, 4),
    floor: float = FLOOR_M,
) -> Fit:
    """Fit the highest (or lowest) point of a window.

    Parameters
    ----------
    t_s, y
        (N,) times and values of the window, N ≥ 1.
    t_hint_s
        Where the smoothed signal turns.
    memory
        Pools the noise over strokes, so that small windows have honest sigmas.
    highest
        True for a peak, False for a trough.
    degrees
        Candidate degrees; the data choose.
    floor
        Residuals below this are rounding, in the unit of `y`.
    """
    sign = 1.0 if highest else -1.0
    width = max(float(np.max(np.abs(t_s - t_hint_s))), 1e-6)
    u = (t_s - t_hint_s) / width
    poly = _best_poly(u, sign * y, degrees, floor)
    n = len(poly.coef)
    variance = memory.pool(poly.rss, poly.dof)
    grid = np.linspace(float(u[0]), float(u[-1]), 65)
    values = np.polynomial.polynomial.polyval(grid, poly.coef)
    at = float(grid[int(np.argmax(values))])
    curvature = float(_row(at, n, 2) @ poly.coef)
    inside = u[0] < at < u[-1] and curvature < 0
    if inside:
        step = -float(_row(at, n, 1) @ poly.coef) / curvature
        at = min(max(at + step, float(u[0])), float(u[-1]))
    row, slope = _row(at, n, 0), _row(at, n, 1)
    sigma = math.sqrt(max(variance * float(row @ poly.gram_inv @ row), 0.0))
    slope_var = max(variance * float(slope @ poly.gram_inv @ slope), 0.0)
    value = float(row @ poly.coef)
    t_sigma = width
    if inside:
        t_sigma = min(math.sqrt(slope_var) / -curvature, 1.0) * width
        # Noise tilts the top, and the highest point of a tilted top is too high.
        value -= min(slope_var / (-2.0 * curvature), sigma)
    return Fit(t_hint_s + at * width, sign * value, sigma, t_sigma, math.sqrt(variance))


def fit_fastest_fall(t_s: FloatArray, y: FloatArray) -> Fit | None:
    """Fit the steepest fall of a window; `value` is its speed, positive when falling.

    Gives None when there are fewer than four samples.
    """
    if len(t_s) < 4:
        return None
    centre = 0.5 * float(t_s[0] + t_s[-1])
    width = max(0.5 * float(t_s[-1] - t_s[0]), 1e-6)
    u = (t_s - centre) / width
    poly = _best_poly(u, -y, (1, 3), FLOOR_M)
    n = len(poly.coef)
    variance = poly.rss / poly.dof if poly.dof else 0.0
    grid = np.linspace(-1.0, 1.0, 33)
    speeds = np.array([float(_row(g, n, 1) @ poly.coef) for g in grid])
    at = float(grid[int(np.argmax(speeds))])
    row = _row(at, n, 1)
    sigma = math.sqrt(max(variance * float(row @ poly.gram_inv @ row), 0.0)) / width
    return Fit(
        centre + at * width, float(np.max(speeds)) / width, sigma, width, math.sqrt(variance)
    )
