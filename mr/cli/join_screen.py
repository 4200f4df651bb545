"""What `mrcpr join` shows while no session goes on: one calm panel, or a line at each change.

Takes what the connection and the outbox say, gives text on the terminal; leaves a session's own
view to `mr.cli.terminal`. Its notes may come from any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from mr.cli.console import Output
from mr.review.live.outbox import Outbox

WIDTH = 88
KEPT_N = 3
KEYS = "Ctrl-C leaves the class; what is not uploaded stays here and goes next time"


@dataclass(slots=True)
class JoinScreen:
    """The screen of one rig that has joined."""

    console: Output
    name: str
    url: str
    simulated: bool
    outbox: Outbox
    _here: bool | None = None
    _why: str = ""
    _notes: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def link_told(self, here: bool, why: str) -> None:
        """Note how the connection stands."""
        with self._lock:
            self._here, self._why = here, why
        if not self.console.can_redraw:
            self.console.print(self._link_words(), markup=False)

    def note(self, words: str) -> None:
        """Note what has happened."""
        with self._lock:
            self._notes = [*self._notes, words][-KEPT_N:]
        if not self.console.can_redraw:
            self.console.print(words, markup=False)

    def _link_words(self) -> str:
        if self._here is None:
            return f"connecting to {self.url}"
        if self._here:
            return f"joined {self.url}: waiting for the wall's word"
        return f"{self.url}: {self._why}; trying again"

    def render(self) -> Panel:
        """Lay it out."""
        with self._lock:
            style = "green" if self._here else "yellow"
            lines = [Text(self._link_words(), style=style)]
            waiting, refused = len(self.outbox.waiting()), self.outbox.refused()
            if waiting:
                lines.append(Text(f"{waiting} recordings wait to be uploaded"))
            lines += [
                Text(f"{ticket.recording_id} was refused: {ticket.refused}", style="yellow")
                for ticket in refused[-KEPT_N:]
            ]
            lines += [Text(note, style="dim") for note in self._notes]
        kind = " SIMULATED" if self.simulated else ""
        return Panel(
            Group(*lines),
            title=escape(f"rig {self.name}{kind}"),
            title_align="left",
            subtitle=KEYS,
            subtitle_align="left",
            width=WIDTH,
        )

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Show the panel while nothing else is shown."""
        if not self.console.can_redraw:
            yield
            return
        with Live(
            console=self.console, get_renderable=self.render, refresh_per_second=2, transient=True
        ):
            yield
