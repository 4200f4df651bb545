"""Hand landmarks lifted out of the colour picture into the mannequin's frame.

Takes landmarks in px of the colour image, one depth frame and the mannequin's pose, gives
points in the mannequin's frame; leaves what they mean to `mr.tracking.evidence`. Only the
wrist and the knuckles are lifted: of stacked hands the fingers are mixed up.

A colour pixel's depth is looked up where its ray would be seen by the depth sensor, which
depends on that depth: two or three rounds settle it, for the sensors stand 15 mm apart.
"""

from __future__ import annotations

import numpy as np

from mr.geometry.camera import Camera
from mr.rig import CameraCalibration
from mr.types import DepthFrame, FloatArray, Pose

WRIST = 0
KNUCKLES = (5, 9, 13, 17)
MIDDLE_KNUCKLE = 9
LIFTED = (WRIST, *KNUCKLES)
"""Landmarks that are lifted, by mediapipe's numbers."""
HALF_PATCH_PX = 3
"""A landmark's depth is the median of a patch so far to each side: it bridges speckles."""
ROUNDS = 4
SETTLED_M = 0.03
"""Rounds that end farther apart went over an edge: the depth is not known."""


class Lifter:
    """One camera's colour sensor and depth sensor, side by side.

    Parameters
    ----------
    calibration
        Of a camera whose colour sensor is calibrated.
    """

    def __init__(self, calibration: CameraCalibration) -> None:
        assert calibration.color is not None and calibration.color_from_depth is not None
        self._color = Camera(calibration.color)
        self._color_fx_px = calibration.color.fx_px
        self._depth = Camera(calibration.depth)
        self._cam_from_color = calibration.color_from_depth.pose().inverse()

    def with_depth(
        self, points_px: FloatArray, frame: DepthFrame, cam_from_mannequin: Pose, first_z_m: float
    ) -> FloatArray:
        """Give points (n, 3) m in the mannequin's frame; NaN rows where depth is unknown.

        `first_z_m` is the height over the chest at which the search for each begins.
        """
        start = self._cam_from_color.t_m
        rays = self._color.rays_at(points_px) @ self._cam_from_color.R.T
        mannequin_from_cam = cam_from_mannequin.inverse()
        z_m = self._at_height(rays, mannequin_from_cam, first_z_m)[:, 2]
        change_m = np.full(len(rays), np.inf)
        for _ in range(ROUNDS):
            points = start + rays * ((z_m - start[2]) / rays[:, 2])[:, None]
            seen_m = np.array([_depth_at(frame, px) for px in self._depth.project(points)])
            change_m, z_m = np.abs(seen_m - z_m), seen_m
        points = start + rays * ((z_m - start[2]) / rays[:, 2])[:, None]
        points[~(change_m < SETTLED_M)] = np.nan
        return mannequin_from_cam.apply(points)

    def at_height(self, points_px: FloatArray, cam_from_mannequin: Pose, z_m: float) -> FloatArray:
        """Give where the rays reach a height over the chest, (n, 3) m, whatever is there."""
        rays = self._color.rays_at(points_px) @ self._cam_from_color.R.T
        mannequin_from_cam = cam_from_mannequin.inverse()
        return mannequin_from_cam.apply(self._at_height(rays, mannequin_from_cam, z_m))

    def m_per_px(self, point_in_mannequin_m: FloatArray, cam_from_mannequin: Pose) -> float:
        """Tell how wide one pixel of the colour picture is at a point (3,)."""
        in_cam = cam_from_mannequin.apply(point_in_mannequin_m)
        return float(in_cam[2] - self._cam_from_color.t_m[2]) / self._color_fx_px

    def _at_height(self, rays: FloatArray, mannequin_from_cam: Pose, z_m: float) -> FloatArray:
        """Cut rays with a plane over the chest; (n, 3) m in the camera's frame."""
        start = self._cam_from_color.t_m
        up = mannequin_from_cam.R[2]
        rise = rays @ up
        # A ray along the chest never reaches a height: NaN, which compares False.
        rise = np.where(np.abs(rise) > 1e-3, rise, np.nan)
        share = (z_m - mannequin_from_cam.t_m[2] - up @ start) / rise
        return np.asarray(start + rays * share[:, None])


def _depth_at(frame: DepthFrame, point_px: FloatArray) -> float:
    """Give the depth (m) about a pixel of the depth image; NaN where there is none."""
    height, width = frame.depth_counts.shape
    if not (np.isfinite(point_px).all() and (np.abs(point_px) < 1e6).all()):
        return float("nan")
    column, row = (round(float(v)) for v in point_px)
    if not (0 <= column < width and 0 <= row < height):
        return float("nan")
    rows = slice(max(0, row - HALF_PATCH_PX), row + HALF_PATCH_PX + 1)
    columns = slice(max(0, column - HALF_PATCH_PX), column + HALF_PATCH_PX + 1)
    counts = frame.depth_counts[rows, columns]
    counts = counts[counts > 0]
    return float(np.median(counts)) * frame.m_per_count if counts.size else float("nan")
