"""A camera's lens, from pictures of a ChArUco board held all over its view.

Takes the board's corners in some twenty pictures, gives focal lengths, centre and
distortion with their covariance, and what else the residuals tell: a bent board, a print
that is longer one way, a lens that changed in the middle. Leaves the pictures to
`IntrinsicsGuide`, what the maker says to `calibration.cameras.factory`, and the board's true
size, which one camera cannot see, to the ruler and to `calibration.cameras.depth_step`.

A set that is weak but can be solved is solved; its record then fails and says what is weak.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from calibration.boards.charuco import BoardView, CharucoBoard, mirrored
from calibration.cameras.lens_causes import (
    Changed,
    Shape,
    find_change,
    measure_shape,
    shaped,
)
from calibration.cameras.lens_fit import (
    CENTRE,
    FOCAL,
    K3,
    N_LENS,
    BoolArray,
    Corners,
    LensFit,
    fit_lens,
    intrinsics_of,
    overdispersion,
    pose_of_view,
    project,
    ray_slopes,
    reduce_views,
    solve,
    values_of,
)
from mr.errors import CalibrationError
from mr.geometry.camera import Camera
from mr.rig import Intrinsics
from mr.types import FloatArray, IntArray, Pose

MIN_CORNERS = 8
"""Fewer give a pose with next to nothing to spare."""
MIN_VIEWS = 5
"""Fewer leave nothing over to judge them by."""
OUTLIER_VIEW = 2.5
"""A view with so many times the usual rms is left out: it moved, or its board was bent."""
OUTLIER_CORNER = 6.0
"""A corner so many of the usual deviations off is left out."""
MOSTLY = 0.8
"""... as long as so many of its view are not."""
AGREE_ROUNDS = 5
LEAST_KEPT = 0.7
"""Share of the views that must agree."""
FLOOR_PX = 0.15
"""Views whose rms is below are never left out: a corner's own noise is up to that."""
K3_SIGMAS = 4.0
"""k3 is fitted where it is known to differ from 0 ..."""
K3_RAY_PX = 0.35
"""... or where the lens is known so well with it, at the picture's corners as well."""
BEND_SIGMAS = 5.0
BEND_MIN_M = 3e-4
"""A bend that is known and this large is put into the fit ..."""
LONGER_MIN = 1e-3
"""... and so is a print that is longer one way."""
SHAPE_ROUNDS = 3
GRID = (4, 6)
"""Rows and columns in which the picture's coverage is counted."""
CELL_CORNERS = 6
"""A cell is covered by so many corners."""
_SIGMA_FROM_MAD = 1.4826


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredIntrinsics:
    """A lens, how well it is known, and what the pictures tell besides."""

    intrinsics: Intrinsics
    covariance: FloatArray
    """(9, 9) of fx fy cx cy k1 k2 p1 p2 k3; zeros where one was held at 0."""
    rms_px: float
    sigma_px: float
    """One-sigma of a corner's coordinate."""
    scatter: float
    """By how much views scatter more than independent corners would; the sigmas hold it."""
    n_corners: int
    used: IntArray
    """Numbers of the views that were used."""
    left_out: tuple[tuple[int, str], ...]
    """Views that were not, and why."""
    per_view_px: FloatArray
    """Rms of each view that was used."""
    poses: tuple[Pose, ...]
    """``color_from_board`` of each view that was used."""
    shape: Shape
    changed: Changed
    coverage: FloatArray
    """`GRID` of 0 … 1."""
    ray_sigma_px: FloatArray
    """`GRID`-like map (9, 15) over the whole picture: by how much the lens may be off there."""
    corners: tuple[Corners, ...]
    """What was used of each view, on the board as it is bent."""
    left_px: FloatArray
    """(n, 2) seen minus modelled, of all corners in their order."""

    @property
    def seen_px(self) -> FloatArray:
        """All corners that were used, (n, 2)."""
        return np.concatenate([view.seen_px for view in self.corners])

    @property
    def sigma(self) -> FloatArray:
        """One-sigma of fx fy cx cy k1 k2 p1 p2 k3."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def focal_sigma_pct(self) -> float:
        """Of the worse focal length, in per cent."""
        lens = self.intrinsics
        return float(100 * np.max(self.sigma[FOCAL] / [lens.fx_px, lens.fy_px]))

    @property
    def centre_sigma_px(self) -> float:
        """Of the worse coordinate of the centre."""
        return float(np.max(self.sigma[CENTRE]))

    @property
    def tilts_deg(self) -> FloatArray:
        """(n, 2) by how much the board's right edge, and its lower edge, led away."""
        return np.array([tilt_deg(pose) for pose in self.poses])


