"""The comfort check: who may start, who rests and who stops."""

from __future__ import annotations

from typing import Any

import pytest

from mr.errors import ConfigError
from overlays.comfort import (
    LIMIT_MINUTES,
    SYMPTOMS,
    Answers,
    may_start,
    questions,
    rest_note,
    verdict,
)
from overlays.messages import ENGLISH, languages, load_messages


def answers(fit: bool = True, hygiene: bool = True, **steps: int) -> Answers:
    return Answers(dict.fromkeys(SYMPTOMS, 0) | steps, {"fit": fit, "hygiene": hygiene})


@pytest.mark.parametrize("language", languages())
def test_every_symptom_is_asked_with_four_steps(language: str) -> None:
    asked = questions(load_messages(language))
    assert [q.key for q in asked] == [*SYMPTOMS, "fit", "hygiene"]
    assert all(len(set(q.choices)) == 4 for q in asked[:4])
    assert all(q.choices == () for q in asked[4:])
    after = questions(load_messages(language), before=False)
    assert [q.key for q in after] == list(SYMPTOMS), "fit and hygiene are asked before only"


def test_who_is_well_may_start_and_who_is_not_may_not() -> None:
    assert may_start(answers(headache=1), ENGLISH).do == "go"
    ill = may_start(answers(headache=2, nausea=1), ENGLISH)
    assert ill.do == "stop"
    assert "Headache (moderate)" in ill.words[0]
    assert "Nausea" not in ill.words[0]


@pytest.mark.parametrize(("amiss", "word"), [("fit", "fit"), ("hygiene", "face pad")])
def test_fit_and_hygiene_are_mended_first(amiss: str, word: str) -> None:
    told = may_start(answers(**{amiss: False}), ENGLISH)  # type: ignore[arg-type]
    assert told.do == "mend"
    assert word in told.words[0]


@pytest.mark.parametrize(
    ("before", "after", "minutes", "do"),
    [
        ({}, {}, 5.0, "go"),
        ({"headache": 1}, {"headache": 1}, 5.0, "go"),
        ({"headache": 1}, {}, 5.0, "go"),
        ({}, {"eye_strain": 1}, 5.0, "rest"),
        ({"dizziness": 1}, {"dizziness": 2}, 5.0, "rest"),
        ({}, {"nausea": 2}, 5.0, "stop"),
        ({"headache": 2}, {"headache": 3}, 5.0, "stop"),
        ({"headache": 3}, {"headache": 3}, 5.0, "go"),
        ({}, {}, LIMIT_MINUTES + 1.0, "rest"),
        ({}, {"nausea": 3}, LIMIT_MINUTES + 1.0, "stop"),
    ],
)
def test_what_became_worse_decides(
    before: dict[str, int], after: dict[str, int], minutes: float, do: str
) -> None:
    told = verdict(answers(**before), answers(**after), minutes, ENGLISH)
    assert told.do == do
    assert len(told.words) == 1 + (minutes > LIMIT_MINUTES)
    assert all(words and "{" not in words for words in told.words)


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ({"nausea": 0}, "no answer for 'headache'"),
        (dict.fromkeys(SYMPTOMS, 4), "answer 0 to 3"),
        (dict.fromkeys(SYMPTOMS, 0) | {"boredom": 1}, "boredom"),
    ],
)
def test_answers_that_are_none_are_refused(steps: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Answers(steps)
    with pytest.raises(ConfigError, match="unknown check 'shoes'"):
        Answers(dict.fromkeys(SYMPTOMS, 0), {"shoes": True})


def test_the_note_to_rest_comes_with_the_limit() -> None:
    assert rest_note(LIMIT_MINUTES * 60 - 1, ENGLISH) == ""
    assert "20 minutes" in rest_note(LIMIT_MINUTES * 60, ENGLISH)
