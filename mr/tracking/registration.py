"""The mannequin's pose from its surface in one depth frame.

Takes a depth frame, a model of the resting mannequin's rigid surface and a pose to start
from; gives a pose with covariance, or the reason why not. Leaves when to look, and what a
change means, to `mr.tracking.mannequin`.

Two looks. `glance` asks the pixels that the model's points fall on, cheaply and within a
few millimetres of the truth; `register` first finds its way from centimetres off with
small-gicp (nearest points, point to plane) and ends with glances too, because each point
then has the noise of *its* pixel and the covariance follows from the same equations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mr.geometry.camera import Camera
from mr.geometry.cloud import Cloud
from mr.geometry.poses import perturb
from mr.tracking.surface import CORRELATION_PX2, DISPARITY_SIGMA_PX
from mr.types import DepthFrame, FloatArray, Pose

try:
    import small_gicp
except ImportError:  # no wheel for this machine: glances alone then, from near by
    small_gicp = None

NEAR_M = 0.012
"""What lies farther from the model is something else: an arm, a hand, a blanket."""
FAR_M = 0.05
"""Reach of the first search after a bump."""
CUT_SIGMA = 3.0
MODEL_SIGMA_M = 0.0006
"""What a model's point is off by itself: its scan's noise, a camera's rounding."""
FACING = 0.12
"""Least cosine between a point's normal and the line of sight: slanted ones are rims."""
EDGE_M = 0.03
"""A pixel whose neighbours differ by more lies on an outline: its depth is a mixture."""
MIN_LOOKS = 30.0
"""Independent patches of noise that a pose must rest on."""
MAX_SIGMA_M, MAX_SIGMA_RAD = 0.002, 0.010
"""A pose known worse than this is no pose: too much is hidden."""
LEAST_MISFIT = 0.6
"""Least residuals over what the noise model says that a quieter camera is believed."""
SMALL_SHARE = 0.35
"""Least share of the visible model's points that must be met."""
STRIDE = 6


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceFit:
    """Where the surface says the mannequin is; None with a `why` when it cannot tell."""

    cam_from_mannequin: Pose | None
    """Its covariance holds one frame's noise, not what frames have in common."""
    rms_m: float
    """Of the points used, along their normals."""
    inlier_share: float
    """Of the model's points that face the camera: how many were met."""
    why: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """One linear equation a point: ``slope @ [w, v] = miss_m``."""

    slope: FloatArray
    miss_m: FloatArray
    sigma_m: FloatArray
    patch_px2: FloatArray
    """How much of the image each point stands for."""
    n_facing: int


