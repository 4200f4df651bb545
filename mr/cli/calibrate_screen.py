"""What a technician sees while a capture is guided: in a terminal, in a pipe, or nowhere.

Takes a guide's progress and verdicts, gives one live picture of them, or lines; leaves the
words to the guides, and the technician's page to `calibrate_page`.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Protocol, Self

from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from calibration.guide import Progress, Verdict
from mr.cli.console import Output
from mr.cli.mannequin_port import answer_of
from mr.types import FloatArray

PLAIN_EVERY_S = 2.0
REDRAW_S = 0.1
BAR_COLUMNS = 30
SHADES = " ░▒▓█"
"""How well a part is covered: a shape, not a colour alone."""
CELL = 2
"""Characters a part of the coverage is wide."""


class Screen(Protocol):
    """Where a capture is shown, and where the technician answers."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def begin(self, title: str, bring: str) -> None:
        """Show what comes now, and what must be at hand."""
        ...

    def show(self, progress: Progress, verdict: Verdict | None) -> None:
        """Show how far a capture is; often called."""
        ...

    def ask(self, question: str) -> str | None:
        """Ask the technician; None when nobody can answer."""
        ...

    def say(self, text: str) -> None:
        """Say one line."""
        ...

    def pause(self) -> None:
        """Take the picture away, so that something else can be printed."""
        ...

    def working(self, words: str) -> AbstractContextManager[object]:
        """Show that something is being worked out."""
        ...


class LineScreen:
    """For pipes and simple terminals: a line now and then."""

    def __init__(self, console: Output) -> None:
        self._console = console
        self._said_s = -PLAIN_EVERY_S
        self._last = self._unsaid = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def begin(self, title: str, bring: str) -> None:
        """Say what comes now."""
        self._console.print(escape(title + (f" (at hand: {bring})" if bring else "")))

    def show(self, progress: Progress, verdict: Verdict | None) -> None:
        """Say how far it is, when that has changed and it was not just said."""
        now_s = time.monotonic()
        line = _plain_line(progress, verdict)
        if line == self._last:
            return
        self._unsaid = line
        if progress.done or now_s - self._said_s >= PLAIN_EVERY_S:
            self._said_s = now_s
            self._say_unsaid()

    def _say_unsaid(self) -> None:
        if self._unsaid:
            self._last, self._unsaid = self._unsaid, ""
            self._console.print(escape(self._last))

    def ask(self, question: str) -> str | None:
        """Ask on standard input; how far it is comes first, and why the last was not taken."""
        self._say_unsaid()
        return answer_of(self._console, f"{question} ")

    def say(self, text: str) -> None:
        """Say one line."""
        self._console.print(escape(text))

    def pause(self) -> None:
        """Lines need no room made."""

    def working(self, words: str) -> AbstractContextManager[object]:
        """Say nothing: lines are for what comes of it."""
        del words
        return nullcontext()


class LiveScreen:
    """For a terminal: one picture that is drawn anew."""

    def __init__(self, console: Output) -> None:
        self._console = console
        self._live: Live | None = None
        self._title = ""
        self._drawn_s = 0.0
        self._refused = self._far = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def begin(self, title: str, bring: str) -> None:
        """Clear the picture for what comes now."""
        self._stop()
        self._title = title + (f"\nat hand: {bring}" if bring else "")
        self._refused = self._far = ""

    def show(self, progress: Progress, verdict: Verdict | None) -> None:
        """Draw how far it is, ten times a second at most."""
        if verdict is not None:
            self._refused = "" if verdict.taken else verdict.why
        self._far = _far(progress)
        now_s = time.monotonic()
        if not progress.done and now_s - self._drawn_s < REDRAW_S:
            return
        self._drawn_s = now_s
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(picture(self._title, progress, self._refused), refresh=True)

    def ask(self, question: str) -> str | None:
        """Ask on standard input; the picture makes room for it, what it said last stays."""
        self._stop()
        if self._refused:
            self._console.print(_refusal(self._refused))
        if self._far:
            self._console.print(f"[dim]{self._far}[/]")
        self._refused = self._far = ""
        return answer_of(self._console, f"{question} ")

    def say(self, text: str) -> None:
        """Say one line, which stays."""
        self._stop()
        self._console.print(escape(text))

    def pause(self) -> None:
        """Take the picture away."""
        self._stop()

    def working(self, words: str) -> AbstractContextManager[object]:
        """Turn a wheel."""
        self._stop()
        return self._console.status(escape(words))

    def _stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


def picture(title: str, progress: Progress, refused: str) -> RenderableType:
    """Lay a capture out in 80 columns."""
    head = Table.grid(padding=(0, 1))
    share = min(max(progress.share, 0.0), 1.0)
    bar = ProgressBar(total=1.0, completed=share, width=BAR_COLUMNS)
    head.add_row(bar, Text(_far(progress)))
    parts: list[RenderableType] = [_wrapped(title, "bold"), head]
    if progress.coverage is not None:
        parts += [Text(), Text(f"covered so far, {progress.coverage_of}:", style="dim")]
        parts.append(Text("\n".join(shaded(progress.coverage))))
    parts.append(Text())
    if refused:
        parts.append(_refusal(refused))
    arrow = "✓" if progress.done else "→"
    style = "bold green" if progress.done else "bold cyan"
    parts.append(_wrapped(f"{arrow} {progress.next}", style))
    parts.append(Text("Ctrl-C stops; what was taken is kept", style="dim"))
    return Group(*parts)


def _far(progress: Progress) -> str:
    share = min(max(progress.share, 0.0), 1.0)
    words = f"{100 * share:3.0f} %, {progress.n_taken} taken"
    return words + (f", {progress.residual}" if progress.residual else "")


def _refusal(why: str) -> Text:
    return _wrapped(f"✗ not taken: {why}", "yellow")


def _wrapped(text: str, style: str) -> Text:
    """Break a sentence over lines: an `Output` cuts what does not say so at the edge."""
    return Text(text, style=style, no_wrap=False, overflow="fold")


def shaded(coverage: FloatArray) -> list[str]:
    """Draw shares (rows, columns) of 0 to 1 as shades in a frame."""
    steps = (coverage.clip(0.0, 1.0) * (len(SHADES) - 1)).round().astype(int)
    edge = "─" * (CELL * coverage.shape[1])
    rows = ["".join(SHADES[step] * CELL for step in row) for row in steps]
    return [f"┌{edge}┐", *(f"│{row}│" for row in rows), f"└{edge}┘"]


def _plain_line(progress: Progress, verdict: Verdict | None) -> str:
    said = [f"{100 * progress.share:3.0f} %  {progress.n_taken} taken"]
    if progress.residual:
        said.append(progress.residual)
    if verdict is not None and not verdict.taken:
        said.append(f"not taken: {verdict.why}")
    said.append(progress.next)
    return "; ".join(said)


def screen_for(console: Output) -> Screen:
    """Give the screen that suits where the output goes."""
    return LiveScreen(console) if console.can_redraw else LineScreen(console)
