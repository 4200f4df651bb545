"""A calibration bench with what goes wrong on a real one: lag, crosstalk, uneven hands, wear.

Takes what a technician applies (a gauge block, masses, a syringe's stroke, presses), gives the
streams of counts that the mannequin would send meanwhile, of all six channels. Leaves the
sensors' true curves to `mr.sim.plant`, and knowing anything of the answer to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from mr.sim.plant import (
    SensorTraits,
    Stiffness,
    airway_level,
    cell_level,
    chest_level,
    convert,
)
from mr.types import FloatArray

RATE_HZ = 200
"""The mannequin's stream."""
GRAVITY_M_S2 = 9.80665
LAG_TRAVEL_M = 0.003
"""The lag builds up over so much travel from each end."""
REST_S = 0.8
"""Before and after a stroke the syringe rests."""
HAND_SHARE = 0.25
"""By so much of itself a hand's flow wavers."""


@dataclass(frozen=True, slots=True)
class BenchErrors:
    """One-sigma of what the technician's things are off by."""

    block_m: float = 2e-5
    """A gauge block, the same each time it is used."""
    seating_m: float = 4e-5
    """Laying it in, anew each time."""
    mass_share: float = 1e-3
    side_share: float = 1e-3
    """Of a mass on one cell, what another one carries, by the skin or a cable; each time anew."""
    place_m: float = 5e-4
    """Of a mass on the plate."""
    syringe_share: float = 2.5e-3
    """The syringe's volume, the same for all its strokes."""
    stroke_share: float = 2e-3
    """From stop to stop, anew each time."""
    airway_counts: float = 2.0
    """Wandering of the airway sensor's zero, over some minutes."""


