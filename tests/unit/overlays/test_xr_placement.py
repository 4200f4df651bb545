"""What the headset's view decides without a headset: places, poses, what is missing."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from mr.errors import DeviceError
from mr.types import Pose
from overlays.xr import openxr
from overlays.xr.placement import (
    PANEL_AT_M,
    PANEL_WIDTH_M,
    PICTURE_WIDTH_M,
    UNDER_PICTURE_M,
    Side,
    default_xr_from_mannequin,
    panel_pose,
    panel_scale,
    panel_side,
    picture_pose,
)

KNEELING_M = np.array([0.0, 0.9, -0.7])


def test_default_mannequin_lies_across_on_its_back() -> None:
    pose = default_xr_from_mannequin()
    assert np.allclose(pose.R @ pose.R.T, np.eye(3))
    assert np.linalg.det(pose.R) == pytest.approx(1.0)
    assert np.allclose(pose.R[:, 2], [0.0, 1.0, 0.0])  # out of the chest is up
    assert np.allclose(pose.R[:, 1], [-1.0, 0.0, 0.0])  # the head is at the learner's left
    assert pose.t_m[2] == -1.2


def test_panel_stands_beyond_the_mannequin_and_faces_the_head() -> None:
    place = default_xr_from_mannequin()
    side = panel_side(place.inverse().apply(KNEELING_M), None)
    assert side == "left"  # the learner kneels at its right
    panel = panel_pose(place, KNEELING_M, side)
    assert np.linalg.det(panel.R) == pytest.approx(1.0)
    assert panel.t_m[1] - place.t_m[1] == pytest.approx(PANEL_AT_M[1])
    assert np.allclose(place.inverse().apply(panel.t_m)[0], PANEL_AT_M[0])
    toward = (KNEELING_M - panel.t_m) / np.linalg.norm(KNEELING_M - panel.t_m)
    assert np.allclose(panel.R[:, 2], toward)
    assert panel.R[1, 0] == pytest.approx(0.0)  # its lower edge is level
    assert panel.R[1, 1] > 0.0


def test_panel_is_a_rotation_even_seen_from_right_above() -> None:
    place = default_xr_from_mannequin()
    above = panel_pose(place, KNEELING_M, "left").t_m + np.array([0.0, 0.5, 0.0])
    panel = panel_pose(place, above, "left")
    assert np.allclose(panel.R.T @ panel.R, np.eye(3), atol=1e-9)
    assert np.linalg.det(panel.R) == pytest.approx(1.0)


def test_panel_does_not_jump_while_the_learner_compresses() -> None:
    side = panel_side(np.array([-0.5, 0.0, 0.7]), None)
    for x_m in (-0.1, 0.05, 0.2, -0.02):
        side = panel_side(np.array([x_m, 0.0, 0.6]), side)
        assert side == "left"
    assert panel_side(np.array([0.5, 0.0, 0.7]), side) == "right"


def test_panel_is_drawn_as_fine_as_the_eye_can_see() -> None:
    quest_like = panel_scale(2064, -0.82, 0.82, 1024)
    coarse = panel_scale(540, -0.74, 0.74, 1024)
    assert quest_like == 0.75
    assert coarse < quest_like
    assert panel_scale(6000, -0.82, 0.82, 1024) > quest_like


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_rig_picture_is_seen_whole_above_the_panel(side: Side) -> None:
    """By a learner who kneels at the other side, in comfortable directions, and at rest."""
    place, height_m = default_xr_from_mannequin(), 0.75 * PICTURE_WIDTH_M
    across = -0.45 if side == "left" else 0.45
    eye_m = place.apply(np.array([across, 0.0, 0.65]))
    picture = picture_pose(place, side, height_m)
    panel = panel_pose(place, eye_m, side, UNDER_PICTURE_M)
    assert np.allclose(picture.R.T @ picture.R, np.eye(3))
    assert np.linalg.det(picture.R) == pytest.approx(1.0)
    assert picture.R[1, 1] == 1.0, "upright"

    def seen_deg(pose: Pose, x_m: float, y_m: float) -> tuple[float, float]:
        """Direction from the eye: aside from the picture's middle, and above the horizon."""
        away_m = pose.apply(np.array([x_m, y_m, 0.0])) - eye_m
        ahead_m = -away_m @ picture.R[:, 2]
        up = np.degrees(np.arctan2(away_m[1], np.hypot(ahead_m, away_m @ picture.R[:, 0])))
        return float(np.degrees(np.arctan2(away_m @ picture.R[:, 0], ahead_m))), float(up)

    half_m = PICTURE_WIDTH_M / 2
    top_of_panel = seen_deg(panel, 0.0, PANEL_WIDTH_M * 424 / 1024 / 2)[1]
    assert seen_deg(picture, 0.0, -height_m / 2)[1] > top_of_panel
    assert seen_deg(picture, 0.0, 0.0)[1] == pytest.approx(-17.5, abs=2.0)
    assert seen_deg(picture, 0.0, height_m / 2)[1] < 0.0, "nobody looks up"
    left, right = seen_deg(picture, -half_m, 0.0)[0], seen_deg(picture, half_m, 0.0)[0]
    assert left < 0.0 < right
    assert right - left == pytest.approx(39.0, abs=2.0)


def test_poses_go_to_openxr_and_back(require: Any) -> None:
    require.module("xr", "pip install 'mrcpr[headset]'")
    pose = default_xr_from_mannequin() @ Pose(
        np.array([[0.6, -0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 1.0]]), np.array([0.1, 0.2, 0.3])
    )
    back = openxr.pose_from_xr(openxr.pose_to_xr(pose))
    assert np.allclose(back.R, pose.R, atol=1e-6)
    assert np.allclose(back.t_m, pose.t_m, atol=1e-6)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, require: Any) -> None:
    require.module("xr", "pip install 'mrcpr[headset]'")

    def refuse(name: str) -> None:
        raise AttributeError("no attribute 'glXGetCurrentContext'")

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(DeviceError, match="libgl1"):
        openxr.load()


WITHOUT_EXTRA = """
import importlib.util, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "xr" else find(name, *rest)
sys.modules["moderngl"] = None
from overlays.xr.probe import probe
from overlays.xr.view import run_headset_view
print(probe().why)
run_headset_view(lambda room: None, lambda: False, say=print)
"""


def test_without_the_extra_everything_imports_and_says_what_to_install() -> None:
    told = subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRA], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert "pip install 'mrcpr[headset]'" in told[0]
    assert told[1].startswith("headset: Python modules are missing (xr")
    assert "the session goes on" in told[1], "and the view ends, for nothing can come of it"


def test_other_systems_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(DeviceError, match="darwin"):
        openxr.load()