def measure_intrinsics(
    views: Sequence[BoardView], board: CharucoBoard, size_px: tuple[int, int]
) -> MeasuredIntrinsics:
    """Measure a lens from views of one board, in the order in which they were taken.

    Raises
    ------
    CalibrationError
        When pictures differ in size, are mirrored or of another board, when too few show
        enough of it or agree, or when they do not hold a lens at all (no tilt).
    """
    corners, numbers, left_out = _checked(views, board, size_px)
    fit, corners, numbers, more = _agreeing(corners, numbers, size_px)
    left_out += more
    middle_m = board.corners_in_board_m.mean(axis=0)
    fit, corners, shape = _with_shape(fit, corners, board, middle_m, size_px)
    reduced = reduce_views(fit, corners, middle_m)
    columns = np.concatenate([part.lens for part in reduced])[:, fit.free]
    fitted = np.array([shape.bend_fitted] * 3 + [shape.longer_fitted])
    columns = np.column_stack([columns, np.concatenate([p.shape for p in reduced])[:, fitted]])
    solved = solve(columns, np.concatenate([part.left for part in reduced]))
    sigma_px = fit.sigma_px
    covariance = np.zeros((N_LENS, N_LENS))
    n_free = int(fit.free.sum())
    lens = [part.lens[:, fit.free] for part in reduced]
    scatter = overdispersion(lens, [part.left for part in reduced], sigma_px)
    variance = scatter * sigma_px**2
    covariance[np.ix_(fit.free, fit.free)] = variance * solved.inverse[:n_free, :n_free]
    seen_px = np.concatenate([c.seen_px for c in corners])
    return MeasuredIntrinsics(
        intrinsics=intrinsics_of(fit.values, size_px),
        covariance=covariance,
        rms_px=fit.rms_px,
        sigma_px=sigma_px,
        scatter=float(np.sqrt(scatter)),
        n_corners=len(seen_px),
        used=np.array(numbers, dtype=np.int64),
        left_out=tuple(sorted(left_out)),
        per_view_px=fit.per_view_px,
        poses=fit.poses,
        shape=shape,
        changed=find_change(reduced, fit, numbers, sigma_px),
        coverage=coverage_of(seen_px, size_px),
        ray_sigma_px=ray_sigma_px(fit.values, covariance, size_px),
        corners=tuple(corners),
        left_px=np.concatenate(fit.left_px),
    )


def tilt_deg(color_from_board: Pose) -> tuple[float, float]:
    """Give by how much a board leads away to the *picture's* right and downwards."""
    normal = color_from_board.R[:, 2]
    return (
        float(np.degrees(np.arctan2(-normal[0], normal[2]))),
        float(np.degrees(np.arctan2(-normal[1], normal[2]))),
    )


def coverage_of(seen_px: FloatArray, size_px: tuple[int, int]) -> FloatArray:
    """Give how well each cell of the picture is covered by corners (n, 2), `GRID` of 0 … 1."""
    rows, columns = GRID
    edges = (np.linspace(0, size_px[1], rows + 1), np.linspace(0, size_px[0], columns + 1))
    counts, *_ = np.histogram2d(seen_px[:, 1], seen_px[:, 0], bins=edges)
    return np.asarray(np.minimum(counts / CELL_CORNERS, 1.0))


def map_rays(values: FloatArray, size_px: tuple[int, int]) -> FloatArray:
    """Give rays (135, 3) of a map (9, 15) over a picture, from rim to rim."""
    x, y = np.meshgrid(np.linspace(0, size_px[0] - 1, 15), np.linspace(0, size_px[1] - 1, 9))
    camera = Camera(intrinsics_of(values, size_px))
    return camera.rays_at(np.stack([x.ravel(), y.ravel()], axis=1))


