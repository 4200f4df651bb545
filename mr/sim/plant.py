"""The simulated mannequin's sensors: from motion to counts, by curves nobody is told.

Takes a script, gives the counts that the mannequin's converters would read (an
`mr.sim.adc.AdcSource`) and, for calibration, a bench on which known depths, masses and
flows are applied. The true curves stay here: a rig's curves come from `calibration`,
which sees noisy counts only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mr.sim.adc import Counts
from mr.sim.script import Script
from mr.types import FloatArray

ADC_MAX = 1023
"""Ten bits."""
NOISE_COUNTS = 0.8
"""One sigma of a reading before it is rounded."""
CELL_XY_M = ((0.035, 0.045), (-0.035, 0.045), (0.035, -0.045), (-0.035, -0.045))
"""Centres of the four force cells, mannequin's x and y."""
RESTING_HANDS_N = 1.5
"""The weight of hands that rest on the chest without load."""
LAG_M_S = 0.01
"""From such a velocity on the chest sensor lags fully."""
_CELL_GAIN = (1.00, 0.93, 1.06, 0.97)
_CELL_ZERO = (31.0, 27.0, 38.0, 22.0)


@dataclass(frozen=True, slots=True)
class Stiffness:
    """The chest's spring and damper: force over depth and velocity."""

    linear_n_m: float = 5200.0
    cubic_n_m3: float = 1.35e6
    damping_ns_m: float = 45.0

    def force_n(self, depth_m: FloatArray, velocity_m_s: FloatArray) -> FloatArray:
        """Tell the force on the chest; never a pull."""
        spring = self.linear_n_m * depth_m + self.cubic_n_m3 * depth_m**3
        return np.maximum(spring + self.damping_ns_m * velocity_m_s, 0.0)


@dataclass(frozen=True, slots=True)
class SensorTraits:
    """What a real mannequin's sensors do besides: none of it unless asked for."""

    hysteresis_m: float = 0.0
    """Width of the chest sensor's loop: it lags by half of that, going in and coming out."""
    crosstalk: tuple[tuple[float, ...], ...] = tuple(map(tuple, np.eye(4).tolist()))
    """What each cell (row) feels of the force on each (column)."""
    cell_xy_m: tuple[tuple[float, float], ...] = CELL_XY_M
    """Where the cells really are."""
    warp: float = 0.0
    """Of the force, what a plate that is not quite flat moves from one diagonal to the other."""

    @staticmethod
    def real() -> SensorTraits:
        """Give a mannequin as they are built: 0.3 mm of lag, cells some mm off, 1 % of crosstalk.

        No real one was measured.
        """
        return SensorTraits(
            hysteresis_m=0.0003,
            crosstalk=(
                (1.000, 0.008, 0.011, 0.003),
                (0.006, 1.000, 0.002, 0.012),
                (0.013, 0.004, 1.000, 0.007),
                (0.002, 0.009, 0.010, 1.000),
            ),
            cell_xy_m=(
                (0.0358, 0.0441),
                (-0.0342, 0.0457),
                (0.0345, -0.0460),
                (-0.0361, -0.0446),
            ),
            warp=0.02,
        )

    def shares_n(self, force_n: float, x_m: float, y_m: float) -> FloatArray:
        """Tell what each cell carries (4,) of a force on the plate at (x, y).

        None pulls: near a corner the plate rests on three; beyond them it would tip.
        """
        balance = np.vstack([np.ones(4), np.array(self.cell_xy_m).T])
        even = np.linalg.pinv(balance) @ np.array([1.0, x_m, y_m])
        loose = np.linalg.svd(balance)[2][3]  # no force and no moment, whatever its size
        carried = even + self.warp * np.sign(loose[0]) * loose
        if carried.min() < 0.0:
            k = int(np.argmin(carried))  # moved along what balances, until that one is free
            carried = np.maximum(carried - carried[k] / loose[k] * loose, 0.0)
        return np.asarray(force_n * carried / carried.sum())

    def lag_m(self, velocity_m_s: FloatArray | float) -> FloatArray:
        """Tell by how much the chest sensor's depth is off, by the way the chest moves."""
        return np.asarray(-0.5 * self.hysteresis_m * np.tanh(np.asarray(velocity_m_s) / LAG_M_S))


def chest_level(depth_m: FloatArray) -> FloatArray:
    """Tell the displacement sensor's level in counts: bent, monotone, without any lag."""
    u = depth_m / 0.080
    return 74.0 + 860.0 * (u + 0.055 * np.sin(2.3 * np.pi * u) / np.pi + 0.10 * u * (1.0 - u))


