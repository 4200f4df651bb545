"""One page with every state, for eyes: ``pytest --basetemp=DIR`` says where it lies."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mr.rig import Intrinsics
from mr.types import Pose, Snapshot
from overlays.cues.context import Viewer
from overlays.mirror import draw_mirror, save_png
from overlays.render.registered import project_px
from overlays.scene import build_scene
from overlays.theme import THEMES


def background(lens: Intrinsics, cam_from_mannequin: Pose, bright: bool) -> np.ndarray:
    """A plain torso on a floor: light skin on a dark floor, or a dark shirt on a light one."""
    floor, body = ((200, 205, 208), (58, 42, 34)) if bright else ((44, 46, 50), (168, 188, 222))
    picture = np.full((lens.height_px, lens.width_px, 3), floor, dtype=np.uint8)
    outline = np.array(
        [[x, y, 0.0] for x, y in [(-0.17, -0.35), (0.17, -0.35), (0.2, 0.2), (-0.2, 0.2)]]
    )
    edges = np.concatenate(
        [np.linspace(a, b, 20) for a, b in zip(outline, np.roll(outline, -1, 0), strict=True)]
    )
    at_px, _ = project_px(edges, cam_from_mannequin, lens)
    cv2.fillPoly(picture, [at_px.round().astype(np.int32)], body, cv2.LINE_AA)
    noise = np.random.default_rng(3).normal(0, 5, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_a_contact_sheet_of_all_states(
    theme, states: dict[str, Snapshot], lens: Intrinsics, cam_from_mannequin: Pose, tmp_path: Path
) -> None:
    viewer = Viewer.of_camera(cam_from_mannequin)
    cells = []
    for k, (name, snapshot) in enumerate(states.items()):
        bgr = background(lens, cam_from_mannequin, bright=k % 2 == 1)
        scene = build_scene(snapshot, theme, viewer=viewer)
        picture = draw_mirror(bgr, scene, cam_from_mannequin, lens)
        save_png(tmp_path / f"{name.replace(' ', '_')}.png", picture)
        cells.append(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    rows = [np.hstack(cells[k : k + 6]) for k in range(0, len(cells), 6)]
    save_png(tmp_path / "sheet.png", np.vstack(rows))
    assert len({cell.tobytes() for cell in cells}) == len(states), "two states look the same"
