"""The resting pose: averaged robustly, refused when frames disagree."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from calibration.mannequin.resting import average_poses, measure_resting_pose
from mr.errors import CalibrationError
from mr.rig import PoseEntry
from mr.sim.camera import SimImager
from mr.sim.learner import still_script
from mr.sim.rig import make_sim_rig, sim_calibration
from mr.types import Pose

TRUTH = Pose(Rotation.from_rotvec([0.4, -0.2, 2.9]).as_matrix(), np.array([0.3, -0.1, 0.7]))


def scattered(rng: np.random.Generator, n: int, sigma_m: float, sigma_rad: float) -> list[Pose]:
    return [
        Pose(
            (Rotation.from_rotvec(rng.normal(0, sigma_rad, 3))).as_matrix() @ TRUTH.R,
            TRUTH.t_m + rng.normal(0, sigma_m, 3),
        )
        for _ in range(n)
    ]


def test_wrong_frames_do_not_move_the_average() -> None:
    rng = np.random.default_rng(1)
    good = scattered(rng, 12, 0.0005, 0.001)
    flipped = Pose(TRUTH.R @ np.diag([1.0, -1.0, -1.0]), TRUTH.t_m)
    away = Pose(TRUTH.R, TRUTH.t_m + 0.05)
    mean, rms_m, used = average_poses([*good[:6], flipped, away, *good[6:], away])
    assert used.tolist() == [True] * 6 + [False] * 2 + [True] * 6 + [False]
    assert np.linalg.norm(mean.t_m - TRUTH.t_m) < 0.0005
    assert Rotation.from_matrix(mean.R @ TRUTH.R.T).magnitude() < 0.001
    assert 0.0005 < rms_m < 0.0015
    plain_m = np.mean([p.t_m for p in [*good, flipped, away, away]], axis=0)
    assert np.linalg.norm(plain_m - TRUTH.t_m) > 0.005  # a plain mean would have moved


def test_too_few_poses_are_refused() -> None:
    with pytest.raises(CalibrationError, match="2 usable frames, 3 are needed"):
        average_poses([TRUTH, TRUTH])


def test_the_resting_mannequin_is_found_in_pictures() -> None:
    rig = make_sim_rig()
    imager = SimImager(rig, still_script(), 3)
    frames = [imager.bgr(k * 0.5) for k in range(4)]
    hidden = np.full_like(frames[0], 127)
    camera = sim_calibration(rig, exact=True)
    rest = measure_resting_pose([*frames, hidden], rig.marker_layout(), camera)
    assert (rest.n_frames, rest.n_used) == (5, 4)
    missed = rest.world_from_mannequin.inverse() @ rig.world_from_mannequin
    assert np.linalg.norm(missed.t_m) < 0.0006
    assert Rotation.from_matrix(missed.R).magnitude() < 0.001
    assert rest.residual_px < 0.3
    assert rest.rms_m < 0.0005

    # A wrong place of the colour sensor is not compensated by anything: the check would see it.
    confused = camera.model_copy(update={"color_from_depth": PoseEntry.of(Pose.identity())})
    wrong = measure_resting_pose(frames, rig.marker_layout(), confused)
    assert np.linalg.norm(wrong.world_from_mannequin.t_m - rig.world_from_mannequin.t_m) > 0.01

    with pytest.raises(CalibrationError, match=r"2 of 4 frames usable, 3 are needed \(0 of 5"):
        measure_resting_pose([frames[0], hidden, frames[1], hidden], rig.marker_layout(), camera)
    with pytest.raises(CalibrationError, match="no colour calibration"):
        measure_resting_pose(frames, rig.marker_layout(), camera.model_copy(update={"color": None}))


def test_a_mannequin_that_moves_is_refused() -> None:
    rig = make_sim_rig()
    frames = []
    for k in range(4):
        shift = Pose(np.eye(3), np.array([0.008 * k, 0.0, 0.0]))
        moved = dataclasses.replace(rig, world_from_mannequin=shift @ rig.world_from_mannequin)
        frames.append(SimImager(moved, still_script(), k).bgr(0.0))
    with pytest.raises(CalibrationError, match="let it lie still"):
        measure_resting_pose(frames, rig.marker_layout(), sim_calibration(rig, exact=True))
