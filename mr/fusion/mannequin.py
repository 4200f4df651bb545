"""What one mannequin frame says: depth, force, centre of pressure, air flow.

Takes raw counts and the rig's curves, gives physical values with the chest's true zero
tracked; leaves filtering to `mr.fusion.fuser`. A curve was made of the same converter's
readings, so its truncation is in the curve already: no half count is added here.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

from mr.rig import Curve, MannequinCalibration
from mr.types import MannequinFrame
from mr.wire import AIRWAY_UNKNOWN

NOISE_COUNTS = 0.7
"""One-sigma of a converter's reading: its step's 0.29 and about 0.6 of noise."""
CONTACT_N = 8.0
LET_GO_N = 4.0
"""Hands are on above the first, off below the second."""
PRESSURE_N = 20.0
"""A centre of pressure below this force says nothing."""
ZERO_RANGE_M = 0.005
ZERO_TIME_S = 2.0
ZERO_SETTLE_S = 0.3
"""The zero follows the unloaded chest: at most so far, so slowly, once it has settled."""


class ScalarCurve:
    """A rig's curve for one number at a time, with its local slope."""

    def __init__(self, curve: Curve) -> None:
        self._x, self._y = curve.counts, curve.values
        self._slopes = [
            (self._y[i + 1] - self._y[i]) / (self._x[i + 1] - self._x[i])
            for i in range(len(self._x) - 1)
        ]
        self.sigma = curve.sigma

    def __call__(self, counts: int) -> tuple[float, float]:
        """Give (value, slope per count) of a reading."""
        x = float(counts)
        k = min(max(bisect_right(self._x, x) - 1, 0), len(self._slopes) - 1)
        return self._y[k] + self._slopes[k] * (x - self._x[k]), self._slopes[k]


@dataclass(frozen=True, slots=True)
class Reading:
    """One frame in physical units."""

    depth_m: float
    noise_m: float
    """One-sigma of this one value, without the curve's own error."""
    force_n: float
    pressure_m: tuple[float, float] | None
    pressure_sigma_m: float | None
    flow_ml_s: float | None
    """None while the airway's sensor is silent."""


class MannequinReader:
    """Curves applied frame by frame, and the slowly tracked zero."""

    def __init__(self, calibration: MannequinCalibration) -> None:
        self._depth = ScalarCurve(calibration.chest_depth_m)
        self._cells = [ScalarCurve(curve) for curve in calibration.cell_force_n]
        self._xy = calibration.cell_xy_in_mannequin_m
        self._flow = ScalarCurve(calibration.airway_flow_ml_s)
        self.curve_sigma_m = calibration.chest_depth_m.sigma
        self.flow_sigma_ml_s = calibration.airway_flow_ml_s.sigma
        self._zero_m = 0.0
        self._unloaded_since_s: float | None = None
        self._zeroed_s = 0.0
        self._t_s: float | None = None
        self.touched = False

    def read(self, frame: MannequinFrame) -> Reading:
        """Turn counts into physical values; the depth is from the tracked zero."""
        depth_m, slope = self._depth(frame.chest_counts)
        forces = [
            cell(counts)[0] for cell, counts in zip(self._cells, frame.force_counts, strict=True)
        ]
        force_n = sum(forces)
        if force_n >= CONTACT_N:
            self.touched = True
        elif force_n <= LET_GO_N:
            self.touched = False
        pressure, sigma = self._pressure(forces, force_n)
        noise_m = NOISE_COUNTS * abs(slope)
        heard = frame.airway_counts != AIRWAY_UNKNOWN
        flow_ml_s = self._flow(frame.airway_counts)[0] if heard else None
        return Reading(depth_m - self._zero_m, noise_m, force_n, pressure, sigma, flow_ml_s)

    def track_zero(self, reading: Reading, t_s: float) -> None:
        """Let the zero follow the chest while nothing presses on it."""
        dt_s = 0.0 if self._t_s is None else t_s - self._t_s
        self._t_s = t_s
        if self.touched or abs(reading.depth_m) > ZERO_RANGE_M:
            self._unloaded_since_s = None
            return
        if self._unloaded_since_s is None:
            self._unloaded_since_s = t_s
        if t_s - self._unloaded_since_s >= ZERO_SETTLE_S and dt_s < ZERO_TIME_S:
            # A plain mean at first, a slow follower later.
            self._zeroed_s = min(self._zeroed_s + dt_s, ZERO_TIME_S)
            self._zero_m += reading.depth_m * dt_s / self._zeroed_s
            self._zero_m = min(max(self._zero_m, -ZERO_RANGE_M), ZERO_RANGE_M)

    def _pressure(
        self, forces: list[float], force_n: float
    ) -> tuple[tuple[float, float] | None, float | None]:
        """Centre of pressure in the mannequin's x and y, with its one-sigma (m)."""
        if force_n < PRESSURE_N:
            return None, None
        x = sum(f * p[0] for f, p in zip(forces, self._xy, strict=True)) / force_n
        y = sum(f * p[1] for f, p in zip(forces, self._xy, strict=True)) / force_n
        variance = sum(
            cell.sigma**2 * max((p[0] - x) ** 2, (p[1] - y) ** 2)
            for cell, p in zip(self._cells, self._xy, strict=True)
        )
        return (x, y), math.sqrt(variance) / force_n
