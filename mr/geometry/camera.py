"""One pinhole camera: points to pixels and back.

Takes a calibrated model (anything shaped like `mr.rig.Intrinsics`), gives projection,
deprojection and a grid of rays made once; leaves the making of the model to
`calibration`. Points are in the camera's own frame (x right, y down, z forward).
"""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from mr.types import FloatArray

Float32Array = npt.NDArray[np.float32]
"""Array of float32: enough for one depth frame (0.06 µm at 1 m) and twice as quick."""

_UNDISTORT = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 40, 1e-10)
"""OpenCV's default of 5 rounds leaves up to 0.1 px at the corners of a wide lens."""


class PinholeModel(Protocol):
    """What a camera model must tell; `mr.rig.Intrinsics` does."""

    @property
    def width_px(self) -> int:
        """Columns of the image."""
        ...

    @property
    def height_px(self) -> int:
        """Rows of the image."""
        ...

    @property
    def distortion(self) -> tuple[float, float, float, float, float]:
        """Brown-Conrady k1 k2 p1 p2 k3."""
        ...

    def matrix(self) -> FloatArray:
        """Give the (3, 3) camera matrix in px."""
        ...


class Camera:
    """A camera model with its grid of rays.

    Parameters
    ----------
    model
        Intrinsics in px; pixel (0, 0) is the *centre* of the first pixel.
    """

    def __init__(self, model: PinholeModel) -> None:
        self.width_px = model.width_px
        self.height_px = model.height_px
        self.matrix = model.matrix()
        self.distortion = np.array(model.distortion, dtype=np.float64)
        self._rays: Float32Array | None = None

    @property
    def rays(self) -> Float32Array:
        """Rays with z = 1 of every pixel, (H, W, 3); made on first use."""
        if self._rays is None:
            columns, rows = np.meshgrid(
                np.arange(self.width_px, dtype=np.float64),
                np.arange(self.height_px, dtype=np.float64),
            )
            grid = self.rays_at(np.stack([columns, rows], axis=-1))
            self._rays = grid.astype(np.float32)
        return self._rays

    def rays_at(self, points_px: FloatArray) -> FloatArray:
        """Give the rays with z = 1, (..., 3), through pixels of shape (..., 2)."""
        flat = np.ascontiguousarray(points_px, dtype=np.float64).reshape(-1, 1, 2)
        if np.any(self.distortion):
            xy = cv2.undistortPointsIter(
                flat, self.matrix, self.distortion, np.eye(3), np.eye(3), _UNDISTORT
            )
        else:
            centre = self.matrix[:2, 2]
            xy = (flat - centre) / np.array([self.matrix[0, 0], self.matrix[1, 1]])
        rays = np.ones((len(flat), 3))
        rays[:, :2] = np.asarray(xy).reshape(-1, 2)
        return rays.reshape((*np.shape(points_px)[:-1], 3))

    def project(self, points_in_cam_m: FloatArray) -> FloatArray:
        """Map points (..., 3) m to pixels (..., 2); behind the camera gives NaN."""
        flat = np.ascontiguousarray(points_in_cam_m, dtype=np.float64).reshape(-1, 3)
        pixels = np.full((len(flat), 2), np.nan)
        seen = flat[:, 2] > 0
        if np.any(seen):
            found, _ = cv2.projectPoints(
                flat[seen], np.zeros(3), np.zeros(3), self.matrix, self.distortion
            )
            pixels[seen] = found.reshape(-1, 2)
        return pixels.reshape((*np.shape(points_in_cam_m)[:-1], 2))

    def project_with_slope(self, points_in_cam_m: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Project (N, 3) m to (N, 2) px, with d px / d point, (N, 2, 3) px/m."""
        flat = np.ascontiguousarray(points_in_cam_m, dtype=np.float64).reshape(-1, 3)
        pixels, jacobian = cv2.projectPoints(
            flat, np.zeros(3), np.zeros(3), self.matrix, self.distortion
        )
        # A shift of the camera's tvec is a shift of the point itself.
        slope = np.asarray(jacobian, dtype=np.float64)[:, 3:6].reshape(-1, 2, 3)
        return np.asarray(pixels, dtype=np.float64).reshape(-1, 2), slope

    def deproject(self, points_px: FloatArray, z_m: FloatArray) -> FloatArray:
        """Map pixels (..., 2) with their depth z (...,) m to points (..., 3) m."""
        return self.rays_at(points_px) * np.asarray(z_m)[..., None]

    def window(self, points_in_cam_m: FloatArray, margin_px: float = 0.0) -> tuple[slice, slice]:
        """Give the rows and columns that hold the projections of points (N, 3) m.

        Clipped to the image; empty slices when no point is in front of the camera.
        """
        pixels = self.project(points_in_cam_m).reshape(-1, 2)
        pixels = pixels[np.isfinite(pixels).all(axis=1)]
        if len(pixels) == 0:
            return slice(0, 0), slice(0, 0)
        low = np.floor(pixels.min(axis=0) - margin_px)
        high = np.ceil(pixels.max(axis=0) + margin_px) + 1
        c0, c1 = np.clip([low[0], high[0]], 0, self.width_px).astype(int)
        r0, r1 = np.clip([low[1], high[1]], 0, self.height_px).astype(int)
        return slice(int(r0), int(r1)), slice(int(c0), int(c1))
