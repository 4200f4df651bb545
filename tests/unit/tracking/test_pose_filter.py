"""The belief of where the mannequin lies: averaging, bumps, misreads, two kinds of look."""

from __future__ import annotations

import numpy as np

from mr.geometry.poses import difference, perturb, pose_of
from mr.tracking.pose_filter import Look, PoseFilter, Source
from mr.types import FloatArray, Pose

TRUTH = pose_of(np.array([2.9, 0.2, -0.3]), np.array([0.02, -0.01, 0.75]))
NOISE = np.diag(np.repeat([0.001**2, 0.0005**2], 3))
SHARED = np.diag(np.repeat([0.0004**2, 0.0002**2], 3))
FRAME_NS = 33_333_333


def look(
    truth: Pose,
    rng: np.random.Generator,
    source: Source = "markers",
    offset: FloatArray | None = None,
) -> Look:
    error = rng.multivariate_normal(np.zeros(6), NOISE)
    return Look(perturb(truth, error + (0.0 if offset is None else offset)), NOISE, SHARED, source)


def moved(by_m: list[float]) -> Pose:
    return Pose(TRUTH.R, TRUTH.t_m + np.array(by_m))


def exact(pose: Pose, source: Source = "markers") -> Look:
    return Look(pose, NOISE, SHARED, source)


def follow(
    belief: PoseFilter, truth: Pose, n: int, start: int, seed: int = 1, source: Source = "markers"
) -> FloatArray:
    rng = np.random.default_rng(seed)
    errors = []
    for k in range(start, start + n):
        belief.seen(look(truth, rng, source), k * FRAME_NS)
        errors.append(difference(belief.pose, truth))
    return np.array(errors)


def test_calibrated_until_seen() -> None:
    belief = PoseFilter(moved([0.0, 0.03, 0.0]))
    belief.unseen(10**12)
    assert belief.source == "calibrated"
    assert not belief.lost
    follow(belief, TRUTH, 1, 0)
    assert belief.source == "markers"
    assert np.linalg.norm(belief.pose.t_m - TRUTH.t_m) < 0.003


def test_noise_averages_out_and_what_looks_share_does_not() -> None:
    """Over many mannequins, each with a shared error of its own; the claim is their rms."""
    rng = np.random.default_rng(5)
    ends, claims = [], []
    for seed in range(40):
        belief, offset = PoseFilter(TRUTH), rng.multivariate_normal(np.zeros(6), SHARED)
        own = np.random.default_rng(seed)
        for k in range(60):
            belief.seen(look(TRUTH, own, offset=offset), k * FRAME_NS)
        ends.append(difference(belief.pose, TRUTH))
        assert belief.pose.covariance is not None
        claims.append(np.sqrt(np.diag(belief.pose.covariance)))
    reached, claimed = np.sqrt(np.mean(np.square(ends), axis=0)), np.mean(claims, axis=0)
    print(f"reached {1e3 * reached.round(5)}, claimed {1e3 * claimed.round(5)}")
    assert (reached < 0.7 * np.sqrt(np.diag(NOISE + SHARED))).all()
    # It also allows for creep, scale and the sensors' places, which these looks do not have.
    assert (reached < 1.2 * claimed).all()
    assert (claimed < 2.2 * reached).all()
    # The control: a filter that takes shared errors for noise would claim less than is reached.
    assert (reached > 1.4 * np.sqrt(np.diag(SHARED + NOISE)) / np.sqrt(60)).all()


def test_one_misread_changes_nothing() -> None:
    belief = PoseFilter(TRUTH)
    follow(belief, TRUTH, 30, 0)
    before = belief.pose
    belief.seen(exact(moved([0.04, 0.0, 0.0])), 30 * FRAME_NS)
    assert belief.pose is before
    assert belief.doubtful
    assert not belief.lost


def test_a_bump_is_noticed_and_followed() -> None:
    belief = PoseFilter(TRUTH)
    follow(belief, TRUTH, 30, 0)
    away = moved([0.02, 0.0, 0.0])
    follow(belief, away, 2, 30)
    assert belief.moved_to is not None
    assert abs(np.linalg.norm(belief.moved_to.t_m - TRUTH.t_m) - 0.02) < 0.002
    follow(belief, away, 1, 32, seed=2)
    assert not belief.lost
    assert np.linalg.norm(belief.pose.t_m - away.t_m) < 0.003


def test_scattered_misreads_never_take_over() -> None:
    belief = PoseFilter(TRUTH)
    follow(belief, TRUTH, 30, 0)
    rng = np.random.default_rng(3)
    for k in range(30, 60):
        belief.seen(exact(moved(rng.uniform(-0.2, 0.2, 3).tolist())), k * FRAME_NS)
    assert np.linalg.norm(belief.pose.t_m - TRUTH.t_m) < 0.002
    assert belief.lost


def test_a_hidden_mannequin_grows_stale_and_is_found_anywhere() -> None:
    belief = PoseFilter(TRUTH)
    follow(belief, TRUTH, 1, 0)
    belief.unseen(29 * 10**9)
    assert not belief.lost
    belief.unseen(31 * 10**9)
    assert belief.stale_why == "the mannequin was not seen for 31 s"
    follow(belief, moved([0.03, 0.0, 0.0]), 1, 1000)
    assert not belief.lost
    assert belief.pose.t_m[0] - TRUTH.t_m[0] > 0.025


def test_one_marker_bears_the_belief_out() -> None:
    belief = PoseFilter(TRUTH)
    follow(belief, TRUTH, 1, 0)
    for second in range(60):
        belief.unseen(second * 10**9, agrees=True)
    assert not belief.lost
    belief.unseen(61 * 10**9, agrees=False)
    assert not belief.lost
    belief.unseen(62 * 10**9, agrees=False)
    assert belief.unclear
    belief.unseen(63 * 10**9, agrees=True)
    assert not belief.lost


def test_the_surface_keeps_it_alive_when_markers_are_hidden() -> None:
    belief = PoseFilter(TRUTH)
    follow(belief, TRUTH, 5, 0)
    for second in range(1, 61):
        belief.unseen(second * 10**9)
        follow(belief, TRUTH, 1, 30 * second, seed=second, source="surface")
    assert not belief.lost
    assert belief.source == "surface"
    # The control: without it the same minute is too long.
    alone = PoseFilter(TRUTH)
    follow(alone, TRUTH, 5, 0)
    alone.unseen(60 * 10**9)
    assert alone.lost


def test_a_standing_disagreement_is_no_bump() -> None:
    """A scan that lies 6 mm beside the markers is told, and moves nothing."""
    belief, rng = PoseFilter(TRUTH), np.random.default_rng(4)
    beside = moved([0.0, 0.006, 0.0])
    for k in range(60):
        belief.seen(look(TRUTH, rng), 2 * k * FRAME_NS)
        belief.seen(look(beside, rng, "surface"), (2 * k + 1) * FRAME_NS)
        assert not belief.lost
    assert belief.disagreement_m is not None
    assert abs(belief.disagreement_m - 0.006) < 0.001
    assert np.linalg.norm(belief.pose.t_m - TRUTH.t_m) < 0.001
    # The control: when both move, that is a bump, and it is followed.
    for k in range(60, 63):
        belief.seen(look(moved([0.02, 0.0, 0.0]), rng), 2 * k * FRAME_NS)
        belief.seen(look(moved([0.02, 0.006, 0.0]), rng, "surface"), (2 * k + 1) * FRAME_NS)
    assert np.linalg.norm(belief.pose.t_m - moved([0.02, 0.003, 0.0]).t_m) < 0.005
