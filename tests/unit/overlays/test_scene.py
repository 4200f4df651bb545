"""The scene says the right thing in words, and says nothing it does not know."""

from __future__ import annotations

import copy
import dataclasses
import itertools
from dataclasses import replace

import numpy as np
import pytest

from mr.types import Cue, Health, Phase, Snapshot
from overlays.cues.context import PAUSE_FROM_S, Viewer, side_of
from overlays.cues.count import cycle_of
from overlays.cues.placing import WEAK_ALPHA
from overlays.look import DENSITIES, Look
from overlays.primitives import Label, Line, Polygon, Polyline, Ring, Scene, Text
from overlays.scene import build_scene
from overlays.theme import DEFAULT, HIGH_CONTRAST, SEE_THROUGH, Theme
from tests.snapshots import placings


def texts_of(scene: Scene) -> list[str]:
    return [item.text for item in scene.panel.items if isinstance(item, Text)]


def labels_of(scene: Scene) -> list[str]:
    return [item.text for item in scene.registered if isinstance(item, Label)]


def says(scene: Scene, word: str) -> bool:
    return any(word in text for text in texts_of(scene) + labels_of(scene))


def test_the_scene_is_a_pure_function(states: dict[str, Snapshot]) -> None:
    for snapshot in states.values():
        before = copy.deepcopy(dataclasses.astuple(replace(snapshot, world_from_mannequin=None)))
        assert build_scene(snapshot) == build_scene(copy.deepcopy(snapshot))
        after = dataclasses.astuple(replace(snapshot, world_from_mannequin=None))
        assert before == after


def test_time_alone_changes_only_the_time_of_the_scene(states: dict[str, Snapshot]) -> None:
    scene = build_scene(states["right"])
    later = build_scene(replace(states["right"], t_ns=9, seq=8))
    assert later == replace(scene, t_ns=9)


WORDS = {
    "right": ["on target", "fully up", "Very good, keep going", "54 mm", "✓ up", "✓ good place"],
    "too shallow": ["too shallow", "Push deeper", "41 mm"],
    "too deep": ["too deep", "Push a little less", "66 mm"],
    "too slow": ["too slow", "Push faster", "88"],
    "too fast": ["too fast", "Push slower", "134"],
    "leaning": ["let it rise", "Let the chest rise fully", "11", "▲ 11 mm left"],
    "wrong place": ["into the ring", "Move your hands into the ring"],
    "hands off": [
        "hands here",
        "Put your hands on the chest",
        "Hands-off time",
        "not pushing",
        "7 s",
    ],
    "go on": ["Go on pushing now", "11"],
    "breaths": ["Give 2 breaths now", "Breaths", "30 : 2"],
    "in a cycle": ["of 30", "24", "24 of 30"],
    "one breath given": ["breaths 1 of 2", "5 s", "30 : 2", "Next time, let the chest rise"],
    "swap soon": ["Swap with your partner in 7 s"],
    "reduced": ["good place", "84", "compressions"],
    "sound": ["Sound only: listen to the metronome", "0:47"],
    "no guidance": ["Practice without guidance", "0:47"],
    "sensor lost": ["A sensor is lost, keep going", "mannequin lost: no bytes for 3 s", "–"],
    "ready": ["Start when you are ready", "hands here", "not yet"],
    "unknown": ["–", "not yet"],
    "swap": ["Swap with your partner now", "1204", "12:34"],
    "finished": ["Finished, thank you", "Score 92 of 100"],
    "assessment": ["SIMULATED", "0:47", "Assessment: no advice is shown"],
    "live": ["LIVE", "mannequin weak"],
}


def test_each_state_shows_its_words(states: dict[str, Snapshot]) -> None:
    assert WORDS.keys() == states.keys()
    for name, words in WORDS.items():
        scene = build_scene(states[name])
        for word in words:
            assert says(scene, word), f"{name}: {word!r} not in {texts_of(scene)}"


def test_the_words_of_one_state_are_not_those_of_another(states: dict[str, Snapshot]) -> None:
    right = build_scene(states["right"])
    for name in ("too shallow", "too deep", "too slow", "too fast", "leaning", "wrong place"):
        assert not says(right, WORDS[name][0]), name


def shapes_of(scene: Scene) -> list[object]:
    """All that is drawn, with its colours taken away."""
    items = [*scene.registered, *scene.panel.items]
    return [replace(item, color=(0.0, 0.0, 0.0, 1.0)) for item in items]


def test_no_state_differs_from_another_by_colour_alone(states: dict[str, Snapshot]) -> None:
    drawn = {name: shapes_of(build_scene(snapshot)) for name, snapshot in states.items()}
    for (a, drawn_a), (b, drawn_b) in itertools.combinations(drawn.items(), 2):
        assert drawn_a != drawn_b, (a, b)
    recoloured = build_scene(states["right"], HIGH_CONTRAST)
    assert recoloured != build_scene(states["right"], DEFAULT)


