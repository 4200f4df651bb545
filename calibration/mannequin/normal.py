"""The chest's normal from the resting chest's surface, against the markers' word.

Takes averaged depth pictures of the resting chest and the mannequin's pose as its markers tell
it; gives the surface's normal and height at the compression point, whether the two agree, and
the pose that both together say. Leaves the markers' pose to `calibration.mannequin.resting`.

The surface is a low polynomial over cells of the picture that hardly share noise. What limits
it is the stereo's steady error, which no averaging of frames removes: some 0.75 mm a cell at
0.8 m, so 0.2 to 0.4 degrees from one camera. Markers tell the tilt several times better; the
surface is there to contradict them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import block_diag

from calibration.cameras.board_depth import CELL_PX, LEAST_FILLED
from mr.errors import CalibrationError
from mr.geometry.camera import Camera, Float32Array
from mr.geometry.poses import perturb
from mr.rig import CameraCalibration
from mr.types import FloatArray, Pose

MIN_FRAMES = 8
PATCH_M = ((-0.080, 0.080), (-0.075, 0.105))
"""The patch around the compression point, x and y: the sternum with the ribs beside it."""
HIGH_M = 0.05
"""What stands so far from the foretold plane is a hand, or not this chest."""
MIN_CELLS = 9
CELL_SIGMA_PX, CELL_LOOKS = 0.03, 12.0
"""A cell's steady error, and as how many cells it counts beside those that are seen: so few
tell their own scatter badly. Ref: planes scatter by 0.026 px a cell; neighbours still share a
little, which counts as 0.03."""
TAPER_SIGMA = 1.5
"""One-sigma of x²y, in 1/m²: how a chest widens to its head. It looks like a tilt."""
PICTURE_SIGMA_PX = 0.014
"""Disparity that a whole picture shares: slow wandering, and drawing to whole pixels."""
SHAPE_SIGMA_RAD = 1.5e-3
"""What a chest's shape beyond the polynomial feigns of a tilt."""
LAYOUT_SIGMA_RAD = 1.5e-3
"""One-sigma of the markers' normal by their survey: 0.5 mm over 0.35 m."""
PLACE_SIGMA_M = 6e-4
"""One-sigma of the markers' plane against depth: survey, colour sensor's place, depth's scale."""
SIGMAS = 3.5
TILT_BOUNDS_RAD = (np.radians(0.4), np.radians(1.0))
HEIGHT_BOUNDS_M = (0.0015, 0.003)
"""The limit of the two's disagreement is 3.5 sigma of both, held between these."""
N_SHAPE = 7


@dataclass(frozen=True, slots=True, eq=False)
class RestingChest:
    """One camera's look at the resting chest."""

    camera_id: str
    depth_counts: Float32Array
    """(H, W) mean; 0 where fewer than most frames measured."""
    n_frames: int
    m_per_count: float


def resting_chest(
    frames: Sequence[npt.NDArray[np.uint16]], camera_id: str, m_per_count: float
) -> RestingChest:
    """Average depth frames of the resting chest.

    Raises
    ------
    CalibrationError
        When they are too few.
    """
    if len(frames) < MIN_FRAMES:
        raise CalibrationError(
            f"chest normal: {len(frames)} depth frames of camera {camera_id}, {MIN_FRAMES} are "
            "needed: let the camera look for longer, without hands"
        )
    total = np.zeros(frames[0].shape, dtype=np.float64)
    seen = np.zeros(frames[0].shape, dtype=np.int64)
    for frame in frames:
        total += frame
        seen += frame > 0
    mean = np.where(seen > 0.7 * len(frames), total / np.maximum(seen, 1), 0.0)
    return RestingChest(camera_id, mean.astype(np.float32), len(frames), m_per_count)


@dataclass(frozen=True, slots=True, eq=False)
class ChestNormal:
    """The chest's normal by its surface, by the markers, and by both."""

    world_from_mannequin: Pose
    """The markers' pose, tilted as both together say; its covariance is that of both."""
    apart_rad: float
    """Between the surface's normal and the markers'."""
    apart_limit_rad: float
    height_m: float
    """The surface at the compression point over the markers' plane, along its normal."""
    height_sigma_m: float
    """Of the surface's alone."""
    height_limit_m: float
    tilt_rad: FloatArray
    """(2,) the surface's turn about the mannequin's x and y, against the markers'."""
    surface_covariance: FloatArray
    """(2, 2) of it."""
    marker_covariance: FloatArray
    """(2, 2) of the markers' own tilt."""
    cell_sigma_px: float
    n_cells: int
    camera_ids: tuple[str, ...]
    in_mannequin_m: FloatArray
    """(cells, 2) where cells lie."""
    left_m: FloatArray
    """(cells,) what the fit leaves of their heights."""

    @property
    def surface_sigma_rad(self) -> float:
        """One-sigma of the surface's normal on its worse axis."""
        return float(np.sqrt(np.linalg.eigvalsh(self.surface_covariance)[-1]))

    @property
    def sigma_rad(self) -> float:
        """One-sigma of the normal that both say, on its worse axis."""
        covariance = self.world_from_mannequin.covariance
        assert covariance is not None
        R = self.world_from_mannequin.R
        return float(np.sqrt(np.linalg.eigvalsh((R.T @ covariance[:3, :3] @ R)[:2, :2])[-1]))


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Means over cells of the chest in one camera's picture."""

    shape: FloatArray
    """(n, 7) of the polynomial's terms."""
    height_m: FloatArray
    px_m: FloatArray
    """(n,) what one px of disparity is in height."""
    n_px: FloatArray
    xy_m: FloatArray


