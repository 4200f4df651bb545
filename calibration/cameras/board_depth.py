"""A board seen by both sensors of a depth camera: the sample, and its mean over cells.

Takes the corners of one colour picture and some depth frames of the board held still, gives
one sample to keep, and of a sample the gaps between the depths that the corners foretell and
those that were reported, over cells that hardly share noise; leaves what the gaps mean to
`calibration.cameras.depth_scale`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.boards.charuco import BoardView, CharucoBoard
from calibration.cameras.view_pose import ViewPose, view_pose
from mr.errors import CalibrationError
from mr.geometry.camera import Camera, Float32Array
from mr.geometry.poses import chain, inverse
from mr.rig import CameraModel
from mr.types import FloatArray, Pose

MIN_FRAMES = 4
CELL_PX = 20
"""Side of a cell. Ref: noise of neighbours correlates by 0.07 at 12 px in real frames
(shared/data/realsense), so means of such cells hardly do."""
LEAST_FILLED = 0.5
INSIDE_M = 0.006
"""A rim of the board left out: depth there is a mixture with what lies behind."""
APART_M = 0.015
"""A pixel whose gap is so far from the picture's median one does not show the board."""
MIN_CELLS = 6
WINDOW_MARGIN_PX = 16


@dataclass(frozen=True, slots=True, eq=False)
class BoardDepth:
    """One place of a board: its corners in colour, and its mean depth."""

    ids: npt.NDArray[np.int64]
    corners_px: FloatArray
    n_foreign: int
    sharpness_px: float
    depth_counts: Float32Array
    """(h, w) mean over the frames that saw a pixel; 0 where fewer than half of them did."""
    row: int
    column: int
    """Where in the depth picture that window begins."""
    n_frames: int
    m_per_count: float
    gauge_m: float = float("nan")
    """Height of the gauge block under the board as it lay flat, 0 without one; NaN: held."""


def board_depth(
    view: BoardView,
    frames: Sequence[npt.NDArray[np.uint16]],
    m_per_count: float,
    board: CharucoBoard,
    camera: CameraModel,
    gauge_m: float = float("nan"),
) -> BoardDepth:
    """Average depth frames over the board's window.

    Raises
    ------
    CalibrationError
        When the camera has no colour, frames are too few, or the board is not seen.
    """
    if len(frames) < MIN_FRAMES:
        raise CalibrationError(
            f"depth: {len(frames)} depth frames of the board, {MIN_FRAMES} are needed: "
            "hold it still for longer"
        )
    lens, cam_from_color = color_of(camera)
    found = view_pose(view.ids, view.corners_px, board, lens)
    if found is None:
        raise CalibrationError(
            f"depth: {len(view.ids)} corners of the board are seen, 8 are needed: bring it "
            "into the picture"
        )
    w, h = board.size_m
    rim = np.array([[0, 0, 0], [w, 0, 0], [0, h, 0], [w, h, 0]], dtype=np.float64)
    lies = cam_from_color @ found.color_from_board
    rows, columns = Camera(camera.depth).window(lies.apply(rim), WINDOW_MARGIN_PX)
    stack = np.stack([f[rows, columns] for f in frames])
    seen = (stack > 0).sum(axis=0)
    mean = stack.sum(axis=0, dtype=np.float64) / np.maximum(seen, 1)
    mean[seen * 2 < len(frames)] = 0.0
    return BoardDepth(
        view.ids,
        view.corners_px,
        view.n_foreign,
        view.sharpness_px,
        mean.astype(np.float32),
        rows.start,
        columns.start,
        len(frames),
        m_per_count,
        gauge_m,
    )


def color_of(camera: CameraModel) -> tuple[Camera, Pose]:
    """Give a camera's colour lens and ``cam_from_color``.

    Raises
    ------
    CalibrationError
        When it has no colour sensor.
    """
    if camera.color is None or camera.color_from_depth is None:
        raise CalibrationError(
            f"camera {camera.serial} has no colour calibration: a board needs one"
        )
    return Camera(camera.color), camera.color_from_depth.pose().inverse()


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """One sample's means over n cells; the plane is the one that the corners tell."""

    view: ViewPose
    cam_from_board: Pose
    """Its covariance is that of corners with a sigma of 1 px."""
    gap_m: FloatArray
    """(n,) depth foretold minus reported, along the optical axis."""
    z_m: FloatArray
    """(n,) reported."""
    along: FloatArray
    """(n,) cosine-like: plane's normal · ray of depth 1."""
    in_cam_m: FloatArray
    """(n, 3) places on the foretold plane."""
    in_board_m: FloatArray
    """(n, 3) the same in the board's frame."""
    n_px: FloatArray


def plane_cells(sample: BoardDepth, board: CharucoBoard, camera: CameraModel) -> Cells | None:
    """Compare a sample's depths with the plane of its corners; None when too little is seen."""
    lens, cam_from_color = color_of(camera)
    view = view_pose(sample.ids, sample.corners_px, board, lens)
    if view is None or sample.depth_counts.size == 0:
        return None
    lies = chain(cam_from_color, view.color_from_board)
    h, w = sample.depth_counts.shape
    rows, columns = np.mgrid[sample.row : sample.row + h, sample.column : sample.column + w]
    window = slice(sample.row, sample.row + h), slice(sample.column, sample.column + w)
    rays = Camera(camera.depth).rays[window].astype(np.float64)
    into = lies.R[:, 2]
    along = rays @ into
    z = (into @ lies.t_m) / along
    place = inverse(lies).apply(rays * z[..., None])
    width, height = board.size_m
    on = (sample.depth_counts > 0) & (z > 0)
    for k, side in enumerate((width, height)):
        on &= (place[..., k] > INSIDE_M) & (place[..., k] < side - INSIDE_M)
    reported = sample.depth_counts * sample.m_per_count
    gap = z - reported
    if on.any():
        on &= np.abs(gap - np.median(gap[on])) < APART_M
    cell = (rows // CELL_PX) * 10_000 + columns // CELL_PX
    _, index, n = np.unique(cell[on], return_inverse=True, return_counts=True)
    filled = n >= LEAST_FILLED * CELL_PX**2
    if filled.sum() < MIN_CELLS:
        return None

    def mean(values: npt.NDArray[np.floating]) -> FloatArray:
        sums = np.bincount(index.ravel(), values[on], len(n))
        return np.asarray((sums / n)[filled], dtype=np.float64)

    in_cam = np.stack([mean(rays[..., k] * z) for k in range(3)], axis=1)
    in_board = np.stack([mean(place[..., k]) for k in range(3)], axis=1)
    return Cells(
        view,
        lies,
        mean(gap),
        mean(reported),
        mean(along),
        in_cam,
        in_board,
        n[filled].astype(np.float64),
    )


def middle_depth_m(sample: BoardDepth, board: CharucoBoard, camera: CameraModel) -> float:
    """Tell the depth sensor's distance of a board's middle, corrected; NaN when it is not seen.

    It is what `calibration.cameras.world` holds the corners' distance against.
    """
    cells = plane_cells(sample, board, camera)
    if cells is None:
        return float("nan")
    middle = cells.cam_from_board.apply(np.array([*board.size_m, 0.0]) / 2)
    reported_m = float(middle[2] - np.mean(cells.gap_m))
    return float(reported_m * camera.depth_scale + camera.depth_offset_m)
