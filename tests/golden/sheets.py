"""Golden pictures: what the learner sees in each state and theme, small, on few sheets.

They were looked at by a person when they were made. `tests/unit/overlays/test_golden.py` draws
them again and compares. After a wanted change: ``python -m tests.golden``, look at each, and
commit them with the change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from mr.files import write_whole
from mr.rig import Intrinsics
from mr.types import Phase, Pose, Snapshot
from overlays.cues.context import Viewer
from overlays.hands import hand_capsules
from overlays.look import Look
from overlays.mirror import draw_mirror
from overlays.primitives import Panel, Scene
from overlays.render.panel import draw_panel
from overlays.render.registered import project_px
from overlays.scene import View, build_scene
from overlays.theme import DEFAULT, THEMES
from tests.snapshots import GOOD_CYCLE, IN_FULL_SWING, UNEVEN_CYCLE, placings, states

Bgr = npt.NDArray[np.uint8]
FOLDER = Path(__file__).parent
WIDTH_PX = 512
COLORS = 48
"""A golden picture has a palette of so many colours; comparing allows for it."""
LENS = Intrinsics(
    width_px=512,
    height_px=300,
    fx_px=430.0,
    fy_px=430.0,
    cx_px=256.0,
    cy_px=150.0,
    distortion=(0.0, 0.0, 0.0, 0.0, 0.0),
)
GROUND, CHEST = (52, 48, 46), (150, 175, 205)


def cam_from_mannequin() -> Pose:
    """Look down at the chest from where a learner kneels."""
    eye = np.array([-0.50, -0.05, 0.70])
    forward = -eye / np.linalg.norm(eye)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    turn = Rotation.from_matrix(np.stack([right, np.cross(forward, right), forward], axis=1))
    return Pose(turn.as_matrix(), eye).inverse()


def chest() -> Bgr:
    """Draw a plain torso."""
    picture = np.full((LENS.height_px, LENS.width_px, 3), GROUND, np.uint8)
    corners = np.array([[-0.17, -0.30, 0], [0.17, -0.30, 0], [0.19, 0.2, 0], [-0.19, 0.2, 0]])
    at_px, _ = project_px(corners, cam_from_mannequin(), LENS)
    cv2.fillPoly(picture, [at_px.round().astype(np.int32)], CHEST, cv2.LINE_AA)
    return picture


def scene_on_chest(scene: Scene) -> Bgr:
    """Draw what is registered, and the panel below, as the mirror does."""
    mirror = draw_mirror(chest(), scene, cam_from_mannequin(), LENS)
    size = (WIDTH_PX, round(mirror.shape[0] * WIDTH_PX / mirror.shape[1]))
    return np.asarray(cv2.resize(mirror, size, interpolation=cv2.INTER_AREA), np.uint8)


def panel_alone(panel: Panel) -> Bgr:
    """Draw a panel at half its size on the picture's ground."""
    rgba = draw_panel(panel, 0.5).astype(np.float64)
    alpha = rgba[:, :, 3:] / 255.0
    bgr = rgba[:, :, 2::-1] + (1.0 - alpha) * np.array(GROUND)
    return np.asarray(bgr.round(), np.uint8)


def drawn(
    snapshot: Snapshot, look: Look, view: View = "mirror", beat: float | None = None
) -> Scene:
    """Build a scene for this camera."""
    viewer = Viewer.of_camera(cam_from_mannequin())
    return build_scene(snapshot, look, viewer=viewer, view=view, beat=beat)


def _pairs(tiles: list[Bgr]) -> Bgr:
    """Lay tiles out, two side by side."""
    high = max(tile.shape[0] for tile in tiles)
    same = [np.pad(t, ((0, high - t.shape[0] + 4), (0, 4), (0, 0))) for t in tiles]
    same += [np.zeros_like(same[0])] * (-len(same) % 2)
    rows = [np.concatenate(same[k : k + 2], axis=1) for k in range(0, len(same), 2)]
    sheet = np.concatenate(rows)
    return np.asarray(cv2.resize(sheet, None, fx=0.72, fy=0.72, interpolation=cv2.INTER_AREA))


FEW = ("right", "too shallow", "leaning", "wrong place", "hands off", "sensor lost")
"""States that each theme but the default is drawn in."""


