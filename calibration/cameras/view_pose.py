"""Where a ChArUco board lies, seen in one picture.

Takes the corners that one picture shows, gives ``color_from_board`` with its covariance; leaves
how flat the board is to `calibration.cameras.bow`, joining cameras to
`calibration.cameras.world` and depth to `calibration.cameras.depth_scale`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from calibration.boards.charuco import CharucoBoard
from mr.geometry.camera import Camera
from mr.geometry.poses import perturb, skew
from mr.types import FloatArray, IntArray, Pose

MIN_CORNERS = 8
"""Fewer say little of a tilt, and one wrong one of them is not found."""
CUT_SIGMAS = 5.0
SIGMA_FROM_MAD = 1.4826
LEAST_SIGMA_PX = 0.03
"""No corner of a real picture is known better."""
ROUNDS = 6
TURN_FOR_MIRROR = 1.5
"""The second of a flat board's two poses fits so many times worse, or the view is ambiguous."""


@dataclass(frozen=True, slots=True, eq=False)
class ViewPose:
    """A board in one picture."""

    color_from_board: Pose
    """Its covariance is that of corners with a sigma of 1 px: scale it by sigma²."""
    ids: IntArray
    """Corners that were used."""
    miss_px: FloatArray
    """(n, 2) seen minus predicted, of the corners used."""
    slope: FloatArray
    """(2 n, 6) d px / d [w, v] of the pose."""
    n_cut: int
    """Corners left out, for they stand apart."""
    clear: bool
    """False: the mirrored pose fits nearly as well."""

    @property
    def rms_px(self) -> float:
        """Rms distance of the corners used."""
        return float(np.sqrt(np.mean((self.miss_px**2).sum(axis=1))))


def pose_slope(
    camera: Camera, color_from_board: Pose, points_m: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Project (n, 3) m: px (n, 2), d px / d [w, v] (2 n, 6), d px / d point (n, 2, 3)."""
    arm = points_m @ color_from_board.R.T
    px, by_point = camera.project_with_slope(arm + color_from_board.t_m)
    by_turn = -by_point @ skew(arm)
    slope = np.concatenate([by_turn, by_point], axis=2).reshape(-1, 6)
    return px, slope, by_point


def view_pose(
    ids: IntArray, corners_px: FloatArray, board: CharucoBoard, camera: Camera
) -> ViewPose | None:
    """Fit a board's pose to the corners of one picture; None when they are too few."""
    return fit_pose(board.corners_in_board_m[ids], corners_px, camera, ids)


def fit_pose(
    points_m: FloatArray, corners_px: FloatArray, camera: Camera, ids: IntArray
) -> ViewPose | None:
    """Fit a pose to flat points (n, 3) m and their pixels (n, 2); None when they are too few."""
    if len(ids) < MIN_CORNERS or np.linalg.matrix_rank(points_m[:, :2] - points_m[0, :2]) < 2:
        return None
    keep = np.ones(len(ids), dtype=bool)
    start, clear = _start(points_m, corners_px, camera)
    if start is None:
        return None
    for _ in range(3):
        used = keep
        pose, miss, slope = refine_pose(start, points_m[keep], corners_px[keep], camera)
        px, _, _ = pose_slope(camera, pose, points_m)
        off = np.abs(corners_px - px).max(axis=1)
        sigma_px = max(LEAST_SIGMA_PX, SIGMA_FROM_MAD * float(np.median(np.abs(miss))))
        kept = off < CUT_SIGMAS * sigma_px
        if kept.sum() < MIN_CORNERS or np.array_equal(kept, keep):
            break
        keep, start = kept, pose
    covariance: FloatArray = np.linalg.inv(slope.T @ slope).astype(np.float64)
    lies = Pose(pose.R, pose.t_m, covariance)
    return ViewPose(lies, ids[used], miss, slope, int((~used).sum()), clear)


def refine_pose(
    start: Pose, points_m: FloatArray, corners_px: FloatArray, camera: Camera
) -> tuple[Pose, FloatArray, FloatArray]:
    """Step to the least squares from near by: pose, misses (n, 2) px, slope (2 n, 6)."""
    pose = start
    for _ in range(ROUNDS):
        px, slope, _ = pose_slope(camera, pose, points_m)
        step: FloatArray = np.linalg.lstsq(slope, (corners_px - px).ravel())[0].astype(np.float64)
        pose = perturb(pose, step)
        if np.abs(step).max() < 1e-9:
            break
    px, slope, _ = pose_slope(camera, pose, points_m)
    return Pose(pose.R, pose.t_m), corners_px - px, slope


def _start(
    points_m: FloatArray, corners_px: FloatArray, camera: Camera
) -> tuple[Pose | None, bool]:
    """Solve the flat PnP; tells whether its mirrored twin is clearly worse."""
    middle = points_m.mean(axis=0)
    n, turns, shifts, errors = cv2.solvePnPGeneric(
        points_m - middle, corners_px, camera.matrix, camera.distortion, flags=cv2.SOLVEPNP_IPPE
    )
    if not n:
        return None, False
    R = np.asarray(cv2.Rodrigues(turns[0])[0], dtype=np.float64)
    pose = Pose(R, shifts[0].ravel() - R @ middle)
    if pose.apply(points_m)[:, 2].min() <= 0:
        return None, False
    clear = n < 2 or float(errors[1].item()) > TURN_FOR_MIRROR * float(errors[0].item())
    return pose, clear


def pooled_sigma_px(views: Sequence[ViewPose]) -> float:
    """Tell the corners' one-sigma on each axis from what single views leave over."""
    left = sum(float((v.miss_px**2).sum()) for v in views)
    freedom = sum(2 * len(v.ids) - 6 for v in views)
    return max(LEAST_SIGMA_PX, float(np.sqrt(left / max(freedom, 1))))