UNKNOWN = {
    "depth_mm": None,
    "rate_cpm": None,
    "last_depth_mm": None,
    "last_release_mm": None,
    "hand_offset_mm": None,
}


def test_unknown_is_a_dash_with_the_reason_and_never_zero(states: dict[str, Snapshot]) -> None:
    texts = texts_of(build_scene(states["sensor lost"]))
    assert texts.count("–") == 3
    assert texts.count("mannequin lost") == 3
    assert "0" not in texts
    zero = replace(states["right"], last_depth_mm=0.0, last_release_mm=0.0)
    assert texts_of(build_scene(zero)).count("0") == 2, "a true zero is shown as one"


def test_unknown_without_illness_says_it_was_not_measured(states: dict[str, Snapshot]) -> None:
    scene = build_scene(replace(states["right"], **UNKNOWN))
    assert texts_of(scene).count("not measured") == 3


def test_a_rate_missing_in_a_pause_or_at_the_start_says_so(states: dict[str, Snapshot]) -> None:
    pause = build_scene(replace(states["hands off"], rate_cpm=None))
    assert texts_of(pause).count("during the pause") == 1
    first = build_scene(replace(states["right"], rate_cpm=None, n_compressions=1))
    assert texts_of(first).count("not yet") == 1


def neutral_of(scene: Scene) -> tuple[list[str], object]:
    return texts_of(scene), scene.registered


def test_an_assessment_does_not_depend_on_how_well_it_goes(states: dict[str, Snapshot]) -> None:
    cold = {
        name: neutral_of(build_scene(replace(snapshot, guidance=False)))
        for name, snapshot in states.items()
        if snapshot.elapsed_s == 47.3 and snapshot.mode == "hands-only"
    }
    quiet = {name: seen for name, seen in cold.items() if name not in ("sensor lost", "live")}
    assert len(quiet) > 8
    told = [seen for name, seen in quiet.items() if name != "finished"]
    assert all(seen == told[0] for seen in told)
    assert told[0][1] == ()
    warm = [neutral_of(build_scene(states[name])) for name in quiet]
    assert any(seen != warm[0] for seen in warm)


@pytest.mark.parametrize("guidance", [True, False])
@pytest.mark.parametrize("kind", ["live", "replay", "sim"])
def test_the_kind_is_always_shown(states: dict[str, Snapshot], kind: str, guidance: bool) -> None:
    word = {"live": "LIVE", "replay": "REPLAY", "sim": "SIMULATED"}[kind]
    for snapshot in states.values():
        shown = build_scene(replace(snapshot, kind=kind, guidance=guidance, health=()))
        assert texts_of(shown)[0] == word


def test_one_simulated_stream_among_live_ones_is_named(states: dict[str, Snapshot]) -> None:
    health = (
        Health("mannequin", "live", "ok", 200.0, 0, 0.0),
        Health("cam0", "sim", "ok", 30.0, 0, 0.0),
    )
    mixed = replace(states["right"], kind="live", health=health)
    assert texts_of(build_scene(mixed))[0] == "LIVE + SIMULATED"


def ring_of(scene: Scene) -> list[Ring]:
    return [item for item in scene.registered if isinstance(item, Ring)]


def test_the_ring_lies_at_the_mannequins_origin(states: dict[str, Snapshot]) -> None:
    rings = ring_of(build_scene(states["right"]))
    assert rings
    assert all(ring.center_in_mannequin_m == (0.0, 0.0, 0.0) for ring in rings)


def test_the_arrow_points_from_the_hand_to_the_centre(states: dict[str, Snapshot]) -> None:
    scene = build_scene(states["wrong place"])
    assert not ring_of(scene), "the ring is dashed"
    off = np.array(states["wrong place"].hand_offset_mm)
    heads = [
        np.array(item.points_in_mannequin_m)[:, :2]
        for item in scene.registered
        if isinstance(item, Polygon) and item.color == DEFAULT.warning
    ]
    tip, *base = heads[0]
    ahead = tip - np.mean(base, axis=0)
    assert ahead @ -off > 0.99 * np.linalg.norm(ahead) * np.linalg.norm(off)
    aside_m = abs(tip[0] * off[1] - tip[1] * off[0]) / np.linalg.norm(off)
    assert aside_m < 1e-6, "it lies on the line from the hand to the centre"
    behind_m = np.linalg.norm(tip - off / 1000.0)
    assert 0.04 < behind_m < 0.07, "and begins behind the hand, not on it"
    assert np.linalg.norm(tip) > np.linalg.norm(off) / 1000.0


