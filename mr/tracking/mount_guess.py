"""Where the chest is before anything is calibrated: the flat thing in the picture's middle.

Takes one depth frame, gives a rough pose of the mannequin, or the reason why not. The
sternum is taken to be where the camera is aimed at and the chest's normal from a plane
through what is seen there; which way the mannequin's head points is not known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mr.geometry.camera import Camera
from mr.geometry.planes import fit_plane
from mr.tracking.surface import DISPARITY_SIGMA_PX
from mr.types import DepthFrame, FloatArray, Pose

MIDDLE_M = 0.06
"""Half side of the part of the chest that is taken for flat."""
MIDDLE_PX = 24
"""Half side of the block whose median tells how far the middle is."""
MIN_POINTS = 200
MAX_RMS_M = 0.004
"""A bare chest is flat to 2 to 3 mm over that part, noise apart; hands on it are not."""
FLAT_SHARE = 0.97
"""Of the points lie on the plane; fingers beside it are not of a bare chest."""
MIN_VALID_SHARE = 0.5
NO_CHEST = (
    "what is in the middle of the picture is no bare chest: aim at the sternum, and take "
    "the hands off for a moment"
)


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """A rough pose, or why there is none."""

    cam_from_mannequin: Pose | None
    distance_m: float | None
    """Median depth in the picture's middle; None when nothing is seen there."""
    valid_share: float
    """Of the middle block's pixels."""
    why: str = ""


def guess_pose(camera: Camera, baseline_m: float, frame: DepthFrame) -> Guess:
    """Guess where the chest is from one depth frame (H, W) of the camera's own size."""
    row, column = camera.height_px // 2, camera.width_px // 2
    block = frame.depth_counts[
        row - MIDDLE_PX : row + MIDDLE_PX, column - MIDDLE_PX : column + MIDDLE_PX
    ]
    valid_share = float((block > 0).mean())
    if valid_share < MIN_VALID_SHARE:
        why = "nothing gives depth in the middle of the picture: aim at the sternum"
        return Guess(None, None, valid_share, why)
    distance_m = float(np.median(block[block > 0])) * frame.m_per_count
    points = _around(camera, frame, (row, column), distance_m)
    if len(points) < MIN_POINTS:
        why = "too little gives depth in the middle of the picture"
        return Guess(None, distance_m, valid_share, why)
    plane = fit_plane(points)
    focal_px = float(camera.matrix[0, 0])
    noise_m = distance_m**2 * DISPARITY_SIGMA_PX / (focal_px * baseline_m)
    flat = plane.rms_m**2 < MAX_RMS_M**2 + (1.5 * noise_m) ** 2
    if not flat or plane.inliers.mean() < FLAT_SHARE:
        why = NO_CHEST
        return Guess(None, distance_m, valid_share, why)
    ray = camera.rays[row, column].astype(np.float64)
    origin = ray * plane.offset_m / float(plane.normal @ ray)
    return Guess(_upright(plane.normal, origin), distance_m, valid_share)


def _around(
    camera: Camera, frame: DepthFrame, middle: tuple[int, int], distance_m: float
) -> FloatArray:
    """Give the points (n, 3) m around the middle that lie about as far as it."""
    half_px = max(8, round(MIDDLE_M * float(camera.matrix[0, 0]) / distance_m))
    rows = slice(max(0, middle[0] - half_px), middle[0] + half_px)
    columns = slice(max(0, middle[1] - half_px), middle[1] + half_px)
    depth_m = frame.depth_counts[rows, columns].astype(np.float64) * frame.m_per_count
    near = np.abs(depth_m - distance_m) < 2 * MIDDLE_M
    return np.asarray(camera.rays[rows, columns][near] * depth_m[near][:, None], dtype=np.float64)


def _upright(normal: FloatArray, origin: FloatArray) -> Pose:
    """Make a pose with this z axis whose y axis runs along the picture's rows."""
    y_axis = np.array([1.0, 0.0, 0.0]) - normal[0] * normal
    y_axis /= np.linalg.norm(y_axis)
    return Pose(np.stack([np.cross(y_axis, normal), y_axis, normal], axis=1), origin)
