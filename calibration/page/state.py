"""What the technician's page shows at this moment, whoever looks.

Takes what the worker's thread tells, gives a copy of it to the thread that draws; leaves drawing
to `calibration.page.panels`. A browser that comes back sees the same as one that stayed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from calibration.draft import RigDraft
from calibration.guide import Progress
from calibration.kit import Kit
from calibration.page.desk import State
from calibration.plan import Task
from calibration.record import Record

MOST_LINES = 6
"""Of what was said; the terminal has all."""


@dataclass(frozen=True, slots=True)
class Row:
    """One task of the plan."""

    task: Task
    state: State
    next: bool = False
    """What a technician would do now."""
    failed: str = ""
    """What is wrong with it, in one line."""


@dataclass(frozen=True, slots=True)
class Live:
    """A step that is being done."""

    key: str
    title: str = ""
    bring: str = ""
    progress: Progress | None = None
    refused: str = ""
    question: str = ""
    working: str = ""
    """What is being worked out."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """All that the page shows."""

    draft: RigDraft
    kit: Kit
    place: Path
    rows: tuple[Row, ...] = ()
    found: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    """By the task's key; of a failed one, too."""
    live: Live | None = None
    said: tuple[str, ...] = ()
    trouble: str = ""
    """The newest error that is of no step."""
    saved: tuple[str, ...] = ()
    number: int = 0

    @property
    def next(self) -> Row | None:
        """The row that is due."""
        return next((row for row in self.rows if row.next), None)


class PageState:
    """The newest `View`; any thread may change it and read it."""

    def __init__(self, view: View) -> None:
        self._lock = threading.Lock()
        self._view = view

    @property
    def view(self) -> View:
        """What is to be seen now."""
        with self._lock:
            return self._view

    def change(self, how: Callable[[View], View]) -> None:
        """Put what `how` makes of the view in its place."""
        with self._lock:
            self._view = replace(how(self._view), number=self._view.number + 1)

    def live(self, **changes: object) -> None:
        """Change what is told of the step that is being done."""
        self.change(
            lambda view: (
                view if view.live is None else replace(view, live=replace(view.live, **changes))  # type: ignore[arg-type]
            )
        )

    def say(self, text: str) -> None:
        """Add a line to what was said."""
        self.change(lambda view: replace(view, said=(*view.said, text)[-MOST_LINES:]))
