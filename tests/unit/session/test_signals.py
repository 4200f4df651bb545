"""Signals that come while a child is started wait until it is."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mr.session.signals import held_back

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """Signals as a program's own handler hears them."""
    numbers: list[int] = []

    def hear(number: int, _frame: Any) -> None:
        numbers.append(number)

    before = {n: signal.signal(n, hear) for n in (signal.SIGINT, signal.SIGTERM)}
    yield numbers
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def other() -> Iterator[threading.Thread]:
    """A thread that takes signals, as those of a numeric library do."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    yield thread
    done.set()
    thread.join()


def wait_for(heard: list[int], n: int, other: threading.Thread) -> None:
    """Give the other thread the time to take a signal, and to take one too many."""
    deadline_s = time.monotonic() + 60.0
    while len(heard) < n and time.monotonic() < deadline_s:
        other.join(0.01)
    other.join(0.1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_signal_waits_and_is_then_heard_once(
    heard: list[int], other: threading.Thread, number: int, elsewhere: bool
) -> None:
    taker = other.ident if elsewhere else threading.get_ident()
    assert taker is not None
    with held_back():
        signal.pthread_kill(taker, number)
        other.join(0.1)  # time for it to be taken
        assert heard == []
    wait_for(heard, 1, other)
    assert heard == [number]
    signal.pthread_kill(taker, number)
    wait_for(heard, 2, other)
    assert heard == [number, number]
