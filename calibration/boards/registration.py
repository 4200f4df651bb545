"""The registration board: a card for the mannequin's chest that cameras and fingers find.

Takes nothing, gives its geometry: a small ChArUco board about the compression point, and
numbered crosses at known places around it for a fingertip to touch. Leaves printing to
`calibration.boards.print`, and what is registered with it to `calibration.headset`.

The card lies face up with its arrow to the mannequin's head: the mannequin's x (to its left)
is the board's x, its y (to the head) is against the board's y, its z is against the board's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from calibration.boards.charuco import CharucoBoard
from mr.types import FloatArray, Pose

REGISTRATION_FIRST_ID = 60
"""The usual board for lenses has markers 0 to 43 of the same dictionary."""
TOUCHES_MM = (
    (-75.0, 85.0),
    (75.0, 95.0),
    (80.0, -14.0),
    (70.0, -90.0),
    (-70.0, -80.0),
    (-80.0, 16.0),
)
"""From the compression point to the mannequin's left and to its head, clockwise as it is read;
no three in a line, and no two pairs alike, so that a wrong number is noticed."""


def _small_board() -> CharucoBoard:
    return CharucoBoard(
        columns=6,
        rows=6,
        square_m=0.018,
        marker_m=0.0135,
        dictionary="DICT_4X4_100",
        first_id=REGISTRATION_FIRST_ID,
    )


@dataclass(frozen=True, slots=True)
class RegistrationBoard:
    """A card with a ChArUco board and touch crosses about the compression point."""

    board: CharucoBoard = field(default_factory=_small_board)
    """Its `print_scale` is the whole card's. Even numbers of squares: a corner is its middle."""
    touches_mm: tuple[tuple[float, float], ...] = TOUCHES_MM
    thickness_m: float = 0.0
    """Of the card: its print is so far above the chest."""

    @property
    def mannequin_from_board(self) -> Pose:
        """Give where the board's frame is when its crosshair is on the compression point."""
        width_m, height_m = self.board.size_m
        turn = np.diag([1.0, -1.0, -1.0])
        return Pose(turn, np.array([-width_m / 2, height_m / 2, self.thickness_m]))

    @property
    def touch_points_in_board_m(self) -> FloatArray:
        """Places of the crosses on the print, (n, 3), cross 1 first."""
        return self.mannequin_from_board.inverse().apply(self.touch_points_in_mannequin_m)

    @property
    def touch_points_in_mannequin_m(self) -> FloatArray:
        """Places of the crosses, (n, 3), cross 1 first, as printed."""
        flat = np.array(self.touches_mm) / 1000.0 * np.array(self.board.print_scale)
        return np.column_stack([flat, np.full(len(flat), self.thickness_m)])
