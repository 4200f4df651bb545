"""Rigid transforms: small differences and chains with covariance.

Takes and gives `mr.types.Pose`; leaves rotations themselves to SciPy.

A pose's covariance is that of ``[w, v]`` in ``R' = exp(w) R``, ``t' = t + v``: `w` turns
about the *mapped origin* of frame b, seen in frame a, and `v` moves it. So the lower
right block is the plain covariance of where that origin lies (docs/decisions/0002).
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from mr.types import FloatArray, Pose


def skew(v: FloatArray) -> FloatArray:
    """Give the matrices (..., 3, 3) of ``v × ·`` for vectors (..., 3)."""
    v = np.asarray(v, dtype=np.float64)
    out = np.zeros((*v.shape[:-1], 3, 3))
    out[..., 0, 1], out[..., 0, 2] = -v[..., 2], v[..., 1]
    out[..., 1, 0], out[..., 1, 2] = v[..., 2], -v[..., 0]
    out[..., 2, 0], out[..., 2, 1] = -v[..., 1], v[..., 0]
    return out


def pose_of(rotvec_rad: FloatArray, t_m: FloatArray) -> Pose:
    """Make a pose of a rotation vector and a translation."""
    return Pose(Rotation.from_rotvec(rotvec_rad).as_matrix(), np.array(t_m, dtype=np.float64))


def difference(to: Pose, base: Pose) -> FloatArray:
    """Give ``[w (rad), v (m)]``, (6,), that `perturb` needs to bring `base` to `to`."""
    w = Rotation.from_matrix(to.R @ base.R.T).as_rotvec()
    return np.concatenate([w, to.t_m - base.t_m])


def perturb(pose: Pose, delta: FloatArray) -> Pose:
    """Turn and move a pose by ``[w (rad), v (m)]``, (6,); its covariance is kept."""
    turned = Rotation.from_rotvec(delta[:3]).as_matrix() @ pose.R
    return Pose(turned, pose.t_m + delta[3:], pose.covariance)


def chain(a_from_b: Pose, b_from_c: Pose) -> Pose:
    """Chain two independent poses and carry their covariances to ``a_from_c``.

    A pose without covariance counts as exact; two such give none.
    """
    joined = a_from_b @ b_from_c
    if a_from_b.covariance is None and b_from_c.covariance is None:
        return joined
    covariance = np.zeros((6, 6))
    if a_from_b.covariance is not None:
        lever = np.eye(6)
        lever[3:, :3] = -skew(a_from_b.R @ b_from_c.t_m)
        covariance += lever @ a_from_b.covariance @ lever.T
    if b_from_c.covariance is not None:
        turn = np.kron(np.eye(2), a_from_b.R)
        covariance += turn @ b_from_c.covariance @ turn.T
    return Pose(joined.R, joined.t_m, covariance)


def inverse(a_from_b: Pose) -> Pose:
    """Give ``b_from_a`` with its covariance carried along."""
    back = a_from_b.inverse()
    if a_from_b.covariance is None:
        return back
    slope = np.zeros((6, 6))
    slope[:3, :3] = -back.R
    slope[3:, :3] = -back.R @ skew(a_from_b.t_m)
    slope[3:, 3:] = -back.R
    return Pose(back.R, back.t_m, slope @ a_from_b.covariance @ slope.T)
