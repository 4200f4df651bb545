"""What the mannequin's frames say: depth, force, centre of pressure, air flow.

Takes raw counts and the rig's curves, gives physical values with the chest's true zero
tracked; leaves filtering to `mr.fusion.fuser`. A curve was made of the same converter's
readings, so its truncation is in the curve already: no half count is added here.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from mr.blocks import MannequinBlock
from mr.rig import Curve, MannequinCalibration
from mr.types import BoolArray, FloatArray, IntArray
from mr.wire import AIRWAY_UNKNOWN

NOISE_COUNTS = 0.85
"""One-sigma of a converter's reading: its step's 0.29 and the simulated converter's 0.8 of noise.
No real one was measured."""
FIRST_BLOCK_M = 0.005
"""A curve's sigma is that of the gauge blocks. The unloaded chest needs none: from there the
curve's error grows to the first block."""
CONTACT_N = 8.0
LET_GO_N = 4.0
"""Hands are on above the first, off below the second."""
PRESSURE_N = 20.0
"""A centre of pressure below this force says nothing."""
ZERO_RANGE_M = 0.005
ZERO_TIME_S = 2.0
ZERO_SETTLE_S = 0.3
"""The zero follows the unloaded chest: at most so far, so slowly, once it has settled."""
LIGHT_N, FELT_S, FORGET_N_S = 0.75, 0.3, 0.01
"""... and only while the cells feel, on the mean over so long, hardly more than they ever did in
a rest: hands that lean lightly are no zero. That least force is forgotten so slowly, for cells
drift."""


class CountsCurve:
    """A rig's curve for many readings at once, with its local slope."""

    def __init__(self, curve: Curve) -> None:
        self._x = np.array(curve.counts, np.float64)
        self._y = np.array(curve.values, np.float64)
        self._slopes = np.diff(self._y) / np.diff(self._x)
        self._inner = self._x[1:-1]
        self.sigma = curve.sigma

    def __call__(self, counts: IntArray) -> tuple[FloatArray, FloatArray]:
        """Give (values, slopes per count) of readings (N,)."""
        k = self._inner.searchsorted(counts, "right")
        slope = self._slopes[k]
        return self._y[k] + slope * (counts - self._x[k]), slope


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Frames in physical units, each column (N,); what is unknown is NaN."""

    depth_m: FloatArray
    """From the curve's own zero; `MannequinReader.above_zero` takes the tracked one off."""
    noise_m: FloatArray
    """One-sigma of each single value, without the curve's own error."""
    force_n: FloatArray
    touched: BoolArray
    pressure_m: FloatArray
    """(N, 2) centre of pressure in the mannequin's x and y; NaN where too little presses."""
    pressure_sigma_m: FloatArray
    flow_ml_s: FloatArray
    """NaN while the airway's sensor is silent."""

    def part(self, which: BoolArray) -> Readings:
        """Give some of them, in the same order."""
        return Readings(*(getattr(self, field.name)[which] for field in fields(self)))


def unmixed(forces: FloatArray, crosstalk: Sequence[Sequence[float]]) -> FloatArray:
    """Give the cells' forces (4, N) from what their curves say, by a rig's `cell_crosstalk`.

    Cell by cell, as a plain sum would: the same bits for one frame and for many.
    """
    return np.stack(
        [a * forces[0] + b * forces[1] + c * forces[2] + d * forces[3] for a, b, c, d in crosstalk]
    )


