"""How the room is to be seen: the order, what is asked for by name, and what is said."""

from __future__ import annotations

import numpy as np
import pytest

from mr.errors import ConfigError, DeviceError
from overlays.primitives import Color
from overlays.theme import DEFAULT, THEMES, over
from overlays.xr.chroma import KEY, KEY_VARIABLE, TOLERANCE, chroma_distance, key_color
from overlays.xr.passthrough import (
    FB,
    HTC,
    MEANING,
    choose,
    interrupted,
    offered_kinds,
    passthrough,
)

ALL = ("OPAQUE", "ADDITIVE", "ALPHA_BLEND")


@pytest.mark.parametrize(
    ("blend_names", "vendors", "has_picture", "chosen", "blend", "shows_room"),
    [
        (ALL, {FB, HTC}, True, "alpha", "ALPHA_BLEND", True),
        (("OPAQUE", "ADDITIVE"), {FB, HTC}, True, "additive", "ADDITIVE", True),
        (("ADDITIVE",), set(), False, "additive", "ADDITIVE", True),
        (("OPAQUE",), {FB, HTC}, True, "fb", "OPAQUE", True),
        (("OPAQUE",), {HTC}, True, "htc", "OPAQUE", True),
        (("OPAQUE",), set(), True, "camera", "OPAQUE", False),
        (("OPAQUE",), set(), False, "opaque", "OPAQUE", False),
    ],
)
def test_the_best_offered_way_is_taken(
    blend_names: tuple[str, ...],
    vendors: set[str],
    has_picture: bool,
    chosen: str,
    blend: str,
    shows_room: bool,
) -> None:
    way = passthrough(choose(offered_kinds(blend_names, vendors, has_picture)))
    assert (way.kind, way.blend, way.shows_room) == (chosen, blend, shows_room)
    assert way.in_space == (chosen != "camera")


def test_a_key_colour_is_never_chosen_unasked_and_always_on_offer() -> None:
    offered = offered_kinds(("OPAQUE",), (), has_picture=False)
    assert offered == ("chroma", "opaque")
    assert choose(offered) == "opaque"
    assert choose(offered, "chroma") == "chroma"


def test_what_was_asked_for_is_taken_before_better_ones() -> None:
    offered = offered_kinds(ALL, {FB}, has_picture=True)
    assert choose(offered) == "alpha"
    for kind in ("additive", "fb", "camera"):
        assert choose(offered, kind) == kind


@pytest.mark.parametrize("wanted", ["fb", "foggy"])
def test_what_is_not_offered_is_one_line_that_lists_what_is(wanted: str) -> None:
    with pytest.raises(DeviceError) as caught:
        choose(offered_kinds(("OPAQUE",), {HTC}, has_picture=False), wanted)
    said = str(caught.value)
    assert repr(wanted) in said
    assert "htc, chroma, opaque" in said
    assert "\n" not in said


def test_what_failed_is_left_out_and_said() -> None:
    offered = offered_kinds(("OPAQUE",), {FB, HTC}, has_picture=False)
    assert choose(offered, refused={"fb"}) == "htc"
    assert "fb failed: NotPermitted" in passthrough("htc", "fb failed: NotPermitted").meaning
    with pytest.raises(DeviceError):
        choose(("fb",), refused={"fb"})


def test_no_known_blend_mode_is_an_error() -> None:
    with pytest.raises(DeviceError, match="no known blend mode"):
        choose(offered_kinds(("FOGGY",), (), has_picture=True))


def test_each_way_says_what_the_learner_sees() -> None:
    assert len(set(MEANING.values())) == len(MEANING) == 7
    assert "rig camera's view" in MEANING["camera"]
    assert "not the learner's" in MEANING["camera"]
    assert "black" in MEANING["opaque"]
    away = interrupted(passthrough("fb"))
    assert not away.shows_room
    assert "interrupted" in away.meaning


def colors_of_a_theme(name: str) -> list[Color]:
    theme = THEMES[name]
    names = ("sheet", "tile", "track", "band", "text", "muted", "ink", "casing")
    found = [getattr(theme, each) for each in names]
    return [*found, theme.good, theme.hint, theme.warning, theme.neutral]


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_no_colour_of_ours_is_taken_for_the_key(theme: str) -> None:
    black: Color = (0.0, 0.0, 0.0, 1.0)
    # Over black at any strength: that is how a keyed overlay draws what is translucent.
    for color in colors_of_a_theme(theme):
        for alpha in (1.0, color[3], 0.3):
            shown = over((*color[:3], alpha), black)
            assert chroma_distance(np.array(shown[:3]), KEY) > TOLERANCE, color
    # The control: the usual green key would take our "good" for itself.
    green: Color = (0.0, 1.0, 0.0, 1.0)
    assert chroma_distance(np.array(DEFAULT.good[:3]), green) < TOLERANCE


def test_another_key_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert key_color() == KEY
    monkeypatch.setenv(KEY_VARIABLE, "#0000ff")
    assert key_color() == (0.0, 0.0, 1.0, 1.0)
    with pytest.raises(ConfigError, match="#ff00ff"):
        key_color("magenta")
