"""Blocks that are not what they are said to be are found, and named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calibration.mannequin.chest import DepthStation, measure_chest
from mr.errors import CalibrationError
from mr.sim.bench import Workbench
from mr.sim.plant import SensorTraits
from tests.unit.calibration.bench_readings import changed, chest_stations, counts_of

COUNTS_PER_MM = 10.5
Stations = list[DepthStation]


@pytest.fixture(scope="module")
def stations() -> Stations:
    return chest_stations(Workbench(3))


def moved(stations: Stations, steps: set[str], mm: float) -> Stations:
    off = mm * COUNTS_PER_MM
    return [replace(s, counts=s.counts + off) if s.step in steps else s for s in stations]


def exchanged(stations: Stations, a: str, b: str) -> Stations:
    counts_a, counts_b = counts_of(stations, a), counts_of(stations, b)
    return changed(changed(stations, a, counts=counts_b), b, counts=counts_a)


def typed(stations: Stations, mm: float, as_mm: float, going: str = "in out") -> Stations:
    return [
        replace(s, depth_m=as_mm / 1000) if s.depth_m == mm / 1000 and s.going in going else s
        for s in stations
    ]


def refusal(stations: Stations) -> str:
    with pytest.raises(CalibrationError) as caught:
        measure_chest(stations)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_sound_blocks_are_taken(stations: Stations) -> None:
    result = measure_chest(stations)
    assert result.record("SIM-0001").passed
    assert 0.2 < 1000 * result.loop_m < 0.45
    few = [s for s in stations if s.going == "in" or s.depth_m in {0.0, 0.02, 0.04, 0.06}]
    assert measure_chest(few).record("SIM-0001").passed


def test_swapped_readings_are_named(stations: Stations) -> None:
    one_way = exchanged(stations, "in 20 mm", "in 25 mm")
    assert "the readings of 20 and 25 mm going in are swapped?" in refusal(one_way)
    far = exchanged(stations, "out 30 mm", "out 60 mm")
    assert "the readings of 30 and 60 mm coming out are swapped?" in refusal(far)
    both = exchanged(one_way, "out 20 mm", "out 25 mm")
    assert "the readings of 20 and 25 mm both ways are swapped?" in refusal(both)


@pytest.mark.parametrize(
    ("as_mm", "going", "words"),
    [
        (30, "in out", "the 30 mm block both ways reads like 35."),
        (53, "in out", "the 53 mm block both ways reads like 3"),
        (37, "in", "the 37 mm block going in reads like 34."),
    ],
)
def test_a_mistyped_block_is_named(
    stations: Stations, as_mm: float, going: str, words: str
) -> None:
    assert words in refusal(typed(stations, 35, as_mm, going))


def test_another_block_than_asked_for_is_named(stations: Stations) -> None:
    other = changed(stations, "in 30 mm", counts=counts_of(stations, "in 35 mm") + 0.3)
    assert "the 30 mm block going in reads like 3" in refusal(other)


def test_a_chest_that_was_not_unloaded_is_named(stations: Stations) -> None:
    at_start = refusal(moved(stations, {"in 0 mm"}, 2.0))
    assert "the unloaded chest going in reads like" in at_start
    at_end = refusal(moved(stations, {"out 0 mm"}, 1.0))
    assert "speak against the end: take everything off" in at_end
    always = refusal(moved(stations, {"in 0 mm", "out 0 mm"}, 3.0))
    assert "the unloaded chest" in always
    assert measure_chest(moved(stations, {"out 0 mm"}, 0.2)).n_stations == len(stations)


def test_a_sensor_that_slipped_is_named(stations: Stations) -> None:
    at_the_turn = {s.step for s in stations[15:]}
    assert "the sensor or the gauge slipped" in refusal(moved(stations, at_the_turn, 1.2))
    half_way = {s.step for s in stations[8:]}
    assert "did the sensor or the gauge slip?" in refusal(moved(stations, half_way, 4.0))
    jumping = stations[5].counts + 5 * (np.arange(200) > 100)[:, None]
    assert "it jumped from" in refusal(changed(stations, stations[5].step, counts=jumping))


def test_a_sensor_at_its_end_or_dead_is_named(stations: Stations) -> None:
    flat = np.full((200, 6), 1023.0)
    assert "in 70 mm: chest: the converter is at its end" in refusal(
        changed(stations, "in 70 mm", counts=flat)
    )
    dead = [replace(s, counts=stations[0].counts) for s in stations]
    assert "check the sensor's rod and cable" in refusal(dead)


def test_missing_stations_are_named(stations: Stations) -> None:
    assert "read the unloaded chest" in refusal([s for s in stations if s.depth_m > 0])
    assert "measure to 40 mm" in refusal([s for s in stations if s.depth_m < 0.031])
    assert "at least 4 are needed" in refusal([s for s in stations if s.depth_m in {0, 0.03, 0.06}])
    assert "read the unloaded chest" in refusal([])


def test_without_a_way_out_the_loop_is_assumed_and_said(stations: Stations) -> None:
    result = measure_chest([s for s in stations if s.going == "in"])
    record = result.record("SIM-0001")
    assert np.isnan(result.loop_m)
    assert record.notes == ("hysteresis not measured: nothing was read going out",)
    assert any("assumed" in row.how for row in record.budget)
    assert result.curve.sigma > 0.15e-3


def test_a_wide_loop_fails_its_check() -> None:
    wide = chest_stations(Workbench(3, traits=SensorTraits(hysteresis_m=0.0014)))
    record = measure_chest(wide).record("SIM-0001")
    assert [check.item.split(" (at")[0] for check in record.failures] == ["hysteresis, widest"]


def test_a_falling_sensor_is_measured_too(stations: Stations) -> None:
    falling = [replace(s, counts=1000.0 - s.counts) for s in stations]
    rising_curve, falling_curve = measure_chest(stations), measure_chest(falling)
    asked = np.linspace(100, 800, 50)
    assert np.allclose(rising_curve.curve(asked), falling_curve.curve(1000.0 - asked), atol=2e-6)
    assert falling_curve.loop_m == pytest.approx(rising_curve.loop_m, rel=0.01)
