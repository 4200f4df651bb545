"""Where a point must appear in Monado's window, by a path of its own.

Uses pinhole geometry on the reported eyes; shares no code with `overlays.render`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from monado import DISPLAY_FOV_RAD

from mr.types import FloatArray, Pose

Picture = npt.NDArray[np.uint8]


def eye_pixels(
    points_in_xr_m: FloatArray, told: dict[str, Any], eye: int, window_px: tuple[int, int]
) -> FloatArray:
    """Give (n, 2) pixel coordinates of points (n, 3) in one eye's half of the window."""
    pose = told["eyes"][eye]
    xr_from_view = Pose(np.array(pose["R"]), np.array(pose["t_m"]))
    x, y, z = xr_from_view.inverse().apply(points_in_xr_m).T
    left, right, up, down = np.tan(DISPLAY_FOV_RAD)
    half_px = window_px[0] / 2
    u_px = (x / -z - left) / (right - left) * half_px + eye * half_px
    v_px = (up - y / -z) / (up - down) * window_px[1]
    return np.stack([u_px, v_px], axis=1)


def circle_in_xr(xr_from_mannequin: Pose, radius_m: float, n: int = 180) -> FloatArray:
    """Give (n, 3) points on a circle around the mannequin's origin, in its x-y plane."""
    angle_rad = np.arange(n) * 2 * np.pi / n
    circle_m = np.stack([np.cos(angle_rad), np.sin(angle_rad), np.zeros(n)], axis=1) * radius_m
    return xr_from_mannequin.apply(circle_m)


def at(picture: Picture, pixels: FloatArray) -> Picture:
    """Read (n, 3) colours at the pixels that contain the given points."""
    column, row = np.floor(pixels).astype(int).T
    return picture[row, column]


def is_color(colors: Picture, wanted: tuple[int, int, int], tolerance: int = 40) -> Any:
    """Say which colours are within a tolerance, per channel, of the wanted one."""
    return (np.abs(colors.astype(int) - np.array(wanted)) <= tolerance).all(axis=-1)


def box_of(mask: Any) -> FloatArray:
    """Give the outer edges (left, top, right, bottom) of the true pixels, px."""
    rows, columns = np.nonzero(mask)
    edges = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    return np.array(edges, dtype=np.float64)


def middle_of(mask: Any) -> FloatArray:
    """Give the middle (x, y) of the true pixels, px."""
    rows, columns = np.nonzero(mask)
    return np.array([columns.mean() + 0.5, rows.mean() + 0.5])


def middle_of_outline(pixels: FloatArray) -> tuple[FloatArray, float]:
    """Give the middle of the area inside an outline (n, 2), px, and that area, px²."""
    x, y = pixels.T
    after_x, after_y = np.roll(x, -1), np.roll(y, -1)
    twice = x * after_y - after_x * y
    weights = twice / (3.0 * twice.sum())
    middle = np.array([((x + after_x) * weights).sum(), ((y + after_y) * weights).sum()])
    return middle, float(abs(twice.sum()) / 2.0)
