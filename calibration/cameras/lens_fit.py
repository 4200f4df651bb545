"""The fit of a lens to views of a board, and what its residuals still hold.

Takes corners on the print and in pictures, gives the lens, the poses, and the whole set's
normal equations with every pose already solved for, so that further causes (a bent board, a
print longer one way, a lens that changed) can be tried as a few more columns. Leaves which
views are fit, and what is said of them, to `calibration.cameras.intrinsics`.

Ref: poses are taken out of the normal equations view by view (Triggs et al. 2000, "Bundle
adjustment", section 6.1); what is left is linear least squares in the lens' parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from mr.geometry.poses import pose_of
from mr.rig import Intrinsics
from mr.types import FloatArray, Pose

NAMES = ("fx", "fy", "cx", "cy", "k1", "k2", "p1", "p2", "k3")
N_LENS = len(NAMES)
FOCAL = slice(0, 2)
CENTRE = slice(2, 4)
K3 = 8
_TOLD = 1e-4
"""Of a view's normal equations: directions with less of it are not told by this view."""
_UNTIL = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 60, 1e-8)

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Corners:
    """One view: corners on the print, (n, 3) m, and in the picture, (n, 2) px."""

    board_m: FloatArray
    seen_px: FloatArray

    def keep(self, mask: BoolArray) -> Corners:
        """Leave corners out."""
        return Corners(self.board_m[mask], self.seen_px[mask])


@dataclass(frozen=True, slots=True, eq=False)
class LensFit:
    """A lens with the poses of all views."""

    values: FloatArray
    """(9,) as in `NAMES`."""
    free: BoolArray
    """(9,) which of them were fitted."""
    poses: tuple[Pose, ...]
    """``color_from_board`` of each view."""
    left_px: tuple[FloatArray, ...]
    """Seen minus modelled, (n, 2) a view."""

    @property
    def rms_px(self) -> float:
        """Over both coordinates of all corners."""
        return float(np.sqrt(np.mean(np.concatenate(self.left_px) ** 2)))

    @property
    def per_view_px(self) -> FloatArray:
        """Rms of each view."""
        return np.array([np.sqrt(np.mean(left**2)) for left in self.left_px])

    def n_spare(self, n_more: int = 0) -> int:
        """Observations less what was fitted to them."""
        n_seen = 2 * sum(len(left) for left in self.left_px)
        return max(n_seen - 6 * len(self.poses) - int(self.free.sum()) - n_more, 1)

    @property
    def sigma_px(self) -> float:
        """One-sigma of a corner's coordinate, by what is left over."""
        return float(np.sqrt(np.sum(np.concatenate(self.left_px) ** 2) / self.n_spare()))


def intrinsics_of(values: FloatArray, size_px: tuple[int, int]) -> Intrinsics:
    """Write a lens' values (9,) as intrinsics."""
    v = [float(x) for x in values]
    return Intrinsics(
        width_px=size_px[0],
        height_px=size_px[1],
        fx_px=v[0],
        fy_px=v[1],
        cx_px=v[2],
        cy_px=v[3],
        distortion=(v[4], v[5], v[6], v[7], v[8]),
    )


def values_of(lens: Intrinsics) -> FloatArray:
    """Give a lens' values (9,) as in `NAMES`."""
    return np.array([lens.fx_px, lens.fy_px, lens.cx_px, lens.cy_px, *lens.distortion])


def fit_lens(
    views: list[Corners],
    size_px: tuple[int, int],
    *,
    with_k3: bool,
    start: FloatArray | None = None,
) -> LensFit:
    """Fit lens and poses to views by least squares.

    Raises
    ------
    cv2.error
        When OpenCV finds no start: all views alike, or corners in a line.
    """
    flags = 0 if with_k3 else cv2.CALIB_FIX_K3
    matrix, distortion = np.eye(3), np.zeros(5)
    if start is not None:
        flags |= cv2.CALIB_USE_INTRINSIC_GUESS
        matrix[0, 0], matrix[1, 1], matrix[:2, 2] = start[0], start[1], start[CENTRE]
        distortion[:] = start[4:] if with_k3 else (*start[4:K3], 0.0)
    _, found, bent, rotvecs, shifts = cv2.calibrateCamera(
        [v.board_m.astype(np.float32) for v in views],
        [v.seen_px.astype(np.float32) for v in views],
        size_px,
        matrix,
        distortion,
        flags=flags,
        criteria=_UNTIL,
    )
    k = np.asarray(found, dtype=np.float64)
    values = np.array([k[0, 0], k[1, 1], k[0, 2], k[1, 2], *np.ravel(bent)[:5]])
    poses = tuple(_pose(r, t) for r, t in zip(rotvecs, shifts, strict=True))
    free = np.ones(N_LENS, dtype=bool)
    free[K3] = with_k3
    return LensFit(values, free, poses, _left(views, values, poses))


def fit_poses(views: list[Corners], values: FloatArray, near: tuple[Pose, ...]) -> LensFit:
    """Fit poses alone to views, with the lens as it is given."""
    matrix, distortion = _matrices(values)
    poses = []
    for view, pose in zip(views, near, strict=True):
        rotvec, shift = cv2.solvePnPRefineLM(
            view.board_m,
            view.seen_px,
            matrix,
            distortion,
            Rotation.from_matrix(pose.R).as_rotvec(),
            pose.t_m.copy(),
            (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-10),
        )
        poses.append(_pose(rotvec, shift))
    held = np.zeros(N_LENS, dtype=bool)
    return LensFit(values, held, tuple(poses), _left(views, values, tuple(poses)))