def sheets() -> dict[str, Bgr]:
    """Draw all golden pictures, by their names."""
    made: dict[str, Bgr] = {}
    names = list(states())
    for part, group in enumerate((names[:8], names[8:16], names[16:])):
        tiles = [scene_on_chest(drawn(states()[name], Look())) for name in group]
        made[f"states-{part + 1}"] = _pairs(tiles)
    for theme in THEMES.values():
        if theme is not DEFAULT:
            tiles = [scene_on_chest(drawn(states()[name], Look(theme))) for name in FEW]
            made[f"theme-{theme.name}"] = _pairs(tiles)
    made["looks"] = _pairs([scene_on_chest(scene) for scene in _looks()])
    made["headset"] = _pairs(
        [scene_on_chest(drawn(s, Look(), "headset")) for s in placings().values()]
    )
    made["debrief"] = _pairs(list(_debriefs()))
    made["hands"] = _pairs([scene_on_chest(scene) for scene in _hands()])
    return made


def _looks() -> Iterator[Scene]:
    """Give brightness, densities, and the pulse when it is lit and when it is out."""
    cycle = states()["in a cycle"]
    yield drawn(cycle, Look(brightness=0.6))
    yield drawn(cycle, Look(density="calm"), beat=0.0)
    yield drawn(cycle, Look(density="dense"), beat=0.0)
    yield drawn(cycle, Look(density="dense"), beat=0.3)


UNKNOWN_CYCLE = replace(GOOD_CYCLE, depth_mm=None, depth_in_target_pct=None, lesson="")


def _debriefs() -> Iterator[Bgr]:
    for cycle in (GOOD_CYCLE, UNEVEN_CYCLE, UNKNOWN_CYCLE):
        over = replace(IN_FULL_SWING, phase=Phase.FINISHED, cycle=cycle)
        for look in (Look(), Look(THEMES["see-through"])):
            debrief = drawn(over, look).debrief
            assert debrief is not None
            yield panel_alone(debrief)


def _hands() -> Iterator[Scene]:
    """Give the ring without a hand over it, with a tracked one, and with a heel."""
    joints = np.zeros((26, 3))
    joints[0], joints[1] = (0.0, 0.05, 0.0), (0.0, 0.0, 0.0)
    joints[2:6] = [(-0.025, 0.02, 0), (-0.045, 0.05, 0), (-0.055, 0.08, 0), (-0.06, 0.10, 0)]
    for k, x in enumerate((-0.032, -0.011, 0.011, 0.032)):
        joints[6 + 5 * k : 11 + 5 * k] = [(x, y, 0.0) for y in (0.03, 0.09, 0.13, 0.16, 0.19)]
    joints = joints[:, [1, 0, 2]] + np.array([-0.08, 0.0, 0.02])  # fingers away from the learner
    free = replace(drawn(IN_FULL_SWING, Look()), mask=())
    yield free
    yield replace(free, mask=hand_capsules(joints, np.ones(26, dtype=bool)))
    yield drawn(states()["wrong place"], Look())


# --- files ------------------------------------------------------------------------------


def write(path: Path, bgr: Bgr) -> None:
    """Write a picture as PNG with a palette."""
    pixels = bgr.reshape(-1, 3).astype(np.float32)
    cv2.setRNGSeed(7)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 12, 1.0)
    few = pixels[:: max(1, len(pixels) // 20000)]
    _, _, centres = cv2.kmeans(few, COLORS, None, stop, 1, cv2.KMEANS_PP_CENTERS)
    nearest = np.concatenate(
        [
            np.linalg.norm(part[:, None] - centres[None], axis=2).argmin(axis=1)
            for part in np.array_split(pixels, max(1, len(pixels) // 50000))
        ]
    )
    quantized = centres.round().astype(np.uint8)[nearest].reshape(bgr.shape)
    done, data = cv2.imencode(".png", quantized, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    assert done
    write_whole(path, data.tobytes())


def read(path: Path) -> Bgr:
    """Read a golden picture."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert picture is not None, f"{path.name} is missing: python -m tests.golden"
    return np.asarray(picture, np.uint8)


def difference(a: Bgr, b: Bgr) -> tuple[float, float]:
    """Tell the mean difference of two pictures, 0 … 255, and the share of clearly other pixels."""
    if a.shape != b.shape:
        return 255.0, 1.0
    apart = np.abs(a.astype(np.int16) - b.astype(np.int16))
    return float(apart.mean()), float((apart.max(axis=2) > 40).mean())
