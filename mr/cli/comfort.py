"""The comfort check at a terminal: before the headset is put on, and after it is taken off.

Takes whoever sits there, gives what follows in words; leaves the questions and what follows
from the answers to `overlays.comfort`. Nothing of it is recorded: symptoms are health data, and
nobody needs them later.
"""

from __future__ import annotations

from collections.abc import Callable

from rich.markup import escape

from mr.cli.console import Output
from mr.cli.mannequin_port import answer_of, has_a_person
from mr.session.headset import HEAD
from mr.types import Snapshot
from overlays.comfort import (
    CHECKS,
    STEPS,
    SYMPTOMS,
    Answers,
    Verdict,
    may_start,
    questions,
    verdict,
)
from overlays.messages import Messages

SIGNS = {"go": "[green]✓[/]", "mend": "[yellow]![/]", "rest": "[yellow]![/]", "stop": "[red]✗[/]"}


class ComfortCheck:
    """One learner's check around one session.

    Without a person at the terminal nothing is asked, and that is said.
    """

    def __init__(self, console: Output, messages: Messages) -> None:
        self._console, self._messages = console, messages
        self._before: Answers | None = None
        self._worn_ns: tuple[int, int] | None = None
        """When the headset was there first and last."""

    def may_wear(self) -> bool:
        """Ask before; tell whether the headset may be put on."""
        if not has_a_person():
            self._console.prose("comfort: nobody is at this terminal to ask: not checked")
            return True
        if not self._is_well():
            self._console.prose(escape(self._messages("comfort.on_screen")))
            return False
        return True

    def _is_well(self) -> bool:
        symptoms = self._symptoms()
        if symptoms is None:
            return False
        found = may_start(Answers(symptoms), self._messages)
        while found.do != "stop":
            checks = self._checks()
            if checks is None:
                return False
            found = may_start(Answers(symptoms, checks), self._messages)
            if found.do == "go":
                break
            self._say(found)
            if not self._asks_again():
                return False
        self._say(found)
        self._before = Answers(symptoms)
        return found.do == "go"

    def _asks_again(self) -> bool:
        """Ask whether it was mended; whoever cannot mend it trains on the screen."""
        screen = self._messages("comfort.screen")
        question = self._messages("comfort.again", screen=screen)
        return self._asked(f"{question} ", lambda text: text in ("", screen), "") == ""

    def see(self, snapshot: Snapshot | None) -> None:
        """Note whether the headset is there: nobody wears one that is not."""
        if snapshot is None or not any(
            health.stream == HEAD and health.state == "ok" for health in snapshot.health
        ):
            return
        first_ns = snapshot.t_ns if self._worn_ns is None else self._worn_ns[0]
        self._worn_ns = first_ns, snapshot.t_ns

    def after(self) -> None:
        """Ask after a session in which the headset was there, and say what follows."""
        if self._before is None or self._worn_ns is None:
            return
        first_ns, last_ns = self._worn_ns
        minutes = (last_ns - first_ns) / 60e9
        symptoms = self._symptoms()
        if symptoms is not None:
            self._say(verdict(self._before, Answers(symptoms), minutes, self._messages))

    def _symptoms(self) -> dict[str, int] | None:
        """Ask for all symptoms in one line: four digits; Enter alone means none."""
        words = {q.key: q.text for q in questions(self._messages, before=False)}
        steps = ", ".join(
            f"{k} {self._messages(f'comfort.{step}')}" for k, step in enumerate(STEPS)
        )
        self._console.prose(escape(f"{self._messages('comfort.ask')} ({steps})"))
        for key in SYMPTOMS:
            self._console.print(escape(f"  {words[key]}"))
        none = "0" * len(SYMPTOMS)
        digits = self._asked(
            f"{self._messages('comfort.digits', none=none)} ",
            lambda text: len(text) == len(none) and set(text) <= set("0123"),
            none,
        )
        return None if digits is None else dict(zip(SYMPTOMS, map(int, digits), strict=True))

    def _checks(self) -> dict[str, bool] | None:
        found: dict[str, bool] = {}
        yes, no = self._messages("comfort.yes"), self._messages("comfort.no")
        for question in questions(self._messages):
            if question.key in CHECKS:
                told = self._asked(f"{question.text} [{yes}/{no}] ", lambda t: t in (yes, no), yes)
                if told is None:
                    return None
                found[question.key] = told == yes
        return found

    def _asked(self, question: str, good: Callable[[str], bool], default: str) -> str | None:
        """Ask until the answer is one; Enter alone is the default, None the end of input."""
        while True:
            told = answer_of(self._console, question)
            if told is None:
                return None
            told = told.strip().lower().replace(" ", "") or default
            if good(told):
                return told

    def _say(self, found: Verdict) -> None:
        for words in found.words:
            self._console.prose(f"{SIGNS[found.do]} {escape(words)}")
