"""Every text is large enough in the headset, at the distance where it really stands there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from mr.types import Phase, Pose, Snapshot
from overlays.cues.context import KNEELING
from overlays.look import DENSITIES, Look
from overlays.messages import languages, load_messages
from overlays.primitives import Label, Panel, Scene, Text
from overlays.render.painter import CAP_HEIGHT_EM
from overlays.scene import build_scene
from overlays.theme import THEMES
from overlays.xr.placement import (
    PANEL_SEEN_FROM_M,
    PANEL_WIDTH_M,
    debrief_pose,
    default_xr_from_mannequin,
    panel_pose,
    panel_side,
)
from tests.snapshots import GOOD_CYCLE, placings

LEAST_RAD = np.radians(0.5)
"""Cap height. At least 16, better 20 to 22 minutes of arc (ISO 9241-3); in headsets at least
0.35 to 0.4 degrees (Microsoft, "Typography" for mixed reality). Half a degree is 30 minutes."""
PX_M = PANEL_WIDTH_M / 1024
EYE_M = np.asarray(KNEELING.eye_in_mannequin_m)


def panel_distances_m(panel_height_px: int) -> tuple[float, float]:
    """Give how far panel and debrief are from the eyes of a kneeling learner."""
    place = default_xr_from_mannequin()
    head_m = place.apply(EYE_M)
    xr_from_panel = panel_pose(place, head_m, panel_side(EYE_M, None))
    above = debrief_pose(xr_from_panel, panel_height_px * PX_M, 356 * PX_M)
    return tuple(float(np.linalg.norm(pose.t_m - head_m)) for pose in (xr_from_panel, above))


def cap_angles_rad(scene: Scene) -> Iterator[tuple[str, float]]:
    """Give each text with the angle of its capitals."""
    distances_m = panel_distances_m(scene.panel.height_px)
    for panel, distance_m in zip((scene.panel, scene.debrief), distances_m, strict=True):
        for item in () if panel is None else panel.items:
            if isinstance(item, Text):
                yield item.text, CAP_HEIGHT_EM * item.size_px * PX_M / distance_m
    for item in scene.registered:
        if isinstance(item, Label):
            away_m = float(np.linalg.norm(np.array(item.anchor_in_mannequin_m) - EYE_M))
            yield item.text, item.height_m / away_m


def scenes(states: dict[str, Snapshot]) -> Iterator[tuple[str, Scene]]:
    """Give every state in every look and language, in the headset."""
    shown = dict(states) | {f"place {name}": state for name, state in placings().items()}
    for name, state in states.items():
        shown[f"{name}, over"] = replace(state, phase=Phase.FINISHED, cycle=GOOD_CYCLE)
    for name, snapshot in shown.items():
        for language in languages():
            for density in DENSITIES:
                look = Look(density=density)
                messages = load_messages(language)
                yield name, build_scene(snapshot, look, messages, view="headset")
        yield name, build_scene(snapshot, THEMES["see-through"], view="headset")


def too_small(scene: Scene) -> list[str]:
    return [text for text, rad in cap_angles_rad(scene) if rad < LEAST_RAD]


def test_every_text_is_at_least_half_a_degree_high(states: dict[str, Snapshot]) -> None:
    least = np.inf
    for name, scene in scenes(states):
        assert too_small(scene) == [], name
        least = min(least, *(rad for _, rad in cap_angles_rad(scene)))
    print(f"smallest capitals: {np.degrees(least):.3f} degrees")


def test_text_of_half_the_size_would_be_found(states: dict[str, Snapshot]) -> None:
    scene = build_scene(states["right"])
    halved = tuple(
        replace(item, size_px=item.size_px / 2) if isinstance(item, Text) else item
        for item in scene.panel.items
    )
    panel = Panel(scene.panel.width_px, scene.panel.height_px, halved)
    assert too_small(replace(scene, panel=panel, registered=()))
    labels = tuple(
        replace(item, height_m=0.4 * item.height_m) if isinstance(item, Label) else item
        for item in scene.registered
    )
    assert too_small(replace(scene, registered=labels))


def test_the_distance_that_the_sheet_is_drawn_for_is_the_real_one() -> None:
    far_m, debrief_m = panel_distances_m(424)
    assert far_m == pytest.approx(PANEL_SEEN_FROM_M, abs=0.02)
    assert debrief_m < 1.1
    above_the_hands = np.array([-0.1, 0.0, 0.65])
    place = default_xr_from_mannequin()
    pose = panel_pose(place, place.apply(above_the_hands), "left")
    assert np.linalg.norm(pose.t_m - place.apply(above_the_hands)) < far_m, "nearer, so larger"


def test_the_debrief_stands_above_the_panel_in_its_plane() -> None:
    panel = Pose(np.eye(3), np.array([0.1, 0.5, -1.0]))
    above = debrief_pose(panel, 0.25, 0.2)
    assert np.array_equal(above.R, panel.R)
    up_m = above.t_m - panel.t_m
    assert up_m[[0, 2]] == pytest.approx([0.0, 0.0])
    assert 0.225 < up_m[1] < 0.26, "they do not overlap"
