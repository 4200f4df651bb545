"""The learner's arms in one depth frame: rays over the whole picture, and one arm after another.

Takes a depth frame, the mannequin's pose and the heel of the hand, gives each arm as two
rods or why it is not measured; leaves the shape of an arm to `mr.tracking.arm_fit` and time
to `mr.tracking.arms`.

`mr.tracking.surface` looks at the chest and the forearms over it; elbows are higher and
farther out, so that this view is of the whole picture, and coarser.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mr.geometry.camera import Camera, Float32Array
from mr.tracking.arm_fit import (
    UPPER_ARM_M,
    USUAL,
    TwoRods,
    aimed,
    fit_two_rods,
    straight_arm,
)
from mr.tracking.hands import Arm, fit_arm
from mr.tracking.surface import CORRELATION_PX2, DISPARITY_SIGMA_PX
from mr.types import DepthFrame, FloatArray, Pose

STRIDE = 4
"""Every fourth pixel of every fourth row: noise is alike over 13 × 13 px."""
GUARD_PX = 3
"""A pixel counts when the four at this distance lie on the same surface: at an edge a
stereo camera mixes the arm with what lies behind it."""
GUARD_M = 0.015
REACH_M = ((-0.50, 0.50), (-0.50, 0.50), (0.085, 0.80))
"""Where arms can be, in the mannequin's frame: x, y, z from ... to."""
OVER_BACK_M = (0.070, 0.190)
"""Part of the forearms over the back of the hand in which two arms stand apart."""
WRIST_UNDER_BACK_M = 0.02
MIN_SEED_PX = 25
"""Of every fourth pixel of every fourth row, for a forearm."""
FOOT_M = 0.10
"""A learner's forearms come down within this of the heel of the hand."""
SHELL_M = (0.05, 0.17)
"""Where the upper arm is looked for first: so far from the elbow."""
SHELL_CONE = 0.25
"""Least cosine between forearm and upper arm: bends up to 75 degrees."""
MOST_PX = 300
"""More points of one arm cost time and tell nothing new."""
MIN_UPPER_PX = 20
MIN_UPPER_M = 0.05
"""Less of an upper arm tells no direction."""
MISS_M, MISS_SIGMAS = 0.0010, 0.5
"""An arm's points lie this near its rods, as the median: a sleeve's folds, and so many
sigmas of a pixel. Where head, trunk or a sleeve's edge are taken for arm they do not."""
ODD_RADII = 1.5
"""Radii and tapers so many sigmas off the usual are not those of one arm."""

NOT_SEEN = "the forearm is not seen"
NO_UPPER = "the upper arm is out of the picture or hidden"
NO_ROD = "what is seen there has not the shape of an arm"


class ArmView:
    """One camera's rays at every fourth pixel, turned into the mannequin's frame.

    Parameters
    ----------
    camera
        The depth sensor.
    baseline_m
        Of its stereo pair.
    cam_from_mannequin
        Where the mannequin lies; a new pose needs a new view.
    """

    def __init__(self, camera: Camera, baseline_m: float, cam_from_mannequin: Pose) -> None:
        back = cam_from_mannequin.inverse()
        rays = camera.rays[GUARD_PX:-GUARD_PX:STRIDE, GUARD_PX:-GUARD_PX:STRIDE]
        self._rays = np.ascontiguousarray(rays @ back.R.T.astype(np.float32))
        self._t = back.t_m.astype(np.float32)
        self._size = (camera.height_px, camera.width_px)
        self._focal_baseline = float(camera.matrix[0, 0]) * baseline_m
        self.cam_in_mannequin_m: FloatArray = back.t_m

    def look(self, frame: DepthFrame) -> tuple[Float32Array, npt.NDArray[np.bool_]]:
        """Give points (h, w, 3) m, and which of them are of one surface and in reach."""
        counts = frame.depth_counts
        near = np.float32(GUARD_M / frame.m_per_count)
        middle = self._shifted(counts, 0, 0)
        whole = middle > 0
        for dy, dx in ((-GUARD_PX, 0), (GUARD_PX, 0), (0, -GUARD_PX), (0, GUARD_PX)):
            # A hole is 0 counts, far from any surface.
            whole &= np.abs(self._shifted(counts, dy, dx) - middle) < near
        points = self._rays * (middle * np.float32(frame.m_per_count))[..., None] + self._t
        for axis, (low, high) in enumerate(REACH_M):
            whole &= (points[..., axis] > low) & (points[..., axis] < high)
        return points, whole

    def noise_m(self, points_m: FloatArray) -> float:
        """Noise of one pixel's depth."""
        far_m = float(np.linalg.norm(points_m.mean(axis=0) - self.cam_in_mannequin_m))
        return far_m**2 * DISPARITY_SIGMA_PX / self._focal_baseline

    def _shifted(self, counts: npt.NDArray[np.uint16], dy: int, dx: int) -> Float32Array:
        height, width = self._size
        rows = slice(GUARD_PX + dy, height - GUARD_PX + dy, STRIDE)
        columns = slice(GUARD_PX + dx, width - GUARD_PX + dx, STRIDE)
        return np.asarray(counts[rows, columns], dtype=np.float32)


