"""Planes through points.

Takes points, gives the plane and what it leaves over; leaves the choice of points to
its caller. A plane is ``normal · p = offset_m`` with a unit normal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mr.types import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """A plane ``normal · p = offset_m`` with the rms distance of its inliers."""

    normal: FloatArray
    offset_m: float
    rms_m: float
    inliers: npt.NDArray[np.bool_]
    """Mask (N,) of the points that were kept."""

    def height_m(self, points_m: FloatArray) -> FloatArray:
        """Give signed distances (...,) of points (..., 3) from the plane."""
        return np.asarray(points_m @ self.normal - self.offset_m)


def fit_plane(points_m: FloatArray, cut_sigma: float = 3.5, rounds: int = 5) -> Plane:
    """Fit a plane to points (N, 3), leaving far points out by their median deviation.

    The normal points towards the frame's origin (for a camera: towards the viewer).

    Raises
    ------
    ValueError
        When fewer than 3 points are given.
    """
    points = np.asarray(points_m, dtype=np.float64).reshape(-1, 3)
    if len(points) < 3:
        raise ValueError(f"a plane needs 3 or more points; got {len(points)}")
    keep = np.ones(len(points), dtype=bool)
    for _ in range(rounds):
        centre = points[keep].mean(axis=0)
        scatter = np.cov((points[keep] - centre).T, bias=True)
        normal = np.linalg.eigh(scatter)[1][:, 0]
        height = (points - centre) @ normal
        spread = 1.4826 * np.median(np.abs(height[keep]))
        kept = np.abs(height) <= max(cut_sigma * spread, 1e-12)
        if kept.sum() < 3 or np.array_equal(kept, keep):
            break
        keep = kept
    if centre @ normal > 0:
        normal = -normal
    rms = float(np.sqrt(np.mean(((points[keep] - centre) @ normal) ** 2)))
    return Plane(normal, float(centre @ normal), rms, keep)
