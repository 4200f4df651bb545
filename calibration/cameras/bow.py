"""How flat a board's print is: measured, limited, and shown in a report.

Takes views of one board, gives its `Bow`, and refuses a bent one in words; leaves each view's
pose to `calibration.cameras.view_pose`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.boards.charuco import CharucoBoard
from calibration.cameras.view_pose import ViewPose, pooled_sigma_px, pose_slope
from calibration.record import Check
from mr.errors import CalibrationError
from mr.geometry.camera import Camera
from mr.types import FloatArray

MAX_BOW_M = 0.0015
"""An A4 board that bulges by more shifts its middle by a millimetre against its corners."""
BOW_SIGMAS = 4.0


@dataclass(frozen=True, slots=True)
class Bow:
    """How far a board's print bulges out of its plane, from one end to the other."""

    sag_m: float
    """The largest, across, along or twisted; positive into the paper at the rims."""
    sigma_m: float


def bow_shapes(points_m: FloatArray, board: CharucoBoard) -> FloatArray:
    """Give three bulges at places (n, 3) m: across, twisted, along; (n, 3), 1 at the rims."""
    half = np.array(board.size_m) / 2
    x, y = ((points_m[:, :2] - half) / half).T
    return np.stack([x * x, x * y, y * y], axis=1)


def board_bow(views: Sequence[ViewPose], board: CharucoBoard, camera: Camera) -> Bow:
    """Measure a board's bow from several views of it, tilted ones among them."""
    shapes = bow_shapes(board.corners_in_board_m, board)
    normal, right = np.zeros((3, 3)), np.zeros(3)
    for view in views:
        pose = view.color_from_board
        places = board.corners_in_board_m[view.ids]
        _, _, by_point = pose_slope(camera, pose, places)
        by_bow = (by_point @ pose.R[:, 2])[:, :, None] * shapes[view.ids][:, None, :]
        by_bow = by_bow.reshape(-1, 3)
        q = np.linalg.qr(view.slope)[0]  # what the pose could explain is taken out
        by_bow = by_bow - q @ (q.T @ by_bow)
        normal += by_bow.T @ by_bow
        right += by_bow.T @ view.miss_px.ravel()
    inverse = np.linalg.pinv(normal)
    sags = inverse @ right
    k = int(np.argmax(np.abs(sags)))
    return Bow(float(sags[k]), pooled_sigma_px(views) * float(np.sqrt(inverse[k, k])))


def require_flat(bow: Bow, step: str, who: str = "") -> None:
    """Refuse a bent board; `who` says it, where two sensors do.

    Raises
    ------
    CalibrationError
        When it bulges by more than `MAX_BOW_M`, and by more than the measurement may err.
    """
    if abs(bow.sag_m) > max(MAX_BOW_M, BOW_SIGMAS * bow.sigma_m):
        raise CalibrationError(
            f"{step}: the board is bent: {who}its rims stand {abs(bow.sag_m) * 1000:.1f} mm "
            f"({bow.sigma_m * 1000:.1f} mm one-sigma) out of its plane, {MAX_BOW_M * 1000:.1f} "
            "are allowed: glue it to something flat and take it again"
        )


def flatness_check(bow: Bow) -> Check:
    """Show a bow in a report."""
    return Check(
        item="board's bow",
        value=1000 * abs(bow.sag_m),
        unit="mm",
        sigma=1000 * bow.sigma_m,
        high=1000 * MAX_BOW_M,
        why="a flat board",
    )
