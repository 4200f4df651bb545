"""The simulated bench applies what it says, and no more."""

from __future__ import annotations

import numpy as np
import pytest

from mr.sim.bench import BenchErrors, Workbench
from mr.sim.learner import make_script
from mr.sim.plant import CELL_XY_M, Plant, SensorTraits, Stiffness, airway_level

EXACT = BenchErrors(*(8 * (0.0,)))


def test_a_plate_carries_all_of_a_mass_at_its_place() -> None:
    traits = SensorTraits.real()
    for x, y in ((0.0, 0.0), (0.02, -0.03), (0.030, 0.040), (-0.030, 0.040)):
        carried_n = traits.shares_n(300.0, x, y)
        assert carried_n.min() >= 0.0
        assert carried_n.sum() == pytest.approx(300.0)
        assert carried_n @ np.array(traits.cell_xy_m) / 300.0 == pytest.approx([x, y], abs=1e-9)
    assert np.abs(np.array(traits.cell_xy_m) - np.array(CELL_XY_M)).max() > 0.0005


def test_the_chest_sensor_lags_in_a_loop_that_closes() -> None:
    bench = Workbench(1, errors=EXACT)
    assert bench.sensed_m(0.03, "out") - bench.sensed_m(0.03, "in") == pytest.approx(0.0003)
    for end_m in (0.0, 0.070):
        assert bench.sensed_m(end_m, "out") == bench.sensed_m(end_m, "in") == end_m
    into, out = (bench.depth(0.03, way)[:, 0].mean() for way in ("in", "out"))
    assert 2.0 < out - into < 5.0


def test_a_stroke_moves_its_volume_between_two_rests() -> None:
    bench = Workbench(2, errors=EXACT)
    grid = np.linspace(-1500, 1500, 3001)
    for volume_ml in (500.0, -500.0):
        t_s, counts = bench.stroke(volume_ml, 1.5)
        flow = np.interp(counts[:, 5], airway_level(grid), grid)
        assert np.trapezoid(flow, t_s) == pytest.approx(volume_ml, abs=8.0)
        assert np.abs(flow[:100].mean()) < 2.0
        assert np.abs(flow[-100:].mean()) < 2.0
    leaking = Workbench(2, errors=EXACT, leak_share=0.2)
    t_s, counts = leaking.stroke(500.0, 1.5)
    flow = np.interp(counts[:, 5], airway_level(grid), grid)
    assert np.trapezoid(flow, t_s) == pytest.approx(400.0, abs=8.0)


def test_a_worn_spring_presses_less_and_a_seed_repeats() -> None:
    worn = Workbench(3, spring=Stiffness(linear_n_m=3000.0))
    fresh, again, other = Workbench(3), Workbench(3), Workbench(4)
    deep = worn.depth(0.05, "in")[:, 1:5].mean()
    first = fresh.depth(0.05, "in")
    assert deep < first[:, 1:5].mean() - 20
    assert np.array_equal(first, again.depth(0.05, "in"))
    assert not np.array_equal(first, other.depth(0.05, "in"))


def test_a_plant_has_traits_only_when_asked_for() -> None:
    script = make_script("good")
    c = script.compressions[10]
    t_s = 0.5 * (c.onset_s + c.peak_s)
    plain, none, real = (
        Plant(script, 1, traits=t) for t in (None, SensorTraits(), SensorTraits.real())
    )
    mean = [np.mean([p.counts_at(t_s)[0] for _ in range(200)]) for p in (plain, none, real)]
    assert mean[0] == pytest.approx(mean[1], abs=0.4)
    assert 0.8 < mean[0] - mean[2] < 3.0  # 0.15 mm of lag on the way in
    assert sum(real.cell_forces_n(t_s)) == pytest.approx(sum(plain.cell_forces_n(t_s)))
