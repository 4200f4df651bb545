"""The belief of where the mannequin lies: averaging, bumps, misreads, occlusion."""

from __future__ import annotations

import numpy as np
import pytest

from mr.geometry.poses import difference, perturb, pose_of
from mr.tracking.pose_filter import PoseFilter
from mr.types import FloatArray, Pose

TRUTH = pose_of(np.array([2.9, 0.2, -0.3]), np.array([0.02, -0.01, 0.75]))
COVARIANCE = np.diag(np.repeat([0.001**2, 0.0005**2], 3))
FRAME_NS = 33_333_333


def look(truth: Pose, rng: np.random.Generator) -> Pose:
    noise = rng.multivariate_normal(np.zeros(6), COVARIANCE)
    seen = perturb(truth, noise)
    return Pose(seen.R, seen.t_m, COVARIANCE)


def moved(by_m: list[float]) -> Pose:
    return Pose(TRUTH.R, TRUTH.t_m + np.array(by_m))


def follow(belief: PoseFilter, truth: Pose, n: int, start: int, seed: int = 1) -> FloatArray:
    rng = np.random.default_rng(seed)
    errors = []
    for k in range(start, start + n):
        belief.seen(look(truth, rng), k * FRAME_NS)
        errors.append(difference(belief.pose, truth))
    return np.array(errors)


def test_calibrated_until_seen() -> None:
    belief = PoseFilter(moved([0.0, 0.03, 0.0]))
    belief.unseen(10**12)
    assert not belief.from_markers
    assert belief.why == ""
    follow(belief, TRUTH, 1, 0)
    assert belief.from_markers
    assert np.linalg.norm(belief.pose.t_m - TRUTH.t_m) < 0.003


def test_averages_and_claims_what_it_reaches() -> None:
    belief = PoseFilter(TRUTH)
    settled = follow(belief, TRUTH, 400, 0)[60:]
    assert belief.pose.covariance is not None
    claimed = np.sqrt(np.diag(belief.pose.covariance))
    reached = np.sqrt((settled**2).mean(axis=0))
    assert (reached < 0.5 * np.sqrt(np.diag(COVARIANCE))).all()
    # It allows for creep that this truth does not have, so it claims a little more.
    assert (reached < 1.3 * claimed).all()
    assert (claimed < 4 * reached).all()


def test_one_misread_changes_nothing() -> None:
    belief = PoseFilter(TRUTH)
    follow(belief, TRUTH, 30, 0)
    before = belief.pose
    astray = moved([0.04, 0.0, 0.0])
    belief.seen(Pose(astray.R, astray.t_m, COVARIANCE), 30 * FRAME_NS)
    assert belief.pose is before
    assert belief.why == ""


def test_a_bump_is_named_and_followed() -> None:
    belief = PoseFilter(TRUTH)
    follow(belief, TRUTH, 30, 0)
    away = moved([0.02, 0.0, 0.0])
    follow(belief, away, 2, 30)
    assert "was moved, by about 20 mm" in belief.why
    follow(belief, away, 1, 32, seed=2)
    assert belief.why == ""
    assert np.linalg.norm(belief.pose.t_m - away.t_m) < 0.003


def test_scattered_misreads_never_take_over() -> None:
    belief = PoseFilter(TRUTH)
    follow(belief, TRUTH, 30, 0)
    rng = np.random.default_rng(3)
    for k in range(30, 60):
        wild = moved(rng.uniform(-0.2, 0.2, 3).tolist())
        belief.seen(Pose(wild.R, wild.t_m, COVARIANCE), k * FRAME_NS)
    assert np.linalg.norm(belief.pose.t_m - TRUTH.t_m) < 0.002
    assert "moved" in belief.why


def test_hidden_markers_grow_stale() -> None:
    belief = PoseFilter(TRUTH)
    follow(belief, TRUTH, 1, 0)
    belief.unseen(29 * 10**9)
    assert belief.why == ""
    belief.unseen(31 * 10**9)
    assert belief.why == "no markers seen for 31 s"
    follow(belief, TRUTH, 1, 1000)
    assert belief.why == ""


def test_one_marker_bears_the_belief_out() -> None:
    belief = PoseFilter(TRUTH)
    follow(belief, TRUTH, 1, 0)
    for second in range(60):
        belief.unseen(second * 10**9, agrees=True)
    assert belief.why == ""
    belief.unseen(61 * 10**9, agrees=False)
    assert belief.why == ""
    belief.unseen(62 * 10**9, agrees=False)
    assert "moved, but too few markers" in belief.why
    belief.unseen(63 * 10**9, agrees=True)
    assert belief.why == ""


def test_needs_a_covariance() -> None:
    with pytest.raises(ValueError, match="covariance"):
        PoseFilter(TRUTH).seen(TRUTH, 0)
