"""The bench finds the mannequin's sensors within the limits, and its sigmas are honest.

Truth is the simulator's own sensors: with a lag, crosstalk, cells off their drawing, gauge
blocks, masses and syringes of their stated errors, uneven hands. Each sigma is held by the same
test that fails when it is half or double.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from calibration.mannequin.strokes import Stroke
from calibration.mannequin.syringe import volumes_by
from calibration.simulated.bench_technician import BenchWork, calibrate_bench
from mr.fusion.mannequin import unmixed
from mr.rig import MannequinCalibration
from mr.sim.bench import BenchErrors, Workbench
from mr.sim.learner import make_script, style_named
from mr.sim.plant import Plant, SensorTraits, Stiffness, airway_level, cell_level, chest_level
from mr.types import FloatArray

SEEDS = range(20)
DEPTHS_M = np.linspace(0.0, 0.070, 281)
FORCES_N = (50.0, 100.0, 200.0, 400.0, 600.0)
PLACES_M = ((0.0, 0.0), (0.020, 0.010), (-0.020, -0.020), (0.010, -0.030), (-0.012, 0.025))
MOST_COUNTS = 1015.0
"""Beyond, a cell's converter is at its end."""


@cache
def work(seed: int, *, with_crosstalk: bool = False) -> BenchWork:
    return calibrate_bench(
        Workbench(seed), "SIM-0001", 0.22, with_crosstalk=with_crosstalk, clumsy_every=0
    )


def honest(z: FloatArray) -> bool:
    """Tell whether errors over their sigmas are what sigmas promise, on the mean over seeds."""
    return bool(0.6 < float(np.sqrt(np.mean(np.square(z)))) < 1.3)


def require_honest(z: FloatArray) -> None:
    assert honest(z)
    assert not honest(2.0 * z)  # sigmas halved
    assert not honest(0.5 * z)  # sigmas doubled


# --- chest ------------------------------------------------------------------------------------


def middle_error_m(seed: int) -> FloatArray:
    return work(seed).chest.curve(chest_level(DEPTHS_M)) - DEPTHS_M


def ways_error_m(seed: int) -> FloatArray:
    bench, curve = Workbench(seed), work(seed).chest.curve
    ways = [
        curve(chest_level(np.array([bench.sensed_m(float(d), way) for d in DEPTHS_M]))) - DEPTHS_M
        for way in ("in", "out")
    ]
    return np.concatenate(ways)


def test_the_chest_curve_is_within_a_fifth_of_a_millimetre() -> None:
    worst_mm = [1000 * float(np.abs(middle_error_m(seed)).max()) for seed in SEEDS]
    assert max(worst_mm) < 0.2
    assert np.median(worst_mm) < 0.1


def test_bad_gauge_blocks_would_be_seen() -> None:
    """Negative control: blocks of 0.3 mm break the limit, and the record says so."""
    rough = BenchErrors(block_m=0.0, seating_m=3e-4)
    made = calibrate_bench(Workbench(3, errors=rough), "SIM-0001", 0.22, clumsy_every=0)
    error_m = made.chest.curve(chest_level(DEPTHS_M)) - DEPTHS_M
    assert np.abs(error_m).max() > 0.0002
    assert "chest curve, twice its sigma" in {c.item for c in made.records[0].failures}
    assert not work(3).records[0].failures


def test_the_chests_sigmas_are_honest() -> None:
    require_honest(
        np.array([middle_error_m(seed) / work(seed).chest.mean_sigma_m for seed in SEEDS])
    )
    require_honest(np.array([ways_error_m(s) / work(s).chest.curve.sigma for s in SEEDS]))


def test_the_loop_is_found() -> None:
    loops_mm = np.array([1000 * work(seed).chest.loop_m for seed in SEEDS])
    assert loops_mm.mean() == pytest.approx(0.3, abs=0.08)
    sigmas_mm = np.array([1000 * work(seed).chest.loop_sigma_m for seed in SEEDS])
    require_honest((loops_mm - 0.3) / sigmas_mm)
    none = Workbench(1, traits=SensorTraits())
    without = calibrate_bench(none, "SIM-0001", 0.22, clumsy_every=0).chest
    assert 1000 * without.loop_m < 0.12


# --- cells ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pressed:
    """What the cells make of a known force at a known place."""

    share_off: float
    place_off_m: FloatArray


def pressed(calibration: MannequinCalibration, force_n: float, x_m: float, y_m: float) -> Pressed:
    traits = SensorTraits.real()
    felt_n = np.array(traits.crosstalk) @ traits.shares_n(force_n, x_m, y_m)
    counts = np.array([float(cell_level(felt_n[k], k)) for k in range(4)])
    assert counts.max() < MOST_COUNTS
    said = np.array([calibration.cell_force_n[k](counts[k]) for k in range(4)])[:, None]
    if calibration.cell_crosstalk is not None:
        said = unmixed(said, calibration.cell_crosstalk)
    total_n = float(said.sum())
    at_m = said[:, 0] @ np.array(calibration.cell_xy_in_mannequin_m) / total_n
    return Pressed(total_n / force_n - 1.0, at_m - np.array([x_m, y_m]))


def every_press(calibration: MannequinCalibration) -> list[Pressed]:
    return [pressed(calibration, f, x, y) for f in FORCES_N for x, y in PLACES_M]