def cell_level(force_n: FloatArray, cell: int) -> FloatArray:
    """Tell a force cell's level in counts: steep at first, flatter under load."""
    u = np.maximum(force_n, 0.0) / 400.0
    return _CELL_ZERO[cell] + _CELL_GAIN[cell] * 820.0 * (1.28 * u - 0.28 * u**1.8)


def airway_level(flow_ml_s: FloatArray) -> FloatArray:
    """Tell the differential pressure sensor's level: laminar and turbulent parts."""
    q = flow_ml_s / 1000.0
    return 511.5 + 190.0 * q + 80.0 * q * np.abs(q)


class Bench:
    """A workbench for calibration: apply something known, read noisy counts.

    Each reading carries its own noise and is rounded, as the converter's; average many.
    """

    def __init__(self, seed: int = 0) -> None:
        self._rng = np.random.default_rng([seed, 0xBE])

    def gauge_block_counts(self, depth_mm: float) -> int:
        """Read the chest's converter with the chest held down by a gauge block."""
        return self._read(chest_level(np.asarray(depth_mm / 1000.0)))

    def mass_counts(self, force_n: float, cell: int) -> int:
        """Read one cell's converter with a known force on that cell alone."""
        return self._read(cell_level(np.asarray(force_n), cell))

    def syringe_counts(self, flow_ml_s: float) -> int:
        """Read the airway's converter while a syringe pushes (or draws) a steady flow."""
        return self._read(airway_level(np.asarray(flow_ml_s)))

    def _read(self, level: FloatArray) -> int:
        return int(convert(level, self._rng))


class Plant:
    """The mannequin's converters while a script is played; an `AdcSource`."""

    def __init__(
        self,
        script: Script,
        seed: int = 0,
        stiffness: Stiffness | None = None,
        traits: SensorTraits | None = None,
    ) -> None:
        self._script = script
        self._traits = traits
        self._seed = seed
        self._rng = np.random.default_rng([seed, 0xAD])
        self._stiffness = Stiffness() if stiffness is None else stiffness

    def force_n(self, t_s: FloatArray | float) -> FloatArray:
        """Tell the true force on the chest, in N."""
        depth = self._script.chest_depth_m(t_s)
        pressed = self._stiffness.force_n(depth, self._script.chest_velocity_m_s(t_s))
        return np.where(depth > 0, np.maximum(pressed, RESTING_HANDS_N), pressed)

    def cell_forces_n(self, t_s: float) -> tuple[float, float, float, float]:
        """Tell what each cell carries; the centre of pressure is where the heel is."""
        force = float(self.force_n(t_s))
        if self._script.hands_at(t_s).on_chest:
            force = max(force, RESTING_HANDS_N)
        x, y = (float(v) for v in self._script.hand_offset_m(t_s))
        if self._traits is not None:
            real = self._traits.shares_n(force, x, y)
            return float(real[0]), float(real[1]), float(real[2]), float(real[3])
        shares = [
            (0.5 + np.clip(x / (2 * cx), -0.5, 0.5)) * (0.5 + np.clip(y / (2 * cy), -0.5, 0.5))
            for cx, cy in CELL_XY_M
        ]
        cells = [force * float(share) for share in shares]
        return cells[0], cells[1], cells[2], cells[3]

    def counts_at(self, t_s: float) -> Counts:
        """Read all converters at `t_s`, true seconds since the script's start."""
        cells = self.cell_forces_n(t_s)
        depth_m = self._script.chest_depth_m(t_s)
        if self._traits is not None:
            depth_m = depth_m + self._traits.lag_m(self._script.chest_velocity_m_s(t_s))
            felt = np.array(self._traits.crosstalk) @ np.array(cells)
            cells = (float(felt[0]), float(felt[1]), float(felt[2]), float(felt[3]))
        levels = [
            chest_level(depth_m),
            *(cell_level(np.asarray(force), i) for i, force in enumerate(cells)),
            airway_level(self._script.airflow_ml_s(t_s)),
        ]
        counts = [int(v) for v in convert(np.array(levels, dtype=np.float64), self._rng)]
        return counts[0], (counts[1], counts[2], counts[3], counts[4]), counts[5]


def convert(level: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Add a converter's noise, round, and stop at its ends."""
    noisy = level + NOISE_COUNTS * rng.standard_normal(np.shape(level))
    return np.clip(np.rint(noisy), 0, ADC_MAX)
