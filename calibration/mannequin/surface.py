"""The resting mannequin's surface, scanned by the rig's own depth cameras.

Takes depth frames of the resting mannequin without hands, and where the mannequin lay;
gives its rigid surface as points with normals in the mannequin's frame; leaves fitting it
to `mr.tracking.registration`. What moves under compressions, the marker plates and what
the mannequin lies on are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from mr.errors import CalibrationError
from mr.geometry.camera import Camera
from mr.geometry.cloud import Cloud
from mr.rig import CameraCalibration, MarkerLayout
from mr.types import FloatArray, Pose

VOXEL_M = 0.010
BOX_M = ((-0.26, 0.26), (-0.34, 0.56))
"""x and y of what belongs to a mannequin without arms and legs: torso, shoulders, head."""
TOP_M = 0.06
CLEAR_OF_FLOOR_M = 0.035
DENT_M = (0.115, 0.155)
"""Half sides of the part that moves under compressions, with a margin."""
PLATE_CLEAR = 1.35
"""Half diagonals of a marker that its plate reaches beyond the centre at most."""
MIN_SEEN = 0.7
"""Share of the frames in which a pixel must have a depth."""
MIN_FRAMES = 8
MIN_POINTS = 400
NEIGHBOURS = 14
STRIDE = 2
MAX_SPREAD_M = 0.004
"""A voxel whose neighbourhood is rougher lies on an outline."""


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """What one camera saw of the resting mannequin."""

    frames: tuple[npt.NDArray[np.uint16], ...]
    """Depth images (H, W) in counts, without hands or anybody else in view."""
    m_per_count: float
    camera: CameraCalibration
    cam_from_mannequin: Pose


def scan_surface(
    scans: Iterable[Scan], markers: MarkerLayout | None, chest_ap_m: float | None = None
) -> Cloud:
    """Make the model of the mannequin's rigid surface.

    Parameters
    ----------
    scans
        One a camera.
    markers
        Whose plates are cut out: they are what the surface has to check.
    chest_ap_m
        Front-to-back diameter of the chest: what the mannequin lies on is cut off above it.

    Raises
    ------
    CalibrationError
        When there are too few frames, or they show too little of a mannequin.
    """
    found = [_one(scan, chest_ap_m or 0.18) for scan in scans]
    points = np.concatenate([f[0] for f in found]) if found else np.zeros((0, 3))
    eyes = np.concatenate([f[1] for f in found]) if found else np.zeros((0, 3))
    points, eyes = _without_plates(points, eyes, markers)
    if len(points) < MIN_POINTS:
        raise CalibrationError(
            f"mannequin surface: {len(points)} points seen, {MIN_POINTS} are needed: take the "
            "hands away and let the camera see shoulders, flanks and head"
        )
    points, eyes = _thinned(points, eyes)
    cloud = _with_normals(points, eyes)
    if len(cloud) < MIN_POINTS:
        raise CalibrationError(
            f"mannequin surface: only {len(cloud)} points of it are smooth, {MIN_POINTS} are "
            "needed: take the frames again with nothing moving in view"
        )
    return cloud


def _one(scan: Scan, chest_ap_m: float) -> tuple[FloatArray, FloatArray]:
    """Average one camera's frames; gives points, and the unit vectors to its eye."""
    n = len(scan.frames)
    if n < MIN_FRAMES:
        raise CalibrationError(
            f"mannequin surface: {n} depth frames, {MIN_FRAMES} are needed: take more"
        )
    stack = np.stack([f[::STRIDE, ::STRIDE] for f in scan.frames]).astype(np.float32)
    seen = (stack > 0).sum(axis=0)
    mean = stack.sum(axis=0) / np.maximum(seen, 1)
    good = seen >= MIN_SEEN * n
    good &= np.abs(np.where(stack > 0, stack - mean, 0.0)).max(axis=0) * scan.m_per_count < 0.03
    camera = scan.camera
    rays = Camera(camera.depth).rays[::STRIDE, ::STRIDE][good]
    z = mean[good] * np.float32(scan.m_per_count * camera.depth_scale)
    cam = rays * (z + np.float32(camera.depth_offset_m))[:, None]
    back = scan.cam_from_mannequin.inverse()
    points = back.apply(cam.astype(np.float64))
    (x0, x1), (y0, y1) = BOX_M
    x, y, z = points.T
    keep = (x > x0) & (x < x1) & (y > y0) & (y < y1)
    keep &= (z > CLEAR_OF_FLOOR_M - chest_ap_m) & (z < TOP_M)
    keep &= (np.abs(x) > DENT_M[0]) | (np.abs(y) > DENT_M[1])
    points = points[keep]
    eyes = back.t_m - points
    return points, eyes / np.linalg.norm(eyes, axis=1, keepdims=True)


def _without_plates(
    points: FloatArray, eyes: FloatArray, markers: MarkerLayout | None
) -> tuple[FloatArray, FloatArray]:
    keep = np.ones(len(points), dtype=bool)
    for marker in markers.markers if markers is not None else ():
        corners = np.array(marker.corners_in_mannequin_m)
        centre = corners.mean(axis=0)
        reach = PLATE_CLEAR * float(np.linalg.norm(corners - centre, axis=1).max())
        keep &= np.linalg.norm(points - centre, axis=1) > reach
    return points[keep], eyes[keep]


def _thinned(points: FloatArray, eyes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the mean of the points in each voxel."""
    cell = np.floor(points / VOXEL_M).astype(np.int64)
    _, index, n = np.unique(cell, axis=0, return_inverse=True, return_counts=True)
    index = index.ravel()
    n_cells = len(n)
    sums = np.stack([np.bincount(index, c, n_cells) for c in (*points.T, *eyes.T)], axis=1)
    means = np.asarray((sums / n[:, None])[n > 1], dtype=np.float64)
    return means[:, :3], means[:, 3:]


def _with_normals(points: FloatArray, eyes: FloatArray) -> Cloud:
    """Fit planes to neighbours, move the points onto them and turn normals to the eye."""
    _, near = cKDTree(points).query(points, k=NEIGHBOURS)
    patch = points[near]
    centre = patch.mean(axis=1)
    away = patch - centre[:, None]
    values, vectors = np.linalg.eigh(np.einsum("nki,nkj->nij", away, away) / NEIGHBOURS)
    normals = vectors[..., 0]
    normals = normals * np.sign(np.einsum("ij,ij->i", normals, eyes))[:, None]
    smooth = (values[:, 0] < MAX_SPREAD_M**2) & (np.abs(normals).max(axis=1) > 0)
    return Cloud(points[smooth], normals[smooth])
