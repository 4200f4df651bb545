"""Whether the board's squares are as large as they are said to be, by a depth camera.

Takes views of the board with the distances at which a depth camera saw its plane, gives how
much larger the squares are; leaves the lens to `calibration.cameras.intrinsics`, which
cannot tell: a board twice as large, twice as far away, is the same picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.boards.charuco import BoardView, CharucoBoard
from calibration.cameras.intrinsics import pose_in_view
from calibration.record import BudgetLine, Check, Plot, Record, line, points
from mr.errors import CalibrationError
from mr.rig import Intrinsics
from mr.types import FloatArray

DEPTH_SCALE_SIGMA = 0.005
"""One-sigma of a D435's depth, as a share, before its own calibration. Ref: its data sheet's
2 % at 2 m is a limit; planes of the simulated and the real camera lie within 0.5 %."""
SIZE_MAX_PCT = 1.5
"""A print at 97 % and squares of 25 mm for 24 are beyond it; depth alone tells no less."""
MIN_PLANES = 3
_SIGMA_FROM_MAD = 1.4826


@dataclass(frozen=True, slots=True, eq=False)
class SquareSize:
    """True over stated size of the squares, by a depth camera."""

    ratio: float
    sigma: float
    """Of the scatter and of the depth's own scale."""
    scatter: float
    """One-sigma of a single board's ratio."""
    stated_m: float
    by_pose_m: FloatArray
    """(n,) distances of the board's plane, by its stated size."""
    by_depth_m: FloatArray
    depth_scale_sigma: float

    @property
    def square_m(self) -> float:
        """Give the squares' side by the depth camera."""
        return self.ratio * self.stated_m

    @property
    def words(self) -> str:
        """What was found, in one line."""
        off = 100 * (self.ratio - 1)
        if abs(off) <= SIZE_MAX_PCT:
            return "the squares are as large as stated, as far as depth tells"
        return (
            f"wrong square size: by the depth camera they are {1000 * self.square_m:.1f} mm, "
            f"not {1000 * self.stated_m:.1f} ({off:+.1f} %): measure the board's rulers and give "
            "the print's scale; if they are right, the depth camera's scale is wrong"
        )

    def record(self, camera_id: str) -> Record:
        """Write down what was found."""
        ends = np.array([self.by_pose_m.min(), self.by_pose_m.max()])
        return Record(
            procedure="square-size",
            subject=camera_id,
            checks=(
                Check(
                    item="squares larger than stated",
                    value=100 * (self.ratio - 1),
                    unit="%",
                    sigma=100 * self.sigma,
                    low=-SIZE_MAX_PCT,
                    high=SIZE_MAX_PCT,
                    why=self.words,
                ),
            ),
            budget=(
                BudgetLine(
                    source="scatter of the boards",
                    sigma=100 * self.scatter / float(np.sqrt(len(self.by_pose_m))),
                    unit="%",
                    how=f"measured: over {len(self.by_pose_m)} boards",
                ),
                BudgetLine(
                    source="depth's scale",
                    sigma=100 * self.depth_scale_sigma,
                    unit="%",
                    how="stated: the depth camera's own",
                ),
            ),
            plots=(
                Plot(
                    title="How far the board was",
                    x_label="by its stated size, m",
                    y_label="by depth, m",
                    series=(
                        points("boards", self.by_pose_m, self.by_depth_m),
                        line("as stated", ends, ends),
                    ),
                ),
            ),
            n_samples=len(self.by_pose_m),
        )


def check_square_size(
    views: Sequence[BoardView],
    intrinsics: Intrinsics,
    board: CharucoBoard,
    plane_distances_m: FloatArray,
    depth_scale_sigma: float = DEPTH_SCALE_SIGMA,
) -> SquareSize:
    """Compare how far boards are by their squares and by depth.

    Parameters
    ----------
    views
        Each with the distance at the same place of `plane_distances_m`.
    plane_distances_m
        (n,) shortest distances from the *colour* camera's centre to the board's plane, as
        fitted to depth points on the board; NaN where there was no depth.
    depth_scale_sigma
        One-sigma of the depth's scale, as a share: smaller once it was calibrated, but not
        against this board.

    Raises
    ------
    CalibrationError
        When fewer than three boards have a pose and a distance.
    """
    by_pose, by_depth = [], []
    for view, distance_m in zip(views, np.asarray(plane_distances_m), strict=True):
        found = pose_in_view(view, board, intrinsics)
        if found is None or not np.isfinite(distance_m) or distance_m <= 0:
            continue
        pose = found[0]
        by_pose.append(abs(float(pose.R[:, 2] @ pose.t_m)))
        by_depth.append(float(distance_m))
    if len(by_pose) < MIN_PLANES:
        raise CalibrationError(
            f"square size: {len(by_pose)} boards have both a pose and depth, {MIN_PLANES} are "
            "needed: hold the board where the depth camera sees it, 0.4 to 0.8 m away"
        )
    pose_m, depth_m = np.array(by_pose), np.array(by_depth)
    ratios = depth_m / pose_m
    ratio = float(np.median(ratios))
    scatter = _SIGMA_FROM_MAD * float(np.median(np.abs(ratios - ratio)))
    # The median of n has pi/2 of a mean's variance.
    own = scatter * np.sqrt(np.pi / 2 / len(ratios))
    sigma = float(np.hypot(own, depth_scale_sigma * ratio))
    return SquareSize(ratio, sigma, scatter, board.square_m, pose_m, depth_m, depth_scale_sigma)