def test_the_hand_is_off_beyond_the_target_only(states: dict[str, Snapshot]) -> None:
    inside = replace(states["right"], hand_offset_mm=(24.9, 0.0))
    outside = replace(states["right"], hand_offset_mm=(25.1, 0.0))
    assert "into the ring" not in labels_of(build_scene(inside))
    assert "into the ring" in labels_of(build_scene(outside))


def peak_tip_m(scene: Scene) -> np.ndarray:
    """Tip of the bright pointer at the last peak: the last triangle before its label."""
    triangles = [
        item
        for item in scene.registered
        if isinstance(item, Polygon) and len(item.points_in_mannequin_m) == 3
    ]
    return np.array(triangles[1].points_in_mannequin_m[0])


def test_the_registered_bar_is_true_to_scale(states: dict[str, Snapshot]) -> None:
    tips = [
        peak_tip_m(build_scene(replace(states["right"], last_depth_mm=depth)))
        for depth in (20.0, 40.0, 60.0)
    ]
    steps = np.linalg.norm(np.diff(tips, axis=0), axis=1)
    assert steps == pytest.approx([0.05, 0.05])


def test_the_bar_stands_at_the_viewers_right_and_faces_him(states: dict[str, Snapshot]) -> None:
    for eye in [(-0.5, 0.0, 0.7), (0.5, 0.1, 0.6), (0.0, -0.6, 0.8), (0.02, 0.01, 1.0)]:
        viewer = Viewer(eye, (0.0, 0.0, 1.0))
        scene = build_scene(states["right"], viewer=viewer)
        bar = next(item for item in scene.registered if isinstance(item, Polygon))
        corners = np.array(bar.points_in_mannequin_m)
        normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
        normal /= np.linalg.norm(normal)
        sight = np.array(eye) / np.linalg.norm(eye)
        assert abs(normal @ sight) > 0.999
        right, _ = viewer.axes(np.zeros(3))
        assert corners.mean(axis=0) @ right > 0.1


@pytest.mark.parametrize("theme", [DEFAULT, HIGH_CONTRAST], ids=lambda theme: theme.name)
def test_everything_on_the_chest_has_its_dark_rim(
    states: dict[str, Snapshot], theme: Theme
) -> None:
    for name, snapshot in states.items():
        items = build_scene(snapshot, theme).registered
        dark = [item for item in items if item.color == theme.casing]
        strokes = [i for i in items if isinstance(i, (Ring, Polyline)) and i.color != theme.casing]
        rims = [item for item in dark if isinstance(item, (Ring, Polyline))]
        assert len(rims) == len(strokes), name


def test_where_darkness_is_not_seen_there_are_no_rims(states: dict[str, Snapshot]) -> None:
    rimmed, bare = (
        build_scene(states["right"], theme).registered for theme in (HIGH_CONTRAST, SEE_THROUGH)
    )
    assert len(bare) < len(rimmed)
    assert all(item.color[3] > 0 for item in bare)
    rings = [ring_of(build_scene(states["right"], t))[-1] for t in (DEFAULT, SEE_THROUGH)]
    assert rings[1].width_m > rings[0].width_m


def test_a_darker_look_draws_the_same_with_less_light(states: dict[str, Snapshot]) -> None:
    full, dark = (build_scene(states["right"], Look(brightness=b)) for b in (1.0, 0.7))
    assert shapes_of(full) == shapes_of(dark)
    assert full != dark


def test_a_calm_look_shows_less_and_a_dense_one_more(states: dict[str, Snapshot]) -> None:
    drawn = {
        density: build_scene(states["in a cycle"], Look(density=density), beat=0.0)
        for density in DENSITIES
    }
    sizes = [len(drawn[d].registered) + len(drawn[d].panel.items) for d in DENSITIES]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 3
    assert not says(drawn["calm"], "109")
    assert says(drawn["calm"], "fully up"), "recoil stays"
    assert says(drawn["dense"], "109 /min")


def test_a_rig_camera_does_not_fade_with_the_headsets_place() -> None:
    for name, snapshot in placings().items():
        mirror = build_scene(snapshot)
        assert mirror == build_scene(replace(snapshot, placing=None)), name
    weak, lost = placings()["weak"], placings()["lost"]
    assert build_scene(lost, view="headset").registered == ()
    alphas = [item.color[3] for item in build_scene(weak, view="headset").registered]
    full = [item.color[3] for item in build_scene(weak).registered]
    assert alphas == pytest.approx([WEAK_ALPHA * alpha for alpha in full])


