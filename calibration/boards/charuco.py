"""The ChArUco board: its geometry, its detection, and what its print came out as.

Takes a board's description and a picture, gives the corners that are seen, with the places
they have on the board as it was *printed*; leaves what is measured with them to
`calibration.cameras` and `calibration.headset`.

The board's frame (``board``): origin at OpenCV's, the outer corner at the upper left of the
chessboard; x right, y down along the print, z into the paper, away from the reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import Field

from calibration.boards.sheets import dictionary_of
from mr.config import Strict
from mr.errors import ConfigError
from mr.types import FloatArray, IntArray

ENLARGED, ENLARGE_BELOW = 2, 0.75
"""A picture that shows less than this share of a board's corners is looked at enlarged, too: of
the A4 board 0.9 m before a lens of 610 px that finds 40 to 50 corners of 70 instead of 10 to 26,
as well placed (painted boards)."""
SHARP_HALF_PX = 6
"""Half side of the window around a corner in which its edges' width is looked at."""
REFINE_HALF_PX = (2, 5)
"""Half side of the window in which a corner is refined, at least and at most."""
REFINE_CLEAR_PX = 1.2
"""So far the window ends before the nearest marker: a marker's edge in it, blurred as edges
are, draws the corner by up to 0.5 px (measured on painted boards, 0.3 to 0.7 m)."""
_REFINE_UNTIL = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-3)
"""OpenCV's own board detection stops at 0.1 px."""


class CharucoBoard(Strict):
    """A ChArUco board as it was meant, and as its print was measured."""

    columns: int = Field(default=8, ge=3)
    rows: int = Field(default=11, ge=3)
    """Squares across and down."""
    square_m: float = Field(default=0.024, gt=0)
    marker_m: float = Field(default=0.018, gt=0)
    dictionary: str = "DICT_4X4_100"
    first_id: int = Field(default=0, ge=0)
    """Markers count on from here, so that several boards can be in one picture."""
    print_scale: tuple[float, float] = (1.0, 1.0)
    """Measured over meant length, across and down: 0.995 for a ruler that is 99.5 mm long."""

    @property
    def n_corners(self) -> int:
        """Inner corners of the chessboard."""
        return (self.columns - 1) * (self.rows - 1)

    @property
    def corners_in_board_m(self) -> FloatArray:
        """Places of all inner corners on the print, (n, 3) m, by their id."""
        columns, rows = np.meshgrid(np.arange(1, self.columns), np.arange(1, self.rows))
        scale = self.square_m * np.array(self.print_scale)
        flat = np.stack([columns.ravel() * scale[0], rows.ravel() * scale[1]], axis=1)
        return np.column_stack([flat, np.zeros(len(flat))])

    @property
    def size_m(self) -> tuple[float, float]:
        """Width and height of the chessboard's print."""
        x, y = self.print_scale
        return self.columns * self.square_m * x, self.rows * self.square_m * y


@dataclass(frozen=True, slots=True, eq=False)
class BoardView:
    """A ChArUco board in one picture."""

    ids: IntArray
    """(n,) inner corners that were found, rising."""
    corners_px: FloatArray
    """(n, 2)."""
    n_foreign: int
    """Markers of the dictionary that are not on this board."""
    size_px: tuple[int, int]
    """Width and height of the picture."""
    sharpness_px: float
    """10 to 90 % width of the edges at the corners; NaN when none was found. Above 3: blurred."""


@lru_cache(maxsize=8)
def opencv_board(board: CharucoBoard) -> cv2.aruco.CharucoBoard:
    """Make OpenCV's own board (of square 1) of ours.

    Raises
    ------
    ConfigError
        When the dictionary is unknown or has too few markers for the board.
    """
    known = dictionary_of(board.dictionary)
    n_markers = board.columns * board.rows // 2
    last = known.bytesList.shape[0] - 1
    if board.first_id + n_markers - 1 > last:
        raise ConfigError(
            f"a board of {board.columns}x{board.rows} squares has {n_markers} markers from "
            f"{board.first_id} on, but {board.dictionary} ends at {last}: use a larger dictionary"
        )
    if not 0.3 <= board.marker_m / board.square_m <= 0.9:
        raise ConfigError(
            f"markers of {board.marker_m * 1000:g} mm in squares of {board.square_m * 1000:g} mm: "
            "make them 0.3 to 0.9 of a square"
        )
    ids = np.arange(board.first_id, board.first_id + n_markers, dtype=np.int32)
    share = board.marker_m / board.square_m
    return cv2.aruco.CharucoBoard((board.columns, board.rows), 1.0, share, known, ids)


@lru_cache(maxsize=8)
def _detector(board: CharucoBoard) -> cv2.aruco.CharucoDetector:
    found = cv2.aruco.DetectorParameters()
    found.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_NONE  # the chessboard's are refined
    return cv2.aruco.CharucoDetector(
        opencv_board(board), cv2.aruco.CharucoParameters(), found, cv2.aruco.RefineParameters()
    )


