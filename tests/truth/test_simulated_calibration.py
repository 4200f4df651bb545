"""The demo's rig is measured: near the truth, never equal to it, and honest about it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from calibration.mannequin.bending import joined_bending, measure_bending
from calibration.simulated.compressions import RecordedCompressions, record_compressions
from calibration.simulated.quick import UNMEASURED, calibrate_simulated
from calibration.together.heel import measure_heel_offset
from calibration.together.motion import measure_camera_motion
from calibration.together.sightings import seen_motion
from mr.clock.mannequin import mannequin_clock
from mr.errors import CalibrationError
from mr.fusion import MotionFuser
from mr.rig import Bending, Rig, dumps_rig, loads_rig
from mr.sim.body import dent_share
from mr.sim.camera import CameraTraits
from mr.sim.learner import make_script, style_named
from mr.sim.limbs import FULL_PRESS_M, Physique
from mr.sim.plant import Bench, Plant
from mr.sim.rig import SimRig, make_sim_rig
from mr.types import (
    ChestObservation,
    ChestSample,
    ClockExchange,
    DepthFrame,
    HandSample,
    MannequinFrame,
)

LATENCY_S = 0.030
"""From exposure to delivery; the earliest frames come with next to nothing on top."""


@pytest.fixture(scope="module")
def sim_rig() -> SimRig:
    return make_sim_rig()


@pytest.fixture(scope="module")
def rig(sim_rig: SimRig) -> Rig:
    return calibrate_simulated(sim_rig, Bench(4), n_frames=4, made_utc="2026-01-01T00:00:00+00:00")


@pytest.fixture(scope="module")
def other(sim_rig: SimRig) -> Rig:
    return calibrate_simulated(sim_rig, Bench(5), n_frames=3, seed=8)


@pytest.fixture(scope="module")
def recorded(sim_rig: SimRig, rig: Rig) -> RecordedCompressions:
    """Compressions that the rig was not calibrated with."""
    return record_compressions(sim_rig, rig, seed=21)


def test_the_rig_is_a_whole_simulated_rig(sim_rig: SimRig, rig: Rig) -> None:
    assert rig.provenance.kind == "sim"
    assert loads_rig(dumps_rig(rig), "here") == rig
    assert rig.require_mannequin(sim_rig.mannequin_serial).chest_ap_m == sim_rig.chest_ap_m
    assert set(rig.provenance.inputs_sha256) == {
        "chest_counts",
        "cell_counts",
        "airway_counts",
        "camera_side_color_frames",
        "camera_side_surface_frames",
        "camera_side_motion_depth",
        "camera_side_motion_surface",
        "camera_side_motion_frames",
    }


def test_what_was_not_measured_is_said(sim_rig: SimRig) -> None:
    less = calibrate_simulated(sim_rig, Bench(4), n_frames=3, with_motion=False)
    assert UNMEASURED in less.name
    assert not [key for key in less.provenance.residuals if "latency" in key or "gain" in key]
    camera = less.cameras[sim_rig.camera_id]
    assert (camera.latency_s, camera.depth_gain) == (0.0, 1.0)


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


def near(latency_s: float, gain: float) -> bool:
    """Tell whether a camera's latency and gain are the simulator's own.

    The camera sees the back of hands that get thinner under load: that much too far.
    """
    true_gain = 1.0 + Physique().squeeze_m / FULL_PRESS_M
    return abs(latency_s - LATENCY_S) < 0.003 and abs(gain - true_gain) < 0.012


def measured(rig: Rig, recorded: RecordedCompressions) -> tuple[float, float]:
    assert rig.mannequin is not None
    seen = seen_motion(recorded.samples, rig.mannequin, recorded.mannequin, "side")
    found = measure_camera_motion(seen, "side")
    return found.latency_s, found.depth_gain


def test_the_cameras_latency_and_gain_are_measured(rig: Rig, other: Rig) -> None:
    for made in (rig, other):
        camera, residuals = made.cameras["side"], made.provenance.residuals
        assert near(camera.latency_s, camera.depth_gain)
        assert 0 < residuals["camera_side_latency_sigma_s"] < 0.001
        assert 0 < residuals["camera_side_depth_gain_sigma"] < 0.01
        assert 0 < residuals["camera_side_motion_rms_m"] < 0.0015
        assert UNMEASURED not in made.name
    one, two = rig.cameras["side"], other.cameras["side"]
    assert one.latency_s != two.latency_s
    assert one.depth_gain != two.depth_gain


def test_another_latency_and_another_gain_would_be_seen(
    sim_rig: SimRig, rig: Rig, recorded: RecordedCompressions
) -> None:
    """Negative control: a camera that delivers later, and a chest curve that is 4 % off."""
    assert near(*measured(rig, recorded))
    assert rig.mannequin is not None
    curve = rig.mannequin.chest_depth_m
    bent = rig.mannequin.model_copy(
        update={
            "chest_depth_m": curve.model_copy(
                update={"values": tuple(1.04 * np.array(curve.values))}
            )
        }
    )
    latency_s, gain = measured(rig.model_copy(update={"mannequin": bent}), recorded)
    assert not near(latency_s, gain)
    assert gain == pytest.approx(measured(rig, recorded)[1] / 1.04, abs=0.004)
    late = record_compressions(sim_rig, rig, seed=22, traits=CameraTraits(latency_s=0.055))
    latency_s, gain = measured(rig, late)
    assert not near(latency_s, gain)
    assert latency_s == pytest.approx(0.055, abs=0.003)


def test_the_heels_offset_is_measured(rig: Rig, recorded: RecordedCompressions) -> None:
    """The technician presses on the sternum, so the seen heel *is* the offset."""
    assert rig.mannequin is not None
    offset_m = np.array(rig.cameras["side"].heel_offset_m)
    again = measure_heel_offset(recorded.samples, rig.mannequin, recorded.mannequin, "side")
    heels_m = np.array(
        [
            s.heel_in_mannequin_m[:2]
            for s in recorded.samples
            if isinstance(s, HandSample) and s.heel_in_mannequin_m is not None
        ]
    )
    seen_m = np.median(heels_m, axis=0)
    assert np.linalg.norm(seen_m - offset_m) < 0.0025
    assert np.linalg.norm(np.array(again.offset_m) - offset_m) < 0.0015
    # The controls: no offset, and one to the other side.
    assert np.linalg.norm(seen_m) > 0.003
    assert np.linalg.norm(seen_m + offset_m) > 0.006
    few = [s for s in recorded.samples if not isinstance(s, HandSample)]
    with pytest.raises(CalibrationError, match="only 0 times"):
        measure_heel_offset(few, rig.mannequin, recorded.mannequin, "side")


def bending_errors(bending: Bending | None) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Errors of the cells that were measured, against the simulator's own chest."""
    assert bending is not None
    shares = np.array(bending.shares)
    n_rows, n_columns = shares.shape
    inside = (np.arange(4) + 0.5) / 4 - 0.5  # the chest bends within a cell, too
    y = (np.arange(n_rows)[:, None] - 0.5 * (n_rows - 1) + inside) * bending.cell_m
    x = (np.arange(n_columns)[:, None] - 0.5 * (n_columns - 1) + inside) * bending.cell_m
    grid = np.meshgrid(y.ravel(), x.ravel(), indexing="ij")
    fine = dent_share(grid[1].astype(np.float32), grid[0].astype(np.float32))
    true = fine.reshape(n_rows, 4, n_columns, 4).mean(axis=(1, 3))
    known = shares > 0.25
    return np.asarray((shares - true)[known])


