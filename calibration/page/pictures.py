"""The page's pictures: how well a capture covers what it must, and what a camera sees.

Takes shares and camera pictures, gives RGB images; leaves showing them to
`calibration.page.panels`.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from calibration.boards.charuco import BoardView
from calibration.look import Bgr
from mr.types import FloatArray

Rgb = npt.NDArray[np.uint8]

WIDE_PX, PICTURE_PX = 480, 320
"""So wide is a picture on the page, and one in the room: they go over the wire twice a second."""
COVER_PX = (336, 150)
EMPTY, FULL = np.array([236.0, 239.0, 242.0]), np.array([31.0, 95.0, 168.0])
INK = (27, 39, 50)
ENOUGH = 0.999


def coverage_picture(coverage: FloatArray) -> Rgb:
    """Draw shares (rows, columns) of 0 to 1 as tiles that fill up; a full one has a tick.

    The fill's height tells the share, so that no colour has to be told from another.
    """
    rows, columns = coverage.shape
    tile = max(12, min(COVER_PX[0] // columns, COVER_PX[1] // rows))
    picture = np.full((rows * tile + 1, columns * tile + 1, 3), 255, dtype=np.uint8)
    for r, c in np.ndindex(rows, columns):
        share = float(np.clip(np.nan_to_num(coverage[r, c]), 0.0, 1.0))
        x, y = c * tile + 1, r * tile + 1
        cv2.rectangle(picture, (x, y), (x + tile - 3, y + tile - 3), EMPTY.tolist(), -1)
        high = round(share * (tile - 2))
        if high:
            top = y + tile - 2 - high
            cv2.rectangle(picture, (x, top), (x + tile - 3, y + tile - 3), FULL.tolist(), -1)
        if share >= ENOUGH:
            points = np.array([[0.28, 0.52], [0.45, 0.68], [0.74, 0.32]]) * tile + (x, y)
            path = np.rint(points).astype(np.int32).reshape(-1, 1, 2)
            cv2.polylines(picture, [path], False, (255, 255, 255), max(1, tile // 12), cv2.LINE_AA)
    return picture


def shown_picture(bgr: Bgr, board: BoardView | None, wide_px: int = WIDE_PX) -> Rgb:
    """Give a camera's picture for the page, with the board's corners that are seen in it."""
    scale = min(1.0, wide_px / bgr.shape[1])
    size = (round(bgr.shape[1] * scale), round(bgr.shape[0] * scale))
    picture = cv2.cvtColor(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
    if board is not None:
        for x, y in np.rint(board.corners_px * scale).astype(int):
            cv2.circle(picture, (int(x), int(y)), 4, (255, 255, 255), 2, cv2.LINE_AA)
            cv2.circle(picture, (int(x), int(y)), 4, (31, 95, 168), 1, cv2.LINE_AA)
    return np.asarray(picture, dtype=np.uint8)
