"""Two trajectories of one point, seen in two frames on two clocks, brought together.

Takes a point's way in frame a and in frame b, gives ``a_from_b``, by how much a's stamps lag
b's, and an honest covariance of both; leaves whose point it is to its callers. One scale,
noise that goes on for half a second, and outliers. Lines and planes are told by `extents_of`:
along a line one turn stays unknown, and the covariance says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mr.errors import CalibrationError
from mr.geometry.correlated import CorrelatedNoise, Part, averaged, fit_noise, solve_parts
from mr.geometry.poses import perturb, skew
from mr.geometry.tracks import NS_PER_S, PointTrack, first_offset_s
from mr.types import BoolArray, FloatArray, Pose

MIN_LOOKS = 30
MOST_OFFSET_S = 0.5
N_TRIPLES = 300
CONSENSUS_SHARE = 0.4
"""A fit is as good as its best 40 % of looks are: a frame that jumps halfway leaves half."""
CUT_SIGMAS = 4.0
"""In three axes one good look in 2000 is farther away."""
LEAST_CUT_M = 0.01
ROUNDS = 8
NOISE_ROUNDS = 2
LEAST_KEPT = 0.4
EXTENT_PCT = (2.5, 97.5)
SLOPE_STEP_S = 0.02
_CHI_MEDIAN = 1.538
"""Median length of a vector of three standard normal numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class PointRegistration:
    """How two frames and their clocks stand to each other."""

    a_from_b: Pose
    offset_s: float
    """By how much a's stamps lag b's."""
    offset_sigma_s: float
    noise: CorrelatedNoise
    """Of both together, one axis, averaged over `BIN_S`."""
    kept: BoolArray
    """(n,) b's looks that agree."""
    residual_m: FloatArray
    """(n, 3) a minus what b says, in frame a; NaN where a has no look."""
    worth: float
    """How many independent looks the kept ones are."""
    extents_m: FloatArray
    """(3,) how far the point went along its main directions, largest first."""
    directions_in_b: FloatArray
    """(3, 3) those directions, in rows."""

    @property
    def rms_m(self) -> float:
        """Length of what is left of the kept looks."""
        left = self.residual_m[self.kept]
        return float(np.sqrt(np.mean(np.sum(left**2, axis=1))))


