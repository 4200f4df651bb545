"""Finding a ChArUco board, and saying why it is not found."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import pytest

from calibration.boards.charuco import CharucoBoard, find_board, mirrored, opencv_board, turn_deg
from calibration.boards.diagnose import why_not_read
from calibration.boards.registration import RegistrationBoard
from calibration.simulated.board_technician import printed_sheet
from mr.errors import ConfigError
from mr.geometry.camera import Camera
from mr.geometry.poses import pose_of
from mr.sim.board_view import BoardPainter, Look
from mr.types import FloatArray, Pose
from tests.truth.held_boards import BOARD, D435, MIDDLE_M


def held(rotvec: tuple[float, float, float], z_m: float = 0.5) -> Pose:
    turn = pose_of(np.array(rotvec), np.zeros(3)).R
    return Pose(turn, np.array([0.01, -0.01, z_m]) - turn @ MIDDLE_M)


POSE = held((0.3, 0.2, 0.1))


@lru_cache(maxsize=1)
def painter() -> BoardPainter:
    return BoardPainter(Camera(D435), printed_sheet(BOARD), 1)


@lru_cache(maxsize=1)
def picture() -> FloatArray:
    return painter().grey(POSE)


def test_corners_are_found_to_a_twentieth_of_a_pixel() -> None:
    for z_m in (0.36, 0.5, 0.6):
        pose = held((0.25, -0.2, 0.1), z_m)
        view = find_board(painter().grey(pose), BOARD)
        true_px = painter().corners_px(pose, BOARD.corners_in_board_m)[view.ids]
        off = view.corners_px - true_px
        assert len(view.ids) >= 60
        assert np.median(np.abs(off)) < 0.06
        assert np.sqrt(np.mean(off**2)) < 0.1
        assert np.abs(off.mean(axis=0)).max() < 0.03
        assert view.n_foreign == 0
        assert view.sharpness_px < 2.7


def test_a_blurred_board_says_so() -> None:
    view = find_board(painter().grey(POSE, Look(blur_px=1.3)), BOARD)
    assert len(view.ids) >= 14
    assert view.sharpness_px > 3.2


def test_a_board_upside_down_is_read_and_known_to_be() -> None:
    view = find_board(painter().grey(held((0.0, 0.0, np.pi))), BOARD)
    assert len(view.ids) == BOARD.n_corners
    assert abs(turn_deg(view, BOARD)) == pytest.approx(180.0, abs=2.0)
    assert turn_deg(find_board(picture(), BOARD), BOARD) == pytest.approx(6.0, abs=4.0)
    assert not mirrored(view, BOARD)


def flipped() -> FloatArray:
    return np.ascontiguousarray(picture()[:, ::-1])


@pytest.mark.parametrize(
    ("grey", "change", "inverted", "words"),
    [
        (flipped, {}, False, "seen mirrored"),
        (lambda: 255 - picture(), {}, False, "say that it is `inverted`"),
        (picture, {}, True, "leave `inverted` out"),
        (picture, {"dictionary": "DICT_5X5_100"}, False, "wrong dictionary"),
        (picture, {"dictionary": "DICT_APRILTAG_36h11"}, False, "44 markers of DICT_4X4"),
        (picture, {"first_id": 50}, False, "markers 0 to 43 .* has 50 to 93"),
        (picture, {"columns": 11, "rows": 8}, False, "count the squares"),
        (picture, {"columns": 9, "rows": 9}, False, "count the squares"),
        (lambda: picture() // 14, {}, False, "dark"),
        (lambda: np.full((480, 848), 128, np.uint8), {}, False, "no marker of a board"),
    ],
)
def test_what_keeps_a_board_from_being_read_is_said(grey, change, inverted, words) -> None:  # type: ignore[no-untyped-def]
    board = BOARD.model_copy(update=change)
    why = why_not_read(grey(), board, inverted=inverted)
    assert re.search(words, why), why


def test_a_board_that_is_read_has_nothing_wrong() -> None:
    assert why_not_read(picture(), BOARD) == ""


def test_two_boards_in_one_picture_are_kept_apart() -> None:
    card = RegistrationBoard().board
    small = printed_sheet(card).levels[2]
    both = picture().copy()
    both[250 : 250 + small.shape[0], 10 : 10 + small.shape[1]] = small
    large, there = find_board(both, BOARD), find_board(both, card)
    assert len(large.ids) > 40
    assert len(there.ids) == card.n_corners
    assert large.n_foreign == 18
    assert there.n_foreign > 30


def test_a_board_that_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="ends at 99"):
        opencv_board(CharucoBoard(first_id=80))
    with pytest.raises(ConfigError, match=r"0\.3 to 0\.9 of a square"):
        opencv_board(CharucoBoard(marker_m=0.0235))
