"""A spring is told from its presses, and its wear is said in words."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.mannequin.stiffness import Presses, changed, measure_stiffness, presses_of
from calibration.simulated.bench_technician import BenchWork, calibrate_bench
from mr.errors import CalibrationError
from mr.rig import StiffnessEntry
from mr.sim.bench import Workbench
from mr.sim.plant import Stiffness
from mr.types import FloatArray
from tests.unit.calibration.bench_readings import chest_stations

DAY = "2026-03-02"


@pytest.fixture(scope="module")
def work() -> BenchWork:
    return calibrate_bench(Workbench(4), "SIM-0001", 0.22)


def of(depth_m: FloatArray, force_n: FloatArray) -> Presses:
    return Presses(np.arange(len(depth_m)) / 200, depth_m, force_n, False, 1e-4, 3e-5, 0.4)


def entry(force_n: float, sigma_n: float = 2.0) -> StiffnessEntry:
    return StiffnessEntry(linear_n_m=5000, cubic_n_m3=1e6, force_at_50mm_n=force_n, sigma_n=sigma_n)


def test_compressions_and_blocks_held_still_tell_the_same_spring(work: BenchWork) -> None:
    means = np.array([s.counts.mean(axis=0) for s in chest_stations(Workbench(4))])
    still = presses_of(work.calibration, np.arange(len(means)), means, still=True)
    slow = measure_stiffness([still])
    assert slow.force_at_50mm_n == pytest.approx(work.stiffness.force_at_50mm_n, abs=2.5)
    assert np.isnan(slow.damping_ns_m)
    assert slow.entry().damping_ns_m is None
    assert slow.record("SIM-0001").notes == ("pressed too slowly to tell the damper",)
    assert work.stiffness.entry().damping_ns_m == pytest.approx(45, abs=15)


def test_wear_is_said_in_words(work: BenchWork) -> None:
    worn = Stiffness(linear_n_m=0.86 * 5200, cubic_n_m3=0.86 * 1.35e6)
    after = calibrate_bench(Workbench(5, spring=worn), "SIM-0001", 0.22).stiffness
    record = after.record("SIM-0001", work.stiffness.entry(), DAY)
    (failed,) = record.failures
    assert failed.why == f"the spring is 14 % softer at 50 mm than on {DAY}: worn; replace it"
    assert {series.name for series in record.plots[0].series} >= {f"on {DAY}"}
    same = calibrate_bench(Workbench(6), "SIM-0001", 0.22).stiffness
    assert same.record("SIM-0001", work.stiffness.entry(), DAY).passed


def test_a_change_is_judged_by_its_limit_and_its_sigma() -> None:
    assert changed(entry(391), entry(430), DAY).passed
    assert "stiffer" in changed(entry(480), entry(430), DAY).why
    close = changed(entry(385, 8.0), entry(430, 8.0), DAY)
    assert not close.passed
    assert "measure again to be sure" in close.why
    assert close.sigma == pytest.approx(100 * np.hypot(8, 8 * 385 / 430) / 430, rel=1e-6)


def test_a_spring_outside_what_manikins_have_fails() -> None:
    soft = calibrate_bench(Workbench(4, spring=Stiffness(3200, 0.8e6)), "SIM-0001", 0.22)
    assert [check.item for check in soft.stiffness.record("x").failures] == ["force at 50 mm"]


def test_bad_presses_are_refused() -> None:
    t = np.arange(0, 4.0, 0.005)
    depth_m = 0.025 * (1 - np.cos(2 * np.pi * 1.8 * t))
    force_n = 5200 * depth_m + 1.35e6 * depth_m**3
    assert measure_stiffness([of(depth_m, force_n)]).force_at_50mm_n == pytest.approx(428.75, 1e-3)
    with pytest.raises(CalibrationError, match="pressed to 30 mm, 40 are needed"):
        measure_stiffness([of(0.6 * depth_m, force_n)])
    with pytest.raises(CalibrationError, match="2 presses, 4 are needed"):
        measure_stiffness([of(depth_m[:100], force_n[:100])])
    with pytest.raises(CalibrationError, match="does not follow the depth"):
        measure_stiffness([of(depth_m, np.roll(force_n, 40))])
    with pytest.raises(CalibrationError, match="0 readings"):
        measure_stiffness([])
    with pytest.raises(CalibrationError, match="finite"):
        measure_stiffness([of(depth_m, np.where(depth_m > 0.049, np.nan, force_n))])
