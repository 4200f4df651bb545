"""The learner's forearms and the heel of the hand, from one depth frame.

Takes points in the mannequin's frame, gives where the forearms' axes come down and which
way the fingers point; leaves depth to `mr.tracking.chest`.

"What is above the chest is hand" fails: pressed 50 mm deep, almost nothing of the hand
is above the resting chest. The forearms always are. Their axis is regressed on the
height and followed down to the hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mr.geometry.camera import Float32Array
from mr.tracking.surface import STRIDE, Points, region
from mr.types import FloatArray

ARM_LOW_M = 0.085
"""Above this height over the resting chest there are only arms. Ref: PARTS.md."""
ARM_HIGH_M = 0.26
ARM_OVER_BACK_M = (0.045, 0.185)
"""Part of the forearms that is used, over the back of the hand: where two arms stand
apart, and always the same part of them, so that its bias does not follow the depth."""
MIN_ARM_PX = 60
MIN_ARM_SPAN_M = 0.05
"""A stump shorter than this tells no direction."""
MAX_LEAN = 1.5
"""Horizontal run over height; a flatter arm does not press on the chest."""
MAX_FOOT_GAP_M = 0.09
"""Two arms whose feet lie farther apart are not of one learner's stacked hands."""
HALF_CIRCLE_MEAN = float(np.pi / 4)
"""Mean of √(1 − u²): how far the seen half of a cylinder lies before its axis."""
FINGER_LOW_M, FINGER_HIGH_M = 0.018, 0.110
"""Heights of fingers over the resting chest: above what else lies there, below the arms."""
FINGER_REACH_M = (0.055, 0.135)
"""Distance of fingers from the foot of the forearms."""
MIN_FINGER_PX = 25
MAX_SIDEWAYS = 0.6
"""Cosine of 53 degrees between the fingers and the line from arm to arm."""
HEEL_SIGMA_M = 0.006
"""One-sigma of the heel on each axis. Scatter within a session is 1 to 2 mm (simulated);
the rest is a steady offset by how this learner bends wrists and stacks hands."""


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """A forearm's axis ``xy = foot + lean · (z - at_z)`` in the mannequin's frame."""

    mean_xy_m: FloatArray
    mean_z_m: float
    lean: FloatArray
    """(2,): horizontal run per metre of height."""
    radius_m: float
    n_px: int

    def at_height(self, z_m: float) -> FloatArray:
        """Give the axis' x and y, (2,) m, at a height."""
        return self.mean_xy_m + self.lean * (z_m - self.mean_z_m)


def find_arms(
    points: Points, cam_in_mannequin_m: FloatArray, back_z_m: float | None = None
) -> list[Arm]:
    """Find the forearms of one learner, the one that comes down nearest first, two at most.

    Where the height of the back of the hand is known, only the part of the forearms over
    it is used that stays the same at every depth.
    """
    low_m, high_m = ARM_LOW_M, ARM_HIGH_M
    if back_z_m is not None:
        low_m = max(low_m, back_z_m + ARM_OVER_BACK_M[0])
        high_m = back_z_m + ARM_OVER_BACK_M[1]
    mask = region(points, low_m, high_m).astype(np.uint8)
    # One pixel off each edge: there a stereo camera mixes the arm with what lies behind.
    mask = np.asarray(cv2.erode(mask, np.ones((3, 3), np.uint8)), dtype=np.uint8)
    x, y, wide, high = cv2.boundingRect(mask)
    box = (slice(y, y + high), slice(x, x + wide))
    if not mask[box].size:
        return []
    n, labels, stats, _ = cv2.connectedComponentsWithStats(mask[box], connectivity=4)
    sizes = [(int(stats[k, cv2.CC_STAT_AREA]), k) for k in range(1, n)]
    arms: list[Arm] = []
    for size, k in sorted(sizes, reverse=True)[:4]:
        if size < MIN_ARM_PX:
            break
        left, top, width, height = (int(v) for v in stats[k, :4])
        window = (slice(top, top + height), slice(left, left + width))
        own = labels[window] == k
        cloud = [side[box][window][own] for side in (points.x, points.y, points.z)]
        arm = fit_arm(np.stack(cloud), cam_in_mannequin_m)
        if arm is not None:
            arms.append(arm)
    return of_one_learner(arms)