def ray_sigma_px(
    values: FloatArray, covariance: FloatArray, size_px: tuple[int, int]
) -> FloatArray:
    """Give a map (9, 15) of one-sigma of where the lens sees, turned as suits best."""
    rays = map_rays(values, size_px)
    if not np.isfinite(rays).all():
        return np.full((9, 15), np.inf)
    slopes = ray_slopes(values, rays)
    variance = np.einsum("ij,jk,ik->i", slopes, covariance, slopes)
    return np.asarray(np.sqrt(variance.reshape(-1, 2).sum(axis=1) / 2).reshape(9, 15))


def _checked(
    views: Sequence[BoardView], board: CharucoBoard, size_px: tuple[int, int]
) -> tuple[list[Corners], list[int], list[tuple[int, str]]]:
    """Refuse what cannot be one camera's views of this board; leave out poor ones."""
    corners, numbers, left_out = [], [], []
    flat_m = board.corners_in_board_m
    for number, view in enumerate(views):
        if tuple(view.size_px) != tuple(size_px):
            raise CalibrationError(
                f"intrinsics: picture {number} is {view.size_px[0]}x{view.size_px[1]}, those "
                f"before are {size_px[0]}x{size_px[1]}: a lens holds for one size; keep it and "
                "take the pictures again"
            )
        if len(view.ids) and (view.ids.max() >= len(flat_m) or view.ids.min() < 0):
            raise CalibrationError(
                f"intrinsics: picture {number} has corner {view.ids.max()}, the board of "
                f"{board.columns}x{board.rows} squares ends at {len(flat_m) - 1}: give the "
                "board that was held"
            )
        if mirrored(view, board):
            raise CalibrationError(
                f"intrinsics: picture {number} shows the board mirrored: switch the camera's "
                "mirroring off, and take no pictures of a mirror"
            )
        places = flat_m[view.ids]
        if len(view.ids) < MIN_CORNERS or _in_a_line(places):
            left_out.append((number, f"{len(view.ids)} corners"))
            continue
        corners.append(Corners(places, np.asarray(view.corners_px, dtype=np.float64)))
        numbers.append(number)
    if len(corners) < MIN_VIEWS:
        raise CalibrationError(
            f"intrinsics: {len(corners)} of {len(views)} pictures show {MIN_CORNERS} corners or "
            f"more, {MIN_VIEWS} are the least (20 are good): hold the board wholly in the "
            "picture and take more"
        )
    return corners, numbers, left_out


def _in_a_line(places_m: FloatArray) -> bool:
    spread = np.linalg.svd(places_m[:, :2] - places_m[:, :2].mean(axis=0), compute_uv=False)
    return bool(spread[1] < 0.05 * spread[0])


def _fitted(
    corners: list[Corners], size_px: tuple[int, int], *, with_k3: bool, start: FloatArray | None
) -> LensFit:
    try:
        fit = fit_lens(corners, size_px, with_k3=with_k3, start=start)
    except cv2.error:
        fit = None
    wild = fit is None or not np.isfinite(fit.values).all()
    if fit is None or wild or not 0.1 * size_px[0] < fit.values[0] < 20 * size_px[0]:
        raise CalibrationError(
            "intrinsics: these pictures hold no lens: hold the board tilted by 20 to 40 degrees, "
            "to each side in turn, and at different distances"
        )
    return fit


