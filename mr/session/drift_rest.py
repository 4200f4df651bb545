"""What the mannequin's sensors say while nothing is on the chest.

Takes the mannequin's raw frames in pieces of one length, gives the chest's zero, the cells'
forces and the airway's flow at rest; leaves limits and words to `mr.session.drift`. A hand
that lies on the chest as lightly as a hand can is no rest: of all still moments only those
count that weigh hardly more than the lightest.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from mr.blocks import MannequinBlock
from mr.fusion.mannequin import LET_GO_N, LIGHT_N, NOISE_COUNTS, ZERO_RANGE_M, CountsCurve
from mr.rig import MannequinCalibration
from mr.session.pieces import Piece
from mr.types import FloatArray, IntArray
from mr.wire import AIRWAY_UNKNOWN

LEAST_RESTS = 2
"""Pieces at rest before anything is said."""
REMEMBERED = 240
STILL = 2.5
"""A reading that moves no more than so many times its converter's noise is still."""
LAIN_ON_M = 0.0005
"""Deeper than this and felt by the cells: something lies on the chest."""
ZERO_SIGMA_M, CELL_SIGMA_N, FLOW_SIGMA_ML_S = 5e-5, 0.1, 1.0
"""What comes beside the scatter: how well a chest comes back to its zero, and how well the
curves knew theirs. Assumed."""
SEM_OF_MEDIAN = 1.2533


@dataclass(frozen=True, slots=True, eq=False)
class RestReading:
    """Means at rest with their one-sigmas; the flow is None where no airway sensor spoke."""

    zero_m: float
    zero_sigma_m: float
    cells_n: FloatArray
    """(4,)."""
    cells_sigma_n: FloatArray
    flow_ml_s: float | None
    flow_sigma_ml_s: float


class RestWatch:
    """Gathers the rests of a session."""

    def __init__(self, calibration: MannequinCalibration) -> None:
        self._depth = CountsCurve(calibration.chest_depth_m)
        self._cells = [CountsCurve(curve) for curve in calibration.cell_force_n]
        self._flow = CountsCurve(calibration.airway_flow_ml_s)
        self._rests: deque[tuple[float, ...]] = deque(maxlen=REMEMBERED)
        """Total force (N), depth (m) and cells (N) of each."""
        self._flows: deque[float] = deque(maxlen=REMEMBERED)
        self._least_n = math.inf
        self.n_taken = 0
        """Rests so far."""

    def piece(self, piece: Piece[MannequinBlock]) -> bool:
        """Take in some frames without hands; tells whether they were a rest."""
        chest = piece.column("chest_counts")
        if float(chest.std()) > STILL * NOISE_COUNTS:
            return False
        mean_m = float(self._depth(chest)[0].mean())
        if abs(mean_m) > ZERO_RANGE_M:
            return False
        counts = piece.column("force_counts").T
        cells, slopes = zip(*map(_each, self._cells, counts), strict=True)
        total_n = cells[0] + cells[1] + cells[2] + cells[3]
        felt_n, noise_n = float(total_n.mean()), NOISE_COUNTS * math.hypot(*slopes)
        if float(total_n.std()) > STILL * noise_n or (felt_n > LET_GO_N and mean_m > LAIN_ON_M):
            return False
        self._least_n = min(self._least_n, felt_n)
        if felt_n > self._least_n + LIGHT_N:
            return False
        self._rests.append((felt_n, mean_m, *(float(cell.mean()) for cell in cells)))
        self._blow(piece.column("airway_counts"))
        self.n_taken += 1
        return True

    def _blow(self, airway: IntArray) -> None:
        if float(airway.std()) <= STILL * NOISE_COUNTS and not (airway == AIRWAY_UNKNOWN).any():
            self._flows.append(float(self._flow(airway)[0].mean()))

    def reading(self) -> RestReading | None:
        """Give the medians of the rests; None while there are too few."""
        if len(self._rests) < LEAST_RESTS:
            return None
        rests = np.array(self._rests)
        rests = rests[rests[:, 0] <= self._least_n + LIGHT_N]
        if len(rests) < LEAST_RESTS:
            return None
        zeros_m, cells_n, flows = rests[:, 1], rests[:, 2:], np.array(self._flows)
        known = len(flows) >= LEAST_RESTS
        return RestReading(
            float(np.median(zeros_m)),
            math.hypot(float(_sem(zeros_m)), ZERO_SIGMA_M),
            np.median(cells_n, axis=0),
            np.hypot(_sem(cells_n), CELL_SIGMA_N),
            float(np.median(flows)) if known else None,
            math.hypot(float(_sem(flows)), FLOW_SIGMA_ML_S) if known else math.nan,
        )


def _each(curve: CountsCurve, counts: IntArray) -> tuple[FloatArray, float]:
    """Give one cell's forces (n,), and its slope in N per count."""
    force_n, slope = curve(counts)
    return force_n, float(slope[0])


def _sem(values: FloatArray) -> FloatArray:
    """Give the one-sigma of the median over the first axis."""
    return np.asarray(SEM_OF_MEDIAN * values.std(axis=0, ddof=1) / math.sqrt(len(values)))
