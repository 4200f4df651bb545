"""Stations of a simulated bench, one for each step of a plan, for the bench's tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from calibration.mannequin.chest import DepthStation, chest_plan
from calibration.mannequin.loads import LoadStation
from calibration.mannequin.matrix import cells_plan
from calibration.mannequin.strokes import Stroke
from calibration.mannequin.syringe import airway_plan
from calibration.simulated.bench_technician import BenchTechnician
from mr.sim.bench import Workbench


def chest_stations(bench: Workbench) -> list[DepthStation]:
    who = BenchTechnician(bench, clumsy_every=0)
    return [who.chest(step) for step in chest_plan()]


def load_stations(bench: Workbench) -> list[LoadStation]:
    who = BenchTechnician(bench, clumsy_every=0)
    return [who.cells(step) for step in cells_plan()]


def strokes_of(bench: Workbench, second_ml: float | None = None) -> list[Stroke]:
    who = BenchTechnician(bench, clumsy_every=0)
    return [who.airway(step) for step in airway_plan(second_ml=second_ml)]


def changed(stations: list[Any], step: str, **values: Any) -> list[Any]:
    """The same stations, one of them with other values; it must be there."""
    assert sum(s.step == step for s in stations) == 1
    return [replace(s, **values) if s.step == step else s for s in stations]


def counts_of(stations: list[Any], step: str) -> Any:
    return next(s.counts for s in stations if s.step == step)
