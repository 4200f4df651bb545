"""A depth camera's scale and offset, against a board's plane and a known step.

Takes a board at several distances and tilts, and lying flat without and with a gauge block
under it; gives ``true = reported * scale + offset`` with covariance, how far the factory's
``color_from_depth`` is off, the step that both sensors see, and the board's bow. Leaves
capture to `calibration.cameras.depth_guide`.

The fit is linear: each cell's gap is a share of its distance, an offset, a turn and shift
between the sensors, an error of disparity that a whole picture shares, and what the corners
did not know of that picture's plane. Whatever has a stated sigma (the print's scale, the
colour lens) is an unknown with that prior, so it is in the covariance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from calibration.boards.charuco import CharucoBoard
from calibration.cameras.board_depth import CELL_PX, BoardDepth, Cells, color_of, plane_cells
from calibration.cameras.bow import Bow, board_bow, bow_shapes, require_flat
from calibration.cameras.depth_step import Step, require_step, step_of
from calibration.cameras.stated import FOCAL_SIGMA, PRINT_SIGMA, SHIFT_SIGMA_M
from calibration.cameras.view_pose import pooled_sigma_px
from mr.errors import CalibrationError
from mr.rig import CameraModel
from mr.types import BoolArray, FloatArray

MIN_VIEWS = 6
MIN_SPREAD = 1.5
"""Farthest over nearest distance: less, and scale and offset are one thing."""
TURN_PRIOR_RAD = 0.02
COMMON_SIGMA_PX = 0.007
"""Disparity that all pictures may share. Ref: a D435 wanders by 0.01 px over minutes."""
PICTURE_SIGMA_PX = 0.008
"""Disparity that one picture's cells share, at least: wandering, and drawing to whole pixels."""
LEAST_CELL_PX = 0.004
APART_SIGMAS, APART_PX = 5.0, 0.08
"""A picture whose depth is off its corners by so much was not still."""
MAX_APART_SHARE = 0.25
MAX_PICTURE_PX = 0.04
"""Pictures that scatter by more (1.2 mm at 0.8 m) are not what a camera at rest does."""
N_GLOBAL = 10
"""scale, offset, turn (3), shift (3), common disparity, scale of print and lens."""


@dataclass(frozen=True, slots=True, eq=False)
class DepthScale:
    """What a depth camera's distances need."""

    scale: float
    offset_m: float
    covariance: FloatArray
    """(2, 2) of scale and offset in m."""
    turn_rad: FloatArray
    """(3,) by how much the depth sensor is turned against the factory's word, in ``cam``."""
    turn_sigma_rad: FloatArray
    shift_m: FloatArray
    """(3,) by how much the colour sensor is moved against the factory's word, in ``cam``."""
    shift_sigma_m: FloatArray
    cell_sigma_px: float
    """Scatter of a cell's mean disparity: what steady errors leave after averaging."""
    picture_sigma_px: float
    """Scatter of what a whole picture shares."""
    rms_m: float
    corner_sigma_px: float
    bow: Bow
    depth_bow: Bow
    """The same, as the depth sensor sees it."""
    step: Step | None
    left_out: tuple[int, ...]
    """Pictures that were not still."""
    z_m: FloatArray
    gap_m: FloatArray
    left_m: FloatArray
    """(n,) of all cells: distance, gap before the fit, and what the fit leaves."""
    n_views: int

    def sigma_m(self, z_m: float) -> float:
        """Tell the one-sigma of a corrected distance that was reported as `z_m`."""
        way = np.array([z_m, 1.0])
        return float(np.sqrt(way @ self.covariance @ way))