def test_each_state_of_the_place_is_said_in_words_and_ok_is_not() -> None:
    said = {
        name: set(texts_of(build_scene(snapshot, view="headset")))
        for name, snapshot in placings().items()
    }
    assert said["ok"] == set(texts_of(build_scene(placings()["ok"])))
    assert any("faint" in text for text in said["weak"])
    assert any("hidden" in text for text in said["lost"])
    assert "Move and turn one open hand over the chest" in said["weak"]
    assert "Rest a fingertip on plate 2, in the middle" in said["unknown"]


def test_nobody_is_told_to_keep_going_and_to_hold_still_at_once() -> None:
    praise = "Very good, keep going"
    for name, snapshot in placings().items():
        asks = snapshot.placing is not None and bool(snapshot.placing.ask)
        said = texts_of(build_scene(snapshot, view="headset"))
        assert (praise in said) is not asks, name
        assert praise in texts_of(build_scene(snapshot)), f"{name}: a screen asks for nothing"
    warned = replace(placings()["lost"], cue=Cue("hands_on_chest", "warning"))
    assert "Put your hands on the chest" in texts_of(build_scene(warned, view="headset"))


def test_breaths_are_prompted_beside_the_ring_and_hands_are_not(
    states: dict[str, Snapshot],
) -> None:
    labels = labels_of(build_scene(states["one breath given"]))
    assert {"5 s", "breaths 1 of 2"} <= set(labels)
    assert "hands here" not in labels, "both hands are at the head now"
    assert "hands here" in labels_of(build_scene(states["hands off"]))


def test_the_release_mark_stands_where_the_chest_was_left(states: dict[str, Snapshot]) -> None:
    def tip_m(left_mm: float) -> np.ndarray:
        scene = build_scene(replace(states["right"], last_release_mm=left_mm))
        triangles = [
            item
            for item in scene.registered
            if isinstance(item, Polygon) and len(item.points_in_mannequin_m) == 3
        ]
        return np.array(triangles[3].points_in_mannequin_m[0])

    step_m = np.linalg.norm(tip_m(20.0) - tip_m(0.0))
    assert step_m == pytest.approx(0.05), "on the bar's own scale"
    leaning, up = (build_scene(states[name]) for name in ("leaning", "right"))
    assert says(leaning, "▲ 11 mm left")
    assert says(up, "✓ up")
    unknown = build_scene(replace(states["right"], last_release_mm=None))
    assert not says(unknown, "up ") and not says(unknown, "mm left")
    near = build_scene(replace(states["right"], last_depth_mm=15.0, last_release_mm=8.0))
    assert not says(near, "mm left"), "two marks over one another are not read"


def test_a_one_sided_depth_target_is_written_and_judged_as_one(
    states: dict[str, Snapshot],
) -> None:
    targets = replace(states["right"].targets, depth_high_mm=None)
    deep = replace(states["too deep"], targets=targets, cue=None)
    scene = build_scene(deep)
    assert says(scene, "from 50")
    assert not says(scene, "too deep")


def test_a_needle_beyond_the_dial_stays_at_its_end(states: dict[str, Snapshot]) -> None:
    def needle(rate_cpm: float) -> Line:
        scene = build_scene(replace(states["right"], rate_cpm=rate_cpm))
        return [item for item in scene.panel.items if isinstance(item, Line)][4]

    assert needle(240.0) == needle(160.0) != needle(150.0)


def test_the_hands_off_timer_waits_for_a_real_gap(states: dict[str, Snapshot]) -> None:
    brief = replace(states["right"], hands_off_s=PAUSE_FROM_S - 0.1)
    long = replace(states["right"], hands_off_s=PAUSE_FROM_S + 5.95)
    assert "Hands-off time" not in texts_of(build_scene(brief))
    assert {"Hands-off time", "7"} <= set(texts_of(build_scene(long)))
    assert not says(build_scene(long), "on target"), "values before a pause are history"
    assert says(build_scene(long), "before the pause")
    assert says(build_scene(brief), "on target")
    finished = replace(long, phase=Phase.FINISHED)
    assert "Hands-off time" not in texts_of(build_scene(finished))


def test_one_breath_is_not_called_breaths(states: dict[str, Snapshot]) -> None:
    scene = build_scene(replace(states["right"], mode="continuous", cue=Cue("breathe", "hint")))
    assert says(scene, "Give a breath now")


def test_cycles_are_read_from_the_mode() -> None:
    assert cycle_of("30:2") == (30, 2)
    assert cycle_of("hands-only") is None
    assert cycle_of("a:b") is None


def test_places_in_a_band() -> None:
    assert [side_of(v, 50, 60) for v in (None, 49.9, 50, 60, 60.1)] == [
        "unknown",
        "low",
        "good",
        "good",
        "high",
    ]
    assert side_of(90, 50, None) == "good"
