"""Hand-eye and trajectories of points come back from noise that goes on, with honest sigmas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mr.errors import CalibrationError
from mr.geometry.handeye import HandEye, solve_hand_eye
from mr.geometry.poses import difference, pose_of
from mr.geometry.tracks import PointTrack, PoseTrack, first_offset_s
from mr.geometry.trajectory import PointRegistration, consensus, register_points
from mr.types import FloatArray

OFFSET_S = 0.045
A_FROM_B = pose_of(np.array([0.4, -1.1, 0.7]), np.array([0.6, 1.2, -0.4]))


def wander(rng: np.random.Generator, t_s: FloatArray, sigma: float, tau_s: float) -> FloatArray:
    out = rng.standard_normal((len(t_s), 3))
    keep = np.exp(-np.diff(t_s) / tau_s)
    for i in range(1, len(out)):
        out[i] = keep[i - 1] * out[i - 1] + np.sqrt(1 - keep[i - 1] ** 2) * out[i]
    return sigma * out


def two_tracks(seed: int, outliers: float = 0.1, size_m: float = 0.25) -> tuple[PointTrack, ...]:
    rng = np.random.default_rng([seed, 0x7A])
    hz, phase = np.array([0.31, 0.23, 0.19]) * rng.uniform(0.9, 1.1, 3), rng.uniform(0, 6.28, 3)

    def place(t_s: FloatArray) -> FloatArray:
        return size_m * np.sin(2 * np.pi * t_s[:, None] * hz + phase)

    a_s, b_s = np.arange(0, 20, 1 / 72), np.arange(0.01, 20, 1 / 30)
    a = A_FROM_B.apply(place(a_s)) + wander(rng, a_s, 0.0063, 0.5)
    wild = rng.random(len(a)) < outliers
    a[wild] += rng.normal(0, 0.1, (int(wild.sum()), 3))
    b = place(b_s) + 0.002 * rng.standard_normal((len(b_s), 3))
    return (
        PointTrack(np.round((a_s + OFFSET_S) * 1e9).astype(np.int64), a),
        PointTrack(np.round(b_s * 1e9).astype(np.int64), b),
    )


@pytest.fixture(scope="module")
def runs() -> list[PointRegistration]:
    return [register_points(*two_tracks(seed)) for seed in range(40)]


def errors(runs: list[PointRegistration]) -> FloatArray:
    pose = np.array([difference(run.a_from_b, A_FROM_B) for run in runs])
    return np.column_stack([pose, [run.offset_s - OFFSET_S for run in runs]])


def sigmas(runs: list[PointRegistration]) -> FloatArray:
    pose = [np.sqrt(np.diag(np.asarray(run.a_from_b.covariance))) for run in runs]
    return np.column_stack([pose, [run.offset_sigma_s for run in runs]])


def test_pose_and_offset_come_back(runs: list[PointRegistration]) -> None:
    rms = np.sqrt(np.mean(errors(runs) ** 2, axis=0))
    print("rms: deg", np.degrees(rms[:3]), "mm", 1000 * rms[3:6], "ms", 1000 * rms[6])
    assert np.degrees(np.linalg.norm(rms[:3])) < 0.6
    assert np.linalg.norm(rms[3:6]) < 0.005
    assert rms[6] < 0.003
    # 600 looks that go on for half a second are worth some twenty.
    assert 10 < np.median([run.worth for run in runs]) < 40


def honest(z: FloatArray) -> bool:
    return bool(0.8 < np.sqrt(np.mean(z**2)) < 1.25)


def test_sigmas_are_honest(runs: list[PointRegistration]) -> None:
    z = (errors(runs) / sigmas(runs))[:, :6]
    print("rms in sigmas", np.sqrt(np.mean(z**2, axis=0)))
    assert honest(z)
    assert not honest(z / 2)
    assert not honest(z * 2)


def test_looks_taken_for_independent_would_lie(runs: list[PointRegistration]) -> None:
    """Negative control: what plain least squares would claim is several times too small."""
    plain = np.array([run.rms_m / np.sqrt(3 * run.kept.sum()) for run in runs])
    assert np.sqrt(np.mean((errors(runs)[:, 3:6] / plain[:, None]) ** 2)) > 3


def test_a_frame_that_jumps_is_not_averaged() -> None:
    a, b = two_tracks(1, outliers=0.0)
    moved = a.points_m.copy()
    moved[len(a) // 3 :] += [0.0, 0.2, 0.0]
    found = register_points(PointTrack(a.t_ns, moved), b)
    assert found.kept.mean() < 0.75  # the longer part is kept
    assert not found.kept[: len(b) // 4].any()


def test_too_few_looks_are_refused() -> None:
    a, b = two_tracks(1)
    with pytest.raises(CalibrationError, match="20 looks at the same time, 30 are needed"):
        register_points(a, PointTrack(b.t_ns[30:50], b.points_m[30:50]))


def test_a_first_offset_is_found_over_a_second() -> None:
    a, b = two_tracks(3)
    late = PointTrack(a.t_ns + 800_000_000, a.points_m)
    assert abs(first_offset_s(late, b, 2.0) - 0.845) < 0.03


def test_consensus_survives_four_tenths_of_wrong_pairs() -> None:
    rng = np.random.default_rng(4)
    b = rng.normal(0, 0.3, (100, 3))
    a = A_FROM_B.apply(b)
    a[:40] += rng.normal(0, 0.5, (40, 3))
    assert np.linalg.norm(difference(consensus(a, b), A_FROM_B)) < 1e-6


# --- hand-eye -----------------------------------------------------------------------------

X = pose_of(np.array([0.3, 1.9, -0.6]), np.array([0.08, -0.03, 0.05]))
TARGET = pose_of(np.array([2.8, 0.2, 0.3]), np.array([0.5, 0.1, 0.9]))


def hand_and_eye(seed: int, outliers: float = 0.1) -> tuple[PoseTrack, PoseTrack]:
    rng = np.random.default_rng([seed, 0x7B])
    hz, phase = rng.uniform(0.15, 0.4, 6), rng.uniform(0, 6.28, 6)

    def hand_at(t_s: FloatArray) -> tuple[Rotation, FloatArray]:
        x = np.sin(2 * np.pi * t_s[:, None] * hz + phase)
        return Rotation.from_rotvec(0.6 * x[:, :3]), 0.2 * x[:, 3:]

    t_hand, t_eye = np.arange(0, 30, 0.01), np.arange(0.5, 29, 1 / 20)
    turns, places = hand_at(t_hand)
    hand = PoseTrack(np.round((t_hand + 0.034) * 1e9).astype(np.int64), turns.as_matrix(), places)
    turns, places = hand_at(t_eye)
    turns = turns * Rotation.from_matrix(X.R)
    places = places + hand_at(t_eye)[0].apply(X.t_m)
    seen = turns.inv() * Rotation.from_matrix(TARGET.R)
    seen_m = turns.inv().apply(TARGET.t_m - places)
    seen = seen * Rotation.from_rotvec(wander(rng, t_eye, 0.004, 0.1))
    seen_m = seen_m + wander(rng, t_eye, 0.003, 0.1)
    wild = rng.random(len(t_eye)) < outliers
    seen_m[wild] += rng.normal(0, 0.3, (int(wild.sum()), 3))
    return hand, PoseTrack(np.round(t_eye * 1e9).astype(np.int64), seen.as_matrix(), seen_m)


@pytest.fixture(scope="module")
def hand_eyes() -> list[HandEye]:
    return [solve_hand_eye(*hand_and_eye(seed)) for seed in range(20)]


def test_an_eye_on_a_hand_comes_back(hand_eyes: list[HandEye]) -> None:
    off = np.array([difference(run.hand_from_eye, X) for run in hand_eyes])
    sigma = np.array([np.sqrt(np.diag(np.asarray(r.hand_from_eye.covariance))) for r in hand_eyes])
    offset_ms = 1000 * np.array([run.offset_s - 0.034 for run in hand_eyes])
    z = off / sigma
    print("mm", 1000 * np.sqrt(np.mean(off[:, 3:] ** 2, axis=0)), "ms", np.abs(offset_ms).max())
    print("rms in sigmas", np.sqrt(np.mean(z**2, axis=0)))
    assert 1000 * np.abs(off[:, 3:]).max() < 3
    assert np.degrees(np.abs(off[:, :3]).max()) < 0.2
    assert np.abs(offset_ms).max() < 2
    assert 0.7 < np.sqrt(np.mean(z**2)) < 1.35
    assert not 0.7 < np.sqrt(np.mean((z / 2) ** 2)) < 1.35
    assert not 0.7 < np.sqrt(np.mean((z * 2) ** 2)) < 1.35


def test_a_target_that_is_moved_is_refused() -> None:
    hand, eye = hand_and_eye(1, outliers=0.0)
    rng = np.random.default_rng(1)
    shaken = PoseTrack(
        eye.t_ns,
        eye.R,
        eye.t_m
        + np.where(rng.random((len(eye), 1)) < 0.7, 1, 0) * rng.normal(0, 0.5, (len(eye), 3)),
    )
    with pytest.raises(CalibrationError, match=r"looks scatter by .* mm and .* deg"):
        solve_hand_eye(hand, shaken)


def test_a_hand_that_turns_about_one_axis_is_refused() -> None:
    t_s = np.arange(0, 10, 0.05)
    turns = Rotation.from_rotvec(np.sin(t_s)[:, None] * [0.0, 0.0, 0.5])
    hand = PoseTrack(np.round(t_s * 1e9).astype(np.int64), turns.as_matrix(), np.zeros((200, 3)))
    with pytest.raises(CalibrationError, match="turn it about two axes"):
        solve_hand_eye(hand, hand.inverse())


def test_too_few_poses_are_refused() -> None:
    hand, eye = hand_and_eye(1)
    with pytest.raises(CalibrationError, match="10 poses of the eye, 20 are needed"):
        solve_hand_eye(hand, eye.subset(slice(0, 10)))
