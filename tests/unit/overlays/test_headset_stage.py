"""Where things stand in the headset, and what the panel admits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mr.types import Arrival, HandJoints, Phase, Placing, Pose, Registration, Snapshot, Stamp
from overlays.comfort import LIMIT_MINUTES
from overlays.look import Look
from overlays.messages import ENGLISH
from overlays.primitives import Rect, Ring, Text
from overlays.theme import HIGH_CONTRAST
from overlays.xr.composed import Standing
from overlays.xr.placement import default_xr_from_mannequin
from overlays.xr.stage import FINISH_HEIGHT_PX, GAP_PX, PANEL_EVERY_NS, Stage, viewer_at
from tests.snapshots import GOOD_CYCLE, IN_FULL_SWING


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


def registration(shift_m: float = 0.0) -> Registration:
    """Give the quarter turn, moved aside."""
    turn = quarter_turn()
    return Registration(Pose(turn.R, turn.t_m + np.array([shift_m, 0.0, 0.0])), 0.001, 20, 0)


LYING = Pose(np.eye(3), np.array([0.1, 0.2, 0.3]))
ADMITTED = {ENGLISH("headset.not_registered"), ENGLISH("headset.no_pose")}


def test_before_the_first_snapshot_it_waits() -> None:
    scene, _ = Stage(shows_room=True).set(None)
    assert scene.registered == ()
    assert words(scene) == [ENGLISH("headset.waiting")]


def test_without_registration_it_says_so_and_uses_the_default() -> None:
    scene, place = Stage(shows_room=True).set(snapshot())
    assert ENGLISH("headset.not_registered") in words(scene)
    assert scene.registered
    assert np.array_equal(place.t_m, default_xr_from_mannequin().t_m)


def test_with_registration_the_poses_are_chained_and_nothing_is_admitted() -> None:
    placed = snapshot(world_from_mannequin=LYING, placing=Placing("ok", registration()))
    scene, place = Stage(shows_room=True).set(placed)
    assert np.allclose(place.t_m, [1.3, 2.2, 2.9])
    assert np.allclose(place.R, quarter_turn().R)
    assert not ADMITTED & set(words(scene))
    assert not [text for text in words(scene) if text in (ENGLISH("placing.ok"),)]
    assert scene.registered


def test_an_unknown_mannequin_gets_no_ring() -> None:
    scene, _ = Stage(shows_room=True).set(snapshot(placing=Placing("ok", registration())))
    assert scene.registered == ()
    assert ENGLISH("headset.no_pose") in words(scene)


def alphas(scene: Any) -> float:
    """Give the most opaque thing that is registered."""
    return max((item.color[3] for item in scene.registered), default=0.0)


def test_what_is_weak_fades_and_what_is_lost_is_not_drawn() -> None:
    stage = Stage(shows_room=True)
    seen = {}
    for state in ("ok", "weak", "lost", "unknown"):
        found = registration() if state in ("ok", "weak") else None
        placed = snapshot(world_from_mannequin=LYING, placing=Placing(state, found))
        scene, _ = stage.set(placed)
        seen[state] = alphas(scene)
        said = ENGLISH(f"placing.{state}") in words(scene)
        assert said is (state != "ok"), state
    assert seen["ok"] == 1.0
    assert 0.2 < seen["weak"] < 0.6
    assert seen["lost"] == seen["unknown"] == 0.0


def test_the_last_good_place_is_kept_while_a_new_one_is_weak() -> None:
    def at(state: Any, shift_m: float) -> Snapshot:
        found = Placing(state, registration(shift_m))
        return snapshot(world_from_mannequin=LYING, placing=found)

    stage = Stage(shows_room=True)
    _, first = stage.set(at("weak", 0.05))
    assert first.t_m[0] == pytest.approx(1.35), "a weak one is better than none"
    _, better = stage.set(at("weak", 0.04))
    assert better.t_m[0] == pytest.approx(1.34)
    _, good = stage.set(at("ok", 0.0))
    _, kept = stage.set(at("weak", 0.06))
    assert np.array_equal(kept.t_m, good.t_m)
    _, again = stage.set(at("ok", 0.01))
    assert again.t_m[0] == pytest.approx(1.31)
    lost = snapshot(world_from_mannequin=LYING, placing=Placing("lost"))
    _, stays = stage.set(lost)
    assert np.array_equal(stays.t_m, again.t_m), "the panel stays where it was"


@pytest.mark.parametrize(
    ("placing", "asked"),
    [
        (Placing("unknown", ask="sweep", share=0.3), "placing.sweep"),
        (Placing("unknown", ask="wait"), "placing.wait"),
        (Placing("weak", registration(), ask="touch"), "placing.touch"),
    ],
)
def test_what_is_to_be_done_is_asked_for(placing: Placing, asked: str) -> None:
    resting, _ = Stage(shows_room=True).set(snapshot(phase=Phase.WAITING, placing=placing))
    assert ENGLISH(asked) in words(resting)
    pressing, _ = Stage(shows_room=True).set(snapshot(placing=placing))
    assert ENGLISH(asked) not in words(pressing), "nobody who compresses is asked for more"
    assert ENGLISH(f"placing.{placing.state}") in words(pressing)


def test_a_place_to_touch_is_named_and_an_unknown_request_is_not_fatal() -> None:
    touch = Placing("unknown", ask="touch", touch=2)
    scene, _ = Stage(shows_room=True).set(snapshot(phase=Phase.WAITING, placing=touch))
    assert ENGLISH("placing.touch_n", n=2) in words(scene), "as it is printed on the plate"
    wrong = snapshot(phase=Phase.WAITING, placing=replace(touch, ask="touch_other"))
    other, _ = Stage(shows_room=True).set(wrong)
    assert ENGLISH("placing.touch_other_n", n=2) in words(other)
    dance, _ = Stage(shows_room=True).set(snapshot(placing=Placing("unknown", ask="dance")))
    assert ENGLISH("placing.unknown") in words(dance)


@pytest.mark.parametrize("shows_room", [True, False])
def test_a_hidden_room_is_admitted(shows_room: bool) -> None:
    scene, _ = Stage(shows_room).set(snapshot())
    assert (ENGLISH("headset.no_room") in words(scene)) is not shows_room


def test_over_a_picture_it_says_whose_view_that_is_and_no_more() -> None:
    scene, _ = Stage(False, in_picture=True).set(snapshot())
    told = set(words(scene))
    assert ENGLISH("headset.rig_view") in told
    assert not told & {ENGLISH("headset.not_registered"), ENGLISH("headset.no_room")}


def test_over_a_picture_the_headsets_place_says_nothing_of_what_is_drawn() -> None:
    """The camera's place is calibrated: ring and bar are in its picture, whatever the headset's."""
    lost = snapshot(world_from_mannequin=LYING, placing=Placing("lost"))
    over_picture, _ = Stage(False, in_picture=True).set(lost)
    in_space, _ = Stage(False).set(lost)
    hidden = ENGLISH("placing.lost")
    assert hidden not in words(over_picture)
    assert hidden in words(in_space), "the control"
    drawn, _ = Stage(False, in_picture=True).set(snapshot())
    assert drawn.registered == (), "nobody draws it there"


def test_a_room_that_goes_for_a_moment_changes_no_place() -> None:
    stage = Stage(shows_room=True)
    ok = Placing("ok", registration())
    _, sure = stage.set(snapshot(world_from_mannequin=LYING, placing=ok))
    weak = snapshot(world_from_mannequin=LYING, placing=Placing("weak", registration(0.06)))
    stage.see_room(False)
    scene, kept = stage.set(weak)
    assert np.array_equal(kept.t_m, sure.t_m)
    assert ENGLISH("headset.no_room") in words(scene)
    stage.see_room(True)
    again, _ = stage.set(weak)
    assert ENGLISH("headset.no_room") not in words(again)


def test_after_the_time_limit_it_says_to_rest_and_not_before() -> None:
    stage, long_s = Stage(shows_room=True), LIMIT_MINUTES * 60.0
    early, _ = stage.set(snapshot(), worn_s=long_s - 1.0)
    late, _ = stage.set(snapshot(guidance=False), worn_s=long_s + 61.0)
    note = ENGLISH("headset.rest", minutes=21)
    assert note in words(late), "in an assessment, too"
    assert not [text for text in words(early) if "rest" in text.split()]


def test_notes_make_the_panel_taller_and_nothing_else_moves() -> None:
    placed = snapshot(world_from_mannequin=Pose.identity(), placing=Placing("ok", registration()))
    quiet, _ = Stage(shows_room=True).set(placed)
    noted, _ = Stage(shows_room=False).set(snapshot())
    assert noted.panel.height_px == quiet.panel.height_px + 2 * 48
    assert noted.panel.items[: len(quiet.panel.items)] == quiet.panel.items


def test_the_same_snapshot_is_built_once_and_a_new_one_anew() -> None:
    stage, now = Stage(shows_room=True), snapshot()
    first, _ = stage.set(now)
    again, _ = stage.set(now)
    other, _ = stage.set(snapshot(seq=2, n_compressions=4))
    assert again.registered is first.registered
    assert again.panel is first.panel
    assert other.panel is not first.panel
    moved, _ = stage.set(replace(now, depth_mm=5.0))
    assert moved.registered != first.registered, "a predicted depth is drawn, same seq or not"


def test_what_is_ahead_is_drawn_on_the_chest_and_panels_tell_what_is_now() -> None:
    stage, now = Stage(shows_room=True), snapshot()
    plain, _ = stage.set(now)
    ahead, _ = stage.set(now, ahead=replace(now, depth_mm=5.0))
    assert ahead.registered != plain.registered
    assert ahead.panel is plain.panel


def test_a_panel_waits_for_its_turn_unless_a_reader_would_miss_it() -> None:
    stage, now = Stage(shows_room=True), snapshot()
    first, _ = stage.set(now)
    soon = replace(now, seq=8, t_ns=now.t_ns + PANEL_EVERY_NS // 2, depth_mm=12.0)
    kept, _ = stage.set(soon)
    assert kept.panel is first.panel
    assert kept.registered != first.registered
    told, _ = stage.set(replace(soon, n_compressions=now.n_compressions + 1))
    assert told.panel is not first.panel
    late = replace(soon, t_ns=now.t_ns + PANEL_EVERY_NS)
    later = Stage(shows_room=True)
    before, _ = later.set(now)
    after, _ = later.set(late)
    assert after.panel is not before.panel


def test_ending_by_a_look_is_offered_with_how_far_it_is() -> None:
    stage, now = Stage(shows_room=True), snapshot()
    bare, _ = stage.set(now)
    half, _ = stage.set(now, finishing=0.5)
    assert ENGLISH("headset.finish") not in words(bare)
    assert ENGLISH("headset.finish") in words(half)
    assert half.panel.height_px == bare.panel.height_px + round(FINISH_HEIGHT_PX + GAP_PX)
    fills = [item for item in half.panel.items if isinstance(item, Rect)][-1]
    assert fills.width_px == half.panel.width_px / 2


def test_the_beat_moves_the_chest_only_and_the_panel_is_not_drawn_again() -> None:
    stage, now = Stage(shows_room=True), snapshot()
    lit, _ = stage.set(now, beat=0.05)
    out, _ = stage.set(now, beat=0.8)
    assert len([i for i in lit.registered if isinstance(i, Ring)]) == 4
    assert len([i for i in out.registered if isinstance(i, Ring)]) == 2
    assert out.panel is lit.panel


def hand(at_m: np.ndarray) -> HandJoints:
    """Give 26 joints in a flat fan at a place of the headset's frame."""
    rows = np.arange(26)
    joints = at_m + np.stack([0.02 * (rows % 5), 0 * rows, 0.02 * (rows // 5)], axis=1)
    return HandJoints(Arrival("headset.hands", 0, 0, 0), Stamp(0, 0), "left", joints, rows >= 0)


def test_hands_are_kept_free_where_they_are_and_the_scene_is_not_built_again() -> None:
    stage = Stage(shows_room=True)
    now = snapshot(world_from_mannequin=LYING, placing=Placing("ok", registration()))
    bare, place = stage.set(now)
    assert bare.mask == ()
    held, _ = stage.set(now, [hand(place.apply(np.array([0.02, 0.03, 0.04])))])
    assert held.registered is bare.registered
    near = np.array([capsule.a_in_mannequin_m for capsule in held.mask])
    assert len(near) > 20
    assert np.linalg.norm(near - [0.02, 0.03, 0.04], axis=1).min() < 0.03
    lost = snapshot(world_from_mannequin=LYING, placing=Placing("lost"))
    gone, _ = stage.set(lost, [hand(np.zeros(3))])
    assert gone.mask == (), "there is nothing to keep free"


def test_the_look_reaches_the_scene() -> None:
    scene, _ = Stage(True, Look(HIGH_CONTRAST)).set(snapshot())
    assert any(item.color == HIGH_CONTRAST.good for item in scene.registered)


def test_the_depth_bar_follows_the_learner_to_the_other_side() -> None:
    stage = Stage(shows_room=True)
    stage.see_head(np.array([0.0, 0.9, -0.7]))
    near, _ = stage.set(snapshot())
    stage.see_head(np.array([0.0, 0.9, -1.8]))
    far, _ = stage.set(snapshot())
    assert far.registered != near.registered
    assert viewer_at("right").eye_in_mannequin_m[0] == -viewer_at("left").eye_in_mannequin_m[0]


def test_a_debrief_stands_above_the_panel_and_goes_with_it() -> None:
    resting = snapshot(
        world_from_mannequin=LYING,
        placing=Placing("ok", registration()),
        phase=Phase.PAUSED,
        hands_off_s=3.0,
        cycle=GOOD_CYCLE,
    )
    stage, standing = Stage(shows_room=True), Standing()
    scene, place = stage.set(resting)
    head = Pose(np.eye(3), place.apply(np.array([-0.5, 0.0, 0.7])))
    panel, debrief = standing.stand(scene, place, head).panels
    assert (panel.name, debrief.name) == ("panel", "debrief")
    gap_m = np.linalg.norm(debrief.xr_from_panel.t_m - panel.xr_from_panel.t_m)
    assert gap_m > (panel.size_m[1] + debrief.size_m[1]) / 2, "they do not overlap"
    px_m = panel.width_m / panel.panel.width_px
    assert debrief.width_m / debrief.panel.width_px == pytest.approx(px_m), "as large a pixel"
    pushing, _ = stage.set(snapshot(world_from_mannequin=LYING, cycle=GOOD_CYCLE))
    assert len(standing.stand(pushing, place, head).panels) == 1
