"""What a terminal shows while a command works for longer than a second.

Takes words and counts, draws one line on stderr that goes away at the end; where stderr is
no terminal it draws nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self, TypeVar

from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from mr.cli.console import Output

AFTER_S = 1.0
Item = TypeVar("Item")


class Patience:
    """A line of progress that appears after a second."""

    def __init__(self) -> None:
        console = Output(stderr=True)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(20),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.can_redraw,
        )
        self._task = self._progress.add_task("", total=None)
        self._timer = threading.Timer(AFTER_S, self._progress.start)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        self._timer.join()
        self._progress.stop()

    def say(self, words: str) -> None:
        """Say what is being done; how far it has come is not known."""
        self._progress.update(self._task, description=escape(words), total=None, completed=0)

    def show(self, words: str, done: int, total: int) -> None:
        """Say what is being done, and how far it has come."""
        self._progress.update(self._task, description=escape(words), completed=done, total=total)

    def watch(self, items: Iterable[Item], total: int) -> Iterator[Item]:
        """Pass items on and show how many of `total` have gone by."""
        self._progress.update(self._task, total=total)
        for k, item in enumerate(items):
            self._progress.update(self._task, completed=k)
            yield item
