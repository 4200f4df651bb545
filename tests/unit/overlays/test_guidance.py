"""What each level of guidance shows, and what it keeps to itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mr.types import Cue, Phase, Placing, Snapshot
from overlays.guidance import shown
from overlays.look import Look
from overlays.messages import ENGLISH
from overlays.primitives import Label, Panel, Ring, Scene, Text
from overlays.scene import build_scene, written_cue
from tests.snapshots import GOOD_CYCLE, IN_FULL_SWING, UNEVEN_CYCLE

PRACTICE = ("full", "reduced", "sound", "none")


def texts(panel: Panel | None) -> set[str]:
    items = () if panel is None else panel.items
    return {item.text for item in items if isinstance(item, Text)}


def seen(scene: Scene) -> tuple[Any, ...]:
    return scene.registered, scene.panel, scene.debrief, scene.mask


def at(level: str, **changes: Any) -> Snapshot:
    return replace(IN_FULL_SWING, level=level, **changes)


def pause(level: str, **changes: Any) -> Snapshot:
    resting = {
        "phase": Phase.PAUSED,
        "hands_off_s": 4.0,
        "t_ns": 3_000_000_000,
        "cycle": GOOD_CYCLE,
        "cue": Cue("resume", "warning"),
    }
    return at(level, **(resting | changes))


def test_each_level_shows_less_than_the_one_before_it() -> None:
    drawn = [build_scene(at(level)) for level in PRACTICE]
    sizes = [len(scene.registered) + len(scene.panel.items) for scene in drawn]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[1] > sizes[2]
    assert drawn[2].registered == drawn[3].registered == ()


def test_reduced_keeps_place_timer_and_warnings_and_no_values() -> None:
    scene = build_scene(at("reduced", cue=Cue("slower", "hint")))
    assert any(isinstance(item, Ring) for item in scene.registered)
    assert not {"54", "109", "on target"} & texts(scene.panel)
    assert "84" in texts(scene.panel)
    assert ENGLISH("cue.slower") not in texts(scene.panel), "a hint waits for the debrief"
    warned = build_scene(at("reduced", cue=Cue("let_it_rise", "warning")))
    assert ENGLISH("cue.let_it_rise") in texts(warned.panel)
    resting = build_scene(pause("reduced"))
    labels = {item.text for item in resting.registered if isinstance(item, Label)}
    assert "4 s" in labels
    assert "Hands-off time" in texts(resting.panel)


def test_sound_shows_the_clock_alone_and_says_so() -> None:
    scene = build_scene(at("sound", cue=Cue("let_it_rise", "warning")))
    assert {"0:47", ENGLISH("panel.sound")} <= texts(scene.panel)
    assert ENGLISH("cue.let_it_rise") not in texts(scene.panel)
    ready = build_scene(at("sound", phase=Phase.WAITING, cue=Cue("start_when_ready", "hint")))
    assert ENGLISH("cue.start_when_ready") in texts(ready.panel)


@pytest.mark.parametrize("level", ["sound", "none"])
def test_without_pictures_nothing_depends_on_how_well_it_goes(
    level: str, states: dict[str, Snapshot]
) -> None:
    pressing = [
        seen(build_scene(replace(snapshot, level=level)))
        for snapshot in states.values()
        if snapshot.guidance
        and snapshot.phase is Phase.COMPRESSING
        and snapshot.elapsed_s == 47.3
        and snapshot.mode == "hands-only"
        and all(health.state == "ok" for health in snapshot.health)
    ]
    assert len(pressing) > 7
    assert all(scene == pressing[0] for scene in pressing)


def test_the_debrief_comes_in_the_pause_at_all_levels_but_the_last() -> None:
    for level in PRACTICE:
        assert build_scene(at(level, cycle=GOOD_CYCLE)).debrief is None, "nobody reads it"
        assert (build_scene(pause(level)).debrief is not None) is (level != "none"), level
        over = build_scene(pause(level, phase=Phase.FINISHED))
        assert over.debrief is not None, level


def test_the_debrief_goes_after_some_seconds() -> None:
    ended_ns = GOOD_CYCLE.ended_ns
    soon, late = (
        build_scene(pause("full", t_ns=ended_ns + s * 10**9, hands_off_s=s)).debrief
        for s in (11, 13)
    )
    assert soon is not None
    assert late is None


def test_the_debrief_tells_numbers_words_shapes_and_one_lesson() -> None:
    uneven = replace(UNEVEN_CYCLE, ended_ns=GOOD_CYCLE.ended_ns)
    told = texts(build_scene(pause("full", cycle=uneven)).debrief)
    assert {"Cycle 3", "30 compressions", "54", "126", "8", "60 %", "13 %", "23 %"} <= told
    assert {"➜ uneven", "▲ too fast", "▲ let it rise"} <= told
    assert ENGLISH("cue.lesson_release") in told
    good = texts(build_scene(pause("full")).debrief)
    assert {"✓ on target", "✓ fully up", ENGLISH("cue.lesson_good")} <= good
    assert not good & {"➜ uneven", "▲ too fast"}


def test_the_debrief_of_what_is_not_known_says_so() -> None:
    blind = replace(GOOD_CYCLE, depth_mm=None, depth_in_target_pct=None, release_mm=None, lesson="")
    told = texts(build_scene(pause("full", cycle=blind)).debrief)
    assert {"–", "not measured"} <= told
    assert "0" not in told


def test_an_assessment_shows_no_debrief_no_mask_and_no_pulse() -> None:
    for phase in (Phase.COMPRESSING, Phase.PAUSED, Phase.FINISHED):
        for cycle in (GOOD_CYCLE, UNEVEN_CYCLE, None):
            tested = pause("none", guidance=False, phase=phase, cycle=cycle, n_breaths=1)
            scene = build_scene(tested, beat=0.0)
            assert (scene.registered, scene.debrief, scene.mask) == ((), None, ())
            assert scene.panel == build_scene(replace(tested, cycle=None, n_breaths=0)).panel


def test_an_assessment_ignores_the_level() -> None:
    for level in PRACTICE:
        told = shown(at(level, guidance=False))
        assert told == shown(at("none", guidance=False))


def test_the_pulse_is_lit_with_the_click_and_out_before_the_next() -> None:
    def rings(beat: float | None, **changes: Any) -> int:
        scene = build_scene(at("full", **changes), beat=beat)
        return len([item for item in scene.registered if isinstance(item, Ring)])

    assert rings(None) == rings(0.5) == rings(0.99) == 2
    assert rings(0.0) == rings(0.3) == 4
    assert len(build_scene(at("reduced"), beat=0.0).registered) == len(
        build_scene(at("reduced")).registered
    )


@pytest.mark.parametrize(
    ("level", "guidance", "written"),
    [
        ("full", True, {"hint", "warning"}),
        ("reduced", True, {"warning"}),
        ("sound", True, set()),
        ("none", True, set()),
        ("full", False, set()),
    ],
)
def test_a_cue_is_written_while_compressing_just_where_the_level_has_it(
    level: str, guidance: bool, written: set[str]
) -> None:
    found = set()
    for severity in ("hint", "warning"):
        snapshot = at(level, guidance=guidance, cue=Cue("push_deeper", severity))
        if written_cue(snapshot, shown(snapshot)) is not None:
            found.add(severity)
    assert found == written


def test_the_dense_look_has_the_rate_beside_the_ring_at_full_guidance_only() -> None:
    def rate_is_there(level: str) -> bool:
        scene = build_scene(at(level, mode="30:2"), Look(density="dense"))
        return any(isinstance(i, Label) and i.text == "109 /min" for i in scene.registered)

    assert [rate_is_there(level) for level in PRACTICE] == [True, False, False, False]


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.PAUSED])
def test_the_headsets_place_is_asked_for_just_where_something_will_lie_on_the_chest(
    phase: Phase,
) -> None:
    def asks(level: str, guidance: bool = True) -> bool:
        place = Placing("lost", ask="sweep")
        snapshot = at(level, guidance=guidance, phase=phase, placing=place)
        told = texts(build_scene(snapshot, view="headset").panel)
        words = {ENGLISH("placing.lost"), ENGLISH("placing.sweep")}
        assert words <= told or not words & told
        return words <= told

    assert [asks(level) for level in PRACTICE] == [True, True, False, False]
    assert not any(asks(level, guidance=False) for level in PRACTICE)