def _agreeing(
    corners: list[Corners], numbers: list[int], size_px: tuple[int, int]
) -> tuple[LensFit, list[Corners], list[int], list[tuple[int, str]]]:
    """Fit; leave out views and corners that do not agree with the rest; decide about k3."""
    n_all, left_out = len(corners), []
    fit = _fitted(corners, size_px, with_k3=False, start=None)
    for _ in range(AGREE_ROUNDS):
        corners, dropped = _without_wild(fit, corners)
        if dropped:
            fit = _fitted(corners, size_px, with_k3=False, start=fit.values)
        rms = fit.per_view_px
        keep = rms <= max(OUTLIER_VIEW * float(np.median(rms)), FLOOR_PX)
        if keep.all() and not dropped:
            break
        left_out += [
            (numbers[k], f"{rms[k]:.2f} px rms, {np.median(rms):.2f} is usual")
            for k in np.flatnonzero(~keep)
        ]
        if keep.sum() < max(LEAST_KEPT * n_all, MIN_VIEWS):
            raise CalibrationError(
                f"intrinsics: {n_all - int(keep.sum())} of {n_all} pictures do not agree with the "
                "rest (moved while it was taken, or another board): hold the board still and "
                "take them again"
            )
        corners = [c for c, good in zip(corners, keep, strict=True) if good]
        numbers = [n for n, good in zip(numbers, keep, strict=True) if good]
        if not keep.all():
            fit = _fitted(corners, size_px, with_k3=False, start=fit.values)
    if _worth_k3(fit, corners, size_px):
        fit = _fitted(corners, size_px, with_k3=True, start=fit.values)
    return fit, corners, numbers, left_out


def _without_wild(fit: LensFit, corners: list[Corners]) -> tuple[list[Corners], bool]:
    """Leave single corners out that lie far off; a view with many of them is left to be judged."""
    every = np.concatenate(fit.left_px)
    limit = OUTLIER_CORNER * _SIGMA_FROM_MAD * float(np.median(np.abs(every)))
    kept, dropped = [], False
    for view, left in zip(corners, fit.left_px, strict=True):
        good: BoolArray = np.abs(left).max(axis=1) <= max(limit, 1e-6)
        whole = good.all() or good.sum() < MIN_CORNERS or good.mean() < MOSTLY
        kept.append(view if whole else view.keep(good))
        dropped |= not whole
    return kept, dropped


def _worth_k3(fit: LensFit, corners: list[Corners], size_px: tuple[int, int]) -> bool:
    """Tell whether k3 can be told from these views, or is known to differ from 0.

    A k3 that they hardly tell would bend the picture's corners, where no board was.
    """
    reduced = reduce_views(fit, corners, np.zeros(3))
    columns = np.concatenate([part.lens for part in reduced])
    solved = solve(columns, np.concatenate([part.left for part in reduced]))
    covariance = fit.sigma_px**2 * solved.inverse
    if abs(solved.step[K3]) > K3_SIGMAS * np.sqrt(covariance[K3, K3]):
        return True
    return bool(ray_sigma_px(fit.values, covariance, size_px).max() < K3_RAY_PX)


def _with_shape(
    fit: LensFit,
    corners: list[Corners],
    board: CharucoBoard,
    middle_m: FloatArray,
    size_px: tuple[int, int],
) -> tuple[LensFit, list[Corners], Shape]:
    """Measure the board's own shape; put what is sure of it into the fit."""
    shape = measure_shape(fit, reduce_views(fit, corners, middle_m), board)
    bent = abs(shape.sag_m) > max(BEND_SIGMAS * shape.sag_sigma_m, BEND_MIN_M)
    uneven = abs(shape.longer_across) > max(BEND_SIGMAS * shape.longer_sigma, LONGER_MIN)
    if not (bent or uneven):
        return fit, corners, shape
    real = corners
    for _ in range(SHAPE_ROUNDS):
        bend = shape.bend if bent else np.zeros(3)
        longer = shape.longer_across if uneven else 0.0
        real = [shaped(view, bend, longer, middle_m) for view in corners]
        fit = _fitted(real, size_px, with_k3=bool(fit.free[K3]), start=fit.values)
        shape = measure_shape(fit, reduce_views(fit, real, middle_m), board, bend, longer)
    return fit, real, replace(shape, bend_fitted=bent, longer_fitted=uneven)


def pose_in_view(
    view: BoardView, board: CharucoBoard, intrinsics: Intrinsics
) -> tuple[Pose, float] | None:
    """Give ``color_from_board`` of one view and its rms px; None when it has no pose."""
    places = board.corners_in_board_m[view.ids]
    if len(view.ids) < MIN_CORNERS or _in_a_line(places):
        return None
    corners = Corners(places, np.asarray(view.corners_px, dtype=np.float64))
    values = values_of(intrinsics)
    pose = pose_of_view(corners, values)
    if pose is None:
        return None
    left = corners.seen_px - project(corners, pose, values)
    return pose, float(np.sqrt(np.mean(left**2)))
