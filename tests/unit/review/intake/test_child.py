"""The process for heavy work: what it gives back, that it is made anew, and how it is ended."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mr.review.intake.child import BrokeOffError, Child


def test_what_it_returns_and_raises_comes_back_and_it_is_made_anew() -> None:
    child = Child(tasks_each=2)
    try:
        first, second, third = (child.run(os.getpid) for _ in range(3))
        assert first == second != third != os.getpid()
        with pytest.raises(ZeroDivisionError):
            child.run(divmod, 1, 0)
    finally:
        child.kill()


def test_one_that_breaks_off_is_told_and_the_next_task_has_another() -> None:
    child = Child(tasks_each=50)
    try:
        with pytest.raises(BrokeOffError):
            child.run(signal.raise_signal, signal.SIGKILL)
        assert child.run(divmod, 7, 2) == (3, 1)
    finally:
        child.kill()


def begin_and_sleep(begun: Path) -> None:
    begun.touch()
    time.sleep(600)


@pytest.mark.parametrize("amid_its_work", [False, True])  # else, while it starts
def test_killed_it_ends_with_its_threads_and_for_good(tmp_path: Path, amid_its_work: bool) -> None:
    before = set(threading.enumerate())
    child, begun = Child(tasks_each=50), tmp_path / "begun"
    with ThreadPoolExecutor(1) as asker:
        asked = asker.submit(child.run, begin_and_sleep, begun)
        while amid_its_work and not begun.exists() and not asked.done():
            time.sleep(0.01)
        child.kill()
        # its pool's own thread would race with Python's exit ("Bad file descriptor" at the end)
        left = set(threading.enumerate()) - before - set(asker._threads)
        assert not left
        with pytest.raises(BrokeOffError):
            asked.result(timeout=10)
    with pytest.raises(BrokeOffError):
        child.run(divmod, 7, 2)
    child.kill()
