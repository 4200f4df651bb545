"""Where the hand pressed in one compression, and how sure that is.

Takes the history of places, gives their mean over a stroke; leaves finding the stroke to
`mr.metrics.strokes`.
"""

from __future__ import annotations

import math

import numpy as np

from mr.metrics.history import HAND_SIGMA, HAND_X, HAND_Y, History
from mr.types import FloatArray, Measured


def hand_offset_mm(history: History, from_s: float, to_s: float) -> tuple[Measured, Measured]:
    """Give the hand's mean offset, x and y (mm), between two instants (s)."""
    a, b = history.index_at(from_s), history.index_at(to_s) + 1
    b = min(b, history.n)
    x_m, y_m = (known(history.column(which, a, b)) for which in (HAND_X, HAND_Y))
    if not len(x_m):
        unknown = Measured.unknown("the hand's position was not measured")
        return unknown, unknown
    sigma_m = known(history.column(HAND_SIGMA, a, b))
    return _mean_place(x_m, sigma_m), _mean_place(y_m, sigma_m)


def _mean_place(m: FloatArray, sigma_m: FloatArray) -> Measured:
    """Mean of one coordinate over a stroke (m) in mm.

    What looks scatter from one to the next is lessened by the mean; the rest of their sigma is
    nearly the same all through one stroke.
    """
    mean_mm = 1e3 * float(m.sum()) / len(m)
    if not len(sigma_m):
        return Measured(mean_mm, None)
    steps_m = np.diff(m)
    steps_m = steps_m[steps_m != 0.0]  # a look that is given twice is one
    noise_m2 = 0.5 * float(steps_m @ steps_m) / max(len(steps_m), 1)
    whole_m2 = float(sigma_m @ sigma_m) / len(sigma_m)
    noise_m2 = min(noise_m2, whole_m2)
    variance_m2 = whole_m2 - noise_m2 + noise_m2 / (len(steps_m) + 1)
    return Measured(mean_mm, 1e3 * math.sqrt(variance_m2))


def known(column: FloatArray) -> FloatArray:
    """Leave out what was not measured."""
    return column[~np.isnan(column)]
