"""How stiff the chest is now, beside how stiff it was when the rig was calibrated.

Takes depth, velocity and force of compressions in pieces of one length, gives the ratio of
the spring's force to the calibrated one; leaves limits and words to `mr.session.drift`. The
damper and the cells' zero are fitted beside it.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from mr.blocks import ChestBlock
from mr.rig import MannequinCalibration, StiffnessEntry
from mr.session.pieces import Piece
from mr.types import FloatArray

FROM_M = 0.015
"""Less deep, the zero's error and the resting hands weigh too much."""
AT_M = 0.050
REMEMBERED = 120
EVERY = 2
"""So many samples are one: a spring needs no more."""
LEAST_PIECES, LEAST_SHARE = 4, 0.1
LEAST_REACH_N = 25.0
"""By so much the spring's force must scatter over a piece, or its zero cannot be told apart."""
ZERO_SIGMA_M = 1e-4


def spring_force_n(spring: StiffnessEntry, depth_m: FloatArray) -> FloatArray:
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

    def __init__(self, spring: StiffnessEntry, calibration: MannequinCalibration) -> None:
        self._spring = spring
        self._sums: deque[FloatArray] = deque(maxlen=REMEMBERED)
        """Of each piece: see `spring_sums`."""
        self._own: deque[float] = deque(maxlen=REMEMBERED)
        """Each piece's own ratio."""
        self.n_taken = 0
        """Pieces so far."""
        self._at_n = spring.force_at_50mm_n
        steep_n_m = spring.linear_n_m + 3.0 * spring.cubic_n_m3 * AT_M**2
        cells_n = math.sqrt(sum(curve.sigma**2 for curve in calibration.cell_force_n))
        depth_m = math.hypot(calibration.chest_depth_m.sigma, ZERO_SIGMA_M)
        known = spring.sigma_n / self._at_n
        self._steady = math.hypot(known, cells_n / self._at_n, depth_m * steep_n_m / self._at_n)

    def piece(self, piece: Piece[ChestBlock]) -> bool:
        """Take in some motion; tells whether there was a compression in it."""
        depth_m = piece.column("depth_m")
        which = np.flatnonzero(depth_m > FROM_M)[::EVERY]
        if len(which) < LEAST_SHARE * len(depth_m) / EVERY:
            return False
        sums = spring_sums(
            self._spring,
            depth_m[which],
            piece.column("velocity_m_s")[which],
            piece.column("force_n")[which],
        )
        self._sums.append(sums)
        ratio = spring_ratio(sums)
        if ratio is not None:
            self._own.append(ratio)
        self.n_taken += 1
        return True

    def reading(self) -> SpringReading | None:
        """Give the ratio over all pieces; None while there are too few."""
        if len(self._own) < LEAST_PIECES:
            return None
        ratio = spring_ratio(np.array(self._sums).sum(axis=0))
        if ratio is None:
            return None
        scatter = float(np.std(np.array(self._own), ddof=1)) / math.sqrt(len(self._own))
        return SpringReading(ratio, math.hypot(self._steady, scatter), ratio * self._at_n)


def spring_sums(
    spring: StiffnessEntry, depth_m: FloatArray, velocity_m_s: FloatArray, force_n: FloatArray
) -> FloatArray:
    """Give the products (4, 4) of spring, velocity, one and force, over samples (n,) each."""
    columns = np.ones((4, len(depth_m)))
    columns[0] = spring_force_n(spring, depth_m)
    columns[1], columns[3] = velocity_m_s, force_n
    return columns @ columns.T


def spring_ratio(sums: FloatArray) -> float | None:
    """Solve for the spring beside damper and zero; None where the strokes are too short for it."""
    n = float(sums[2, 2])
    reach_n = math.sqrt(max(sums[0, 0] / n - (sums[0, 2] / n) ** 2, 0.0))
    if reach_n < LEAST_REACH_N or sums[1, 1] <= 0.0:
        return None
    return float(np.linalg.solve(sums[:3, :3], sums[:3, 3])[0])