@pytest.mark.parametrize("with_crosstalk", [False, True])
def test_force_and_place_are_within_two_per_cent_and_three_millimetres(
    with_crosstalk: bool,
) -> None:
    presses = [
        press
        for seed in SEEDS
        for press in every_press(work(seed, with_crosstalk=with_crosstalk).calibration)
    ]
    assert max(abs(p.share_off) for p in presses) < 0.02
    assert max(float(np.linalg.norm(p.place_off_m)) for p in presses) < 0.003
    assert (work(0, with_crosstalk=with_crosstalk).cells.crosstalk is None) != with_crosstalk


def test_a_swapped_cell_would_be_seen() -> None:
    """Negative control: the curves and places of cells 0 and 1 exchanged."""
    good = work(0).calibration
    a, b, *rest = good.cell_xy_in_mannequin_m
    swapped = good.model_copy(update={"cell_xy_in_mannequin_m": (b, a, *rest)})
    assert max(float(np.linalg.norm(p.place_off_m)) for p in every_press(swapped)) > 0.010
    c, d, *others = good.cell_force_n
    curves = good.model_copy(update={"cell_force_n": (d, c, *others)})
    assert max(abs(p.share_off) for p in every_press(curves)) > 0.02


def test_the_cells_sigmas_are_honest() -> None:
    true = SensorTraits.real()
    inverse = np.linalg.inv(np.array(true.crosstalk))
    own = np.diag(inverse)
    mixed = inverse / own
    places, curves, crosstalk = [], [], []
    for seed in SEEDS:
        cells = work(seed, with_crosstalk=True).cells
        off_m = np.array(cells.cell_xy_in_mannequin_m) - np.array(true.cell_xy_m)
        places.append(off_m / cells.xy_sigma_m)
        asked_n = np.linspace(0.0, 380.0, 96)
        for k, curve in enumerate(cells.curves):
            # The curve says the felt force by the scale that makes the matrix's diagonal 1.
            off_n = curve(cell_level(asked_n, k)) - own[k] * asked_n
            curves.append(off_n / curve.sigma)
        off = (np.array(cells.crosstalk) - mixed)[~np.eye(4, dtype=bool)]
        crosstalk.append(off / cells.crosstalk_sigma)
    require_honest(np.array(places))
    require_honest(np.array(curves))
    require_honest(np.array(crosstalk))


# --- airway -----------------------------------------------------------------------------------


def fresh_strokes(seed: int) -> list[Stroke]:
    """Give strokes of exactly known volumes that the curve was not made with."""
    exact = Workbench(seed + 1000, errors=BenchErrors(syringe_share=0.0, stroke_share=0.0))
    kinds = [(v, s) for v in (500.0, -500.0, 300.0, -800.0) for s in (1.4, 2.2)]
    return [Stroke("fresh", v, *exact.stroke(v, s)) for v, s in kinds]


def test_volumes_of_strokes_that_were_held_out_are_within_two_per_cent() -> None:
    for seed in SEEDS:
        strokes = fresh_strokes(seed)
        said_ml = np.array([s.volume_ml for s in strokes])
        curve = work(seed).airway.curve
        assert np.abs(volumes_by(curve, strokes) / said_ml - 1).max() < 0.02
        doubled = curve.model_copy(update={"values": tuple(1.03 * v for v in curve.values)})
        assert np.abs(volumes_by(doubled, strokes) / said_ml - 1).max() > 0.02


def test_the_airways_sigma_is_honest() -> None:
    z = []
    for seed in SEEDS:
        airway = work(seed).airway
        flows = np.linspace(-1000.0, 1000.0, 201)
        counts = airway_level(flows) - float(airway_level(np.asarray(0.0))) + airway.zero_counts
        known = (counts > airway.curve.counts[0]) & (counts < airway.curve.counts[-1])
        assert known.sum() > 150
        error = airway.curve(counts[known]) - flows[known]
        z.append(np.sqrt(np.mean(error**2)) / airway.curve.sigma)
    require_honest(np.array(z))


# --- stiffness --------------------------------------------------------------------------------


def test_the_force_at_50_mm_and_the_damper_are_found_with_honest_sigmas() -> None:
    spring = Stiffness()
    true_n = float(spring.force_n(np.asarray(0.050), np.asarray(0.0)))
    found = [work(seed).stiffness for seed in SEEDS]
    assert max(abs(s.force_at_50mm_n / true_n - 1) for s in found) < 0.01
    require_honest(np.array([(s.force_at_50mm_n - true_n) / s.sigma_n for s in found]))
    damping = [(s.damping_ns_m - spring.damping_ns_m) / s.damping_sigma_ns_m for s in found]
    require_honest(np.array(damping))


# --- all of it --------------------------------------------------------------------------------


def test_a_session_on_the_calibrated_mannequin_is_right() -> None:
    """The plant with all its traits, read by the calibration of the bench."""
    calibration = work(4).calibration
    script = make_script(style_named("good"), seed=9)
    plant = Plant(script, seed=9, traits=SensorTraits.real())
    t_s = np.arange(2.0, 12.0, 0.01)
    counts = [plant.counts_at(float(t)) for t in t_s]
    depth_m = calibration.chest_depth_m(np.array([c[0] for c in counts], dtype=float))
    error_mm = 1000 * (depth_m - script.chest_depth_m(t_s))
    assert abs(error_mm.mean()) < 0.05
    assert np.sqrt(np.mean(error_mm**2)) < 0.2
    forces = [
        calibration.cell_force_n[k](np.array([c[1][k] for c in counts], dtype=float))
        for k in range(4)
    ]
    true_n = np.array([sum(plant.cell_forces_n(float(t))) for t in t_s])
    deep = true_n > 200
    assert np.abs(np.sum(forces, axis=0)[deep] / true_n[deep] - 1).max() < 0.02
