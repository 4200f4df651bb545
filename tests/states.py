"""What a learner sees in each state, in each theme: ``python -m tests.states FILE.jpg``.

A simulated rig's camera looks at a simulated learner; each column is a theme, each row a
state. The last rows are the headset's place: there the picture stands for what the learner
sees through the headset. docs/guides/learner/states.jpg is from here.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from mr.files import write_whole
from mr.rig import Intrinsics
from mr.sim.camera import SimImager
from mr.sim.learner import still_script
from mr.sim.rig import make_sim_rig
from mr.types import Pose, Snapshot
from overlays.cues.context import Viewer
from overlays.mirror import draw_mirror
from overlays.scene import View, build_scene
from overlays.theme import THEMES, Theme
from tests.snapshots import placings, states

Bgr = npt.NDArray[np.uint8]
TILE_PX = 360
TITLE_PX = 30
QUALITY = 40
FLOOR_PX = (60, 110)
"""Rows of floor that are cut off above and below."""
ASKED: dict[str, str] = {
    "right": "right: go on",
    "too shallow": "too shallow",
    "too deep": "too deep",
    "leaning": "leaning on the chest",
    "hands off": "hands off",
    "wrong place": "wrong place",
    "sensor lost": "a sensor is lost",
    "registration weak": "headset: place not sure",
    "registration lost": "headset: place lost",
}
"""Rows with their titles, in the words of who looks at the sheet, not of the learner."""
INK, PAPER = (235, 235, 235), (28, 24, 22)


@dataclass(frozen=True, eq=False)
class Camera:
    """A simulated camera's pictures of hands on and off the chest, and its lens."""

    pictures: dict[bool, Bgr]
    cam_from_mannequin: Pose
    lens: Intrinsics


def camera() -> Camera:
    """Look at a resting learner, from the rig's camera."""
    rig = make_sim_rig()
    assert rig.camera.color is not None
    pictures = {
        hands: SimImager(rig, still_script(hands=hands)).bgr(1.0) for hands in (False, True)
    }
    return Camera(pictures, rig.mannequin_from_color.inverse(), rig.camera.color)


def rows() -> dict[str, tuple[Snapshot, View]]:
    """Give the states of the sheet and through what each is seen."""
    seen: dict[str, tuple[Snapshot, View]] = {
        name: (snapshot, "mirror") for name, snapshot in states().items() if name in ASKED
    }
    for name in ("weak", "lost"):
        seen[f"registration {name}"] = (replace(placings()[name], guidance=True), "headset")
    return {name: seen[name] for name in ASKED}


def picture_of(seen_by: Camera, snapshot: Snapshot, theme: Theme, view: View) -> Bgr:
    """Draw one state as the mirror shows it."""
    viewer = Viewer.of_camera(seen_by.cam_from_mannequin)
    scene = build_scene(snapshot, theme, viewer=viewer, view=view)
    bgr = seen_by.pictures[snapshot.hands == "on"]
    drawn = draw_mirror(bgr, scene, seen_by.cam_from_mannequin, seen_by.lens)
    view_px = round(bgr.shape[0] * drawn.shape[1] / bgr.shape[1])
    top_px, floor_px = FLOOR_PX
    return np.concatenate([drawn[top_px : view_px - floor_px], drawn[view_px:]]).astype(np.uint8)


def titled(picture: Bgr, title: str) -> Bgr:
    """Make a tile of a picture, with its title above it."""
    height_px = round(TILE_PX * picture.shape[0] / picture.shape[1])
    small = cv2.resize(picture, (TILE_PX, height_px), interpolation=cv2.INTER_AREA)
    head = np.full((TITLE_PX, TILE_PX, 3), PAPER, np.uint8)
    cv2.putText(head, title, (6, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, INK, 1, cv2.LINE_AA)
    return np.concatenate([head, small]).astype(np.uint8)


def sheet(seen_by: Camera, themes: Sequence[Theme]) -> Bgr:
    """Draw all states in all themes."""
    lines = []
    for name, (snapshot, view) in rows().items():
        tiles = [
            titled(picture_of(seen_by, snapshot, theme, view), f"{ASKED[name]}  ({theme.name})")
            for theme in themes
        ]
        lines.append(np.concatenate([np.pad(t, ((0, 8), (0, 8), (0, 0))) for t in tiles], axis=1))
    return np.concatenate(lines).astype(np.uint8)


def main() -> None:
    """Write the sheet into one file."""
    (name,) = sys.argv[1:]
    drawn = sheet(camera(), tuple(THEMES.values()))
    data = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
    write_whole(Path(name), data)
    print(f"{name}: {drawn.shape[1]} x {drawn.shape[0]} px, {len(data) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