class SurfaceMatcher:
    """A model of the mannequin's rigid surface before one depth camera.

    Parameters
    ----------
    model
        In the mannequin's frame, evenly spread.
    camera, baseline_m
        The depth sensor.
    """

    def __init__(self, model: Cloud, camera: Camera, baseline_m: float) -> None:
        self._model = model
        self._camera = camera
        self._focal_px = float(camera.matrix[0, 0])
        self._focal_baseline = self._focal_px * baseline_m
        self._spacing_m = _spacing_m(model.points_m)
        low, high = model.points_m.min(axis=0) - FAR_M, model.points_m.max(axis=0) + FAR_M
        self._box_m = low, high
        self._every = max(1, len(model) // 700)
        self._target = self._tree = None
        if small_gicp is not None:
            self._target = small_gicp.PointCloud(model.points_m)
            self._tree = small_gicp.KdTree(self._target)
            small_gicp.estimate_normals(self._target, self._tree, 12)

    def glance(self, frame: DepthFrame, guess: Pose, reach_m: float = 0.03) -> SurfaceFit:
        """Fit the pose by the pixels under some 700 of the model's points."""
        few = self._model.subset(slice(None, None, self._every))
        return self._fit(frame, guess, few, self._every, (reach_m, NEAR_M, NEAR_M))

    def register(self, frame: DepthFrame, guess: Pose, far: bool = False) -> SurfaceFit:
        """Fit the pose by everything seen, from up to centimetres off when `far`."""
        start = self._nearest(frame, guess, far)
        return self._fit(frame, start, self._model, 1, (NEAR_M, NEAR_M, NEAR_M))

    def _nearest(self, frame: DepthFrame, guess: Pose, far: bool) -> Pose:
        """Bring the frame's points onto the model by nearest points."""
        if small_gicp is None:
            return guess
        points = self._points(frame, guess)
        if len(points) < 100:
            return guess
        source, found = small_gicp.PointCloud(points), np.eye(4)
        for reach_m in (FAR_M, 0.02, NEAR_M) if far else (NEAR_M,):
            found = small_gicp.align(
                self._target,
                source,
                self._tree,
                found,
                registration_type="PLANE_ICP",
                max_correspondence_distance=reach_m,
                num_threads=1,
                max_iterations=15,
                rotation_epsilon=3e-4,
                translation_epsilon=1e-4,
            ).T_target_source
        moved = np.asarray(found)
        return guess @ Pose(moved[:3, :3], moved[:3, 3]).inverse()

    def _points(self, frame: DepthFrame, guess: Pose) -> FloatArray:
        """Give the frame's points around the model, in the guessed mannequin's frame."""
        low, high = self._box_m
        corners = np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, -1).T
        rows, columns = self._camera.window(guess.apply(corners))
        window = slice(rows.start, rows.stop, STRIDE), slice(columns.start, columns.stop, STRIDE)
        z_m = frame.depth_counts[window].astype(np.float32) * np.float32(frame.m_per_count)
        seen = z_m > 0
        cam = self._camera.rays[window][seen] * z_m[seen][:, None]
        points = guess.inverse().apply(cam.astype(np.float64))
        return np.asarray(points[np.all((points > low) & (points < high), axis=1)])

    def _fit(
        self, frame: DepthFrame, guess: Pose, model: Cloud, every: int, cuts_m: tuple[float, ...]
    ) -> SurfaceFit:
        pose, nan = guess, float("nan")
        for cut_m in cuts_m:
            rows = self._rows(frame, pose, model, every)
            # At first the pose itself is off; then only noise may be.
            cut = cut_m if cut_m > NEAR_M else np.minimum(cut_m, CUT_SIGMA * rows.sigma_m)
            near = np.abs(rows.miss_m) < cut
            looks = float((rows.patch_px2[near] / CORRELATION_PX2).clip(max=1.0).sum())
            share = float(near.sum()) / max(rows.n_facing, 1)
            if looks < MIN_LOOKS or share < SMALL_SHARE:
                why = f"{100 * share:.0f} % of the mannequin's surface is seen where it should be"
                return SurfaceFit(None, nan, share, why)
            slope, miss = rows.slope[near], rows.miss_m[near]
            scaled = slope / rows.sigma_m[near][:, None]
            information = scaled.T @ scaled
            step: FloatArray = np.linalg.solve(
                information, scaled.T @ (miss / rows.sigma_m[near])
            ).astype(np.float64)
            pose = perturb(pose, step)
        left = miss - slope @ step
        rms_m = float(np.sqrt(np.mean(left**2)))
        # Points that share one draw of the camera's noise count as one look.
        covariance: FloatArray = np.linalg.inv(information * (looks / float(near.sum()))).astype(
            np.float64
        )
        misfit = float(np.sqrt(np.mean((left / rows.sigma_m[near]) ** 2)))
        covariance *= max(LEAST_MISFIT, misfit) ** 2
        sigma = np.sqrt(np.diag(covariance))
        if sigma[3:].max() > MAX_SIGMA_M or sigma[:3].max() > MAX_SIGMA_RAD:
            return SurfaceFit(None, rms_m, share, "too little of the surface is seen to fix a pose")
        return SurfaceFit(Pose(pose.R, pose.t_m, covariance), rms_m, share)

    def _rows(self, frame: DepthFrame, pose: Pose, model: Cloud, every: int) -> _Rows:
        """Ask the pixels under the model's points how far they lie from it."""
        arm = model.points_m @ pose.R.T
        cam = arm + pose.t_m
        normals = model.normals @ pose.R.T
        cosine = -np.einsum("ij,ij->i", normals, cam) / np.linalg.norm(cam, axis=1)
        pixels = self._camera.project(cam)
        counts = frame.depth_counts
        high, wide = counts.shape
        # NaN (behind the camera) compares False.
        inside = (pixels > 1).all(axis=1) & (pixels < [wide - 2, high - 2]).all(axis=1)
        facing = np.flatnonzero(inside & (cosine > FACING))
        column, row = np.rint(pixels[facing]).astype(np.intp).T
        z = counts[row, column].astype(np.float64) * frame.m_per_count
        smooth = _smooth(counts, row, column, EDGE_M / frame.m_per_count)
        seen = np.flatnonzero(smooth & (z > 0))
        chosen = facing[seen]
        row, column, z = row[seen], column[seen], z[seen]
        ray = self._camera.rays[row, column].astype(np.float64)
        n = normals[chosen]
        miss = np.einsum("ij,ij->i", n, ray * z[:, None] - cam[chosen])
        sigma = z * z * (DISPARITY_SIGMA_PX / self._focal_baseline)
        sigma = np.hypot(sigma * np.einsum("ij,ij->i", n, ray), MODEL_SIGMA_M)
        patch = every * (self._spacing_m * self._focal_px / z) ** 2 * cosine[chosen]
        slope = np.concatenate([np.cross(arm[chosen], n), n], axis=1)
        return _Rows(slope, miss, sigma, patch, len(facing))


def _smooth(
    counts: npt.NDArray[np.uint16],
    row: npt.NDArray[np.intp],
    column: npt.NDArray[np.intp],
    edge_counts: float,
) -> npt.NDArray[np.bool_]:
    """Mask pixels whose neighbours have a depth, and one near their own."""
    here = counts[row, column].astype(np.int32)
    smooth = here > 0
    for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        other = counts[row + down, column + right].astype(np.int32)
        smooth &= (other > 0) & (np.abs(other - here) < edge_counts)
    return smooth


def _spacing_m(points_m: FloatArray) -> float:
    """Give the side of the square that a point of an evenly spread surface stands for."""
    some = points_m[:: max(1, len(points_m) // 200)]
    apart = np.linalg.norm(some[:, None] - points_m[None], axis=-1)
    # Within a radius of 20 mm lie π r² / side² points.
    n = float(np.median((apart < 0.02).sum(axis=1)))
    return float(np.sqrt(np.pi * 0.02**2 / max(n, 1.0)))
