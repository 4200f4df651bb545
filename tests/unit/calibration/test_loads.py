"""Cells that are swapped or dead, and masses that are not what they are said to be, are named."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from calibration.mannequin.loads import LoadStation
from calibration.mannequin.matrix import measure_cells
from mr.errors import CalibrationError
from mr.sim.bench import BenchErrors, Workbench
from mr.sim.plant import CELL_XY_M, SensorTraits
from tests.unit.calibration.bench_readings import changed, load_stations

NOMINAL_M = np.array(CELL_XY_M)
PLATE = "plate, 20 kg at (-30, +0) mm"
Stations = list[LoadStation]


@pytest.fixture(scope="module")
def bench() -> Workbench:
    return Workbench(3)


@pytest.fixture(scope="module")
def stations(bench: Workbench) -> Stations:
    return load_stations(bench)


def cables(
    stations: Stations, order: Sequence[int], which: Callable[[LoadStation], bool]
) -> Stations:
    """Read cell k's channel from that of order[k]."""
    channels = [0, *(1 + k for k in order), 5]
    return [replace(s, counts=s.counts[:, channels]) if which(s) else s for s in stations]


def refusal(stations: Stations) -> str:
    with pytest.raises(CalibrationError) as caught:
        measure_cells(stations, NOMINAL_M)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_sound_stations_are_taken(stations: Stations) -> None:
    result = measure_cells(stations, NOMINAL_M)
    record = result.record("SIM-0001")
    assert record.passed
    assert result.held_out
    assert len(result.force_off) == 3
    assert result.crosstalk is None
    assert {plot.title for plot in record.plots} >= {"What the fit leaves of each mass"}


def test_swapped_cables_are_told_from_masses_on_the_wrong_cells(stations: Stations) -> None:
    swapped = refusal(cables(stations, (0, 2, 1, 3), lambda s: True))
    assert "cells 1 and 2 are swapped: masses on cell 1 move channel 2" in swapped
    assert "exchange their cables" in swapped
    confused = refusal(cables(stations, (0, 2, 1, 3), lambda s: s.cell >= 0))
    assert "cells 1 and 2 were taken for each other" in confused
    assert "exchange their cables" not in confused
    assert "cells 0 and 1 and 2 are swapped" in refusal(
        cables(stations, (1, 2, 0, 3), lambda s: True)
    )


def test_a_dead_cell_is_named(stations: Stations) -> None:
    dead = []
    for station in stations:
        counts = station.counts.copy()
        counts[:, 3] = stations[0].counts[:, 3]
        dead.append(replace(station, counts=counts))
    assert "cell 2 is dead: under all masses it moves by 0" in refusal(dead)


def numbers(words: str, pattern: str) -> list[float]:
    found = re.search(pattern, words)
    assert found, words
    return [float(group) for group in found.groups()]


@pytest.mark.parametrize(
    ("step", "mass_kg", "true_kg"),
    [("cell 1, 20 kg", 25.0, 20.0), ("cell 2, 10 kg", 10.5, 10.0), (PLATE, 10.0, 20.8)],
)
def test_a_wrong_mass_is_named(
    stations: Stations, step: str, mass_kg: float, true_kg: float
) -> None:
    words = refusal(changed(stations, step, mass_kg=mass_kg))
    assert words.startswith(f"cells, {step}: ")
    (kg,) = numbers(words, r"by all other masses ([0-9.]+) kg lay there, not 1?2?[0-9.]+: another")
    assert kg == pytest.approx(true_kg, abs=0.25)


def test_a_wrong_heaviest_mass_is_named_by_the_other_cells(stations: Stations) -> None:
    words = refusal(changed(stations, "cell 1, 40 kg", mass_kg=30.0))
    assert "cell 1, 40 kg: by what the other cells read about 40 kg lay there, not 30" in words


def test_a_mass_at_another_place_is_named(bench: Workbench, stations: Stations) -> None:
    mirrored = bench.on_plate(20.0, 0.030, 0.0, 0.8)
    words = refusal(changed(stations, PLATE, counts=mirrored))
    assert words.startswith(f"cells, {PLATE}: by all other masses it lay at")
    at_mm = numbers(words, r"it lay at \(([+-]\d+), ([+-]\d+)\) mm, not \(-30, \+0\)")
    assert at_mm == pytest.approx([30, 0], abs=2)
    near = bench.on_plate(20.0, -0.022, 0.0, 0.8)
    assert "it lay at (-2" in refusal(changed(stations, PLATE, counts=near))
    on_another = bench.on_cell(2, 20.0)
    assert "cell 1, 20 kg: cell 2 moved most, not cell 1" in refusal(
        changed(stations, "cell 1, 20 kg", counts=on_another)
    )


def test_a_small_slip_of_a_mass_is_no_reason_to_refuse(
    bench: Workbench, stations: Stations
) -> None:
    near = bench.on_plate(20.0, -0.0285, 0.0, 0.8)
    assert measure_cells(changed(stations, PLATE, counts=near), NOMINAL_M).held_out


def test_missing_stations_are_named(stations: Stations) -> None:
    laden = [s for s in stations if s.mass_kg > 0 or s.plate_kg > 0]
    assert "no reading without a mass" in refusal(laden)
    assert "no mass lay on cell 2 alone" in refusal([s for s in stations if s.cell != 2])
    few = [s for s in stations if not (s.cell == 3 and s.mass_kg > 10)]
    assert "2 different masses on cell 3 alone" in refusal(few)
    row = [s for s in stations if s.cell >= 0 or s.mass_kg == 0 or s.y_m == 0.0]
    assert "masses at 3 places" in refusal(row)
    assert "drifted" in refusal(
        changed(stations, PLATE, counts=stations[20].counts + 9 * np.linspace(0, 1, 200)[:, None])
    )


def test_crosstalk_is_measured_and_written_when_asked_for(stations: Stations) -> None:
    result = measure_cells(stations, NOMINAL_M, with_crosstalk=True)
    assert result.crosstalk is not None
    inverse = np.linalg.inv(np.array(SensorTraits.real().crosstalk))
    true = inverse / np.diag(inverse)
    assert np.abs(np.array(result.crosstalk) - true).max() < 4 * result.crosstalk_sigma
    own = load_stations(Workbench(3, traits=SensorTraits(), errors=BenchErrors()))
    none = measure_cells(own, NOMINAL_M, with_crosstalk=True)
    assert none.crosstalk is None
    assert none.crosstalk_most < 0.002
