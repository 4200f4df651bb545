"""What the residuals of a lens' fit are caused by, besides noise.

Takes the normal equations of a fit, gives how the board is bent, whether its print is longer
one way than the other, and whether the lens changed between two pictures; leaves what is
said of it to `calibration.cameras.intrinsics_record`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from calibration.boards.charuco import CharucoBoard
from calibration.cameras.lens_fit import Corners, LensFit, Reduced, overdispersion, solve
from mr.types import FloatArray

MIN_SIDE_VIEWS, MIN_SIDE_SHARE = 4, 1 / 6
"""So many views before and after a change are needed to tell one: a few may share a fault."""
CHANGE_CHI2 = 45.0
"""Of 3 more parameters at the best of some 30 places; noise alone passes it once in 10^8."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """How the board differs from a flat one with equal squares."""

    bend: FloatArray
    """(3,) z = bend · (x², xy, y²) about its middle, 1/m; z leads into the paper."""
    sag_m: float
    """How far its middle stands out towards the reader against its rims; below 0: hollow."""
    sag_sigma_m: float
    across: bool
    """Whether it is curved across (seen from above, like a page) rather than along its height."""
    longer_across: float
    """How much longer the print is across than down, as a share."""
    longer_sigma: float
    bend_fitted: bool = False
    longer_fitted: bool = False
    """Whether they are part of the fit."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The sharpest change of the lens between two views."""

    after: int
    """The last view before it; -1: not looked for."""
    chi2: float
    focal_pct: float
    """By which the focal length grew."""
    centre_px: float
    """By which the centre moved."""

    @property
    def sure(self) -> bool:
        """Whether noise cannot have done it."""
        return self.chi2 > CHANGE_CHI2


def shaped(view: Corners, bend: FloatArray, longer_across: float, middle_m: FloatArray) -> Corners:
    """Put a view's corners, known as on a flat and even print, onto the board as it is."""
    x, y = (view.board_m[:, :2] - middle_m[:2]).T
    real = view.board_m.copy()
    real[:, 0] += longer_across * x
    real[:, 2] = bend[0] * x * x + bend[1] * x * y + bend[2] * y * y
    return Corners(real, view.seen_px)


def measure_shape(
    fit: LensFit,
    reduced: list[Reduced],
    board: CharucoBoard,
    bend: FloatArray | None = None,
    longer_across: float = 0.0,
) -> Shape:
    """Measure the board's shape along with the lens; what is given is in the fit already."""
    lens = np.concatenate([part.lens for part in reduced])[:, fit.free]
    shape = np.concatenate([part.shape for part in reduced])
    left = np.concatenate([part.left for part in reduced])
    n_free = int(fit.free.sum())
    solved = solve(np.column_stack([lens, shape]), left)
    step = solved.step[n_free:]
    covariance = solved.inverse[n_free:, n_free:] * fit.sigma_px**2
    total = step[:3] if bend is None else bend + step[:3]
    sag_m, slope, across = _sag(total, board)
    return Shape(
        bend=total,
        sag_m=sag_m,
        sag_sigma_m=float(np.sqrt(slope @ covariance[:3, :3] @ slope)),
        across=across,
        longer_across=longer_across + float(step[3]),
        longer_sigma=float(np.sqrt(covariance[3, 3])),
    )


def _sag(bend: FloatArray, board: CharucoBoard) -> tuple[float, FloatArray, bool]:
    """Give the larger sag, its slope in `bend`, and whether it is across."""
    curvature, axes = np.linalg.eigh(np.array([[bend[0], bend[1] / 2], [bend[1] / 2, bend[2]]]))
    k = int(np.argmax(np.abs(curvature)))
    axis = axes[:, k]
    flat_m = board.corners_in_board_m[:, :2]
    along_m = (flat_m - flat_m.mean(axis=0)) @ axis
    reach = float(np.ptp(along_m) / 2) ** 2
    slope = reach * np.array([axis[0] ** 2, axis[0] * axis[1], axis[1] ** 2])
    return float(curvature[k] * reach), slope, bool(abs(axis[0]) > abs(axis[1]))


def find_change(
    reduced: list[Reduced], fit: LensFit, numbers: list[int], sigma_px: float
) -> Changed:
    """Find between which two views focal length and centre changed most, if they did.

    Views are in their order; for each place between two the improvement of three more
    parameters (focal length, centre) for the later ones is taken from summed normal
    equations. The board's shape is solved for besides: it is no change of the lens.
    """
    scale = np.zeros((3, 9))
    scale[0, :2] = fit.values[:2]  # a share of both focal lengths
    scale[1, 2] = scale[2, 3] = 1.0
    lens = [np.column_stack([part.lens[:, fit.free], part.shape]) for part in reduced]
    steps = [part.lens @ scale.T for part in reduced]
    own = np.cumsum([a.T @ a for a in lens], axis=0)
    cross = np.cumsum([a.T @ b for a, b in zip(lens, steps, strict=True)], axis=0)
    more = np.cumsum([b.T @ b for b in steps], axis=0)
    pull = np.cumsum([a.T @ p.left for a, p in zip(lens, reduced, strict=True)], axis=0)
    push = np.cumsum([b.T @ p.left for b, p in zip(steps, reduced, strict=True)], axis=0)
    best, at = Changed(-1, 0.0, 0.0, 0.0), -1
    inverse = np.linalg.pinv(own[-1], hermitian=True)
    side = max(MIN_SIDE_VIEWS, round(MIN_SIDE_SHARE * len(reduced)))
    for k in range(side - 1, len(reduced) - side):
        b_late, a_late = more[-1] - more[k], cross[-1] - cross[k]
        rest = b_late - a_late.T @ inverse @ a_late
        gain = (push[-1] - push[k]) - a_late.T @ inverse @ pull[-1]
        step = np.linalg.pinv(rest, hermitian=True) @ gain
        chi2 = float(gain @ step) / sigma_px**2
        if chi2 > best.chi2:
            moved = float(np.hypot(step[1], step[2]))
            best, at = Changed(numbers[k], chi2, float(100 * step[0]), moved), k
    if best.after < 0:
        return best
    # What is left once the change is allowed for tells how much views scatter anyway.
    late = [b * float(k > at) for k, b in enumerate(steps)]
    columns = np.column_stack([np.concatenate(lens), np.concatenate(late)])
    left = np.concatenate([part.left for part in reduced])
    left = left - columns @ solve(columns, left).step
    cuts = np.cumsum([len(part.left) for part in reduced])[:-1]
    scatter = overdispersion(steps, np.split(left, cuts), sigma_px)
    return replace(best, chi2=best.chi2 / scatter)
