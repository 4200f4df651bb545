"""The comfort check at a terminal: who may wear the headset, and what is said afterwards."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace

import pytest

from mr.cli import comfort
from mr.cli.comfort import ComfortCheck
from mr.cli.console import Output
from mr.types import Health
from overlays.messages import ENGLISH
from tests.snapshots import IN_FULL_SWING

ON_SCREEN = ENGLISH("comfort.on_screen")
HEAD_IS_THERE = Health("headset.head", "live", "ok", 90.0, 0, 0.0)


class Learner:
    """Answers in turn; None is the end of input."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: str | None) -> None:
        self.left: Iterator[str | None] = iter(answers)
        self.asked: list[str] = []
        monkeypatch.setattr(comfort, "has_a_person", lambda: True)
        monkeypatch.setattr(comfort, "answer_of", self.answer)

    def answer(self, _console: Output, question: str) -> str | None:
        self.asked.append(question)
        return next(self.left)


def check() -> tuple[ComfortCheck, Output]:
    console = Output()
    console.file = io.StringIO()
    return ComfortCheck(console, ENGLISH), console


def said(console: Output) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def wear(asked: ComfortCheck, minutes: float = 1.0) -> None:
    for t_ns in (5_000_000_000, 5_000_000_000 + round(minutes * 60e9)):
        asked.see(replace(IN_FULL_SWING, t_ns=t_ns, health=(HEAD_IS_THERE,)))


def test_enter_alone_means_well_fitted_and_without_symptoms(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    learner = Learner(monkeypatch, "", "", "", "")
    asked, console = check()
    assert asked.may_wear()
    assert len(learner.asked) == 3
    wear(asked)
    asked.after()
    assert ENGLISH("comfort.fine") in said(console)


def test_whoever_feels_unwell_does_not_wear_it_and_is_not_asked_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    learner = Learner(monkeypatch, "0200")
    asked, console = check()
    assert not asked.may_wear()
    assert len(learner.asked) == 1
    assert "Do not put the headset on now" in said(console)
    assert "headache" in said(console).lower()
    assert ON_SCREEN in said(console)


def test_what_can_be_mended_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    learner = Learner(monkeypatch, "1000", "y", "n", "", "y", "y")
    asked, console = check()
    assert asked.may_wear()
    assert "Mend this first" in said(console)
    assert len(learner.asked) == 6
    assert ON_SCREEN not in said(console)


def test_whoever_cannot_mend_it_trains_on_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    learner = Learner(monkeypatch, "", "n", "y", "x", "s")
    asked, console = check()
    assert not asked.may_wear()
    assert len(learner.asked) == 5
    assert ON_SCREEN in said(console)
    wear(asked)
    asked.after()
    assert len(learner.asked) == 5, "nobody wore it"


@pytest.mark.parametrize(
    "health", [(), (replace(HEAD_IS_THERE, state="lost"),), (replace(HEAD_IS_THERE, stream="cam"),)]
)
def test_nobody_is_asked_after_a_session_without_a_headset(
    monkeypatch: pytest.MonkeyPatch, health: tuple[Health, ...]
) -> None:
    learner = Learner(monkeypatch, "", "", "")
    asked, _ = check()
    assert asked.may_wear()
    for t_ns in (0, 25 * 60 * 10**9):
        asked.see(replace(IN_FULL_SWING, t_ns=t_ns, health=health))
    asked.see(None)
    asked.after()
    assert len(learner.asked) == 3


@pytest.mark.parametrize("minutes", [19.0, 22.0])
def test_the_minutes_are_those_with_the_headset(
    monkeypatch: pytest.MonkeyPatch, minutes: float
) -> None:
    Learner(monkeypatch, "", "", "", "")
    asked, console = check()
    assert asked.may_wear()
    asked.see(replace(IN_FULL_SWING, t_ns=0, health=()))
    wear(asked, minutes)
    asked.see(replace(IN_FULL_SWING, t_ns=90 * 60 * 10**9, health=()))
    asked.after()
    assert ("22 minutes" in said(console)) is (minutes > 20.0)
    assert "19 minutes" not in said(console)


def test_what_is_no_answer_is_asked_again_and_worse_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    learner = Learner(monkeypatch, "none", "00000", "0000", "y", "y", "3000")
    asked, console = check()
    assert asked.may_wear()
    wear(asked)
    asked.after()
    assert len(learner.asked) == 6
    assert "Stop for today" in said(console)


def test_the_end_of_input_is_no_consent(monkeypatch: pytest.MonkeyPatch) -> None:
    Learner(monkeypatch, None)
    asked, console = check()
    assert not asked.may_wear()
    asked.after()
    assert "Stop" not in said(console)
    assert ON_SCREEN in said(console)


def test_without_a_person_nothing_is_asked_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(comfort, "has_a_person", lambda: False)
    asked, console = check()
    assert asked.may_wear()
    asked.after()
    assert "not checked" in said(console)
