"""The painted board: its corners are where they are said to be."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import pytest

from mr.geometry.camera import Camera
from mr.geometry.poses import pose_of
from mr.rig import Intrinsics
from mr.sim.board_view import Bend, BoardPainter, Look, PrintedSheet
from mr.types import FloatArray, Pose
from tests.truth.held_boards import D435, WEBCAM

SQUARE_M, ACROSS, DOWN = 0.05, 5, 4
PITCH = 192
CORNERS_M = np.array(
    [[x * SQUARE_M, y * SQUARE_M, 0.0] for y in range(1, DOWN) for x in range(1, ACROSS)]
)
MIDDLE_M = np.array([ACROSS * SQUARE_M / 2, DOWN * SQUARE_M / 2, 0.0])
TRUE_PX = 0.02


def sheet(scale: float = 1.0) -> PrintedSheet:
    """A bare chessboard: nothing but squares near its corners."""
    rows, columns = np.indices((DOWN, ACROSS))
    cells = np.where((rows + columns) % 2 == 0, 0, 255).astype(np.uint8)
    texture = np.kron(cells, np.ones((PITCH, PITCH), dtype=np.uint8))
    rim = 40
    padded = cv2.copyMakeBorder(texture, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=255)
    pitch_m = scale * SQUARE_M / PITCH
    return PrintedSheet(np.asarray(padded, dtype=np.uint8), (pitch_m, pitch_m), (rim, rim))


def held(rotvec: FloatArray, at_m: tuple[float, float, float]) -> Pose:
    turn = pose_of(rotvec, np.zeros(3)).R
    return Pose(turn, np.array(at_m) - turn @ MIDDLE_M)


@lru_cache(maxsize=2)
def camera(webcam: bool) -> Camera:
    """Its rays are made once."""
    return Camera(WEBCAM if webcam else D435)


def off_px(
    lens: Intrinsics, pose: Pose, look: Look, bend: Bend | None = None, scale: float = 1.0
) -> FloatArray:
    painter = BoardPainter(camera(lens is WEBCAM), sheet(scale), 3)
    grey = painter.grey(pose, look, bend)
    true = painter.corners_px(pose, CORNERS_M * scale, bend)
    found = cv2.cornerSubPix(
        grey, true.astype(np.float32)[:, None] + 0.4, (9, 9), (-1, -1), (3, 80, 1e-4)
    )
    return np.asarray(found, dtype=np.float64).reshape(-1, 2) - true


@pytest.mark.parametrize("lens", [D435, WEBCAM], ids=["d435", "webcam"])
@pytest.mark.parametrize(
    "bend", [Bend(), Bend(0.004, 0.25, 0.5, (0.125, 0.1))], ids=["flat", "bent"]
)
def test_corners_are_where_they_are_said_to_be(lens: Intrinsics, bend: Bend) -> None:
    rng = np.random.default_rng(1)
    quiet = Look(blur_px=1.0, noise_counts=0.0, light=(0.0, 0.0))
    rows = []
    for _ in range(4):
        pose = held(rng.uniform(-0.4, 0.4, 3), (rng.uniform(-0.04, 0.04), 0.0, 0.42))
        rows.append(off_px(lens, pose, quiet, bend))
    off = np.concatenate(rows)
    assert np.sqrt(np.mean(off**2)) < TRUE_PX
    assert np.abs(off.mean(axis=0)).max() < TRUE_PX / 4


def test_motion_and_noise_are_about_the_pose() -> None:
    pose = held(np.array([0.2, -0.2, 0.1]), (0.0, 0.0, 0.45))
    moving = off_px(D435, pose, Look(motion_px=(3.0, 1.0), noise_counts=0.0, light=(0.0, 0.0)))
    assert np.abs(moving.mean(axis=0)).max() < 0.02
    noisy = off_px(D435, pose, Look(light=(0.0, 0.0)))
    assert 0.001 < np.sqrt(np.mean(noisy**2)) < 0.05


def test_a_larger_print_is_larger() -> None:
    pose = held(np.array([0.1, 0.1, 0.0]), (0.0, 0.0, 0.45))
    off = off_px(D435, pose, Look(blur_px=1.0, noise_counts=0.0, light=(0.0, 0.0)), scale=1.01)
    assert np.sqrt(np.mean(off**2)) < TRUE_PX
    # The control: taken for one of the right size, its corners are off by pixels.
    seen = camera(False).project
    wrong = seen(pose.apply(CORNERS_M)) - seen(pose.apply(CORNERS_M * 1.01))
    assert np.abs(wrong).max() > 1.0


def test_a_bend_meets_what_it_places() -> None:
    bend = Bend(-0.006, 0.2, 0.9, (0.1, 0.08))
    rng = np.random.default_rng(2)
    flat = np.column_stack([rng.uniform(0, 0.2, (50, 2)), np.zeros(50)])
    eye = np.array([0.12, 0.05, -0.5])
    rays = (bend.place(flat) - eye).astype(np.float32)
    x, y = bend.meet(eye, rays[None])
    assert np.stack([x[0], y[0]], axis=1) == pytest.approx(flat[:, :2], abs=2e-6)
    # Its middle is hollow: the rims stand nearer to the reader, who is at negative z.
    assert bend.place(flat)[:, 2].max() <= 0.0
    assert Bend(0.006, 0.2).place(np.array([[0.1, 0.0, 0.0]]))[0, 2] == pytest.approx(
        0.006, rel=0.01
    )


def test_the_same_seed_paints_the_same() -> None:
    pose = held(np.array([0.2, 0.0, 0.0]), (0.0, 0.0, 0.5))
    one = BoardPainter(Camera(D435), sheet(), 7).grey(pose)
    assert np.array_equal(one, BoardPainter(Camera(D435), sheet(), 7).grey(pose))
    assert not np.array_equal(one, BoardPainter(Camera(D435), sheet(), 8).grey(pose))
    assert BoardPainter(Camera(D435), sheet(), 7).bgr(pose).shape == (480, 848, 3)


def test_a_board_half_out_of_the_picture_or_behind_is_painted_as_it_is() -> None:
    painter = BoardPainter(Camera(D435), sheet(), 1)
    out = painter.grey(held(np.zeros(3), (0.35, 0.0, 0.5)))
    gone = painter.grey(held(np.zeros(3), (0.0, 0.0, -0.5)))
    assert out[:, :300].std() < 60
    assert out.max() > 190
    assert gone.max() < 190
