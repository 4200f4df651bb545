"""The demo's rig is measured: near the truth, never equal to it, and honest about it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from calibration.quick import calibrate_simulated
from mr.rig import Rig, dumps_rig, loads_rig
from mr.sim.learner import make_script, style_named
from mr.sim.plant import Bench, Plant
from mr.sim.rig import SimRig, make_sim_rig


@pytest.fixture(scope="module")
def sim_rig() -> SimRig:
    return make_sim_rig()


@pytest.fixture(scope="module")
def rig(sim_rig: SimRig) -> Rig:
    return calibrate_simulated(sim_rig, Bench(4), n_frames=4, made_utc="2026-01-01T00:00:00+00:00")


@pytest.fixture(scope="module")
def other(sim_rig: SimRig) -> Rig:
    return calibrate_simulated(sim_rig, Bench(5), n_frames=3)


def test_the_rig_is_a_whole_simulated_rig(sim_rig: SimRig, rig: Rig) -> None:
    assert rig.provenance.kind == "sim"
    assert loads_rig(dumps_rig(rig), "here") == rig
    assert rig.require_mannequin(sim_rig.mannequin_serial).chest_ap_m == sim_rig.chest_ap_m
    assert set(rig.provenance.inputs_sha256) == {
        "chest_counts",
        "cell_counts",
        "airway_counts",
        "color_frames",
    }


def test_depth_force_and_flow_come_back_from_the_plants_counts(rig: Rig) -> None:
    """The truth comes from the script, by way of the plant's own noisy converters."""
    mannequin = rig.mannequin
    assert mannequin is not None
    script = make_script(style_named("good"), seed=9)
    plant = Plant(script, seed=9)
    t_s = np.arange(0.0, 20.0, 0.01)
    counts = [plant.counts_at(float(t)) for t in t_s]
    depth_m = mannequin.chest_depth_m(np.array([c[0] for c in counts], dtype=float))
    error_mm = (depth_m - script.chest_depth_m(t_s)) * 1000
    assert abs(error_mm.mean()) < 0.02  # the curve
    assert error_mm.std() < 0.15  # one count is 0.09 mm, noise 0.8 counts
    total_n = sum(
        mannequin.cell_force_n[k](np.array([c[1][k] for c in counts], dtype=float))
        for k in range(4)
    )
    true_n = np.array([sum(plant.cell_forces_n(float(t))) for t in t_s])
    assert abs((total_n - true_n).mean()) < 0.5
    # Another rig's bow would be seen: the curve shifted by ten counts fails the same test.
    shifted = mannequin.chest_depth_m(np.array([c[0] + 10 for c in counts], dtype=float))
    assert abs(((shifted - script.chest_depth_m(t_s)) * 1000).mean()) > 0.5


def test_it_is_measured_not_copied(sim_rig: SimRig, rig: Rig) -> None:
    pose = rig.world_from_mannequin.pose()
    missed = pose.inverse() @ sim_rig.world_from_mannequin
    assert 1e-6 < np.linalg.norm(missed.t_m) < 0.001
    assert Rotation.from_matrix(missed.R).magnitude() < 0.002


def test_the_chest_curves_sigma_is_honest(rig: Rig, other: Rig) -> None:
    """Two independent calibrations differ, and by no more than they claim."""
    asked = np.linspace(80, 900, 200)
    assert rig.mannequin is not None
    assert other.mannequin is not None
    one, two = rig.mannequin.chest_depth_m, other.mannequin.chest_depth_m
    apart_m = np.sqrt(np.mean((one(asked) - two(asked)) ** 2))
    assert 0 < apart_m < 2 * one.sigma
    assert one.sigma < 0.0002