def find_board(
    grey: npt.NDArray[np.uint8], board: CharucoBoard, *, inverted: bool = False
) -> BoardView:
    """Find a board's corners in a grey picture (H, W).

    `inverted`: white markers on black, as some shops print them.

    Raises
    ------
    ConfigError
        When the dictionary is unknown or has too few markers for the board.
    """
    picture = np.ascontiguousarray(255 - grey if inverted else grey)
    corners, ids, _, marker_ids = _detector(board).detectBoard(picture)
    n_found, n_markers = (0 if found is None else len(found) for found in (ids, marker_ids))
    if n_markers and n_found < ENLARGE_BELOW * board.n_corners:
        # Bits of a far board's markers are smaller than two pixels: a larger picture tells them.
        more, more_ids, _, more_markers = _detector(board).detectBoard(_enlarged(picture))
        if more_ids is not None and len(more_ids) > n_found:
            corners = (np.asarray(more) + 0.5) / ENLARGED - 0.5
            ids, marker_ids = more_ids, more_markers
    known = opencv_board(board).getIds()
    foreign = 0 if marker_ids is None else int((~np.isin(marker_ids, known)).sum())
    if ids is None or len(ids) == 0:
        empty = np.zeros((0, 2))
        size_px = (grey.shape[1], grey.shape[0])
        return BoardView(np.zeros(0, dtype=np.int64), empty, foreign, size_px, float("nan"))
    order = np.argsort(np.asarray(ids).ravel())
    found = np.asarray(ids, dtype=np.int64).ravel()[order]
    rough_px = np.asarray(corners, dtype=np.float32).reshape(-1, 2)[order]
    corners_px = _refined(picture, rough_px, found, board)
    return BoardView(
        found,
        corners_px,
        foreign,
        (grey.shape[1], grey.shape[0]),
        _sharpness_px(picture, corners_px),
    )


def _enlarged(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    large = cv2.resize(picture, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)
    return np.asarray(large, dtype=np.uint8)


def _refined(
    grey: npt.NDArray[np.uint8],
    rough_px: npt.NDArray[np.float32],
    ids: IntArray,
    board: CharucoBoard,
) -> FloatArray:
    """Move corners (n, 2) to where the chessboard's edges cross, looking past no marker."""
    gap_px = pitch_px(ids, rough_px, board) * (1.0 - board.marker_m / board.square_m) / 2
    low, high = REFINE_HALF_PX
    half = int(np.clip(np.nan_to_num(gap_px) - REFINE_CLEAR_PX, low, high))
    if min(grey.shape) <= 2 * half + 5:
        return rough_px.astype(np.float64)
    fine = cv2.cornerSubPix(
        grey, rough_px.reshape(-1, 1, 2).copy(), (half, half), (-1, -1), _REFINE_UNTIL
    )
    return np.asarray(fine, dtype=np.float64).reshape(-1, 2)


def pitch_px(ids: IntArray, corners_px: npt.NDArray[np.floating], board: CharucoBoard) -> float:
    """Give the shorter of a square's usual sides in the picture; NaN when no two touch."""
    across = board.columns - 1
    place = {int(i): k for k, i in enumerate(ids)}
    sides = []
    for step in (1, across):
        pairs = [
            (k, place[i + step])
            for i, k in place.items()
            if i + step in place and (step != 1 or (i + 1) % across)
        ]
        if pairs:
            a, b = np.array(pairs).T
            sides.append(float(np.median(np.linalg.norm(corners_px[a] - corners_px[b], axis=1))))
    return min(sides) if sides else float("nan")


def turn_deg(view: BoardView, board: CharucoBoard) -> float:
    """Give by how much the board is turned in the picture, clockwise; near 180: upside down.

    NaN when fewer than 3 corners are seen.
    """
    if len(view.ids) < 3:
        return float("nan")
    flat_m = board.corners_in_board_m[view.ids, :2]
    flat_m = flat_m - flat_m.mean(axis=0)
    seen_px = view.corners_px - view.corners_px.mean(axis=0)
    # The turn of the best similarity, as one complex number.
    turn = np.sum((seen_px[:, 0] + 1j * seen_px[:, 1]) * np.conj(flat_m[:, 0] + 1j * flat_m[:, 1]))
    return float(np.degrees(np.angle(turn)))


def mirrored(view: BoardView, board: CharucoBoard) -> bool:
    """Tell whether corners run the other way round in the picture than on the print."""
    if len(view.ids) < 4:
        return False
    flat_m = board.corners_in_board_m[view.ids, :2]
    flat_m = flat_m - flat_m.mean(axis=0)
    if np.linalg.matrix_rank(flat_m, tol=1e-6) < 2:
        return False
    slope, *_ = np.linalg.lstsq(flat_m, view.corners_px - view.corners_px.mean(axis=0))
    return bool(np.linalg.det(slope) < 0)


def board_texture(board: CharucoBoard, px_per_square: int = 64) -> npt.NDArray[np.uint8]:
    """Draw the chessboard with its markers and no rim, ink 0 and paper 255."""
    size = (board.columns * px_per_square, board.rows * px_per_square)
    return np.asarray(opencv_board(board).generateImage(size, marginSize=0), dtype=np.uint8)


def _sharpness_px(grey: npt.NDArray[np.uint8], corners_px: FloatArray) -> float:
    """Give the 10 to 90 % width of the edges at corners (n, 2): their contrast over their slope.

    For an edge blurred by a Gaussian the two differ by 2 %.
    """
    widths = []
    for x, y in np.rint(corners_px).astype(int):
        patch = grey[max(y - SHARP_HALF_PX, 0) : y + SHARP_HALF_PX + 1]
        patch = patch[:, max(x - SHARP_HALF_PX, 0) : x + SHARP_HALF_PX + 1].astype(np.float32)
        if min(patch.shape) < SHARP_HALF_PX + 1:
            continue
        along_x = cv2.Scharr(patch, cv2.CV_32F, 1, 0, scale=1 / 32)
        along_y = cv2.Scharr(patch, cv2.CV_32F, 0, 1, scale=1 / 32)
        slope = float(np.percentile(np.hypot(along_x, along_y)[1:-1, 1:-1], 98))
        low, high = np.percentile(patch, (5, 95))
        widths.append((high - low) / max(slope, 1e-6))
    return float(np.median(widths)) if widths else float("nan")
