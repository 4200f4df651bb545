"""Two rods through points of a known surface."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mr.tracking.arm_fit import FOREARM_M, TwoRods, aimed, fit_two_rods, straight_arm, tangents

WRIST_M = np.array([-0.02, 0.01, 0.05])
CAMERA_M = np.array([0.4, 0.0, 0.7])
SIGMA_M = 0.003


def surface(
    start_m: np.ndarray, axis: np.ndarray, length_m: float, radius: tuple[float, float], step: float
) -> np.ndarray:
    """Give the side of a tapered rod that a camera sees; it widens by `step` half way up."""
    across = tangents(axis)
    points = []
    for along in np.linspace(0.0, length_m, 25):
        thick = radius[0] + radius[1] * along + (step if along > length_m / 2 else 0.0)
        for turn in np.linspace(0.0, 2 * np.pi, 40, endpoint=False):
            out = np.cos(turn) * across[0] + np.sin(turn) * across[1]
            point = start_m + along * axis + thick * out
            if out @ (CAMERA_M - point) > 0.3 * np.linalg.norm(CAMERA_M - point):
                points.append(point)
    return np.array(points)


def an_arm(bend_deg: float, step: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give points, and the true directions of forearm and upper arm."""
    forearm = np.array([-0.15, 0.3, 0.94])
    forearm /= np.linalg.norm(forearm)
    upper = Rotation.from_rotvec(np.radians(bend_deg) * tangents(forearm)[0]).apply(forearm)
    low = surface(WRIST_M, forearm, FOREARM_M, (0.028, 0.05), 0.0)
    high = surface(WRIST_M + FOREARM_M * forearm, upper, 0.12, (0.042, 0.04), step)
    return np.concatenate([low, high]), forearm, upper


def fitted(points: np.ndarray, forearm: np.ndarray) -> TwoRods:
    """Fit from a guess like the tracker's: off by 4 degrees, and the seen side's middle."""
    guess = straight_arm(WRIST_M + 0.01, Rotation.from_rotvec([0.05, 0.05, 0]).apply(forearm))
    from_elbow = points - guess.elbow_m
    ahead = from_elbow[from_elbow @ forearm > 0.03]
    towards = ahead.mean(axis=0) if len(ahead) else forearm
    return fit_two_rods(points, aimed(guess, towards), SIGMA_M)


def angle_deg(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip(a @ b, -1.0, 1.0))))


@pytest.mark.parametrize("bend_deg", [0.0, 15.0, 30.0, 45.0])
def test_exact_rods_are_found(bend_deg: float) -> None:
    points, forearm, upper = an_arm(bend_deg)
    arm = fitted(points, forearm)
    assert angle_deg(arm.forearm, forearm) < 0.5
    assert angle_deg(arm.upper, upper) < 1.0
    assert angle_deg(arm.forearm, arm.upper) == pytest.approx(bend_deg, abs=1.0)
    assert arm.miss_m < 0.0005
    assert arm.upper_seen_m == pytest.approx(0.12, abs=0.03)
    if bend_deg:
        assert np.linalg.norm(arm.elbow_m - (WRIST_M + FOREARM_M * forearm)) < 0.01
        assert angle_deg(arm.upper, forearm) > 0.8 * bend_deg, "not the forearm's direction"


def test_a_sleeve_that_begins_on_the_upper_arm_turns_it_little() -> None:
    points, forearm, upper = an_arm(20.0, step=0.008)
    assert angle_deg(fitted(points, forearm).upper, upper) < 5.0
    assert angle_deg(fitted(points, forearm).upper, forearm) > 12.0


def test_scattered_stray_points_have_no_weight() -> None:
    points, forearm, upper = an_arm(20.0)
    rng = np.random.default_rng(3)
    stray = points[rng.integers(0, len(points), len(points) // 10)]
    stray = stray + rng.uniform(-0.06, 0.06, stray.shape)
    clean, dirty = fitted(points, forearm), fitted(np.concatenate([points, stray]), forearm)
    assert angle_deg(dirty.upper, upper) < 2.0
    assert angle_deg(dirty.upper, clean.upper) < 2.0


def test_what_is_not_seen_is_not_known_well() -> None:
    points, forearm, _ = an_arm(0.0)
    low = points[(points - WRIST_M) @ forearm < 0.9 * FOREARM_M]
    whole, without = fitted(points, forearm), fitted(low, forearm)
    assert without.n_upper == 0
    assert np.trace(without.covariance[2:, 2:]) > 10 * np.trace(whole.covariance[2:, 2:])
