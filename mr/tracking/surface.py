"""What one depth camera sees around the chest, in the mannequin's frame.

Takes depth frames and the pose of the mannequin, gives points of the region of interest
with their heights; leaves what they mean to `mr.tracking.hands` and `.chest`.

Every second pixel of every second row is used: a stereo camera's noise is alike over
about 13 × 13 px, so the others would cost time and tell nothing new.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mr.errors import CalibrationError
from mr.geometry.camera import Camera, Float32Array
from mr.types import DepthFrame, FloatArray, Pose

STRIDE = 2
BOX_M = ((-0.26, 0.26), (-0.24, 0.24), (-0.09, 0.30))
"""Region of interest in the mannequin's frame: x, y, z from ... to."""
DISPARITY_SIGMA_PX = 0.10
"""Temporal noise of one pixel's disparity. Ref: PARTS.md, 0.08 to 0.14 on a real D435;
0.065 to 0.10 at 0.3 to 1 m in shared/data/realsense/d435_two_frames.npz."""
CORRELATION_PX2 = 180.0
"""Pixels that share one draw of noise. Ref: the same frames: a mean over 20 × 20 px is
1.9 times, over 40 × 40 px 3 to 4 times quieter than a pixel, never 40 times."""
PATCH_PX2 = 90.0
"""The same for the mean height of a patch, whose edge is no cut through the noise: heights of
simulated hands scatter by 0.5 mm from frame to frame where 180 would claim 0.7."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """The region's pixels as points in the mannequin's frame, each (h, w) float32 m."""

    x: Float32Array
    y: Float32Array
    z: Float32Array
    """Height along the chest's normal; NaN where there is no depth."""
    z_cam_m: Float32Array
    """Depth from the camera; 0 where there is none."""
    inside: npt.NDArray[np.bool_]
    """Whether x and y lie in the region."""


class ChestView:
    """One camera's rays over the region of interest, turned into the mannequin's frame.

    Parameters
    ----------
    camera
        The depth sensor.
    baseline_m
        Of its stereo pair.
    cam_from_mannequin
        Where the mannequin lies; a new pose needs a new view (about 1 ms).
    """

    def __init__(self, camera: Camera, baseline_m: float, cam_from_mannequin: Pose) -> None:
        mannequin_from_cam = cam_from_mannequin.inverse()
        corners = np.array(list(itertools.product(*BOX_M)))
        rows, columns = camera.window(cam_from_mannequin.apply(corners))
        self.rows = slice(rows.start, rows.stop, STRIDE)
        self.columns = slice(columns.start, columns.stop, STRIDE)
        rays = camera.rays[self.rows, self.columns]
        turned = rays @ mannequin_from_cam.R.T.astype(np.float32)
        self._x, self._y, self._z = (np.ascontiguousarray(turned[..., k]) for k in range(3))
        self._t = mannequin_from_cam.t_m.astype(np.float32)
        self.cam_in_mannequin_m: FloatArray = mannequin_from_cam.t_m
        self.pose = cam_from_mannequin
        self.far_m = float(cam_from_mannequin.t_m[2])
        """Depth of the compression point from the camera."""
        self._shape = (camera.height_px, camera.width_px)
        self._focal_baseline = float(camera.matrix[0, 0]) * baseline_m
        self._pixel_rad = 1.0 / float(camera.matrix[0, 0])

    @property
    def empty(self) -> bool:
        """Whether the camera does not look at the chest at all."""
        return self._x.size == 0

    def look(self, frame: DepthFrame) -> Points:
        """Turn a frame's pixels into points.

        Raises
        ------
        CalibrationError
            When the frame's size is not the calibrated one.
        """
        if frame.depth_counts.shape != self._shape:
            raise CalibrationError(
                f"depth frame of camera {frame.camera_id!r} is {frame.depth_counts.shape}, "
                f"the rig was calibrated at {self._shape}: set the camera to the rig's mode"
            )
        counts = frame.depth_counts[self.rows, self.columns]
        depth = counts.astype(np.float32) * np.float32(frame.m_per_count)
        z = np.where(counts > 0, depth * self._z + self._t[2], np.float32(np.nan))
        x, y = depth * self._x + self._t[0], depth * self._y + self._t[1]
        (x0, x1), (y0, y1), _ = BOX_M
        return Points(x, y, z, depth, (x > x0) & (x < x1) & (y > y0) & (y < y1))

    def height_sigma_m(self, z_cam_m: float, n_px: int) -> float:
        """Noise of a mean height over `n_px` points (of every `STRIDE`-th pixel)."""
        n_independent = max(1.0, n_px * STRIDE**2 / PATCH_PX2)
        one = z_cam_m**2 * DISPARITY_SIGMA_PX / self._focal_baseline
        return float(one * self._steepness() / np.sqrt(n_independent))

    def _steepness(self) -> float:
        """Tell how much of a depth error lies along the chest's normal."""
        return float(abs(self._z[self._z.shape[0] // 2, self._z.shape[1] // 2]))


def region(points: Points, low_m: float, high_m: float) -> npt.NDArray[np.bool_]:
    """Mask (h, w) of points in the box whose height lies between two bounds."""
    # NaN compares False: pixels without depth are never inside.
    return np.asarray(points.inside & (points.z > low_m) & (points.z < high_m))