def pose_of_view(view: Corners, values: FloatArray) -> Pose | None:
    """Give ``color_from_board`` of one view of a flat board; None when it has none."""
    matrix, distortion = _matrices(values)
    try:
        found, rotvec, shift = cv2.solvePnP(
            view.board_m, view.seen_px, matrix, distortion, flags=cv2.SOLVEPNP_IPPE
        )
    except cv2.error:
        return None
    if not found or np.ravel(shift)[2] <= 0:
        return None
    return fit_poses([view], values, (_pose(rotvec, shift),)).poses[0]


def _pose(rotvec: npt.ArrayLike, shift: npt.ArrayLike) -> Pose:
    """Make a pose of what OpenCV gives."""
    return pose_of(
        np.array(rotvec, dtype=np.float64).ravel(), np.array(shift, dtype=np.float64).ravel()
    )


@dataclass(frozen=True, slots=True, eq=False)
class Reduced:
    """One view's share of the normal equations, its pose solved for."""

    lens: FloatArray
    """(2n, 9) d px / d value; the part that no move of the board can imitate."""
    shape: FloatArray
    """(2n, 4): bending x², xy, y² (m of z per m²), and the print's x per its y."""
    left: FloatArray
    """(2n,) px."""


def reduce_views(fit: LensFit, views: list[Corners], middle_m: FloatArray) -> list[Reduced]:
    """Give each view's equations about a fit; bending is about `middle_m` of the board."""
    matrix, distortion = _matrices(fit.values)
    out = []
    for view, pose, left in zip(views, fit.poses, fit.left_px, strict=True):
        rotvec = Rotation.from_matrix(pose.R).as_rotvec()
        _, slope = cv2.projectPoints(view.board_m, rotvec, pose.t_m, matrix, distortion)
        per_point = slope[:, 3:6].reshape(-1, 2, 3)
        x, y = (view.board_m[:, :2] - middle_m[:2]).T
        up = per_point @ pose.R[:, 2]
        along = (per_point @ pose.R[:, 0]) * x[:, None]
        shape = np.stack(
            [up * (x * x)[:, None], up * (x * y)[:, None], up * (y * y)[:, None], along]
        )
        columns = np.column_stack([slope[:, 6:15], shape.reshape(4, -1).T, left.ravel()])
        basis, _ = np.linalg.qr(slope[:, :6])
        clear = columns - basis @ (basis.T @ columns)
        out.append(Reduced(clear[:, :N_LENS], clear[:, N_LENS:-1], clear[:, -1]))
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """Least squares over all views: steps from the fit with their covariance (in sigma_px²)."""

    step: FloatArray
    inverse: FloatArray
    """(k, k) of the normal matrix; times a corner's variance: covariance."""


def solve(columns: FloatArray, left: FloatArray) -> Solved:
    """Solve for steps; columns that say nothing get a huge variance instead of an error."""
    scale = np.linalg.norm(columns, axis=0)
    scale[scale == 0] = 1.0
    even = columns / scale
    s, axes = np.linalg.eigh(even.T @ even)
    spread = axes / np.sqrt(np.maximum(s, 1e-14 * s[-1])) / scale[:, None]
    inverse = spread @ spread.T
    return Solved(inverse @ (columns.T @ left), inverse)


def overdispersion(columns: list[FloatArray], left: list[FloatArray], sigma_px: float) -> float:
    """Give by how much views pull at parameters more than independent corners would; 1 or more.

    Corners of one view can be off together (a board that moved under a rolling shutter, blur
    one way). Such errors pull at the lens with a variance above a corner's own, and so the
    lens' variance is as much larger.
    """
    pulled, n_pulls = 0.0, 0
    for part, rest in zip(columns, left, strict=True):
        scale = np.linalg.norm(part, axis=0)
        even = part / np.where(scale > 0, scale, 1.0)
        s, axes = np.linalg.eigh(even.T @ even)
        told = s > _TOLD * s[-1]
        pulled += float(np.sum((axes.T @ (even.T @ rest))[told] ** 2 / s[told]))
        n_pulls += int(told.sum())
    spare = n_pulls - columns[0].shape[1]
    return max(1.0, float(pulled / max(spare, 1) / sigma_px**2))


def _matrices(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    matrix = np.array([[values[0], 0.0, values[2]], [0.0, values[1], values[3]], [0.0, 0.0, 1.0]])
    return matrix, np.asarray(values[4:], dtype=np.float64)


def project(view: Corners, pose: Pose, values: FloatArray) -> FloatArray:
    """Give where a lens sees a view's corners, (n, 2) px."""
    matrix, distortion = _matrices(values)
    rotvec = Rotation.from_matrix(pose.R).as_rotvec()
    seen, _ = cv2.projectPoints(view.board_m, rotvec, pose.t_m, matrix, distortion)
    return np.asarray(seen, dtype=np.float64).reshape(-1, 2)


def _left(
    views: list[Corners], values: FloatArray, poses: tuple[Pose, ...]
) -> tuple[FloatArray, ...]:
    return tuple(
        view.seen_px - project(view, pose, values) for view, pose in zip(views, poses, strict=True)
    )


def ray_slopes(values: FloatArray, rays: FloatArray) -> FloatArray:
    """Give (2n, 9) d px / d value at rays (n, 3), less what turning the camera can imitate.

    A lens whose centre is off by a pixel is, but for its distortion, one that is turned a
    little, and every procedure finds the camera's turn anew: only the rest errs.
    """
    matrix, distortion = _matrices(values)
    _, slope = cv2.projectPoints(
        np.ascontiguousarray(rays), np.zeros(3), np.zeros(3), matrix, distortion
    )
    basis, _ = np.linalg.qr(slope[:, :3])
    lens = np.asarray(slope[:, 6:15], dtype=np.float64)
    return np.asarray(lens - basis @ (basis.T @ lens))
