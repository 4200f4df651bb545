"""Four real webcams watch one ChArUco board: poses as published, too short for a lens.

The clips and the published calibration are caliscope's (BSD-2-Clause); white markers on
black. The board is moved by hand and the cameras are in step to some milliseconds.
"""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from calibration.boards.charuco import BoardView, CharucoBoard, find_board
from calibration.boards.diagnose import why_not_read
from calibration.cameras.intrinsics import measure_intrinsics, pose_in_view
from calibration.cameras.intrinsics_record import intrinsics_record
from mr.rig import Intrinsics
from mr.types import Pose
from tests.conftest import Require

BOARD = CharucoBoard(columns=4, rows=5, square_m=0.054, marker_m=0.0405, dictionary="DICT_4X4_1000")
SIZE_PX = (1280, 720)
PLACE_MM, TURN_DEG = 10.0, 2.0
"""Median over frames of how far two cameras, as published, see the board apart. Measured:
2.9 to 9.2 mm and 0.7 to 1.9 degrees, at 0.7 to 1.0 m, with 12 corners."""
FIRST = 64
"""No camera sees enough of the board before."""

Sync = list[dict[int, int]]


@dataclass(frozen=True, slots=True)
class Clip:
    """One camera's clip, with what is published of it."""

    lens: Intrinsics
    color_from_world: Pose
    views: dict[int, BoardView]
    middle: np.ndarray


@pytest.fixture(scope="module")
def clips() -> dict[int, Clip]:
    folder = Require().shared("charuco/charuco_calibration")
    cameras = tomllib.loads((folder / "camera_array.toml").read_text())["cameras"]
    return {int(key): read_clip(folder, int(key), entry) for key, entry in cameras.items()}


def read_clip(folder: Path, camera: int, entry: dict) -> Clip:  # type: ignore[type-arg]
    (fx, _, cx), (_, fy, cy), _ = entry["matrix"]
    k1, k2, p1, p2, k3 = entry["distortions"]
    lens = Intrinsics(
        width_px=SIZE_PX[0],
        height_px=SIZE_PX[1],
        fx_px=fx,
        fy_px=fy,
        cx_px=cx,
        cy_px=cy,
        distortion=(k1, k2, p1, p2, k3),
    )
    film = cv2.VideoCapture(str(folder / "calibration" / "extrinsic" / f"cam_{camera}.mp4"))
    views, number, middle = {}, 0, np.zeros(0)
    while True:
        good, picture = film.read()
        if not good:
            break
        if number >= FIRST and number % 2 == 0:
            grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
            views[number] = find_board(grey, BOARD, inverted=True)
            middle = grey if number == 94 else middle
        number += 1
    pose = Pose(np.array(entry["rotation"]), np.array(entry["translation"]))
    return Clip(lens, pose, views, middle)


@pytest.fixture(scope="module")
def in_step(require_folder: Path) -> Sync:
    """Which frame of each camera was taken at the same time."""
    rows = list(csv.DictReader((require_folder / "timestamps.csv").read_text().splitlines()))
    first = min(int(row["frame_index"]) for row in rows)
    groups: dict[int, dict[int, int]] = {}
    for row in rows:
        group = groups.setdefault(int(row["sync_index"]), {})
        group[int(row["cam_id"])] = int(row["frame_index"]) - first
    return list(groups.values())


@pytest.fixture(scope="module")
def require_folder() -> Path:
    return Require().shared("charuco/charuco_calibration/calibration/extrinsic")


def poses_of(clip: Clip) -> dict[int, Pose]:
    out = {}
    for number, view in clip.views.items():
        found = pose_in_view(view, BOARD, clip.lens)
        if found is not None and found[1] < 1.0:
            out[number] = found[0]
    return out


def apart(
    one: tuple[dict[int, Pose], Pose],
    other: tuple[dict[int, Pose], Pose],
    sync: Sync,
    ids: list[int],
) -> tuple[float, float, int]:
    """Give how far two cameras see the board's middle apart, mm and degrees (medians)."""
    middle = BOARD.corners_in_board_m.mean(axis=0)
    rows = []
    for frames in sync:
        a, b = one[0].get(frames[ids[0]]), other[0].get(frames[ids[1]])
        if a is None or b is None:
            continue
        in_world = [p.inverse() @ q for p, q in ((one[1], a), (other[1], b))]
        off = in_world[0].apply(middle) - in_world[1].apply(middle)
        turn = Rotation.from_matrix(in_world[0].R.T @ in_world[1].R).magnitude()
        rows.append((1000 * float(np.linalg.norm(off)), float(np.degrees(turn))))
    mm, deg = np.median(np.array(rows), axis=0)
    return float(mm), float(deg), len(rows)


def test_cameras_see_the_board_where_the_published_poses_say(
    clips: dict[int, Clip], in_step: Sync
) -> None:
    poses = {key: poses_of(clip) for key, clip in clips.items()}
    stands = {key: clip.color_from_world for key, clip in clips.items()}
    for a in sorted(stands):
        for b in range(a + 1, len(stands)):
            one, other = (poses[a], stands[a]), (poses[b], stands[b])
            mm, deg, n = apart(one, other, in_step, [a, b])
            print(f"cameras {a} and {b}: {mm:.1f} mm, {deg:.2f} deg in {n} pictures")
            assert n >= 10
            assert mm < PLACE_MM
            assert deg < TURN_DEG
            # The control: a camera that stands 3 cm elsewhere is found out.
            moved = Pose(other[1].R, other[1].t_m + np.array([0.03, 0.0, 0.0]))
            assert apart(one, (poses[b], moved), in_step, [a, b])[0] > PLACE_MM


def test_clips_too_short_for_a_lens_are_reported_as_weak(clips: dict[int, Clip]) -> None:
    for key, clip in clips.items():
        views = [clip.views[n] for n in sorted(clip.views)]
        measured = measure_intrinsics(views, BOARD, SIZE_PX)
        record = intrinsics_record(measured, f"webcam {key}", views)
        assert not record.passed
        words = {check.item: check.why for check in record.failures}
        assert "weak" in words["focal length, one sigma"]
        assert "tilted" in words["focal length, one sigma"]
        assert "weak" in words["anywhere in the picture, one sigma"]
        assert "no corners at" in words["picture covered"]
        assert "lead away" in words["tilted boards, least of four sides"]
        off = abs(measured.intrinsics.fx_px / clip.lens.fx_px - 1)
        print(f"webcam {key}: fx off by {100 * off:.2f} %, claimed {measured.focal_sigma_pct:.2f}")
        # Weak, and it says how weak: what is published lies within some of its sigmas.
        assert 100 * off < 4 * measured.focal_sigma_pct


def test_what_is_wrong_with_a_real_picture_is_said(clips: dict[int, Clip]) -> None:
    grey = clips[2].middle
    assert why_not_read(grey, BOARD, inverted=True) == ""
    assert "inverted" in why_not_read(grey, BOARD)
    assert "mirror" in why_not_read(np.ascontiguousarray(grey[:, ::-1]), BOARD, inverted=True)
    other = BOARD.model_copy(update={"dictionary": "DICT_6X6_250"})
    assert "DICT_4X4_1000" in why_not_read(grey, other, inverted=True)
    assert "wrong dictionary" in why_not_read(grey, other, inverted=True)
