"""Why a board is not read, in words.

Takes a picture in which `find_board` finds too few corners, gives what is wrong with it and
what to do: another dictionary, other numbers, seen in a mirror, inverted, dark, not there.
Leaves what is done with corners that are found to the procedures.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from calibration.boards.charuco import CharucoBoard, find_board, opencv_board
from calibration.boards.sheets import dictionary_of
from mr.types import FloatArray, IntArray

ENOUGH_CORNERS = 6
"""So many corners give a pose and a lens something to go by."""
MIN_MARKERS = 4
"""Fewer markers of a dictionary may be clutter that happens to look like some."""
DARK_COUNTS = 25.0
FAMILIES = (
    "DICT_4X4_1000",
    "DICT_5X5_1000",
    "DICT_6X6_1000",
    "DICT_7X7_1000",
    "DICT_APRILTAG_36h11",
    "DICT_APRILTAG_25h9",
    "DICT_ARUCO_MIP_36h12",
    "DICT_ARUCO_ORIGINAL",
)
"""The largest of each family holds the smaller ones: DICT_4X4_50 begins DICT_4X4_1000."""

Picture = npt.NDArray[np.uint8]


def why_not_read(grey: Picture, board: CharucoBoard, *, inverted: bool = False) -> str:
    """Say what keeps a board from being read; "" when enough of its corners are found.

    Takes up to some 0.3 s for a picture in which nothing is found: not for every frame.

    Raises
    ------
    ConfigError
        When the dictionary is unknown or has too few markers for the board.
    """
    view = find_board(grey, board, inverted=inverted)
    if len(view.ids) >= ENOUGH_CORNERS:
        return ""
    seen = np.ascontiguousarray(255 - grey if inverted else grey)
    if float(np.percentile(grey, 95)) < DARK_COUNTS:
        return "the picture is dark: switch the light on, or take the cap off the lens"
    if len(find_board(grey, board, inverted=not inverted).ids) >= ENOUGH_CORNERS:
        if inverted:
            return "the board's print is not inverted (its markers are black): leave `inverted` out"
        return "the board's print is inverted (white markers on black): say that it is `inverted`"
    flipped = np.ascontiguousarray(grey[:, ::-1])
    if len(find_board(flipped, board, inverted=inverted).ids) >= ENOUGH_CORNERS:
        return (
            "the board is seen mirrored (in a mirror, through its sheet from behind, or the camera "
            "flips its picture): turn its printed side to the camera, and switch mirroring off"
        )
    own = _of_this_dictionary(seen, board)
    return own or _of_other_dictionaries(grey, board) or _nothing(len(view.ids), view.n_foreign)


def _of_this_dictionary(seen: Picture, board: CharucoBoard) -> str:
    """Say what is wrong when markers of the board's own dictionary are seen."""
    middles_px, ids = _markers(seen, board.dictionary)
    known = np.asarray(opencv_board(board).getIds())
    stray = ids[~np.isin(ids, known)]
    if len(stray) >= MIN_MARKERS and len(stray) > len(ids) / 2:
        return (
            f"markers {stray.min()} to {stray.max()} of {board.dictionary} are seen, but this "
            f"board has {known.min()} to {known.max()}: hold the right board, or give its "
            "first id"
        )
    if len(ids) - len(stray) < MIN_MARKERS:
        return ""
    if not _as_laid_out(middles_px[np.isin(ids, known)], ids[np.isin(ids, known)], board):
        return (
            f"its markers are not where a board of {board.columns}x{board.rows} squares has them: "
            "count the squares across and down, and give them"
        )
    return ""


def _of_other_dictionaries(grey: Picture, board: CharucoBoard) -> str:
    """Say which other dictionary is seen, the right way up or inverted."""
    most, name, how = MIN_MARKERS - 1, "", ""
    for family in FAMILIES:
        for picture, words in ((grey, ""), (255 - grey, ", inverted")):
            _, ids = _markers(np.ascontiguousarray(picture), family)
            if len(np.unique(ids)) > most and board.dictionary != family:
                most, name, how = len(np.unique(ids)), family, words
    if not name:
        return ""
    return (
        f"{most} markers of {name}{how} are seen and none of {board.dictionary}: wrong dictionary; "
        "hold the right board, or give its dictionary"
    )


def _nothing(n_corners: int, n_foreign: int) -> str:
    if n_corners:
        return (
            f"only {n_corners} of the board's corners are seen: bring it wholly into the picture, "
            "with no fingers on it"
        )
    if n_foreign:
        return (
            f"{n_foreign} markers are seen, none of them this board's: show the board that is meant"
        )
    return (
        "no marker of a board is seen: turn its printed side to the camera, bring it nearer and "
        "hold it still, with light on it"
    )


@lru_cache(maxsize=16)
def _detector(dictionary: str) -> cv2.aruco.ArucoDetector:
    return cv2.aruco.ArucoDetector(dictionary_of(dictionary), cv2.aruco.DetectorParameters())


def _markers(grey: Picture, dictionary: str) -> tuple[FloatArray, IntArray]:
    """Give the middles (n, 2) px and ids (n,) of a dictionary's markers."""
    corners, ids, _ = _detector(dictionary).detectMarkers(grey)
    if len(corners) == 0:
        return np.zeros((0, 2)), np.zeros(0, dtype=np.int64)
    middles_px = np.array([np.asarray(c).reshape(4, 2).mean(axis=0) for c in corners])
    return middles_px.astype(np.float64), np.asarray(ids, dtype=np.int64).ravel()


def _as_laid_out(middles_px: FloatArray, ids: IntArray, board: CharucoBoard) -> bool:
    """Tell whether markers' middles agree with the board's layout, seen in perspective."""
    corners = np.array(opencv_board(board).getObjPoints(), dtype=np.float64)[..., :2]
    flat = corners.mean(axis=1)[ids - board.first_id]
    if len(ids) < MIN_MARKERS + 1:  # four fit anything
        return True
    pitch = float(np.ptp(middles_px, axis=0).max() / max(np.ptp(flat, axis=0).max(), 1e-9))
    seen = cv2.findHomography(flat, middles_px, cv2.RANSAC, 0.25 * pitch)[1]
    return seen is not None and float(np.mean(np.asarray(seen))) > 0.7
