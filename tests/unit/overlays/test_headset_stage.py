"""Where things stand in the headset, and what the panel admits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mr.types import Pose, Registration, Snapshot
from overlays.messages import ENGLISH
from overlays.primitives import Text
from overlays.xr.placement import default_xr_from_mannequin
from overlays.xr.stage import Stage, viewer_at
from tests.snapshots import IN_FULL_SWING


def snapshot(**changes: Any) -> Snapshot:
    """Give a learner who compresses; `changes` replace fields."""
    return replace(IN_FULL_SWING, **{"world_from_mannequin": None} | changes)


def words(scene: Any) -> list[str]:
    """Give all the text on the panel."""
    return [item.text for item in scene.panel.items if isinstance(item, Text)]


def quarter_turn() -> Pose:
    """Turn about y by 90 degrees and move."""
    R = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
    return Pose(R, np.array([1.0, 2.0, 3.0]))


def test_before_the_first_snapshot_it_waits() -> None:
    scene, _ = Stage(None, shows_room=True).set(None)
    assert scene.registered == ()
    assert words(scene) == [ENGLISH("headset.waiting")]


def test_without_registration_it_says_so_and_uses_the_default() -> None:
    scene, place = Stage(None, shows_room=True).set(snapshot())
    assert ENGLISH("headset.not_registered") in words(scene)
    assert scene.registered
    assert np.array_equal(place.t_m, default_xr_from_mannequin().t_m)


def test_with_registration_the_poses_are_chained_and_nothing_is_admitted() -> None:
    registration = Registration(quarter_turn(), 0.001, 20, 0)
    world_from_mannequin = Pose(np.eye(3), np.array([0.1, 0.2, 0.3]))
    stage = Stage(registration, shows_room=True)
    scene, place = stage.set(snapshot(world_from_mannequin=world_from_mannequin))
    assert np.allclose(place.t_m, [1.3, 2.2, 2.9])
    assert np.allclose(place.R, quarter_turn().R)
    assert not {ENGLISH("headset.not_registered"), ENGLISH("headset.no_pose")} & set(words(scene))
    assert scene.registered


def test_an_unknown_mannequin_gets_no_ring() -> None:
    registration = Registration(quarter_turn(), 0.001, 20, 0)
    scene, _ = Stage(registration, shows_room=True).set(snapshot())
    assert scene.registered == ()
    assert ENGLISH("headset.no_pose") in words(scene)


@pytest.mark.parametrize("shows_room", [True, False])
def test_a_hidden_room_is_admitted(shows_room: bool) -> None:
    scene, _ = Stage(None, shows_room).set(snapshot())
    assert (ENGLISH("headset.no_room") in words(scene)) is not shows_room


def test_notes_make_the_panel_taller_and_nothing_else_moves() -> None:
    quiet, _ = Stage(Registration(Pose.identity(), 0.0, 9, 0), shows_room=True).set(
        snapshot(world_from_mannequin=Pose.identity())
    )
    noted, _ = Stage(None, shows_room=False).set(snapshot())
    assert noted.panel.height_px == quiet.panel.height_px + 2 * 48
    assert noted.panel.items[: len(quiet.panel.items)] == quiet.panel.items


def test_the_same_snapshot_is_built_once_and_a_new_one_anew() -> None:
    stage = Stage(None, shows_room=True)
    first, _ = stage.set(snapshot())
    again, _ = stage.set(snapshot())
    other, _ = stage.set(snapshot(seq=2, n_compressions=4))
    assert again is first
    assert other is not first


def test_the_depth_bar_follows_the_learner_to_the_other_side() -> None:
    stage = Stage(None, shows_room=True)
    stage.see_head(np.array([0.0, 0.9, -0.7]))
    near, _ = stage.set(snapshot())
    stage.see_head(np.array([0.0, 0.9, -1.8]))
    far, _ = stage.set(snapshot())
    assert far.registered != near.registered
    assert viewer_at("right").eye_in_mannequin_m[0] == -viewer_at("left").eye_in_mannequin_m[0]
