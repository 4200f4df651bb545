"""What the simulated rig's sensors see of a flat board held in front of them.

Takes the true camera and a board's pose, gives noisy depth counts of the board's window and
noisy corners in the colour picture, without rendering a picture; leaves boards' patterns to
`calibration.boards`. The noise is `mr.sim.noise`'s: neighbours share it, part of it stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mr.geometry.camera import Camera
from mr.sim.camera import M_PER_COUNT
from mr.sim.noise import CountsArray, Float32Array, NoiseField, NoiseModel, Stereo, measure
from mr.sim.rig import TrueCamera
from mr.types import FloatArray, IntArray, Pose

MARGIN_PX = 24
CORNER_SIGMA_PX = 0.08
"""Noise of a refined chessboard corner on each axis."""


@dataclass(frozen=True, slots=True)
class DepthFault:
    """How a depth camera misreports: true = reported * scale + offset."""

    scale: float = 1.0
    offset_m: float = 0.0


def bulge_m(x: FloatArray, y: FloatArray, size_m: tuple[float, float], sag_m: float) -> FloatArray:
    """Height of a board that is bent across its width, into the paper: `sag_m` at its rims."""
    return np.asarray(sag_m * ((x / size_m[0] * 2 - 1) ** 2 - 1 / 3) + 0.0 * y)


class PlaneDepth:
    """A depth sensor before a board.

    Parameters
    ----------
    camera
        As it truly is.
    size_m
        Width and height of the board's sheet from the board's origin on; a rim of `rim_m`
        of paper lies around it.
    """

    def __init__(
        self,
        camera: TrueCamera,
        size_m: tuple[float, float],
        *,
        seed: int = 0,
        noise: NoiseModel | None = None,
        fault: DepthFault | None = None,
        rim_m: float = 0.008,
        sag_m: float = 0.0,
    ) -> None:
        self._lens = Camera(camera.depth)
        self._size_m, self._rim_m, self._sag_m = size_m, rim_m, sag_m
        self._fault = fault or DepthFault()
        self._noise = NoiseModel() if noise is None else noise
        true_fb = camera.depth.fx_px * camera.baseline_m
        self._stereo = Stereo(true_fb, true_fb / self._fault.scale, M_PER_COUNT)
        shape = (camera.depth.height_px, camera.depth.width_px)
        self._field = NoiseField(self._noise, shape, seed)

    def window(self, cam_from_board: Pose) -> tuple[slice, slice]:
        """Give the rows and columns that hold the board."""
        w, h = self._size_m
        corners = np.array([[0, 0, 0], [w, 0, 0], [0, h, 0], [w, h, 0]], dtype=np.float64)
        return self._lens.window(cam_from_board.apply(corners), MARGIN_PX)

    def true_depth_m(self, cam_from_board: Pose) -> Float32Array:
        """Give the true depth (h, w) m in the board's window; inf beside the board."""
        rays = self._lens.rays[self.window(cam_from_board)].astype(np.float64)
        into = cam_from_board.R[:, 2]
        along = rays @ into
        z = (into @ cam_from_board.t_m) / along
        (w, h), rim = self._size_m, self._rim_m
        for _ in range(2 if self._sag_m else 1):
            x, y, _ = np.moveaxis(cam_from_board.inverse().apply(rays * z[..., None]), -1, 0)
            bulge = bulge_m(x, y, self._size_m, self._sag_m)
            z = (into @ cam_from_board.t_m + bulge) / along
        on = (x > -rim) & (x < w + rim) & (y > -rim) & (y < h + rim) & (z > 0)
        return np.where(on, z, np.inf).astype(np.float32)

    def frames(self, cam_from_board: Pose, n: int, t_s: float) -> tuple[CountsArray, ...]:
        """Give `n` full frames (H, W) of counts at 30 Hz, 0 beside the board."""
        depth_m = self.true_depth_m(cam_from_board)
        rows, columns = self.window(cam_from_board)
        corner = (rows.start, columns.start)
        frames = []
        for k in range(n):
            whole = np.zeros((self._lens.height_px, self._lens.width_px), dtype=np.uint16)
            counts = measure(
                depth_m, self._stereo, self._noise, self._field, t_s + k / 30.0, corner
            )
            shift = self._fault.offset_m / self._fault.scale / M_PER_COUNT
            moved = np.where(counts > 0, np.rint(counts - shift), 0.0).astype(np.uint16)
            whole[rows, columns] = moved
            frames.append(whole)
        return tuple(frames)


def seen_corners(
    points_in_board_m: FloatArray,
    color_from_board: Pose,
    lens: Camera,
    rng: np.random.Generator,
    sigma_px: float = CORNER_SIGMA_PX,
) -> tuple[IntArray, FloatArray]:
    """Project a board's points; gives which are in the picture (n,) and their noisy px (k, 2)."""
    px = lens.project(color_from_board.apply(points_in_board_m))
    inside = (px > 4).all(axis=1) & (px < [lens.width_px - 5, lens.height_px - 5]).all(axis=1)
    shown = px[inside]
    return np.flatnonzero(inside).astype(np.int64), shown + rng.normal(0.0, sigma_px, shown.shape)
