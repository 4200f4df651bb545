"""A step's screen that is a page: what `mr.cli.calibrate_screen.Screen` is for a terminal.

Takes a guide's progress, verdicts and questions, gives them to the page's state, and answers
from the page's buttons; leaves drawing to `calibration.page.panels`.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Self

from calibration.guide import Progress, Verdict
from calibration.page.state import PageState
from mr.errors import CalibrationError

STOPPED = "stopped; what was taken is kept"


class Stopped(CalibrationError):  # noqa: N818 -- no error, like EndOfStream
    """A step that the technician stopped: nothing is wrong with it."""


class PageScreen:
    """Shows one step after the other; `stop` and `answer` may come from any thread."""

    def __init__(self, state: PageState) -> None:
        self._state = state
        self._answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def ready(self) -> None:
        """Forget answers and stops that were meant for the step before."""
        self._stopped = False
        while not self._answers.empty():
            self._answers.get_nowait()

    def answer(self, text: str) -> None:
        """Answer the question; without one, nothing happens."""
        live = self._state.view.live
        if live is not None and live.question:
            self._answers.put(text)

    def stop(self) -> None:
        """End the step at its next picture or question; what was taken stays."""
        self._stopped = True
        self._answers.put(None)

    def begin(self, title: str, bring: str) -> None:
        """Show what comes now."""
        self._state.live(title=title, bring=bring, progress=None, refused="", question="")

    def show(self, progress: Progress, verdict: Verdict | None) -> None:
        """Show how far it is; this is where a step that is to stop stops."""
        changes: dict[str, object] = {"progress": progress}
        if verdict is not None:
            changes["refused"] = "" if verdict.taken else verdict.why
        self._state.live(**changes)
        self._stop_here()

    def ask(self, question: str) -> str | None:
        """Wait for an answer of the page's buttons."""
        self._stop_here()
        self._state.live(question=question)
        answer = self._answers.get()
        self._state.live(question="")
        self._stop_here()
        return answer

    def say(self, text: str) -> None:
        """Say one line, which stays for a while."""
        self._state.say(text)

    def pause(self) -> None:
        """Nothing stands in a page's way."""

    def working(self, words: str) -> AbstractContextManager[object]:
        """Tell that something is being worked out."""
        return self._worked(words)

    @contextmanager
    def _worked(self, words: str) -> Iterator[None]:
        self._state.live(working=words)
        try:
            yield
        finally:
            self._state.live(working="")

    def _stop_here(self) -> None:
        if self._stopped:
            raise Stopped(STOPPED)
