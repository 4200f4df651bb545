"""How a process of a session learns that it should end.

Takes signals, and the fate of the parent process; gives a flag to ask. Ctrl-C goes to all
processes of a terminal at once, but it is the parent's alone to answer: its children ignore
it and wait for its word, so that a recording is finished and not cut.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from types import FrameType

if sys.platform == "win32":
    ENDING: tuple[signal.Signals, ...] = (signal.SIGTERM,)
else:
    ENDING = (signal.SIGTERM, signal.SIGHUP)
    """Signals besides Ctrl-C that ask a program to end: kill, and a terminal that closes."""


@contextmanager
def noted(*numbers: signal.Signals) -> Iterator[threading.Event]:
    """Note signals instead of raising: amid a drawing library's clean-up that is swallowed."""
    asked = threading.Event()
    before = {n: signal.signal(n, lambda _number, _frame: asked.set()) for n in numbers}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def held_back() -> Iterator[None]:
    """Hold signals back while a child is started: it begins life with them held back, too.

    Without this a Ctrl-C in a child's first second would end it before it can ignore it. The
    mask alone is this thread's: a signal that another thread takes is noted, and raised again
    at the end, or it would break off the start half-way.
    """
    if sys.platform == "win32":
        yield
        return
    numbers = (signal.SIGINT, *ENDING)
    noted: set[int] = set()
    handlers = {n: signal.getsignal(n) for n in numbers if callable(signal.getsignal(n))}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        for number in handlers:
            signal.signal(number, lambda number, _frame: noted.add(number))
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for missed in noted:
            signal.raise_signal(missed)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _let_through() -> None:
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, *ENDING})


def parent_is_gone() -> bool:
    """Tell whether the process that started this one has ended."""
    parent = multiprocessing.parent_process()
    return parent is not None and not parent.is_alive()


def leave_ctrl_c_to_the_parent() -> None:
    """Ignore Ctrl-C in a child process; other signals end it as ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _let_through()


class EndWord:
    """Tells any number of processes that they should end: the parent has closed a pipe, or is gone.

    Nothing is locked: a process that stands still or was killed while it asked holds nobody up.
    """

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def is_set(self) -> bool:
        """Tell whether it is time to finish."""
        try:
            return self._pipe.poll()
        except OSError:  # how Windows tells of a closed pipe
            return True


class EndRequest:
    """Tells a child process that it was asked to end, or that its parent is gone."""

    def __init__(self) -> None:
        self._asked = False
        for number in ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:  # ignored: started by nohup
                signal.signal(number, self._ask)
        leave_ctrl_c_to_the_parent()

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True

    def is_set(self) -> bool:
        """Tell whether it is time to finish."""
        return self._asked or parent_is_gone()
