"""Rough corners of a drawn marker are refined by its edges, or left alone."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from mr.tracking.edges import refine_corners
from mr.types import FloatArray

CELLS, CELL_PX = 10, 24
"""Of DICT_APRILTAG_36h11 with its border and one white cell around; pixels of the original."""
TRUE_PX = np.array([[44.3, 30.8], [108.6, 38.1], [101.2, 99.7], [38.4, 92.2]])
SIDE_CELLS = 8


@pytest.fixture(scope="module")
def grey() -> npt.NDArray[np.uint8]:
    """A tag seen from somewhere, its dark border's corners at `TRUE_PX` (pixel centres)."""
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    tag = cv2.aruco.generateImageMarker(dictionary, 2, SIDE_CELLS * CELL_PX)
    sheet = np.full((CELLS * CELL_PX,) * 2, 230, np.uint8)
    sheet[CELL_PX:-CELL_PX, CELL_PX:-CELL_PX] = np.maximum(tag, 20)
    a, b = CELL_PX - 0.5, (CELLS - 1) * CELL_PX - 0.5
    edge = np.array([[a, a], [b, a], [b, b], [a, b]], np.float32)
    way = cv2.getPerspectiveTransform(edge, TRUE_PX.astype(np.float32))
    fine = np.diag([4.0, 4.0, 1.0])
    fine[:2, 2] = 1.5  # pixel centres again, four times finer
    large = cv2.warpPerspective(sheet, fine @ way, (600, 560), borderValue=230)
    small = cv2.resize(large, (150, 140), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 0.7), np.uint8)


def inset(cells: float) -> FloatArray:
    """Give corners that lie inside the true ones by so many cells along both edges."""
    share = cells / SIDE_CELLS
    to_next, to_last = np.roll(TRUE_PX, -1, 0) - TRUE_PX, np.roll(TRUE_PX, 1, 0) - TRUE_PX
    return np.asarray(TRUE_PX + share * (to_next + to_last))[None]


@pytest.mark.parametrize("cells", [-0.45, 0.0, 0.2, 0.45])
def test_corners_within_half_a_cell_are_refined(grey: npt.NDArray[np.uint8], cells: float) -> None:
    """The detector may take a border's inner outline for the marker: 0.45 cells to each side."""
    refined = refine_corners(grey, inset(cells), SIDE_CELLS)
    assert np.abs(refined[0] - TRUE_PX).max() < 0.2


def test_corners_of_something_else_are_left_alone(grey: npt.NDArray[np.uint8]) -> None:
    """The control: two cells inside there is only the code."""
    rough = inset(2.0)
    assert np.abs(refine_corners(grey, rough, SIDE_CELLS)[0] - TRUE_PX).max() > 4.0
    flat = np.full_like(grey, 128)
    assert np.allclose(refine_corners(flat, rough, SIDE_CELLS), rough)
