"""A monotone curve through bench readings.

Takes known values and the counts read at each, gives a `mr.rig.Curve` with the one-sigma
of the curve itself; leaves what was measured, and how, to the procedures that use it.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

from mr.errors import CalibrationError
from mr.rig import Curve
from mr.types import FloatArray

MIN_LEVELS = 3
_KNOTS_PER_GAP = 4
_GAP_GAIN = 3.0
"""A gap twice as wide costs about four times the error inside, less towards the ends."""


def fit_monotone_curve(
    values: FloatArray, counts: FloatArray, reference_sigma: float, what: str, unit: str
) -> Curve:
    """Fit a curve from counts to values that never turns back.

    Readings at the same value are averaged to one level; a monotone cubic (PCHIP) goes
    through the levels and is written down as short straight pieces. The curve's sigma
    joins the reference's own, the levels' standard error, and what the cubic may miss
    between levels: a third of the error it makes at each inner level when that level is
    left out (the gap is then about twice as wide).

    Parameters
    ----------
    values
        (n,) known values, each repeated for every reading taken at it.
    counts
        (n,) readings.
    reference_sigma
        One-sigma of the known values, in their unit.
    what, unit
        Name of the sensor and the unit, for messages.

    Raises
    ------
    CalibrationError
        When there are too few levels, a reading is not finite, or the levels' counts do
        not run one way.
    """
    values = np.asarray(values, dtype=np.float64).ravel()
    counts = np.asarray(counts, dtype=np.float64).ravel()
    if values.shape != counts.shape or not (np.isfinite(values) & np.isfinite(counts)).all():
        raise CalibrationError(
            f"{what}: {len(values)} known values and {len(counts)} readings, all must be finite "
            "and pair up: take the readings again"
        )
    levels, index = np.unique(values, return_inverse=True)
    if len(levels) < MIN_LEVELS:
        raise CalibrationError(
            f"{what}: {len(levels)} different values, at least {MIN_LEVELS} are needed: "
            "measure more"
        )
    n = np.bincount(index)
    means = np.bincount(index, weights=counts) / n
    spread = np.sqrt(
        np.bincount(index, weights=(counts - means[index]) ** 2) / np.maximum(n - 1, 1)
    )
    _require_one_way(levels, means, spread / np.sqrt(n), what, unit)
    order = np.argsort(means)
    x, y = means[order], levels[order]
    slope = np.abs(np.gradient(y, x))
    se = slope * (spread / np.sqrt(n))[order]
    sigma = np.sqrt(reference_sigma**2 + np.mean(se**2) + between_levels(x, y) ** 2)
    return curve_through(x, y, float(sigma))


def curve_through(counts: FloatArray, values: FloatArray, sigma: float) -> Curve:
    """Give the monotone cubic through levels (n,), counts increasing, as straight pieces."""
    n = len(counts)
    knots = np.interp(np.linspace(0, n - 1, (n - 1) * _KNOTS_PER_GAP + 1), np.arange(n), counts)
    fitted = PchipInterpolator(counts, values)(knots)
    return Curve(
        counts=tuple(float(c) for c in knots),
        values=tuple(float(v) for v in fitted),
        sigma=sigma,
    )


def between_levels(counts: FloatArray, values: FloatArray) -> float:
    """Tell what a monotone cubic may miss between levels, one-sigma in the unit of the values."""
    missed = _left_out_errors(counts, values) / _GAP_GAIN
    return float(np.sqrt(np.mean(missed**2)))


def _require_one_way(
    levels: FloatArray, means: FloatArray, se: FloatArray, what: str, unit: str
) -> None:
    """Refuse a step that is backward, or too small to tell from the noise."""
    steps = np.diff(means)
    direction = np.sign(means[-1] - means[0])
    clear = steps * direction > 3.0 * np.hypot(se[1:], se[:-1])
    if not (clear & (steps != 0)).all():
        k = int(np.argmin(clear))
        raise CalibrationError(
            f"{what}: between {levels[k]:g} and {levels[k + 1]:g} {unit} the counts go from "
            f"{means[k]:.1f} to {means[k + 1]:.1f}, against the rest: check that the sensor is "
            "seated and repeat these two readings"
        )


def _left_out_errors(x: FloatArray, y: FloatArray) -> FloatArray:
    """Tell by how much the cubic misses each inner level when it does not know it."""
    if len(x) <= MIN_LEVELS:
        return np.array([float(np.ptp(y)) * 0.01])  # nothing to judge by: 1 % of the range
    return np.array(
        [
            float(PchipInterpolator(np.delete(x, k), np.delete(y, k))(x[k])) - y[k]
            for k in range(1, len(x) - 1)
        ]
    )