@dataclass(slots=True)
class Workbench:
    """One simulated mannequin on the bench; each seed has its own errors and noise."""

    seed: int = 0
    traits: SensorTraits = field(default_factory=SensorTraits.real)
    spring: Stiffness = field(default_factory=Stiffness)
    errors: BenchErrors = field(default_factory=BenchErrors)
    leak_share: float = 0.0
    """Of a pushed stroke, what never passes the airway's sensor."""
    deepest_m: float = 0.070
    """Where the chest turns."""
    _rng: np.random.Generator = field(init=False)
    _blocks_m: dict[int, float] = field(init=False, default_factory=dict)
    _syringes: dict[int, float] = field(init=False, default_factory=dict)
    _airway_zero: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng([self.seed, 0xBE4C])

    def depth(
        self, depth_m: float, going: Literal["in", "out"], seconds: float = 1.0
    ) -> FloatArray:
        """Hold the chest down by a gauge block; counts (n, 6). The unloaded chest needs none."""
        true_m = 0.0
        if depth_m > 0.0:
            key = round(depth_m * 1e6)
            if key not in self._blocks_m:
                self._blocks_m[key] = self.errors.block_m * float(self._rng.standard_normal())
            seating_m = self.errors.seating_m * float(self._rng.standard_normal())
            true_m = depth_m + self._blocks_m[key] + seating_m
        sensed_m = self.sensed_m(true_m, going)
        force_n = float(self.spring.force_n(np.asarray(true_m), np.asarray(0.0)))
        return self.counts(sensed_m, self.traits.shares_n(force_n, 0.0, 0.0), 0.0, seconds)

    def sensed_m(self, depth_m: float, going: Literal["in", "out"]) -> float:
        """Tell the depth that the chest sensor would show without noise; it lags the true one."""
        travel_m = min(depth_m, self.deepest_m - depth_m)
        lag_m = 0.5 * self.traits.hysteresis_m * float(np.clip(travel_m / LAG_TRAVEL_M, 0.0, 1.0))
        return depth_m + (lag_m if going == "out" else -lag_m)

    def on_cell(self, cell: int, mass_kg: float, seconds: float = 1.0) -> FloatArray:
        """Lay a mass on one cell alone; counts (n, 6)."""
        weight_n = self._weight_n(mass_kg)
        carried_n = weight_n * self.errors.side_share * self._rng.standard_normal(4)
        carried_n[cell] += weight_n - carried_n.sum()
        return self.counts(0.0, carried_n, 0.0, seconds)

    def on_plate(
        self, mass_kg: float, x_m: float, y_m: float, plate_kg: float, seconds: float = 1.0
    ) -> FloatArray:
        """Lay a mass at a place of a stiff plate that lies on all cells; counts (n, 6)."""
        x_m, y_m = (
            v + self.errors.place_m * float(self._rng.standard_normal()) for v in (x_m, y_m)
        )
        carried_n = self.traits.shares_n(plate_kg * GRAVITY_M_S2, 0.0, 0.0)
        if mass_kg > 0.0:
            carried_n = carried_n + self.traits.shares_n(self._weight_n(mass_kg), x_m, y_m)
        return self.counts(0.0, carried_n, 0.0, seconds)

    def stroke(self, volume_ml: float, seconds: float) -> tuple[FloatArray, FloatArray]:
        """Push a syringe (volume below zero: draw) within about `seconds`; (t_s, counts (n, 6))."""
        key = round(abs(volume_ml))
        if key not in self._syringes:
            share = self.errors.syringe_share * float(self._rng.standard_normal())
            self._syringes[key] = 1.0 + share
        share = self._syringes[key] * (
            1.0 + self.errors.stroke_share * float(self._rng.standard_normal())
        )
        share *= 1.0 - self.leak_share if volume_ml > 0 else 1.0
        t_s = np.arange(0.0, seconds + 2 * REST_S, 1.0 / RATE_HZ)
        flow_ml_s = share * volume_ml * self._hand(t_s, seconds)
        walk = self.errors.airway_counts * self._rng.standard_normal(2)
        end = 0.7 * self._airway_zero + 0.7 * float(walk[0])
        zero = np.linspace(self._airway_zero, end, len(t_s))
        self._airway_zero = end
        level = airway_level(flow_ml_s) + zero
        rest = self._levels(np.zeros(len(t_s)), np.zeros((len(t_s), 4)), level)
        return t_s, convert(rest, self._rng)

    def presses(
        self, n: int = 8, depth_m: float = 0.05, rate_cpm: float = 110.0
    ) -> tuple[FloatArray, FloatArray]:
        """Compress the chest; (t_s, counts (n, 6))."""
        period_s = 60.0 / rate_cpm
        t_s = np.arange(0.0, n * period_s + 0.5, 1.0 / RATE_HZ)
        deep_m = depth_m * (1.0 + 0.04 * self._rng.standard_normal(n + 2))
        k = np.minimum((t_s / period_s).astype(int), n)
        phase = 2 * np.pi * t_s / period_s
        deep_m = np.where(k < n, deep_m[k], 0.0)
        at_m = 0.5 * deep_m * (1.0 - np.cos(phase))
        velocity_m_s = np.pi * deep_m / period_s * np.sin(phase)
        force_n = self.spring.force_n(at_m, velocity_m_s)
        carried_n = np.array([self.traits.shares_n(1.0, 0.0, 0.0)]) * force_n[:, None]
        sensed_m = at_m + self.traits.lag_m(velocity_m_s)
        levels = self._levels(sensed_m, carried_n, airway_level(np.zeros(len(t_s))))
        return t_s, convert(levels, self._rng)

    def counts(
        self, sensed_m: float, carried_n: FloatArray, flow_ml_s: float, seconds: float
    ) -> FloatArray:
        """Read all channels for a while, (n, 6): chest, four cells, airway."""
        n = round(seconds * RATE_HZ)
        flow = airway_level(np.full(n, flow_ml_s))
        levels = self._levels(np.full(n, sensed_m), np.tile(carried_n, (n, 1)), flow)
        return convert(levels, self._rng)

    def _levels(self, sensed_m: FloatArray, carried_n: FloatArray, flow: FloatArray) -> FloatArray:
        felt_n = carried_n @ np.array(self.traits.crosstalk).T
        cells = [cell_level(felt_n[:, k], k) for k in range(4)]
        return np.column_stack([chest_level(sensed_m), *cells, flow])

    def _weight_n(self, mass_kg: float) -> float:
        share = self.errors.mass_share * float(self._rng.standard_normal())
        return mass_kg * (1.0 + share) * GRAVITY_M_S2

    def _hand(self, t_s: FloatArray, seconds: float) -> FloatArray:
        """Give a hand's uneven flow over a stroke of volume 1, in 1/s."""
        u = np.clip((t_s - REST_S) / seconds, 0.0, 1.0)
        waver = np.ones(len(u))
        for order in (3, 5, 8):
            waver += HAND_SHARE / 2 * float(self._rng.standard_normal()) * np.sin(order * np.pi * u)
        flow = np.sin(np.pi * u) ** 1.2 * np.maximum(waver, 0.1)
        return np.asarray(flow / np.trapezoid(flow, t_s))
