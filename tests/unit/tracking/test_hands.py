"""Forearm axes from the half of a cone that a camera sees."""

from __future__ import annotations

import numpy as np
import pytest

from mr.geometry.camera import Float32Array
from mr.tracking.hands import HALF_CIRCLE_MEAN, Arm, fit_arm, foot, of_one_learner
from mr.types import FloatArray

CAMERA_M = np.array([0.4, 0.1, 0.6])


def seen_half(
    foot_m: list[float], lean: list[float], radius_m: float, n: int = 3000
) -> Float32Array:
    """Points of an upright-sliced cylinder on the side of the camera, evenly over its width."""
    rng = np.random.default_rng(1)
    z = rng.uniform(0.09, 0.22, n)
    axis = np.array(foot_m) + z[:, None] * np.array(lean)
    towards = CAMERA_M[:2] - axis.mean(axis=0)
    towards /= np.linalg.norm(towards)
    u = rng.uniform(-1, 1, n)
    xy = axis + radius_m * (
        np.sqrt(1 - u**2)[:, None] * towards + u[:, None] * np.array([-towards[1], towards[0]])
    )
    return np.column_stack([xy, z + rng.normal(0, 0.002, n)]).astype(np.float32)


@pytest.mark.parametrize("radius_m", [0.025, 0.04])
def test_axis_is_behind_what_is_seen(radius_m: float) -> None:
    truth = [0.02, -0.03]
    arm = fit_arm(seen_half(truth, [-0.3, 0.35], radius_m).T, CAMERA_M)
    assert arm is not None
    assert arm.radius_m == pytest.approx(radius_m, abs=0.003)
    assert arm.lean == pytest.approx([-0.3, 0.35], abs=0.02)
    assert np.linalg.norm(arm.at_height(0.0) - truth) < 0.004
    # The control: the seen surface itself, not moved back to the axis, is far off.
    towards = (CAMERA_M[:2] - arm.mean_xy_m) / np.linalg.norm(CAMERA_M[:2] - arm.mean_xy_m)
    seen = arm.at_height(0.0) + HALF_CIRCLE_MEAN * arm.radius_m * towards
    assert np.linalg.norm(seen - truth) > 0.015


def test_strangers_in_the_cloud_are_left_out() -> None:
    cloud = seen_half([0.0, 0.0], [-0.3, 0.0], 0.03)
    cloud[::10, :2] += np.float32(0.12)
    arm = fit_arm(cloud.T, CAMERA_M)
    assert arm is not None
    assert np.linalg.norm(arm.at_height(0.0)) < 0.006


def test_a_stump_or_a_lying_arm_is_no_arm() -> None:
    cloud = seen_half([0.0, 0.0], [-0.3, 0.0], 0.03)
    assert fit_arm(cloud[cloud[:, 2] < 0.12].T, CAMERA_M) is None
    assert fit_arm(seen_half([0.0, 0.0], [-2.0, 0.0], 0.03).T, CAMERA_M) is None


def arm_at(xy: list[float]) -> Arm:
    return Arm(np.array(xy), 0.1, np.zeros(2), 0.03, 500)


def test_two_arms_share_a_foot() -> None:
    def both(a: list[float], b: list[float]) -> FloatArray:
        found = foot([arm_at(a), arm_at(b)], 0.0)
        assert found is not None
        return found

    assert both([0.0, 0.02], [0.0, -0.02]) == pytest.approx([0.0, 0.0])


def test_whoever_else_reaches_in_is_left_out() -> None:
    mine, fellow, stranger = arm_at([0.01, 0.02]), arm_at([0.01, -0.02]), arm_at([0.2, 0.0])
    assert of_one_learner([stranger, mine, fellow]) in ([mine, fellow], [fellow, mine])
    assert of_one_learner([stranger, mine]) == [mine]
    assert of_one_learner([stranger]) == [stranger]
    assert of_one_learner([]) == []
    assert foot([], 0.0) is None
