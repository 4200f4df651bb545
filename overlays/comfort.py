"""The comfort check: how somebody feels before and after wearing the headset.

Takes answers, gives questions, a verdict and when to rest; leaves asking to whoever has a
console or a page. Symptoms are compared with those before, for people do not come with none
(Ref: "The simulator sickness questionnaire, and the erroneous zero baseline assumption",
Frontiers in Virtual Reality 2022). It is a check, not a diagnosis.

Ref: four symptoms with four steps each, after the Simulator Sickness Questionnaire (Kennedy et
al. 1993: 0 none, 1 slight, 2 moderate, 3 severe) and its short form for headsets, VRSQ (Kim et
al. 2018). Which steps mean rest or stop, and the time limit, are this project's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mr.errors import ConfigError
from overlays.messages import Messages

SYMPTOMS = ("nausea", "headache", "eye_strain", "dizziness")
CHECKS = ("fit", "hygiene")
STEPS = ("none", "slight", "moderate", "severe")
LIMIT_MINUTES = 20.0
"""So long the headset is worn at most at a stretch. Sickness grows with the time in it
(Frontiers in Psychology 2018, 9:2132); studies with good headsets found 55 to 70 minutes without
(VRNQ, Frontiers in Human Neuroscience 2019, 13:417), but nobody was compressing. Source: ours."""
REST_MINUTES = 10
"""Sickness lasts 10 minutes or longer (same source, 2018)."""
NOT_READY_FROM = 2
"""With a symptom of this step before, the headset stays off."""
STOP_FROM = 3
"""With a symptom of this step after, or worse by two, it is over for today."""
STOP_WORSE_BY = 2


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its possible answers, in the reader's words."""

    key: str
    text: str
    choices: tuple[str, ...] = ()
    """Words of the steps 0 … 3; none for a question of yes or no."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What somebody answered: a step for each symptom, yes or no for each check."""

    symptoms: Mapping[str, int]
    checks: Mapping[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for key in SYMPTOMS:
            if key not in self.symptoms:
                raise ConfigError(f"comfort: no answer for {key!r}: ask again")
        for key, step in self.symptoms.items():
            if key not in SYMPTOMS or step not in range(len(STEPS)):
                raise ConfigError(f"comfort: {key} {step}: answer 0 to 3 for each symptom")
        for key in self.checks:
            if key not in CHECKS:
                raise ConfigError(f"comfort: unknown check {key!r}: use {', '.join(CHECKS)}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows: go, mend (fit or hygiene), rest or stop, with its words."""

    do: Literal["go", "mend", "rest", "stop"]
    words: tuple[str, ...]


def questions(messages: Messages, *, before: bool = True) -> tuple[Question, ...]:
    """Give the questions: symptoms always, fit and hygiene before only."""
    steps = tuple(messages(f"comfort.{step}") for step in STEPS)
    asked = tuple(Question(key, messages(f"comfort.{key}"), steps) for key in SYMPTOMS)
    if not before:
        return asked
    return (*asked, *(Question(key, messages(f"comfort.{key}")) for key in CHECKS))


def may_start(before: Answers, messages: Messages) -> Verdict:
    """Judge the answers before: may the headset be put on?"""
    ill = [key for key in SYMPTOMS if before.symptoms[key] >= NOT_READY_FROM]
    if ill:
        return Verdict("stop", (_said(messages, "not_ready", before, ill),))
    amiss = [key for key in CHECKS if not before.checks.get(key, True)]
    if amiss:
        named = ", ".join(messages(f"comfort.{key}_short") for key in amiss)
        return Verdict("mend", (messages("comfort.mend", checks=named),))
    return Verdict("go", (messages("comfort.go"),))


def verdict(before: Answers, after: Answers, minutes: float, messages: Messages) -> Verdict:
    """Judge what has become worse, and how long the headset was worn.

    Parameters
    ----------
    before, after : Answers
        Of the same person.
    minutes : float
        Worn between them.
    messages : Messages
        For the words.
    """
    worse = {key: after.symptoms[key] - before.symptoms[key] for key in SYMPTOMS}
    grown = [key for key in SYMPTOMS if worse[key] > 0]
    grave = [k for k in grown if worse[k] >= STOP_WORSE_BY or after.symptoms[k] >= STOP_FROM]
    long = minutes > LIMIT_MINUTES
    words: list[str] = []
    if grave:
        words.append(_said(messages, "stop", after, grave))
    elif grown:
        words.append(_said(messages, "rest", after, grown, minutes=REST_MINUTES))
    else:
        words.append(messages("comfort.fine"))
    if long:
        words.append(
            messages("comfort.too_long", minutes=round(minutes), limit=round(LIMIT_MINUTES))
        )
    do: Literal["go", "rest", "stop"] = "stop" if grave else "rest" if grown or long else "go"
    return Verdict(do, tuple(words))


def rest_note(worn_s: float, messages: Messages) -> str:
    """Give the line for the panel once the headset was worn too long; empty before."""
    if worn_s < LIMIT_MINUTES * 60.0:
        return ""
    return messages("headset.rest", minutes=int(worn_s // 60))


def _said(messages: Messages, key: str, answers: Answers, keys: list[str], **fields: object) -> str:
    """Name symptoms with their steps within a sentence."""
    named = ", ".join(
        messages(
            "comfort.symptom",
            name=messages(f"comfort.{symptom}"),
            answer=messages(f"comfort.{STEPS[answers.symptoms[symptom]]}"),
        )
        for symptom in keys
    )
    return messages(f"comfort.{key}", symptoms=named, **fields)