def test_the_chests_bending_is_measured(rig: Rig, other: Rig) -> None:
    for made in (rig, other):
        errors = bending_errors(made.bending)
        assert len(errors) >= 20
        assert abs(errors.mean()) < 0.012
        assert errors.std() < 0.05
    # The control: a chest curve that is 4 % off.
    assert rig.bending is not None
    grid = tuple(tuple(min(1.04 * share, 1.3) for share in row) for row in rig.bending.shares)
    assert bending_errors(rig.bending.model_copy(update={"shares": grid})).mean() > 0.02


def test_cameras_join_what_they_saw_of_one_chest(rig: Rig, other: Rig) -> None:
    joined = joined_bending([rig.bending, None, other.bending])
    assert joined is not None
    assert rig.bending is not None
    assert other.bending is not None
    one, two, both = (np.array(b.shares) for b in (rig.bending, other.bending, joined))
    assert ((both > 0) == ((one > 0) | (two > 0))).all()
    shared = (one > 0) & (two > 0)
    assert np.allclose(both[shared], 0.5 * (one + two)[shared], atol=1e-4)
    assert joined_bending([None, None]) is None


def test_without_depth_frames_nothing_is_known_of_the_bending(
    rig: Rig, recorded: RecordedCompressions
) -> None:
    assert rig.mannequin is not None
    seen = seen_motion(recorded.samples, rig.mannequin, recorded.mannequin, "side")
    whole = measure_bending(recorded.samples, rig, "side", seen, LATENCY_S)
    assert abs(bending_errors(whole).mean()) < 0.012
    told = [s for s in recorded.samples if not isinstance(s, DepthFrame)]
    assert measure_bending(told, rig, "side", seen, LATENCY_S) is None


def led_error_m(rig: Rig, recorded: RecordedCompressions) -> float:
    """Rms error of the camera that carries on when the mannequin falls silent half-way."""
    frames = [s for s in recorded.samples if isinstance(s, MannequinFrame)]
    silent_ns = frames[len(frames) // 2].arrival.arrival_ns
    clock, fuser = mannequin_clock(recorded.mannequin), MotionFuser(rig)
    motion: list[ChestSample] = []
    for sample in recorded.samples:
        if isinstance(sample, ClockExchange):
            clock.exchange(sample)
        elif isinstance(sample, MannequinFrame):
            clock.arrival(sample.arrival)
            stamp = clock.stamp(sample.arrival.device_ticks)
            if stamp is not None and sample.arrival.arrival_ns < silent_ns:
                motion += fuser.step(sample, stamp)
        elif isinstance(sample, ChestObservation):
            motion += fuser.step(sample, sample.stamp)
    motion += fuser.finish()
    assert rig.mannequin is not None
    whole = seen_motion(recorded.samples, rig.mannequin, recorded.mannequin, "side")
    led = [s for s in motion if s.sources != ("mannequin",)]
    assert len(led) > 30
    t_ns = np.array([s.stamp.t_ns for s in led])
    true_m = np.interp((t_ns - t_ns[0]) / 1e9, (whole.depth_t_ns - t_ns[0]) / 1e9, whole.depth_m)
    return float(np.sqrt(np.mean((np.array([s.depth_m for s in led]) - true_m) ** 2)))


def test_fusion_takes_the_latency_out_the_right_way(
    rig: Rig, recorded: RecordedCompressions
) -> None:
    assert led_error_m(rig, recorded) < 0.0015
    camera = rig.cameras["side"]
    for wrong_s in (0.0, -camera.latency_s):
        changed = {"side": camera.model_copy(update={"latency_s": wrong_s})}
        assert led_error_m(rig.model_copy(update={"cameras": changed}), recorded) > 0.003