def extents_of(points_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give how far points (n, 3) spread along their main directions, and those in rows."""
    middle = np.median(points_m, axis=0)
    directions = np.linalg.svd(points_m - middle, full_matrices=False)[2]
    low, high = np.percentile((points_m - middle) @ directions.T, EXTENT_PCT, axis=0)
    order = np.argsort(low - high)
    return np.asarray((high - low)[order]), np.asarray(directions[order])


def rigid_of(a_m: FloatArray, b_m: FloatArray, weights: FloatArray | None = None) -> Pose:
    """Give the ``a_from_b`` that brings points b (n, 3) to points a best."""
    w = np.ones(len(a_m)) if weights is None else weights
    middle_a, middle_b = (np.average(p, axis=0, weights=w) for p in (a_m, b_m))
    u, _, vt = np.linalg.svd((a_m - middle_a).T @ ((b_m - middle_b) * w[:, None]))
    R = u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))]) @ vt
    return Pose(R, middle_a - R @ middle_b)


def consensus(a_m: FloatArray, b_m: FloatArray, share: float = CONSENSUS_SHARE) -> Pose:
    """Give the pose on which a share of the pairs agrees best, by many triples of them."""
    rng = np.random.default_rng(0)
    picks = rng.integers(0, len(a_m), (N_TRIPLES, 3))
    a, b = a_m[picks], b_m[picks]
    middle_a, middle_b = a.mean(axis=1), b.mean(axis=1)
    cross = np.einsum("kni,knj->kij", a - middle_a[:, None], b - middle_b[:, None])
    u, _, vt = np.linalg.svd(cross)
    u[:, :, 2] *= np.sign(np.linalg.det(u @ vt))[:, None]
    R = u @ vt
    t_m = middle_a - np.einsum("kij,kj->ki", R, middle_b)
    left = np.linalg.norm(a_m - np.einsum("kij,nj->kni", R, b_m) - t_m[:, None], axis=2)
    best = int(np.argmin(np.quantile(left, share, axis=1)))
    return Pose(R[best], t_m[best])


def register_points(
    a: PointTrack,
    b: PointTrack,
    *,
    most_offset_s: float = MOST_OFFSET_S,
    what: str = "two trajectories",
) -> PointRegistration:
    """Find ``a_from_b`` and the clocks' offset from one point's two trajectories.

    Parameters
    ----------
    a
        Is interpolated: the one with more looks a second.
    b
        Its stamps are those at which both are compared.
    most_offset_s
        How far the clocks may differ.
    what
        Names the two in messages.

    Raises
    ------
    CalibrationError
        When there are too few looks at the same time, or most do not agree.
    """
    offset_s = first_offset_s(a, b, most_offset_s)
    zero_ns = int(b.t_ns[0])
    t_s = (b.t_ns - zero_ns) / NS_PER_S
    pose, kept = _start(a, b, offset_s, what)
    for _ in range(ROUNDS):
        residual, columns = residuals_of(a, b, pose, offset_s)
        kept = inliers_of(residual)
        step = np.linalg.lstsq(columns[kept].reshape(-1, 7), residual[kept].ravel(), rcond=1e-9)[0]
        pose, offset_s = _stepped(pose, offset_s, np.asarray(step))
    if kept.sum() < LEAST_KEPT * len(b):
        raise CalibrationError(
            f"{what}: {int(kept.sum())} of {len(b)} looks agree: check that both have seen the "
            "same point, and that neither frame was moved"
        )
    for _ in range(NOISE_ROUNDS):
        residual, columns = residuals_of(a, b, pose, offset_s)
        kept = inliers_of(residual)
        mean = averaged(t_s[kept], residual[kept], columns[kept])
        noise = fit_noise(*mean)
        part = Part(*mean, noise)
        step, covariance = solve_parts([part], np.zeros((7, 7)), np.zeros(7))
        pose, offset_s = _stepped(pose, offset_s, step)
    residual, _ = residuals_of(a, b, pose, offset_s)
    extents_m, directions = extents_of(b.points_m[kept])
    return PointRegistration(
        a_from_b=Pose(pose.R, pose.t_m, covariance[:6, :6]),
        offset_s=offset_s,
        offset_sigma_s=float(np.sqrt(covariance[6, 6])),
        noise=noise,
        kept=kept,
        residual_m=residual,
        worth=noise.worth(mean[0]),
        extents_m=extents_m,
        directions_in_b=directions,
    )


def _start(a: PointTrack, b: PointTrack, offset_s: float, what: str) -> tuple[Pose, BoolArray]:
    zero_ns = int(b.t_ns[0])
    seen = a.at((b.t_ns - zero_ns) / NS_PER_S + offset_s, zero_ns)
    known = np.asarray(np.isfinite(seen).all(axis=1) & np.isfinite(b.points_m).all(axis=1))
    if known.sum() < MIN_LOOKS:
        raise CalibrationError(
            f"{what}: {int(known.sum())} looks at the same time, {MIN_LOOKS} are needed: "
            "record both together, and for longer"
        )
    return consensus(seen[known], b.points_m[known]), known


def residuals_of(
    a: PointTrack, b: PointTrack, a_from_b: Pose, offset_s: float
) -> tuple[FloatArray, FloatArray]:
    """Give a minus what b says (n, 3), and what turn, move and offset change of it (n, 3, 7)."""
    zero_ns = int(b.t_ns[0])
    t_s = (b.t_ns - zero_ns) / NS_PER_S + offset_s
    turned = b.points_m @ a_from_b.R.T
    residual = a.at(t_s, zero_ns) - turned - a_from_b.t_m
    columns = np.zeros((len(b), 3, 7))
    columns[:, :, :3] = -skew(turned)
    columns[:, :, 3:6] = np.eye(3)
    columns[:, :, 6] = -velocity_of(b) @ a_from_b.R.T
    return residual, columns


def velocity_of(track: PointTrack) -> FloatArray:
    """Give a track's own velocity (n, 3) m/s at its stamps; zero at gaps and ends."""
    zero_ns = int(track.t_ns[0])
    t_s = (track.t_ns - zero_ns) / NS_PER_S
    half_s = 5 * SLOPE_STEP_S  # over some looks: one difference would be mostly noise
    step = track.at(t_s + half_s, zero_ns) - track.at(t_s - half_s, zero_ns)
    return np.nan_to_num(step / (2 * half_s))


def inliers_of(residual_m: FloatArray) -> BoolArray:
    """Tell which residuals (n, 3) are no farther off than the others' scale allows."""
    away = np.linalg.norm(residual_m, axis=1)
    known = np.isfinite(away)
    scale = float(np.median(away[known])) / _CHI_MEDIAN if known.any() else 0.0
    return np.asarray(known & (away < max(CUT_SIGMAS * scale, LEAST_CUT_M)))


def _stepped(pose: Pose, offset_s: float, step: FloatArray) -> tuple[Pose, float]:
    return perturb(pose, step[:6]), offset_s + float(np.clip(step[6], -0.05, 0.05))
