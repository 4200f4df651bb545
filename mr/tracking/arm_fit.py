"""One arm as two tapered rods that meet at the elbow, fitted to points of its surface.

Takes points of one arm in the mannequin's frame and a first guess of the forearm, gives
the axes of forearm and upper arm with the covariance of their directions; leaves finding
the arms, time and meaning to `mr.tracking.arms`.

A camera sees one side of an arm, which lies before its axis by the arm's radius, and a
sleeve is thicker than the skin beside it. So the radii are unknowns, too: a point must lie
on the surface, wherever the camera stands, instead of being taken for the axis.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mr.types import FloatArray

FOREARM_M, FOREARM_SIGMA_M = 0.256, 0.020
"""From wrist to elbow: 0.146 of a stature of 1.75 m. Ref: Drillis and Contini, as in Winter,
Biomechanics and Motor Control of Human Movement, fig. 4.1. The sigma: statures of 1.55 to
1.95 m (one sigma 0.015 m) and where the wrist is taken to be (0.025 m)."""
UPPER_ARM_M, UPPER_ARM_SIGMA_M = 0.326, 0.026
"""From elbow to shoulder: 0.186 of a stature of 1.75 m, and what statures make of it."""
FOREARM_RADIUS_M, FOREARM_TAPER = (0.030, 0.008), (0.045, 0.05)
UPPER_RADIUS_M, UPPER_TAPER = (0.046, 0.010), (0.06, 0.08)
"""Radius at wrist and elbow (m), and its growth upwards (m/m), each with its sigma: loose,
for thin and thick arms, bare or in sleeves. Source: ours."""
USUAL = np.array(
    [(FOREARM_M, FOREARM_SIGMA_M), FOREARM_RADIUS_M, FOREARM_TAPER, UPPER_RADIUS_M, UPPER_TAPER]
)
ROUNDS = 5
TUKEY = 4.0
"""Residuals beyond so many robust sigmas have no weight."""
LEAST_SCALE_M = 0.0015
STEP_SIGMA = np.array([0.02] * 2 + [0.3] * 4 + [0.03] + [0.02, 0.1] * 2)
"""Bound on one step in each unknown (m, rad), so that what is not seen stays where it is."""
N_FREE = 11
"""Wrist 2, forearm's direction 2, upper arm's direction 2, elbow 1, radii 4."""


@dataclass(frozen=True, slots=True, eq=False)
class TwoRods:
    """An arm; unit vectors point upwards, from the wrist over the elbow to the shoulder."""

    wrist_m: FloatArray
    forearm: FloatArray
    forearm_m: float
    """From wrist to elbow."""
    upper: FloatArray
    radii: FloatArray
    """(4,): forearm's radius at the wrist (m) and taper, upper arm's at the elbow and taper."""
    covariance: FloatArray
    """(4, 4) rad² of the directions: forearm on its two tangents, upper arm on its two."""
    n_upper: int
    """Points of the upper arm that count."""
    upper_seen_m: float
    """How far up from the elbow it is seen."""
    miss_m: float
    """Median distance of the points from the surface."""

    @property
    def elbow_m(self) -> FloatArray:
        """Where the rods meet, (3,) m."""
        return self.wrist_m + self.forearm_m * self.forearm


def straight_arm(wrist_m: FloatArray, forearm: FloatArray) -> TwoRods:
    """Give the first guess: an arm of usual size with a straight elbow."""
    radii = np.array(
        [FOREARM_RADIUS_M[0], FOREARM_TAPER[0], UPPER_RADIUS_M[0], UPPER_TAPER[0]], dtype=np.float64
    )
    unknown = np.full((4, 4), np.nan)
    return TwoRods(wrist_m, forearm, FOREARM_M, forearm, radii, unknown, 0, 0.0, np.inf)


def tangents(direction: FloatArray) -> FloatArray:
    """Give two unit vectors (2, 3) across a unit vector, the first one level."""
    x, y, z = (float(v) for v in direction)
    level = float(np.hypot(x, y))
    a, b = (-y / level, x / level) if level > 1e-6 else (1.0, 0.0)
    return np.array([(a, b, 0.0), (-b * z, a * z, b * x - a * y)])


def fit_two_rods(points_m: FloatArray, guess: TwoRods, sigma_m: float) -> TwoRods:
    """Fit an arm to points (n, 3) m of its surface.

    Parameters
    ----------
    points_m
        Of this arm, some of others are ignored.
    guess
        Its directions within about half a right angle.
    sigma_m
        One-sigma that a point has when its neighbours' shared noise is spread over all.
    """
    arm = guess
    for _ in range(ROUNDS):
        arm = _step(points_m, arm, sigma_m)
    return arm


def _step(q: FloatArray, arm: TwoRods, sigma_m: float) -> TwoRods:
    """Take one Gauss-Newton step, weighted against points that are not of the arm."""
    across_forearm, across_upper = tangents(arm.forearm), tangents(arm.upper)
    rows, miss, height = _linearised(q, arm, across_forearm, across_upper)
    middle = float(np.median(np.abs(miss)))
    reach = TUKEY * max(1.4826 * middle, LEAST_SCALE_M)
    root = np.maximum(1.0 - (miss / reach) ** 2, 0.0)
    prior_rows, prior_miss = _priors(arm)
    half = rows * (root / sigma_m)[:, None]
    normal = half.T @ half + prior_rows.T @ prior_rows + np.diag(STEP_SIGMA**-2.0)
    inverse = np.asarray(np.linalg.inv(normal), dtype=np.float64)
    step = inverse @ (prior_rows.T @ prior_miss - half.T @ (root * miss / sigma_m))
    # The weight is the root's square; a third of full weight counts as seen.
    counted = np.sort(height[root[len(root) - len(height) :] > 0.55])
    return TwoRods(
        wrist_m=arm.wrist_m + step[0:2] @ across_forearm,
        forearm=_turned(arm.forearm, step[2:4] @ across_forearm),
        upper=_turned(arm.upper, step[4:6] @ across_upper),
        forearm_m=arm.forearm_m + float(step[6]),
        radii=arm.radii + step[7:11],
        covariance=inverse[2:6, 2:6],
        n_upper=len(counted),
        upper_seen_m=float(counted[int(0.95 * len(counted))]) if len(counted) else 0.0,
        miss_m=middle,
    )


def _turned(direction: FloatArray, by: FloatArray) -> FloatArray:
    """Turn a unit vector by a small vector across it; never by more than 20 degrees."""
    size = float(np.linalg.norm(by))
    turned = direction + by * min(1.0, 0.35 / max(size, 1e-12))
    return np.asarray(turned / np.linalg.norm(turned))


def _linearised(
    q: FloatArray, arm: TwoRods, across_forearm: FloatArray, across_upper: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give d miss / d unknowns (n, 11), miss (n,) m, and heights over the elbow of the last.

    The rows of the forearm come first, those of the upper arm last.
    """
    from_elbow = q - arm.elbow_m
    above = from_elbow @ (arm.forearm + arm.upper) > 0.0
    low, high = q[~above] - arm.wrist_m, from_elbow[above]
    n = len(low)
    rows = np.zeros((len(q), N_FREE))
    miss = np.empty(len(q))
    along, out, miss[:n] = _off_axis(low, arm.forearm, arm.radii[:2])
    slope = out @ across_forearm.T
    rows[:n, 0:2] = -slope
    rows[:n, 2:4] = -slope * along[:, None]
    rows[:n, 7], rows[:n, 8] = -1.0, -along
    along, out, miss[n:] = _off_axis(high, arm.upper, arm.radii[2:])
    slope = out @ across_forearm.T
    rows[n:, 0:2] = -slope
    rows[n:, 2:4] = -slope * arm.forearm_m
    rows[n:, 4:6] = -(out @ across_upper.T) * along[:, None]
    rows[n:, 6] = arm.radii[3] * float(arm.forearm @ arm.upper) - out @ arm.forearm
    rows[n:, 9], rows[n:, 10] = -1.0, -along
    return rows, miss, along


def _off_axis(
    start: FloatArray, axis: FloatArray, radius: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give how far along the axis points are, the way out of it, and how far off the surface."""
    along = start @ axis
    out = start - along[:, None] * axis
    distance = np.sqrt(np.einsum("ij,ij->i", out, out)) + 1e-9
    out /= distance[:, None]
    return along, out, distance - radius[0] - radius[1] * along


def _priors(arm: TwoRods) -> tuple[FloatArray, FloatArray]:
    """Give what is known of arms in general as rows (5, 11) and what they miss, in sigmas."""
    now = np.array([arm.forearm_m, *arm.radii])
    usual, sigma = USUAL.T
    rows = np.zeros((5, N_FREE))
    rows[range(5), range(6, 11)] = 1.0 / sigma
    return rows, (usual - now) / sigma


def aimed(arm: TwoRods, upper: FloatArray) -> TwoRods:
    """Give the same arm with its upper arm in another direction."""
    return replace(arm, upper=upper / np.linalg.norm(upper))