def measure_depth_scale(
    samples: Sequence[BoardDepth],
    board: CharucoBoard,
    camera: CameraModel,
    *,
    print_sigma: float = PRINT_SIGMA,
    focal_sigma: float = FOCAL_SIGMA,
) -> DepthScale:
    """Measure a depth camera's scale and offset.

    Parameters
    ----------
    samples
        Some ten places of the board from 0.45 to 1.1 m, tilted ones among them.
    board
        As it was printed.
    camera
        Its lenses, baseline and ``color_from_depth`` as they are believed.
    print_sigma, focal_sigma
        Relative one-sigmas of the board's print and of the colour lens's focal length.

    Raises
    ------
    CalibrationError
        When views are too few or too much alike, the board is bent, of another size or
        another board, the step does not fit its gauge, or pictures were not still.
    """
    cells, which = _usable(samples, board, camera)
    _require_spread(cells)
    lens, _ = color_of(camera)
    bow = board_bow([c.view for c in cells], board, lens)
    require_flat(bow, "depth", "its corners say that ")
    fb = camera.depth.fx_px * camera.baseline_m
    stated = float(np.hypot(print_sigma, focal_sigma))
    fit = _fit(cells, camera, fb, stated)
    still = _still(fit)
    if (~still).sum() > MAX_APART_SHARE * len(cells) or (
        still.all() and fit.picture_px > MAX_PICTURE_PX
    ):
        n_off = max(int((~still).sum()), int((_off_px(fit) > MAX_PICTURE_PX).sum()))
        raise CalibrationError(
            f"depth: in {n_off} of {len(cells)} pictures the board's depth does not fit "
            "its corners: hold it still while a picture is taken, and keep hands off its face"
        )
    left_out = tuple(which[k] for k in np.flatnonzero(~still))
    cells = [c for c, keep in zip(cells, still, strict=True) if keep]
    if left_out:
        _require_spread(cells)
        fit = _fit(cells, camera, fb, stated)
    depth_bow = _depth_bow(fit, cells, board, camera, fb, stated)
    step = step_of(
        [s for k, s in enumerate(samples) if k in which and k not in left_out],
        cells,
        board,
        fit.x[0],
        fb,
        fit.cell_px,
        fit.picture_px,
        stated,
        float(np.sqrt(fit.covariance[0, 0])),
    )
    if step is not None:
        require_step(step)
    # After the step: a board of the wrong size bulges, too, in what depth says.
    require_flat(depth_bow, "depth", "the depth sensor says that ")
    return _result(fit, cells, bow, depth_bow, step, left_out)


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    x: FloatArray
    """N_GLOBAL, bow if asked, then 7 a picture (plane's [w, v] and disparity)."""
    covariance: FloatArray
    left_m: FloatArray
    cell_px: float
    picture_px: float
    n_global: int


def _fit(
    cells: Sequence[Cells],
    camera: CameraModel,
    fb: float,
    stated: float,
    bulge: Sequence[FloatArray] | None = None,
) -> _Fit:
    """Solve for everything at once, with the scatter of cells and pictures as they show it."""
    rows = _rows(cells, camera, fb, bulge)
    gap = np.concatenate([c.gap_m for c in cells])
    unit_m = np.concatenate(  # a cell's depth error for one px of disparity
        [c.z_m**2 / fb * np.sqrt(CELL_PX**2 / c.n_px) for c in cells]
    )
    corner_px = pooled_sigma_px([c.view for c in cells])
    n_global = rows.shape[1] - 7 * len(cells)
    planes = [_information(c, corner_px) for c in cells]
    cell_px, picture_px = 0.03, PICTURE_SIGMA_PX
    for _ in range(6):
        prior = _prior(planes, stated, picture_px, n_global)
        scaled = rows / (cell_px * unit_m)[:, None]
        covariance: FloatArray = np.linalg.inv(scaled.T @ scaled + prior).astype(np.float64)
        x = covariance @ (scaled.T @ (gap / (cell_px * unit_m)))
        left = gap - rows @ x
        used = float(np.sum((scaled @ covariance) * scaled))
        freedom = max(len(gap) - used, 1.0)
        cell_px = max(LEAST_CELL_PX, float(np.sqrt(np.sum((left / unit_m) ** 2) / freedom)))
        picture_px = _picture_px(x, covariance, n_global, picture_px)
    return _Fit(x, covariance, left, cell_px, picture_px, n_global)


def _rows(
    cells: Sequence[Cells],
    camera: CameraModel,
    fb: float,
    bulge: Sequence[FloatArray] | None,
) -> FloatArray:
    """Give d gap / d unknown: a plane's point that moves by u is n·u / (n·ray) farther."""
    eye = color_of(camera)[1].t_m
    every, own = [], []
    for k, c in enumerate(cells):
        into = c.cam_from_board.R[:, 2]
        by_shift = np.repeat(into[None], len(c.z_m), axis=0) / c.along[:, None]
        by_turn = np.cross(c.in_cam_m - eye, into) / c.along[:, None]
        by_plane = np.cross(c.in_cam_m - c.cam_from_board.t_m, into) / c.along[:, None]
        per_px = (c.z_m**2 / fb)[:, None]
        one = np.ones((len(c.z_m), 1))
        columns = [c.z_m[:, None], one, -by_turn, -by_shift, per_px, c.in_cam_m[:, 2:]]
        if bulge is not None:
            columns.append(-bulge[k] / c.along[:, None])
        every.append(np.hstack(columns))
        own.append(np.hstack([-by_plane, -by_shift, per_px]))
    return np.hstack([np.concatenate(every), block_diag(*own)])


def _information(c: Cells, corner_px: float) -> FloatArray:
    assert c.cam_from_board.covariance is not None
    information = np.linalg.inv(c.cam_from_board.covariance) / corner_px**2
    return np.asarray(information, dtype=np.float64)