class MannequinReader:
    """Curves applied to frames, and the slowly tracked zero."""

    def __init__(self, calibration: MannequinCalibration) -> None:
        self._depth = CountsCurve(calibration.chest_depth_m)
        self._cells = [CountsCurve(curve) for curve in calibration.cell_force_n]
        self._crosstalk = calibration.cell_crosstalk
        self._cell_xy = np.array(calibration.cell_xy_in_mannequin_m, np.float64).T[:, :, None]
        self._cell_variances = np.array([[cell.sigma**2] for cell in self._cells])
        self._flow = CountsCurve(calibration.airway_flow_ml_s)
        self.flow_sigma_ml_s = calibration.airway_flow_ml_s.sigma
        self._zero_m = 0.0
        self._unloaded_since_s: float | None = None
        self._zeroed_s = 0.0
        self._felt_n, self._least_n = 0.0, np.inf
        self._t_s: float | None = None
        self._touched = False

    def read(self, block: MannequinBlock) -> Readings:
        """Turn counts into physical values."""
        depth_m, slope = self._depth(block.chest_counts)
        forces = np.stack([c(block.force_counts[:, k])[0] for k, c in enumerate(self._cells)])
        if self._crosstalk is not None:
            forces = unmixed(forces, self._crosstalk)
        force_n = forces[0] + forces[1] + forces[2] + forces[3]
        pressure_m, sigma_m = self._pressure(forces, force_n)
        heard = block.airway_counts != AIRWAY_UNKNOWN
        return Readings(
            depth_m=depth_m,
            noise_m=NOISE_COUNTS * np.abs(slope),
            force_n=force_n,
            touched=self._touch(force_n),
            pressure_m=pressure_m,
            pressure_sigma_m=sigma_m,
            flow_ml_s=np.where(heard, self._flow(block.airway_counts)[0], np.nan),
        )

    def _touch(self, force_n: FloatArray) -> BoolArray:
        """Tell whether hands are on: so from one force on, until it falls below another."""
        says = (force_n >= CONTACT_N) | (force_n <= LET_GO_N)
        last = np.maximum.accumulate(np.where(says, np.arange(len(force_n)), -1))
        touched = np.where(last >= 0, force_n[last] >= CONTACT_N, self._touched)
        self._touched = bool(touched[-1])
        return touched

    def above_zero(self, t_s: FloatArray, readings: Readings) -> FloatArray:
        """Give depths (N,) from the zero, which follows the chest while nothing presses on it."""
        depth_m, force_n, touched = readings.depth_m, readings.force_n, readings.touched
        above_m = np.empty(len(t_s))
        edges = np.flatnonzero(touched[1:] != touched[:-1]) + 1
        bounds = [0, *edges.tolist(), len(t_s)] if len(t_s) else []
        for start, end in itertools.pairwise(bounds):
            if touched[start]:
                self._unloaded_since_s = None
                self._t_s = float(t_s[end - 1])
                above_m[start:end] = depth_m[start:end] - self._zero_m
            else:
                columns = (column[start:end].tolist() for column in (t_s, depth_m, force_n))
                above_m[start:end] = self._track(*columns)
        return above_m

    def curve_sigma_m(self, above_m: FloatArray) -> FloatArray:
        """Give what is left of the calibration's error (N,) at depths from the tracked zero."""
        return self._depth.sigma * np.minimum(np.abs(above_m) / FIRST_BLOCK_M, 1.0)

    def _track(self, t_s: list[float], depth_m: list[float], force_n: list[float]) -> list[float]:
        """Give unloaded depths from the zero, and let the zero follow them, one by one.

        It follows while the cells feel no more than in the lightest rest so far. It runs for
        each frame of a rest, on local names.
        """
        zero_m, zeroed_s, since_s = self._zero_m, self._zeroed_s, self._unloaded_since_s
        felt_n, least_n = self._felt_n, self._least_n
        before_s = t_s[0] if self._t_s is None else self._t_s
        depths_m = []
        for at_s, depth, felt in zip(t_s, depth_m, force_n, strict=True):
            above_m, dt_s, before_s = depth - zero_m, at_s - before_s, at_s
            depths_m.append(above_m)
            if abs(above_m) > ZERO_RANGE_M:
                since_s = None
                continue
            if since_s is None:
                since_s, felt_n = at_s, felt
            felt_n += min(dt_s / FELT_S, 1.0) * (felt - felt_n)
            if at_s - since_s < ZERO_SETTLE_S or dt_s >= ZERO_TIME_S:
                continue
            least_n = min(least_n + FORGET_N_S * dt_s, felt_n)
            if felt_n <= least_n + LIGHT_N:
                # A plain mean at first, a slow follower later.
                zeroed_s = min(zeroed_s + dt_s, ZERO_TIME_S)
                zero_m += above_m * dt_s / zeroed_s
                zero_m = min(max(zero_m, -ZERO_RANGE_M), ZERO_RANGE_M)
        self._zero_m, self._zeroed_s, self._unloaded_since_s = zero_m, zeroed_s, since_s
        self._felt_n, self._least_n, self._t_s = felt_n, least_n, before_s
        return depths_m

    def _pressure(self, forces: FloatArray, force_n: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Centre of pressure (N, 2) in the mannequin's x and y, with its one-sigma (m).

        `forces` are those of the cells (4, N), `force_n` (N,) their sum.
        """
        total_n = np.where(force_n >= PRESSURE_N, force_n, np.nan)
        # Cell by cell, as a plain sum would: the same bits for one frame and for many.
        moments = forces * self._cell_xy
        at = (moments[:, 0] + moments[:, 1] + moments[:, 2] + moments[:, 3]) / total_n
        off = np.square(self._cell_xy - at[:, None])
        parts = self._cell_variances * np.maximum(off[0], off[1])
        variance = parts[0] + parts[1] + parts[2] + parts[3]
        return at.T, np.sqrt(variance) / total_n
