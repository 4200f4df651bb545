"""The catalogue is whole, and every word on the scene comes from it."""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

import overlays
from mr.coaching.rules import RULES
from mr.errors import ConfigError
from mr.types import Phase, Snapshot
from overlays.cues.advice import SIZE_PX
from overlays.cues.tile import TITLE_PX
from overlays.messages import ENGLISH, Messages, fields_of, languages, load_messages
from overlays.primitives import Label, Scene, Text
from overlays.render.painter import shape
from overlays.scene import build_scene

CUES = [rule.key for rule in RULES]
OVERLAYS = Path(overlays.__file__).parent
ADVICE_PX = 870.0
"""What the line of advice leaves beside its shape."""
TILE_PX = 215.0
"""What a tile leaves between its rims."""


def marked() -> Messages:
    """A language in which every text of the catalogue stands in brackets."""
    return Messages("xx", {key: f"⟦{text}⟧" for key, text in ENGLISH.texts.items()})


def texts_of(scene: Scene) -> list[str]:
    texts = [item.text for item in scene.panel.items if isinstance(item, Text)]
    return texts + [item.text for item in scene.registered if isinstance(item, Label)]


def words_beside_the_catalogue(scene: Scene) -> list[str]:
    """Texts with letters outside all brackets; what a cut has left open counts as inside."""
    found = []
    for text in texts_of(scene):
        depth = 0
        for letter in text:
            depth += (letter == "⟦") - (letter == "⟧")
            if depth == 0 and letter.isalpha():
                found.append(text)
                break
    return found


def test_no_text_bypasses_the_catalogue(states: dict[str, Snapshot]) -> None:
    for name, snapshot in states.items():
        assert words_beside_the_catalogue(build_scene(snapshot, messages=marked())) == [], name


def test_a_literal_would_be_found(states: dict[str, Snapshot]) -> None:
    scene = build_scene(states["right"], messages=marked())
    spoiled = Text(0.0, 0.0, "Depth", 20.0, (1, 1, 1, 1))
    panel = replace(scene.panel, items=(*scene.panel.items, spoiled))
    assert words_beside_the_catalogue(replace(scene, panel=panel)) == ["Depth"]


def too_long(messages: Messages) -> list[str]:
    """Name the texts that do not fit the place where they stand, as they are painted."""
    rooms = {
        "cue": (SIZE_PX, ADVICE_PX),
        "depth": (TITLE_PX, TILE_PX),
        "rate": (TITLE_PX, TILE_PX),
        "recoil": (TITLE_PX, TILE_PX),
        "count": (TITLE_PX, TILE_PX),
        "hands_off": (TITLE_PX, TILE_PX),
    }
    # on the mannequin, not on a tile
    own_rooms = {"recoil.left": (0.0, 0.0), "recoil.up": (0.0, 0.0)}
    found = []
    for key, text in messages.texts.items():
        size_px, room_px = rooms.get(key.partition(".")[0], (0.0, 0.0))
        size_px, room_px = own_rooms.get(key, (size_px, room_px))
        if (
            room_px
            and shape(text.format(n=2, low=50, high=60, max=5, depth=55, left=12), size_px, True)[1]
            > room_px
        ):
            found.append(key)
    return found


@pytest.mark.parametrize("language", languages())
def test_every_text_fits_its_place(language: str) -> None:
    messages = load_messages(language)
    assert too_long(messages) == []
    longer = {key: f"{text} {text}" for key, text in messages.texts.items()}
    assert "cue.let_it_rise" in too_long(Messages("xx", longer))


@pytest.mark.parametrize("language", languages())
def test_no_word_of_a_tile_is_cut(states: dict[str, Snapshot], language: str) -> None:
    for name, snapshot in states.items():
        texts = texts_of(build_scene(snapshot, messages=load_messages(language)))
        of_health = {text for text in texts if "mannequin" in text or "maniquí" in text}
        assert not [text for text in set(texts) - of_health if "…" in text], name


@pytest.mark.parametrize("language", languages())
def test_every_cue_of_the_coach_has_words_of_its_own(language: str) -> None:
    texts = [load_messages(language)(f"cue.{cue}") for cue in CUES]
    assert len(set(texts)) == len(texts)


def test_spanish_has_no_english_left() -> None:
    """Words that both languages share are named here."""
    spanish = load_messages("es").texts
    shared = {"mode.30:2", "mode.15:2", "depth.unit", "rate.unit", "recoil.unit", "rate.target"}
    shared |= {"depth.target", "depth.peak", "hands_off.seconds", "panel.unknown", "panel.more"}
    shared |= {"beside.timer", "beside.rate", "debrief.share", "comfort.symptom", "comfort.no"}
    same = {key for key, text in ENGLISH.texts.items() if spanish[key] == text}
    assert same == shared


def test_streams_are_named_in_the_readers_words() -> None:
    spanish = load_messages("es")
    assert spanish.stream("cam_side.depth") == "cámara side"
    assert spanish.stream("mannequin.airway") == "maniquí"
    assert spanish.stream("cam0") == "cam0", "a stream without a name of its own keeps it"


