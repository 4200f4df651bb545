"""How stiff the chest is now, beside how stiff it was when the rig was calibrated.

Takes depth, velocity and force of compressions in pieces of one length, gives the ratio of
the spring's force to the calibrated one; leaves limits and words to `mr.session.drift`. The
damper and the cells' zero are fitted beside it.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mr.rig import MannequinCalibration
from mr.types import FloatArray

FROM_M = 0.015
"""Less deep, the zero's error and the resting hands weigh too much."""
AT_M = 0.050
REMEMBERED = 120
LEAST_PIECES, LEAST_SHARE = 4, 0.1
LEAST_REACH_N = 25.0
"""By so much the spring's force must scatter over a piece, or its zero cannot be told apart."""
ZERO_SIGMA_M = 1e-4


class Spring(Protocol):
    """A chest's stiffness, as a rig file holds it."""

    @property
    def linear_n_m(self) -> float:
        """Force per depth."""
        ...

    @property
    def cubic_n_m3(self) -> float:
        """Force per depth cubed."""
        ...


def spring_force_n(spring: Spring, depth_m: FloatArray) -> FloatArray:
    """Give the spring's force (...) at depths."""
    return np.asarray(spring.linear_n_m * depth_m + spring.cubic_n_m3 * depth_m**3)


@dataclass(frozen=True, slots=True)
class SpringReading:
    """The spring's force over the calibrated one."""

    ratio: float
    sigma: float
    force_n: float
    """At 50 mm."""


class SpringWatch:
    """Gathers the compressions of a session."""

    def __init__(self, spring: Spring, sigma: float, calibration: MannequinCalibration) -> None:
        self._spring = spring
        self._sums: deque[FloatArray] = deque(maxlen=REMEMBERED)
        """Of each piece: see `_ratio`."""
        self._own: deque[float] = deque(maxlen=REMEMBERED)
        """Each piece's own ratio."""
        self._at_n = float(spring_force_n(spring, np.array(AT_M)))
        steep_n_m = spring.linear_n_m + 3.0 * spring.cubic_n_m3 * AT_M**2
        cells_n = math.sqrt(sum(curve.sigma**2 for curve in calibration.cell_force_n))
        depth_m = math.hypot(calibration.chest_depth_m.sigma, ZERO_SIGMA_M)
        self._steady = math.hypot(sigma, cells_n / self._at_n, depth_m * steep_n_m / self._at_n)

    def piece(self, depth_m: FloatArray, velocity_m_s: FloatArray, force_n: FloatArray) -> bool:
        """Take in some samples, (n,) each; tells whether there was something in them."""
        pressed = depth_m > FROM_M
        if np.count_nonzero(pressed) < LEAST_SHARE * len(depth_m):
            return False
        spring_n = spring_force_n(self._spring, depth_m[pressed])
        columns = (spring_n, velocity_m_s[pressed], np.ones(len(spring_n)), force_n[pressed])
        # Plain sums: the same bits wherever the samples lie in memory.
        sums = np.array([[float((a * b).sum()) for b in columns] for a in columns])
        self._sums.append(sums)
        ratio = _ratio(sums)
        if ratio is not None:
            self._own.append(ratio)
        return True

    def reading(self) -> SpringReading | None:
        """Give the ratio over all pieces; None while there are too few."""
        if len(self._own) < LEAST_PIECES:
            return None
        ratio = _ratio(np.array(self._sums).sum(axis=0))
        if ratio is None:
            return None
        scatter = float(np.std(np.array(self._own), ddof=1)) / math.sqrt(len(self._own))
        return SpringReading(ratio, math.hypot(self._steady, scatter), ratio * self._at_n)


def _ratio(sums: FloatArray) -> float | None:
    """Solve for the spring beside damper and zero; None where the strokes are too short for it.

    `sums` are the products (4, 4) of spring, velocity, one and force.
    """
    n = float(sums[2, 2])
    reach_n = math.sqrt(max(sums[0, 0] / n - (sums[0, 2] / n) ** 2, 0.0))
    if reach_n < LEAST_REACH_N or sums[1, 1] <= 0.0:
        return None
    return float(np.linalg.solve(sums[:3, :3], sums[:3, 3])[0])
