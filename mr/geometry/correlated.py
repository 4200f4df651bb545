"""Least squares with noise that goes on: what is off now is still off half a second later.

Takes residuals of points with their slopes, gives the noise's size and correlation time, and
the estimate that is best under it, with a covariance that counts a long look for no more
looks than it is worth; leaves which residuals there are to its callers. Three axes share one
noise and are independent of each other.

Ref: generalised least squares with an Ornstein-Uhlenbeck process plus white noise, its
parameters by restricted maximum likelihood (Patterson and Thompson 1971), which does not
take the noise for smaller because the estimate has eaten some of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, solve_triangular
from scipy.optimize import minimize

from mr.types import FloatArray

BIN_S = 0.2
"""Looks of so long are averaged. Hands that sweep go straight for so long."""
MOST_FITTED = 240
"""Looks of which a noise is fitted; of more, every second, third … is taken."""
CORRELATION_S = (0.03, 5.0)
"""Correlation times that are believed: a longer one is a drift, a shorter one is white."""
WHITE_SHARE = (0.02, 30.0)
"""White over correlated sigma."""
FITTED_STEPS = 40
TOLD = 1e-10
"""Of slopes' squares; what is told less is not told at all."""


@dataclass(frozen=True, slots=True)
class CorrelatedNoise:
    """Noise of one axis: ``sigma² exp(-|dt| / correlation_s)``, and white noise besides."""

    sigma_m: float
    correlation_s: float
    white_m: float

    def covariance(self, t_s: FloatArray) -> FloatArray:
        """Give the covariance (n, n) of looks at instants (n,)."""
        apart_s = np.abs(t_s[:, None] - t_s[None, :])
        out = self.sigma_m**2 * np.exp(-apart_s / self.correlation_s)
        out[np.diag_indices(len(t_s))] += self.white_m**2
        return np.asarray(out)

    def worth(self, t_s: FloatArray) -> float:
        """Tell how many independent looks these are worth, for a mean."""
        total = self.sigma_m**2 + self.white_m**2
        return float(total * len(t_s) ** 2 / self.covariance(t_s).sum())


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Residuals (n, 3) m at instants (n,) s, what each parameter changes them by, their noise.

    ``residual_m - columns @ step`` is what a step of the parameters leaves.
    """

    t_s: FloatArray
    residual_m: FloatArray
    columns: FloatArray
    """(n, 3, p)."""
    noise: CorrelatedNoise


def solve_parts(
    parts: Sequence[Part], precision: FloatArray, pull: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Give the best step (p,) of the parameters and its covariance (p, p).

    Parameters
    ----------
    parts
        Independent of each other.
    precision
        (p, p) inverse covariance of what was known before; zeros for nothing.
    pull
        (p,) precision times (what was expected minus the present value).
    """
    normal, right = precision.copy(), pull.copy()
    for part in parts:
        columns, residual = _whitened(part.t_s, part.residual_m, part.columns, part.noise)
        normal += columns.T @ columns
        right += columns.T @ residual
    covariance = np.linalg.pinv(normal, hermitian=True)
    return np.asarray(covariance @ right), np.asarray(covariance)


def averaged(
    t_s: FloatArray, residual_m: FloatArray, columns: FloatArray, bin_s: float = BIN_S
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Average looks within short spans of time: instants, residuals and slopes.

    A lag is found by sliding one noisy track along another, and the noise's own slope then
    counts as motion: averages have hardly any.
    """
    _, index, counts = np.unique(
        np.floor((t_s - t_s[0]) / bin_s), return_inverse=True, return_counts=True
    )

    def mean(values: FloatArray) -> FloatArray:
        out = np.zeros((len(counts), *values.shape[1:]))
        np.add.at(out, index, values)
        return out / counts.reshape(-1, *[1] * (values.ndim - 1))

    return mean(t_s), mean(residual_m), mean(columns)


def fit_noise(t_s: FloatArray, residual_m: FloatArray, columns: FloatArray) -> CorrelatedNoise:
    """Fit a noise to residuals (n, 3) of a fit with slopes (n, 3, p)."""
    every = max(1, -(-len(t_s) // MOST_FITTED))
    t_s, residual_m, columns = t_s[::every], residual_m[::every], columns[::every]
    span_s = float(t_s[-1] - t_s[0])
    low = np.log([CORRELATION_S[0], WHITE_SHARE[0]])
    high = np.log([min(CORRELATION_S[1], max(span_s / 4, 0.1)), WHITE_SHARE[1]])

    def cost(x: FloatArray) -> float:
        return _likelihood(np.exp(np.clip(x, low, high)), t_s, residual_m, columns)[0]

    found = minimize(
        cost,
        np.log([0.3, 0.5]),
        method="Nelder-Mead",
        options={"maxfev": FITTED_STEPS, "xatol": 0.05, "fatol": 0.05},
    )
    correlation_s, share = np.exp(np.clip(found.x, low, high))
    scale = _likelihood(np.array([correlation_s, share]), t_s, residual_m, columns)[1]
    return CorrelatedNoise(scale, float(correlation_s), float(share * scale))


def _likelihood(
    x: FloatArray, t_s: FloatArray, residual_m: FloatArray, columns: FloatArray
) -> tuple[float, float]:
    """Give -2 log of the restricted likelihood, and the scale at which it is best."""
    noise = CorrelatedNoise(1.0, float(x[0]), float(x[1]))
    slopes, left, log_det = _whitened_with_size(t_s, residual_m, columns, noise)
    size = np.maximum(np.linalg.norm(slopes, axis=0), 1e-12)
    slopes = slopes / size
    values, vectors = np.linalg.eigh(slopes.T @ slopes)
    told = values > TOLD * values[-1]
    along = (vectors[:, told].T @ (slopes.T @ left)) ** 2 / values[told]
    free = len(left) - int(told.sum())
    scale = float(np.sqrt(max(left @ left - along.sum(), 1e-24) / free))
    log_slopes = float(np.log(values[told]).sum() + 2 * np.log(size[size > 1e-9]).sum())
    return 3 * log_det + log_slopes + 2 * free * float(np.log(scale)), scale


def _whitened(
    t_s: FloatArray, residual_m: FloatArray, columns: FloatArray, noise: CorrelatedNoise
) -> tuple[FloatArray, FloatArray]:
    slopes, left, _ = _whitened_with_size(t_s, residual_m, columns, noise)
    return slopes, left


def _whitened_with_size(
    t_s: FloatArray, residual_m: FloatArray, columns: FloatArray, noise: CorrelatedNoise
) -> tuple[FloatArray, FloatArray, float]:
    """Divide by the noise's root; slopes (3n, p), residuals (3n,), log of the determinant."""
    root = cho_factor(noise.covariance(t_s), lower=True, check_finite=False)[0]
    n, _, p = columns.shape
    both = np.concatenate([columns, residual_m[..., None]], axis=2).reshape(n, -1)
    white = solve_triangular(root, both, lower=True, check_finite=False).reshape(n * 3, p + 1)
    return white[:, :p], white[:, p], 2 * float(np.log(np.diag(root)).sum())