def measure_chest_normal(
    chests: Sequence[RestingChest],
    cameras: Mapping[str, CameraCalibration],
    world_from_mannequin: Pose,
) -> ChestNormal:
    """Measure the chest's normal by its surface and hold it against the markers'.

    Parameters
    ----------
    chests
        One a camera.
    cameras
        With their places in the world.
    world_from_mannequin
        As the markers tell it; with covariance.

    Raises
    ------
    CalibrationError
        When too little of the chest is seen, or surface and markers, or two cameras, disagree.
    """
    cells = [_cells(c, cameras[c.camera_id], world_from_mannequin) for c in chests]
    x, covariance, left, cell_px = _fit(cells)
    _require_one_chest(chests, cells, x)
    tilt = np.array([x[2], -x[1]])  # about x and y: a rising y is a turn about x
    surface = _turned(covariance) + np.eye(2) * SHAPE_SIGMA_RAD**2
    markers = _marker_covariance(world_from_mannequin)
    apart = float(np.linalg.norm(tilt))
    way = tilt / apart if apart > 0 else np.array([1.0, 0.0])
    sigma = float(np.sqrt(way @ (surface + markers) @ way))
    limit = float(np.clip(SIGMAS * sigma, *TILT_BOUNDS_RAD))
    height_sigma = float(np.sqrt(covariance[0, 0]))
    high_limit = float(np.clip(SIGMAS * np.hypot(height_sigma, PLACE_SIGMA_M), *HEIGHT_BOUNDS_M))
    _require_agreement(apart, limit, float(x[0]), high_limit)
    gain = markers @ np.linalg.inv(surface + markers)
    both = (np.eye(2) - gain) @ markers
    return ChestNormal(
        world_from_mannequin=_tilted(world_from_mannequin, gain @ tilt, both),
        apart_rad=apart,
        apart_limit_rad=limit,
        height_m=float(x[0]),
        height_sigma_m=height_sigma,
        height_limit_m=high_limit,
        tilt_rad=tilt,
        surface_covariance=surface,
        marker_covariance=markers,
        cell_sigma_px=cell_px,
        n_cells=len(left),
        camera_ids=tuple(c.camera_id for c in chests),
        in_mannequin_m=np.concatenate([c.xy_m for c in cells]),
        left_m=left,
    )