def _prior(
    planes: Sequence[FloatArray], stated: float, picture_px: float, n_global: int
) -> FloatArray:
    sigma = np.array(
        [
            *[np.inf] * 2,
            *[TURN_PRIOR_RAD] * 3,
            *[SHIFT_SIGMA_M] * 3,
            COMMON_SIGMA_PX,
            max(stated, 1e-9),
            *[np.inf] * (n_global - N_GLOBAL),
        ]
    )
    blocks = [np.diag(1.0 / sigma**2)]
    for plane in planes:
        blocks += [plane, np.array([[1.0 / picture_px**2]])]
    return np.asarray(block_diag(*blocks))


def _picture_px(x: FloatArray, covariance: FloatArray, n_global: int, before_px: float) -> float:
    """Estimate what pictures share from what they turned out to share (MacKay's fixed point)."""
    index = slice(n_global + 6, None, 7)
    known = 1.0 - np.diag(covariance)[index] / before_px**2
    found = float(np.sqrt(np.sum(x[index] ** 2) / max(float(known.sum()), 1.0)))
    return max(PICTURE_SIGMA_PX, found)


def _still(fit: _Fit) -> BoolArray:
    off = _off_px(fit)
    # Robust: what one picture adds to the scatter must not hide it.
    usual = max(PICTURE_SIGMA_PX, 1.4826 * float(np.median(off)))
    return np.asarray((off < APART_SIGMAS * usual) | (off < APART_PX))


def _off_px(fit: _Fit) -> FloatArray:
    """Tell what each picture shares in disparity, (n,)."""
    return np.abs(fit.x[fit.n_global + 6 :: 7])


def _depth_bow(
    fit: _Fit,
    cells: Sequence[Cells],
    board: CharucoBoard,
    camera: CameraModel,
    fb: float,
    stated: float,
) -> Bow:
    """Fit the board's bulge as depth sees it beside all else."""
    bulge = [bow_shapes(c.in_board_m, board) for c in cells]
    bent = _fit(cells, camera, fb, stated, bulge)
    sags = bent.x[N_GLOBAL : N_GLOBAL + 3]
    k = int(np.argmax(np.abs(sags)))
    return Bow(float(sags[k]), float(np.sqrt(bent.covariance[N_GLOBAL + k, N_GLOBAL + k])))


def _result(
    fit: _Fit,
    cells: Sequence[Cells],
    bow: Bow,
    depth_bow: Bow,
    step: Step | None,
    left_out: tuple[int, ...],
) -> DepthScale:
    sigma = np.sqrt(np.diag(fit.covariance))
    return DepthScale(
        scale=1.0 + float(fit.x[0]),
        offset_m=float(fit.x[1]),
        covariance=fit.covariance[:2, :2],
        turn_rad=fit.x[2:5],
        turn_sigma_rad=sigma[2:5],
        shift_m=fit.x[5:8],
        shift_sigma_m=sigma[5:8],
        cell_sigma_px=fit.cell_px,
        picture_sigma_px=fit.picture_px,
        rms_m=float(np.sqrt(np.mean(fit.left_m**2))),
        corner_sigma_px=pooled_sigma_px([c.view for c in cells]),
        bow=bow,
        depth_bow=depth_bow,
        step=step,
        left_out=left_out,
        z_m=np.concatenate([c.z_m for c in cells]),
        gap_m=np.concatenate([c.gap_m for c in cells]),
        left_m=fit.left_m,
        n_views=len(cells),
    )


def _usable(
    samples: Sequence[BoardDepth], board: CharucoBoard, camera: CameraModel
) -> tuple[list[Cells], list[int]]:
    cells, which = [], []
    for k, sample in enumerate(samples):
        found = plane_cells(sample, board, camera)
        if found is not None:
            cells.append(found)
            which.append(k)
    if len(cells) < MIN_VIEWS:
        if sum(s.n_foreign for s in samples) > sum(len(s.ids) for s in samples):
            raise CalibrationError(
                f"depth: the pictures show markers that are not on a board of {board.dictionary} "
                f"from {board.first_id} on: is it another board?"
            )
        raise CalibrationError(
            f"depth: {len(cells)} of {len(samples)} places show the board in colour and depth, "
            f"{MIN_VIEWS} are needed: bring it between 0.45 and 1.1 m, without a hand before it"
        )
    return cells, which


def _require_spread(cells: Sequence[Cells]) -> None:
    distance = [float(c.z_m.mean()) for c in cells]
    near, far = min(distance), max(distance)
    if far < MIN_SPREAD * near or len(cells) < MIN_VIEWS:
        raise CalibrationError(
            f"depth: {len(cells)} places from {near:.2f} to {far:.2f} m; {MIN_VIEWS} are needed "
            f"and the farthest {MIN_SPREAD:g} times as far as the nearest: scale and offset "
            "cannot be told apart otherwise: hold the board nearer and farther"
        )