def find_rods(
    view: ArmView, points: Float32Array, whole: npt.NDArray[np.bool_], heel_m: FloatArray
) -> list[tuple[int, str, TwoRods | None]]:
    """Find both arms in one frame: which one, why it is not measured, and its rods."""
    # Farther down the two arms touch.
    whole = whole & (points[..., 2] > heel_m[2] + OVER_BACK_M[0])
    _, labels = cv2.connectedComponents(whole.astype(np.uint8), connectivity=4)
    seeds = _forearms(view, points, whole, heel_m)
    if not seeds:
        return [(0, NOT_SEEN, None), (1, NOT_SEEN, None)]
    found: dict[int, tuple[str, TwoRods | None]] = {}
    for arm, own in seeds:
        guess = _guess(arm, heel_m)
        label = np.bincount(labels[own]).argmax()
        why, rods = _fit(view, points[labels == label].astype(np.float64), guess)
        slot = 0 if guess.elbow_m[1] > heel_m[1] else 1
        if slot in found:
            slot = 1 - slot
        found[slot] = (why, rods)
    absent = (NOT_SEEN, None)
    return [(slot, *found.get(slot, absent)) for slot in (0, 1)]


def _forearms(
    view: ArmView, points: Float32Array, whole: npt.NDArray[np.bool_], heel_m: FloatArray
) -> list[tuple[Arm, npt.NDArray[np.bool_]]]:
    """Find forearms over the hands with their pixels, the larger first, two at most."""
    z = points[..., 2]
    band = whole & (z < heel_m[2] + OVER_BACK_M[1])
    n, labels, stats, _ = cv2.connectedComponentsWithStats(band.astype(np.uint8), connectivity=4)
    sizes = sorted(((int(stats[k, cv2.CC_STAT_AREA]), k) for k in range(1, n)), reverse=True)
    arms = []
    for size, k in sizes[:4]:
        own = labels == k
        arm = fit_arm(points[own].T, view.cam_in_mannequin_m) if size >= MIN_SEED_PX else None
        if arm is None:
            continue
        if np.linalg.norm(arm.at_height(heel_m[2]) - heel_m[:2]) < FOOT_M:
            arms.append((arm, own))
    return arms[:2]


def _guess(arm: Arm, heel_m: FloatArray) -> TwoRods:
    """Make a straight arm of a forearm's axis, from the wrist's height on."""
    wrist_z_m = heel_m[2] - WRIST_UNDER_BACK_M
    wrist_m = np.array([*arm.at_height(wrist_z_m), wrist_z_m])
    up = np.array([*arm.lean, 1.0])
    return straight_arm(wrist_m, up / np.linalg.norm(up))


def _fit(view: ArmView, cloud: FloatArray, guess: TwoRods) -> tuple[str, TwoRods | None]:
    """Fit an arm to its own connected points; why it failed, or its rods."""
    from_elbow = cloud - guess.elbow_m
    far = np.linalg.norm(from_elbow, axis=1)
    ahead = from_elbow @ guess.forearm > SHELL_CONE * far
    shell = (far > SHELL_M[0]) & (far < SHELL_M[1]) & ahead
    if int(shell.sum()) < MIN_UPPER_PX:
        return NO_UPPER, None
    guess = aimed(guess, from_elbow[shell].mean(axis=0))
    along_forearm = (cloud - guess.wrist_m) @ guess.forearm
    near = (along_forearm > 0.0) & (far < UPPER_ARM_M)
    mine = cloud[near]
    mine = mine[:: 1 + len(mine) // MOST_PX]
    noise_m = view.noise_m(mine)
    # What a point shares with its neighbours, spread over all of them.
    rods = fit_two_rods(mine, guess, noise_m * float(np.sqrt(CORRELATION_PX2)) / STRIDE)
    if rods.n_upper < MIN_UPPER_PX or rods.upper_seen_m < MIN_UPPER_M:
        return NO_UPPER, None
    odd = float(np.max(np.abs(rods.radii - USUAL[1:, 0]) / USUAL[1:, 1]))
    off = rods.miss_m > MISS_M + MISS_SIGMAS * noise_m
    if off or odd > ODD_RADII or rods.upper @ rods.forearm < SHELL_CONE:
        return NO_ROD, None
    return "", rods