def _cells(chest: RestingChest, camera: CameraCalibration, lies: Pose) -> _Cells:
    """Average the patch's pixels over cells, as heights over the markers' plane."""
    lens = Camera(camera.depth)
    if chest.depth_counts.shape != (lens.height_px, lens.width_px):
        raise CalibrationError(
            f"chest normal: depth of camera {chest.camera_id} is {chest.depth_counts.shape}, it "
            f"was calibrated at {(lens.height_px, lens.width_px)}: set it to the rig's mode"
        )
    mannequin_from_cam = lies.inverse() @ camera.world_from_cam.pose()
    (left, right), (low, high) = PATCH_M
    back = mannequin_from_cam.inverse()
    rim = np.array([[a, b, 0.0] for a in (left, right) for b in (low, high)])
    window = lens.window(back.apply(rim), CELL_PX)
    counts = chest.depth_counts[window].astype(np.float64)
    z = counts * (chest.m_per_count * camera.depth_scale) + camera.depth_offset_m
    rays = lens.rays[window].astype(np.float64) @ mannequin_from_cam.R.T
    points = rays * z[..., None] + mannequin_from_cam.t_m
    on = (counts > 0) & (np.abs(points[..., 2]) < HIGH_M)
    on &= (points[..., 0] > left) & (points[..., 0] < right)
    on &= (points[..., 1] > low) & (points[..., 1] < high)
    rows, columns = np.mgrid[: counts.shape[0], : counts.shape[1]]
    cell = (rows // CELL_PX) * 10_000 + columns // CELL_PX
    _, index, n = np.unique(cell[on], return_inverse=True, return_counts=True)
    filled = n >= LEAST_FILLED * CELL_PX**2
    if filled.sum() < MIN_CELLS:
        raise CalibrationError(
            f"chest normal: camera {chest.camera_id} sees {int(filled.sum())} patches of the chest "
            f"where the markers have it, {MIN_CELLS} are needed: take hands and clothes away; is "
            "the camera where it was calibrated?"
        )
    x, y, height = points[on].T
    along = -rays[on][:, 2]
    fb = camera.depth.fx_px * camera.baseline_m
    columns_of = np.stack([*_shape(x, y), height, z[on] ** 2 / fb * along, x, y], axis=1)
    sums = np.stack([np.bincount(index.ravel(), c, len(n)) for c in columns_of.T], axis=1)
    mean = (sums / n[:, None])[filled]
    return _Cells(
        mean[:, :N_SHAPE],
        mean[:, N_SHAPE],
        mean[:, N_SHAPE + 1],
        n[filled].astype(np.float64),
        mean[:, N_SHAPE + 2 :],
    )


def _shape(x: FloatArray, y: FloatArray) -> tuple[FloatArray, ...]:
    """Terms of a chest around the sternum: bent both ways, and wider at one end."""
    return np.ones_like(x), x, y, x * x, x * y, y * y, x * x * y


def _fit(cells: Sequence[_Cells]) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Fit one surface and a disparity error for each picture: x, covariance, left (m), px."""
    shape = np.concatenate([c.shape for c in cells])
    height = np.concatenate([c.height_m for c in cells])
    unit = np.concatenate([c.px_m * np.sqrt(CELL_PX**2 / c.n_px) for c in cells])
    shared = block_diag(*[c.px_m[:, None] for c in cells])
    rows = np.hstack([shape, shared])
    known = [0.0] * (N_SHAPE - 1) + [TAPER_SIGMA**-2] + [PICTURE_SIGMA_PX**-2] * len(cells)
    prior = np.diag(known)
    cell_px = CELL_SIGMA_PX
    for _ in range(4):
        scaled = rows / (cell_px * unit)[:, None]
        covariance = np.linalg.inv(scaled.T @ scaled + prior)
        x = covariance @ (scaled.T @ (height / (cell_px * unit)))
        left = height - rows @ x
        used = float(np.sum((scaled @ covariance) * scaled))
        freedom = max(len(height) - used, 1.0)
        seen = float(np.sum((left / unit) ** 2)) + CELL_LOOKS * CELL_SIGMA_PX**2
        cell_px = float(np.sqrt(seen / (freedom + CELL_LOOKS)))
    return (
        np.asarray(x, dtype=np.float64),
        np.asarray(covariance, dtype=np.float64),
        np.asarray(left, dtype=np.float64),
        cell_px,
    )


def _turned(covariance: FloatArray) -> FloatArray:
    """Give the covariance of the turns about x and y of that of the slopes along x and y."""
    way = np.array([[0.0, 1.0], [-1.0, 0.0]])
    return np.asarray(way @ covariance[1:3, 1:3] @ way.T)


def _marker_covariance(world_from_mannequin: Pose) -> FloatArray:
    out = np.eye(2) * LAYOUT_SIGMA_RAD**2
    if world_from_mannequin.covariance is not None:
        R = world_from_mannequin.R
        out = out + (R.T @ world_from_mannequin.covariance[:3, :3] @ R)[:2, :2]
    return np.asarray(out)


def _tilted(world_from_mannequin: Pose, tilt: FloatArray, both: FloatArray) -> Pose:
    """Tilt a pose about the compression point; the turn about the normal is the markers'."""
    R = world_from_mannequin.R
    turn = R @ np.array([tilt[0], tilt[1], 0.0])
    pose = perturb(world_from_mannequin, np.concatenate([turn, np.zeros(3)]))
    covariance = np.zeros((6, 6))
    if world_from_mannequin.covariance is not None:
        covariance = world_from_mannequin.covariance.copy()
    own = R.T @ covariance[:3, :3] @ R
    own[:2, :2] = both
    own[:2, 2] = own[2, :2] = 0.0
    covariance[:3, :3] = R @ own @ R.T
    covariance[:3, 3:] = covariance[3:, :3] = 0.0
    return Pose(pose.R, pose.t_m, covariance)


def _require_one_chest(
    chests: Sequence[RestingChest], cells: Sequence[_Cells], x: FloatArray
) -> None:
    """Refuse cameras that have the chest at different heights: one of them moved."""
    if len(cells) < 2:
        return
    off = [float(np.mean(c.height_m - c.shape @ x[:N_SHAPE])) for c in cells]
    high, low = int(np.argmax(off)), int(np.argmin(off))
    if off[high] - off[low] > HEIGHT_BOUNDS_M[1]:
        raise CalibrationError(
            f"chest normal: camera {chests[high].camera_id} has the chest "
            f"{1000 * (off[high] - off[low]):.1f} mm higher than camera {chests[low].camera_id}: "
            "one of them moved since it was placed: place the cameras again"
        )


def _require_agreement(apart: float, limit: float, height: float, high_limit: float) -> None:
    advice = (
        "the plates or the camera were moved since they were surveyed and placed, or this is "
        "another mannequin: look, then survey the plates and place the camera again"
    )
    if apart > limit:
        raise CalibrationError(
            f"chest normal: the chest's surface is turned by {np.degrees(apart):.1f} degrees "
            f"against the markers, {np.degrees(limit):.1f} are allowed: {advice}"
        )
    if abs(height) > high_limit:
        raise CalibrationError(
            f"chest normal: the chest's surface lies {1000 * abs(height):.1f} mm "
            f"{'above' if height > 0 else 'under'} where the markers have it, "
            f"{1000 * high_limit:.1f} are allowed: {advice}"
        )
