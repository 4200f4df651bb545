from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mr.corrections import NOTHING_CORRECTED, Corrections, load_corrections
from mr.errors import ConfigError

SCHEMA = "mrcpr.corrections/1"
WHY = "the learner was stopped"


def of(**what: Any) -> Corrections:
    return Corrections.of_json({"schema": SCHEMA, **what})


def span(a_s: float, b_s: float, becomes: str = "excused", why: str = WHY) -> dict[str, Any]:
    return {"start_s": a_s, "end_s": b_s, "becomes": becomes, "reason": why}


ALL = {
    "bounds": {"start_s": -1.5, "end_s": 20.0, "reason": "started before the first onset"},
    "pauses": [span(8.0, 9.0), span(2.0, 4.0, "hands_off")],
    "zero": {"zero_mm": -3.25, "from_s": 1.0, "reason": "the pad was moved"},
}


def test_json_gives_the_same_again_and_order_does_not_matter() -> None:
    made = of(**ALL)
    text = json.dumps(made.to_json())
    again = Corrections.of_json(json.loads(text))
    assert again == made and again.sha256 == made.sha256
    assert [p.start_s for p in made.pauses] == [2.0, 8.0]
    turned = of(**{**ALL, "pauses": ALL["pauses"][::-1]})  # type: ignore[index]
    assert turned.sha256 == made.sha256
    other = of(**{**ALL, "pauses": [span(8.0, 9.0), span(2.0, 4.0, "ventilation")]})
    assert other.sha256 != made.sha256, "the fingerprint sees a change"


def test_nothing_is_empty_and_anything_is_not() -> None:
    assert NOTHING_CORRECTED.is_empty and of().is_empty
    for key, value in ALL.items():
        assert not of(**{key: value}).is_empty


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({"pauses": [span(1, 3), span(2.9, 4)]}, "overlap: correct each time once"),
        ({"pauses": [span(1, 3), span(1, 3)]}, "overlap"),
        ({"pauses": [span(3, 3)]}, "not after start_s"),
        ({"pauses": [span(1, 3, "not_a_pause")]}, "becomes"),
        ({"pauses": [span(1, 3, why="")]}, "reason"),
        ({"pauses": [span(1, 3, why="x" * 501)]}, "reason"),
        ({"pauses": [span(1, 3, why="\x1b[2J")]}, "without control characters"),
        ({"pauses": [span(1, 3, why="   ")]}, "in one line of words"),
        ({"pauses": [span(float("nan"), 3)]}, "start_s"),
        ({"pauses": [span(k, k + 1) for k in range(501)]}, "pauses"),
        ({"bounds": {"reason": WHY}}, "give one, or leave bounds out"),
        ({"bounds": {"start_s": 5.0, "end_s": 4.0, "reason": WHY}}, "not after the start"),
        ({"bounds": {"end_s": -1.0, "reason": WHY}}, "not after the start"),
        ({"bounds": {"start_s": 1e9, "reason": WHY}}, "start_s"),
        ({"zero": {"zero_mm": 0.0, "reason": WHY}}, "leave zero out"),
        ({"zero": {"zero_mm": 51.0, "reason": WHY}}, "zero_mm"),
        ({"zero": {"zero_mm": float("inf"), "reason": WHY}}, "zero_mm"),
        ({"zero": {"zero_mm": 1, "from_s": 3, "to_s": 2, "reason": WHY}}, "not after from_s"),
        ({"by": "Anna"}, "unknown key"),
    ],
)
def test_nonsense_is_refused_by_name(what: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as error:
        of(**what)
    assert "\n" not in str(error.value)


def test_spans_that_touch_are_apart() -> None:
    assert len(of(pauses=[span(1, 3), span(3, 4)]).pauses) == 2


def test_a_file_is_read_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text(json.dumps({"schema": SCHEMA, **ALL}))
    assert load_corrections(path) == of(**ALL)
    for text, words in (
        ("{", "not a JSON file"),
        ("[" * 100_000, "not a JSON file"),
        ("[]", "no corrections"),
        ('{"schema": "mrcpr.corrections/2"}', "has to be"),
        (" " * (1 << 20) + "{}", "larger than"),
    ):
        path.write_text(text)
        with pytest.raises(ConfigError, match=words):
            load_corrections(path)
    with pytest.raises(ConfigError, match="cannot read"):
        load_corrections(tmp_path / "none.json")
