"""The known step: a gauge block under a flat board, as both sensors see it.

Takes the places where the board lay flat without and with a gauge block, gives the step by
corners and by depth against the gauge, and names what contradicts it: the board's size, the
gauge, or the depth's scale. Leaves the scale itself to `calibration.cameras.depth_scale`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.boards.charuco import CharucoBoard
from calibration.cameras.board_depth import BoardDepth, Cells
from calibration.cameras.view_pose import pooled_sigma_px
from mr.errors import CalibrationError

GAUGE_SIGMA_M = 1e-4
"""One-sigma of a block's height with a board laid on it."""
OFF_SIGMAS = 4.0
OFF_SHARE = 0.012
"""A step by corners or depth that is off by less is no finding: prints are known to 0.1 to
0.2 %, and so are lenses."""


@dataclass(frozen=True, slots=True)
class Step:
    """A gauge's height as it was measured."""

    gauge_m: float
    by_corners_m: float
    corners_sigma_m: float
    by_depth_m: float
    """With the scale that was found: an independent check of print, lens and scale together."""
    depth_sigma_m: float
    raw_m: float
    """By depth as it is reported."""
    n_flat: int
    """Places on the table."""
    n_raised: int


def step_of(
    samples: Sequence[BoardDepth],
    cells: Sequence[Cells],
    board: CharucoBoard,
    scale_off: float,
    fb_px_m: float,
    cell_px: float,
    picture_px: float,
    stated_sigma: float,
    scale_sigma: float,
) -> Step | None:
    """Measure the step; None when there is none among the samples.

    `samples` are those of `cells`; `scale_off` is the scale found, less 1.
    """
    gauge = np.array([s.gauge_m for s in samples])
    flat, raised = gauge == 0.0, gauge > 0.0
    if not flat.any() or not raised.any():
        return None
    # Corners know a normal to half a milliradian, and a table has one.
    normals = np.array([c.cam_from_board.R[:, 2] for c in cells])
    normal = normals[flat | raised].mean(axis=0)
    normal /= np.linalg.norm(normal)
    middle = np.array([*board.size_m, 0.0]) / 2
    corner_px = pooled_sigma_px([c.view for c in cells])
    by_corners, by_depth, corner_var, depth_var = np.zeros((4, len(cells)))
    for k, c in enumerate(cells):
        by_corners[k] = normal @ c.cam_from_board.apply(middle)
        by_depth[k] = by_corners[k] - float(np.mean(c.gap_m * c.along))
        corner_var[k] = _height_variance(c, middle) * corner_px**2
        z, along = float(c.z_m.mean()), float(c.along.mean())
        px2 = cell_px**2 / len(c.z_m) + picture_px**2
        depth_var[k] = (z * z / fb_px_m * along) ** 2 * px2
    height = float(np.median(gauge[raised]))
    use = raised & (gauge == height)

    def step(far: np.ndarray) -> float:
        return float(far[flat].mean() - far[use].mean())

    def variance(one: np.ndarray) -> float:
        return float(one[flat].sum() / flat.sum() ** 2 + one[use].sum() / use.sum() ** 2)

    raw = step(by_depth)
    scaled = raw * (1.0 + scale_off)
    return Step(
        gauge_m=height,
        by_corners_m=step(by_corners),
        corners_sigma_m=float(np.sqrt(variance(corner_var) + (stated_sigma * height) ** 2)),
        by_depth_m=scaled,
        depth_sigma_m=float(np.sqrt(variance(depth_var) + (scale_sigma * height) ** 2)),
        raw_m=raw,
        n_flat=int(flat.sum()),
        n_raised=int(use.sum()),
    )


def _height_variance(c: Cells, middle: np.ndarray) -> float:
    """Variance of the board's middle along its normal, for corners with a sigma of 1 px."""
    assert c.cam_from_board.covariance is not None
    normal = c.cam_from_board.R[:, 2]
    arm = c.cam_from_board.R @ middle
    way = np.concatenate([np.cross(arm, normal), normal])
    return float(way @ c.cam_from_board.covariance @ way)


def require_step(step: Step) -> None:
    """Refuse a step that does not fit its gauge, and say which of the two is to blame.

    Raises
    ------
    CalibrationError
        When the corners' step, or both, contradict the gauge.
    """

    def off(value_m: float, sigma_m: float) -> bool:
        limit = max(OFF_SHARE * step.gauge_m, OFF_SIGMAS * float(np.hypot(sigma_m, GAUGE_SIGMA_M)))
        return abs(value_m - step.gauge_m) > limit

    corners = off(step.by_corners_m, step.corners_sigma_m)
    raw = off(step.raw_m, step.depth_sigma_m)
    told = (
        f"depth: the {step.gauge_m * 1000:.1f} mm gauge is {step.by_corners_m * 1000:.1f} mm by "
        f"the board's corners and {step.raw_m * 1000:.1f} mm by the camera's own depth"
    )
    if corners and not raw:
        share = step.by_corners_m / step.gauge_m
        raise CalibrationError(
            f"{told}: the board's squares measure {1 / share:.3f} of what is stated: measure the "
            "square size (the print's ruler) and give it"
        )
    both = abs(step.by_corners_m - step.raw_m) < max(
        OFF_SHARE * step.gauge_m,
        OFF_SIGMAS * float(np.hypot(step.corners_sigma_m, step.depth_sigma_m)),
    )
    if corners and both:
        raise CalibrationError(
            f"{told}, which agree: the gauge is not the one that is stated, or the board was not "
            "flat on it: check the gauge block's height"
        )
    if corners:
        raise CalibrationError(
            f"{told}: no two agree: check the square size, the gauge block, and that the camera "
            "did not move between the two"
        )
    if off(step.by_depth_m, step.depth_sigma_m):
        raise CalibrationError(
            f"{told}, {step.by_depth_m * 1000:.1f} mm corrected: the scale from the board's plane "
            "contradicts the step: check the colour lens, and that nothing moved in the step"
        )
