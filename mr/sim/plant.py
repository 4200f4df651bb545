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


def _chest_level(depth_m: FloatArray) -> FloatArray:
    """Tell the displacement sensor's level in counts: bent, monotone, free of hysteresis."""
    u = depth_m / 0.080
    return 74.0 + 860.0 * (u + 0.055 * np.sin(2.3 * np.pi * u) / np.pi + 0.10 * u * (1.0 - u))


def _cell_level(force_n: FloatArray, cell: int) -> FloatArray:
    """Tell a force cell's level in counts: steep at first, flatter under load."""
    u = np.maximum(force_n, 0.0) / 400.0
    return _CELL_ZERO[cell] + _CELL_GAIN[cell] * 820.0 * (1.28 * u - 0.28 * u**1.8)


def _airway_level(flow_ml_s: FloatArray) -> FloatArray:
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
        return self._read(_chest_level(np.asarray(depth_mm / 1000.0)))

    def mass_counts(self, force_n: float, cell: int) -> int:
        """Read one cell's converter with a known force on that cell alone."""
        return self._read(_cell_level(np.asarray(force_n), cell))

    def syringe_counts(self, flow_ml_s: float) -> int:
        """Read the airway's converter while a syringe pushes (or draws) a steady flow."""
        return self._read(_airway_level(np.asarray(flow_ml_s)))

    def _read(self, level: FloatArray) -> int:
        return int(_convert(level, self._rng))


class Plant:
    """The mannequin's converters while a script is played; an `AdcSource`."""

    def __init__(self, script: Script, seed: int = 0, stiffness: Stiffness | None = None) -> None:
        self._script = script
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
        shares = [
            (0.5 + np.clip(x / (2 * cx), -0.5, 0.5)) * (0.5 + np.clip(y / (2 * cy), -0.5, 0.5))
            for cx, cy in CELL_XY_M
        ]
        cells = [force * float(share) for share in shares]
        return cells[0], cells[1], cells[2], cells[3]

    def counts_at(self, t_s: float) -> Counts:
        """Read all converters at `t_s`, true seconds since the script's start."""
        cells = self.cell_forces_n(t_s)
        levels = [
            _chest_level(self._script.chest_depth_m(t_s)),
            *(_cell_level(np.asarray(force), i) for i, force in enumerate(cells)),
            _airway_level(self._script.airflow_ml_s(t_s)),
        ]
        counts = [int(v) for v in _convert(np.array(levels, dtype=np.float64), self._rng)]
        return counts[0], (counts[1], counts[2], counts[3], counts[4]), counts[5]


def _convert(level: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Add a converter's noise, round, and stop at its ends."""
    noisy = level + NOISE_COUNTS * rng.standard_normal(np.shape(level))
    return np.clip(np.rint(noisy), 0, ADC_MAX)