def of_one_learner(arms: list[Arm]) -> list[Arm]:
    """Keep the arm that comes down nearest to the compression point, and its fellow.

    Whoever else reaches into the picture comes down elsewhere.
    """
    if not arms:
        return []
    arms = sorted(arms, key=lambda arm: float(np.linalg.norm(arm.at_height(0.0))))
    fellows = [
        arm
        for arm in arms[1:]
        if np.linalg.norm(arm.at_height(0.0) - arms[0].at_height(0.0)) < MAX_FOOT_GAP_M
    ]
    return arms[:1] + fellows[:1]


def fit_arm(cloud: Float32Array, cam_in_mannequin_m: FloatArray) -> Arm | None:
    """Regress one forearm's axis from its seen surface (3, n); None if it is none."""
    step = max(1, cloud.shape[1] // 1500)
    xyz = cloud[:, ::step].astype(np.float64)
    xy, z = xyz[:2], xyz[2]
    low, high = np.percentile(z, [2, 98])
    if high - low < MIN_ARM_SPAN_M:
        return None
    # Kept points weigh one, others nothing: that is quicker than picking them out.
    keep = np.ones(z.size)
    for _ in range(3):
        mean = xyz @ keep / keep.sum()
        rise = z - mean[2]
        level = xy - mean[:2, None]
        held = keep * rise
        lean = level @ held / (rise @ held)
        miss = level - lean[:, None] * rise
        away2 = np.einsum("ij,ij->j", miss, miss)
        keep = (away2 <= 2.5**2 * np.median(away2[keep > 0])).astype(np.float64)
    if np.linalg.norm(lean) > MAX_LEAN:
        return None
    towards = cam_in_mannequin_m[:2] - mean[:2]
    towards = towards / max(float(np.linalg.norm(towards)), 1e-6)
    # Seen from above (camera over the arm) there is no side that faces the camera.
    across = (np.array([-towards[1], towards[0]]) @ miss)[keep > 0]
    radius_m = float(np.clip(np.sqrt(3.0) * across.std(), 0.02, 0.05))
    axis_xy = mean[:2] - HALF_CIRCLE_MEAN * radius_m * towards
    return Arm(axis_xy, float(mean[2]), lean, radius_m, int(keep.sum()) * step * STRIDE**2)


def foot(arms: list[Arm], z_m: float) -> FloatArray | None:
    """Where the forearms come down to a height, (2,) m; None without an arm.

    Stacked hands share one foot: two arms are averaged.
    """
    if not arms:
        return None
    return np.asarray(np.mean([arm.at_height(z_m) for arm in arms], axis=0))


@dataclass(frozen=True, slots=True, eq=False)
class Fingers:
    """Which way the fingers point, and how high they lie."""

    way: FloatArray
    """(2,) unit."""
    z_m: float


def find_fingers(points: Points, landing_m: FloatArray) -> Fingers | None:
    """Find the fingers; None where too little of them is seen.

    They lie on the chest before the foot of the forearms, and are higher than the chest
    even when it is pressed. The arms' own lean tells less: straight arms hardly lean.
    """
    mask = region(points, FINGER_LOW_M, FINGER_HIGH_M)
    dx, dy = points.x[mask] - np.float32(landing_m[0]), points.y[mask] - np.float32(landing_m[1])
    away2 = dx * dx + dy * dy
    fingers = (away2 > FINGER_REACH_M[0] ** 2) & (away2 < FINGER_REACH_M[1] ** 2)
    if int(fingers.sum()) < MIN_FINGER_PX:
        return None
    way = np.array([float(dx[fingers].mean()), float(dy[fingers].mean())])
    length = float(np.linalg.norm(way))
    if length < 0.5 * FINGER_REACH_M[0]:
        return None
    return Fingers(way / length, float(np.median(points.z[mask][fingers])))


def beside_the_arms(arms: list[Arm], way: FloatArray) -> bool:
    """Whether fingers seem to point to the side, as no stacked hands' do.

    Two arms stand to the left and the right of where the fingers point; one tells nothing.
    """
    if len(arms) < 2:
        return False
    apart = arms[1].at_height(ARM_HIGH_M) - arms[0].at_height(ARM_HIGH_M)
    return bool(abs(apart @ way) > MAX_SIDEWAYS * np.linalg.norm(apart))