def test_reasons_in_english_stay_out_of_a_spanish_panel(states: dict[str, Snapshot]) -> None:
    assert any("no bytes" in text for text in texts_of(build_scene(states["sensor lost"])))
    spanish = build_scene(states["sensor lost"], messages=load_messages("es"))
    assert not any("no bytes" in text for text in texts_of(spanish))
    assert any("maniquí: sin señal" in text for text in texts_of(spanish))


def keys_in_code() -> set[str]:
    """Every plain key that the code asks the catalogue for."""
    keys, groups = set(), "|".join({key.partition(".")[0] for key in ENGLISH.texts})
    for path in OVERLAYS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            plain = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if plain and re.fullmatch(rf"({groups})\.[a-z_]+", node.value):
                keys.add(node.value)
    return keys


def test_every_key_in_the_code_is_in_the_catalogue_and_every_text_is_used() -> None:
    keys = keys_in_code()
    assert len(keys) > 20, "the search has gone blind"
    assert keys <= set(ENGLISH.texts)
    built = {f"phase.{p}" for p in Phase} | {f"kind.{k}" for k in ("live", "replay", "sim")}
    built |= {f"state.{s}" for s in ("degraded", "lost", "absent")}
    built |= {f"{tile}.{side}" for tile in ("depth", "rate") for side in ("low", "good", "high")}
    built |= {f"placing.{state}" for state in ("unknown", "weak", "ok", "lost")}
    built |= {"placing.sweep", "placing.touch", "placing.touch_n", "placing.wait"}
    built |= {"placing.touch_other", "placing.touch_other_n"}
    built |= {f"panel.{level}" for level in ("sound", "none")}
    built |= {key for key in ENGLISH.texts if key.startswith("comfort.")}
    built |= {"recoil.good", "recoil.high"} | {f"cue.{cue}" for cue in CUES}
    built |= {key for key in ENGLISH.texts if key.startswith(("mode.", "stream."))}
    assert built <= set(ENGLISH.texts)
    assert set(ENGLISH.texts) - keys - built == set()


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ConfigError, match=r"messages_en.toml: no text for 'cue.dance'"):
        ENGLISH("cue.dance")


def test_a_missing_field_is_named() -> None:
    with pytest.raises(ConfigError, match=r"cue\.breathe_n"):
        ENGLISH("cue.breathe_n")


def write_translation(folder: Path, change: dict[str, str], drop: str = "") -> None:
    table: dict[str, dict[str, str]] = tomllib.loads(
        (OVERLAYS / "messages_en.toml").read_text(encoding="utf-8")
    )
    lines = []
    for group, texts in table.items():
        lines.append(f"[{group}]")
        for key, text in texts.items():
            if f"{group}.{key}" != drop:
                lines.append(f'"{key}" = "{change.get(f"{group}.{key}", text)}"')
    (folder / "messages_de.toml").write_text("\n".join(lines), encoding="utf-8")


def test_a_translation_with_the_same_keys_and_fields_is_taken(tmp_path: Path) -> None:
    write_translation(tmp_path, {"depth.title": "Tiefe"})
    assert load_messages("de", tmp_path)("depth.title") == "Tiefe"


def test_a_translation_that_lacks_a_key_is_refused(tmp_path: Path) -> None:
    write_translation(tmp_path, {}, drop="depth.title")
    with pytest.raises(ConfigError, match=r"messages_de.toml: lacks 'depth.title'"):
        load_messages("de", tmp_path)


def test_a_translation_with_another_field_is_refused(tmp_path: Path) -> None:
    write_translation(tmp_path, {"count.of": "von {number}"})
    with pytest.raises(ConfigError, match=r"'count\.of' needs the fields"):
        load_messages("de", tmp_path)


def test_an_absent_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"no messages in the language 'tlh': choose one of en, es"
    ):
        load_messages("tlh")
    with pytest.raises(ConfigError, match=r"choose one of de$"):
        write_translation(tmp_path, {})
        load_messages("tlh", tmp_path)


def test_numbers_are_never_zero_for_unknown_nor_minus_zero() -> None:
    assert ENGLISH.number(None) == "–"
    assert ENGLISH.number(-0.3) == "0"
    assert ENGLISH.number(54.6) == "55"
    assert ENGLISH.number(-2.4) == "-2"


def test_fields_are_found() -> None:
    assert fields_of("{a} of {b}, {a}") == {"a", "b"}


def test_half_a_reason_is_not_told(states: dict[str, Snapshot]) -> None:
    lost = states["sensor lost"]
    (worst,) = [h for h in lost.health if h.state == "lost"]
    long = "mannequin on /dev/ttyUSB0 has sent nothing for 2.1 s: press its reset button"
    told = texts_of(build_scene(replace(lost, health=(replace(worst, why=long),))))
    assert any(text.endswith("mannequin lost") for text in told)
    assert not any("…" in text for text in told)
