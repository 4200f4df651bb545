"""A simulated technician at the bench, who makes mistakes and does as the guide says.

Takes a simulated bench, gives what is read at each step of the mannequin's plans, now and then
spoiled: a block that still creeps, one that slips, a stroke that ends before the reading does.
Leaves refusing that to the guides, and the truth to whoever compares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import numpy as np

from calibration.mannequin.chest import ChestResult, DepthStation, chest_plan, measure_chest
from calibration.mannequin.loads import LoadStation
from calibration.mannequin.matrix import CellsResult, cells_plan, measure_cells
from calibration.mannequin.station import CHEST, Station, StationsGuide, Step
from calibration.mannequin.stiffness import StiffnessResult, measure_stiffness, presses_of
from calibration.mannequin.strokes import Stroke
from calibration.mannequin.syringe import PACES_S, AirwayResult, airway_plan, measure_airway
from calibration.record import Record
from mr.errors import CalibrationError
from mr.rig import MannequinCalibration
from mr.sim.bench import RATE_HZ, Workbench
from mr.sim.plant import CELL_XY_M
from mr.types import FloatArray

CLUMSY_EVERY = 11
"""Of so many readings, one is spoiled."""
CREEP_COUNTS, SLIP_COUNTS = 6.0, 9.0
MOST_ATTEMPTS = 400

S = TypeVar("S", bound=Station)


@dataclass(slots=True)
class BenchTechnician:
    """Does the steps of the plans on a simulated bench."""

    bench: Workbench
    clumsy_every: int = CLUMSY_EVERY
    """0: never clumsy."""
    refused: list[str] = field(default_factory=list)
    """What the guides said of spoiled readings."""
    _done: int = 0

    def work(self, guide: StationsGuide[S], do: Callable[[Step[S]], S]) -> tuple[S, ...]:
        """Do a whole plan, again where the guide refuses.

        Raises
        ------
        CalibrationError
            When the guide goes on refusing.
        """
        for _ in range(MOST_ATTEMPTS):
            step = guide.current
            if step is None:
                return guide.samples
            verdict = guide.offer(do(step))
            if not verdict.taken:
                self.refused.append(f"{step.name}: {verdict.why}")
        raise CalibrationError(f"bench: the guide refused too often, last: {self.refused[-1]}")

    def chest(self, step: Step[DepthStation]) -> DepthStation:
        """Press down onto a block and read."""
        want = step.make(np.zeros(0), np.zeros((0, 6)))
        going: Literal["in", "out"] = "out" if want.going == "out" else "in"
        counts = self._spoiled(self.bench.depth(want.depth_m, going), (CHEST,))
        return step.make(_times(counts), counts)

    def cells(self, step: Step[LoadStation]) -> LoadStation:
        """Lay a mass on and read."""
        want = step.make(np.zeros(0), np.zeros((0, 6)))
        if want.cell >= 0:
            counts = self.bench.on_cell(want.cell, want.mass_kg)
        else:
            counts = self.bench.on_plate(want.mass_kg, want.x_m, want.y_m, want.plate_kg)
        counts = self._spoiled(counts, (1, 2, 3, 4))
        return step.make(_times(counts), counts)

    def airway(self, step: Step[Stroke]) -> Stroke:
        """Push or draw the syringe."""
        want = step.make(np.zeros(0), np.zeros((0, 6)))
        t_s, counts = self.bench.stroke(want.volume_ml, _pace_s(step.name))
        if self._is_clumsy():
            kept = 6 * len(t_s) // 10
            t_s, counts = t_s[:kept], counts[:kept]
        return step.make(t_s, counts)

    def _is_clumsy(self) -> bool:
        self._done += 1
        return self.clumsy_every > 0 and self._done % self.clumsy_every == 0

    def _spoiled(self, counts: FloatArray, channels: tuple[int, ...]) -> FloatArray:
        """Let a reading creep, or slip in the middle, when it is its turn."""
        if not self._is_clumsy():
            return counts
        u = np.linspace(0.0, 1.0, len(counts))
        creeps = self._done // self.clumsy_every % 2 == 1
        off = CREEP_COUNTS * u if creeps else SLIP_COUNTS * (u > 0.55)
        spoiled = counts.copy()
        spoiled[:, channels] = np.rint(counts[:, channels] + off[:, None])
        return spoiled


@dataclass(frozen=True, slots=True, eq=False)
class BenchWork:
    """Everything of one simulated bench."""

    chest: ChestResult
    cells: CellsResult
    airway: AirwayResult
    stiffness: StiffnessResult
    calibration: MannequinCalibration
    records: tuple[Record, ...]
    refused: tuple[str, ...]


def calibrate_bench(
    bench: Workbench,
    serial: str,
    chest_ap_m: float,
    *,
    with_crosstalk: bool = False,
    clumsy_every: int = CLUMSY_EVERY,
) -> BenchWork:
    """Go through all plans of the bench and measure; takes about a second.

    Raises
    ------
    CalibrationError
        When a procedure finds its readings unfit.
    """
    who = BenchTechnician(bench, clumsy_every)
    chest = measure_chest(who.work(StationsGuide(chest_plan()), who.chest))
    loads = who.work(StationsGuide(cells_plan()), who.cells)
    cells = measure_cells(loads, np.array(CELL_XY_M), with_crosstalk=with_crosstalk)
    airway = measure_airway(who.work(StationsGuide(airway_plan()), who.airway))
    calibration = MannequinCalibration.model_validate(
        {
            "serial": serial,
            "chest_ap_m": chest_ap_m,
            "chest_depth_m": chest.curve,
            "cell_force_n": cells.curves,
            "cell_xy_in_mannequin_m": cells.cell_xy_in_mannequin_m,
            "cell_crosstalk": cells.crosstalk,
            "airway_flow_ml_s": airway.curve,
        }
    )
    presses = presses_of(calibration, *bench.presses(), middle_sigma_m=chest.mean_sigma_m)
    stiffness = measure_stiffness([presses])
    whole = calibration.model_copy(update={"stiffness": stiffness.entry()})
    records = tuple(found.record(serial) for found in (chest, cells, airway, stiffness))
    return BenchWork(chest, cells, airway, stiffness, whole, records, tuple(who.refused))


def _times(counts: FloatArray) -> FloatArray:
    return np.arange(len(counts)) / RATE_HZ


def _pace_s(name: str) -> float:
    return next(seconds for pace, seconds in PACES_S.items() if f", {pace}," in name)
