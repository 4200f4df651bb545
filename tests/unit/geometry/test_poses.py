"""Pose differences, covariances against Monte-Carlo, rigid fits."""

from __future__ import annotations

import numpy as np
import pytest

from mr.geometry.poses import chain, difference, inverse, perturb, pose_of, skew
from mr.types import FloatArray, Pose

A = pose_of(np.array([0.4, -1.1, 0.3]), np.array([0.2, -0.3, 0.8]))
B = pose_of(np.array([-0.2, 0.5, 2.0]), np.array([-0.1, 0.4, 0.3]))
SIGMAS = np.array([0.004, 0.006, 0.002, 0.001, 0.003, 0.002])


def _covariance(seed: int) -> FloatArray:
    mix = np.random.default_rng(seed).normal(size=(6, 6)) * SIGMAS[:, None]
    return np.asarray(mix @ mix.T / 6)


def test_perturb_undoes_difference() -> None:
    back = perturb(B, difference(A, B))
    assert pytest.approx(A.R) == back.R
    assert back.t_m == pytest.approx(A.t_m)


def test_skew_is_the_cross_product() -> None:
    u, v = np.random.default_rng(0).normal(size=(2, 7, 3))
    assert np.einsum("nij,nj->ni", skew(u), v) == pytest.approx(np.cross(u, v))


def test_chain_covariance_matches_monte_carlo() -> None:
    a, b = Pose(A.R, A.t_m, _covariance(1)), Pose(B.R, B.t_m, _covariance(2))
    rng = np.random.default_rng(3)
    da = rng.multivariate_normal(np.zeros(6), a.covariance, 6000)
    db = rng.multivariate_normal(np.zeros(6), b.covariance, 6000)
    base = A @ B
    seen = [difference(perturb(A, x) @ perturb(B, y), base) for x, y in zip(da, db, strict=True)]
    joined = chain(a, b)
    assert joined.covariance is not None
    ratio = np.sqrt(np.diag(np.cov(np.array(seen).T)) / np.diag(joined.covariance))
    assert ratio == pytest.approx(np.ones(6), abs=0.06)
    # The control: without the lever arm the same comparison fails.
    blind = np.kron(np.eye(2), A.R) @ b.covariance @ np.kron(np.eye(2), A.R).T + a.covariance
    assert np.abs(np.sqrt(np.diag(np.cov(np.array(seen).T)) / np.diag(blind)) - 1).max() > 0.06


def test_inverse_covariance_matches_monte_carlo() -> None:
    a = Pose(A.R, A.t_m, _covariance(4))
    draws = np.random.default_rng(5).multivariate_normal(np.zeros(6), a.covariance, 6000)
    seen = [difference(perturb(A, x).inverse(), A.inverse()) for x in draws]
    back = inverse(a)
    assert back.covariance is not None
    ratio = np.sqrt(np.diag(np.cov(np.array(seen).T)) / np.diag(back.covariance))
    assert ratio == pytest.approx(np.ones(6), abs=0.06)


def test_exact_poses_have_no_covariance() -> None:
    assert chain(A, B).covariance is None
    assert inverse(A).covariance is None
