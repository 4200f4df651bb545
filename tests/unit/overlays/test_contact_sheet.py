"""Pages with every state, for eyes: ``pytest --basetemp=DIR`` says where they lie."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mr.rig import Intrinsics
from mr.sim.camera import SimImager
from mr.sim.learner import still_script
from mr.sim.rig import make_sim_rig
from mr.types import Pose, Snapshot
from overlays.cues.context import Viewer
from overlays.mirror import draw_mirror, save_png
from overlays.render.registered import project_px
from overlays.scene import build_scene
from overlays.theme import DEFAULT, HIGH_CONTRAST, SEE_THROUGH, Theme

Stage = dict[bool, np.ndarray]
"""A picture with the hands on the chest and one without."""


def plain_stage(lens: Intrinsics, cam_from_mannequin: Pose, bright: bool) -> Stage:
    """A flat torso on a floor: light skin on a dark floor, or a dark shirt on a light one."""
    floor, body = ((200, 205, 208), (58, 42, 34)) if bright else ((44, 46, 50), (168, 188, 222))
    picture = np.full((lens.height_px, lens.width_px, 3), floor, dtype=np.uint8)
    corners = np.array([[-0.17, -0.35, 0], [0.17, -0.35, 0], [0.2, 0.2, 0], [-0.2, 0.2, 0]])
    ends = zip(corners, np.roll(corners, -1, 0), strict=True)
    edges = np.concatenate([np.linspace(a, b, 20) for a, b in ends])
    at_px, _ = project_px(edges, cam_from_mannequin, lens)
    cv2.fillPoly(picture, [at_px.round().astype(np.int32)], body, cv2.LINE_AA)
    noise = np.random.default_rng(3).normal(0, 5, picture.shape)
    noisy = np.clip(picture + noise, 0, 255).astype(np.uint8)
    return {True: noisy, False: noisy}


def draw_sheet(
    stage: Stage,
    cam_from_mannequin: Pose,
    lens: Intrinsics,
    states: dict[str, Snapshot],
    theme: Theme,
    folder: Path,
) -> int:
    """Draw every state and all of them on one page; gives how many of them differ."""
    viewer = Viewer.of_camera(cam_from_mannequin)
    cells = []
    for name, snapshot in states.items():
        scene = build_scene(snapshot, theme, viewer=viewer)
        picture = draw_mirror(stage[snapshot.hands == "on"], scene, cam_from_mannequin, lens)
        save_png(folder / f"{name.replace(' ', '_')}.png", picture)
        cells.append(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    cells += [np.zeros_like(cells[0])] * (-len(cells) % 6)
    rows = [np.hstack(cells[k : k + 6]) for k in range(0, len(cells), 6)]
    save_png(folder / "sheet.png", np.vstack(rows))
    return len({cell.tobytes() for cell in cells if cell.any()})


def test_all_states_over_the_simulated_camera(states: dict[str, Snapshot], tmp_path: Path) -> None:
    rig = make_sim_rig()
    stage = {hands: SimImager(rig, still_script(hands=hands)).bgr(1.0) for hands in (False, True)}
    cam_from_mannequin = rig.mannequin_from_color.inverse()
    lens = rig.camera.color
    seen = draw_sheet(stage, cam_from_mannequin, lens, states, DEFAULT, tmp_path)
    assert seen == len(states), "two states look the same"


@pytest.mark.parametrize(
    ("theme", "bright"),
    [(DEFAULT, True), (HIGH_CONTRAST, False), (SEE_THROUGH, False)],
    ids=["bright", "contrast", "see-through"],
)
def test_all_states_over_a_plain_torso(
    theme: Theme,
    bright: bool,
    states: dict[str, Snapshot],
    lens: Intrinsics,
    cam_from_mannequin: Pose,
    tmp_path: Path,
) -> None:
    stage = plain_stage(lens, cam_from_mannequin, bright)
    seen = draw_sheet(stage, cam_from_mannequin, lens, states, theme, tmp_path)
    assert seen == len(states), "two states look the same"
