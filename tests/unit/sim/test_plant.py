"""The simulated mannequin's sensors."""

from __future__ import annotations

import numpy as np
import pytest

from mr.config import Mode
from mr.sim.learner import make_script
from mr.sim.plant import ADC_MAX, CELL_XY_M, Bench, Plant


def test_counts_are_ten_bit_integers():
    plant = Plant(make_script("deep"))
    for t_s in np.arange(0.0, 8.0, 0.05):
        chest, cells, airway = plant.counts_at(float(t_s))
        for value in (chest, *cells, airway):
            assert isinstance(value, int)
            assert 0 <= value <= ADC_MAX


def test_the_bench_and_the_session_share_one_chest_curve():
    script = make_script("good")
    plant, bench = Plant(script), Bench()
    c = script.compressions[10]
    seen = np.mean([plant.counts_at(c.peak_s)[0] for _ in range(200)])
    block = np.mean([bench.gauge_block_counts(c.depth_mm) for _ in range(200)])
    other = np.mean([bench.gauge_block_counts(c.depth_mm + 1.0) for _ in range(200)])
    assert seen == pytest.approx(block, abs=0.4)
    assert other - block > 5.0, "one millimetre more must be seen"


def test_the_chest_curve_is_bent_and_monotone():
    bench = Bench()
    depths = np.arange(0, 76, 5.0)
    levels = np.array([np.mean([bench.gauge_block_counts(d) for _ in range(60)]) for d in depths])
    steps = np.diff(levels)
    assert steps.min() > 40
    assert steps.max() / steps.min() > 1.2, "a straight line would make calibration trivial"


def test_force_is_in_the_range_of_real_chests():
    script = make_script("good")
    plant = Plant(script)
    c = min(script.compressions, key=lambda p: abs(p.depth_mm - 50))
    assert 280 < float(plant.force_n(c.peak_s)) < 680
    assert float(plant.force_n(0.0)) == 0.0


def test_cells_add_up_and_their_centre_is_the_heel():
    script = make_script("off-centre")
    plant = Plant(script)
    t_s = script.compressions[8].peak_s
    cells = np.array(plant.cell_forces_n(t_s))
    assert cells.sum() == pytest.approx(float(plant.force_n(t_s)))
    centre = cells @ np.array(CELL_XY_M) / cells.sum()
    assert centre == pytest.approx(script.hand_offset_m(t_s), abs=1e-9)
    assert np.linalg.norm(centre) > 0.015, "this learner is off the centre"


def test_leaning_keeps_its_force():
    script = make_script("leaning")
    plant = Plant(script)
    assert float(plant.force_n(script.compressions[5].release_s)) > 24.5
    good = make_script("good")
    assert float(Plant(good).force_n(good.compressions[5].release_s)) < 15.0


def test_breaths_do_not_saturate_the_airway():
    script = make_script("good", Mode.C30_2)
    plant = Plant(script)
    breath = script.breaths[0]
    t = np.linspace(breath.start_s, breath.start_s + 2.2, 200)
    counts = np.array([plant.counts_at(float(s))[2] for s in t])
    assert counts.max() > 700
    assert counts.min() < 400
    assert counts.min() > 0
    assert counts.max() < ADC_MAX


def test_the_same_seed_reads_the_same():
    script = make_script("good")
    times = np.arange(3.0, 4.0, 0.01)
    a, b, c = (Plant(script, seed) for seed in (1, 1, 2))
    first = [a.counts_at(float(t)) for t in times]
    assert first == [b.counts_at(float(t)) for t in times]
    assert first != [c.counts_at(float(t)) for t in times]


def test_mass_and_syringe_are_read_on_their_own_channels():
    bench = Bench()
    light = np.mean([bench.mass_counts(20.0, 2) for _ in range(50)])
    heavy = np.mean([bench.mass_counts(100.0, 2) for _ in range(50)])
    assert heavy > light + 100
    push, draw = bench.syringe_counts(500.0), bench.syringe_counts(-500.0)
    assert push > 590
    assert draw < 430
