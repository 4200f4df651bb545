"""The newest picture for each viewer, and nothing drawn for nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from overlays.screen.board import LOOKS_NS, Board


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_ns = 1_000

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_viewer_gets_the_newest_picture_once_and_misses_what_it_was_too_slow_for(
    clock: Clock,
) -> None:
    board = Board(clock)
    assert board.newer_than(0, 0.0).jpeg is None
    board.put(b"one", 900)
    first = board.newer_than(0, 0.0)
    assert (first.jpeg, first.number, first.age_ns, first.ended) == (b"one", 1, 100, False)
    again = board.newer_than(first.number, 0.0)
    assert (again.jpeg, again.number, again.age_ns) == (None, 1, 100)
    board.put(b"two", 950)
    board.put(b"three", 1_000)
    assert board.newer_than(1, 0.0).jpeg == b"three"
    assert board.newer_than(99, 0.0).jpeg == b"three", "a number of another session is no newer one"


def test_the_age_grows_while_nothing_new_comes(clock: Clock) -> None:
    board = Board(clock)
    board.newer_than(0, 0.0)
    board.put(b"one", 1_000)
    clock.now_ns += 1_500_000_000
    newest = board.newer_than(1, 0.0)
    assert newest.jpeg is None and newest.age_ns == 1_500_000_000


def test_who_comes_after_a_while_gets_no_picture_of_that_while(clock: Clock) -> None:
    board = Board(clock)
    board.newer_than(0, 0.0)
    board.put(b"old", 1_000)
    assert board.watched
    clock.now_ns += LOOKS_NS - 1
    assert board.watched
    clock.now_ns += 1
    assert not board.watched
    newest = board.newer_than(0, 0.0)
    assert (newest.jpeg, newest.age_ns) == (None, None) and board.watched
    board.put(b"new", clock.now_ns)
    assert board.newer_than(0, 0.0).jpeg == b"new"


def started(call: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(call()), daemon=True)
    thread.start()
    return thread, found


def test_a_waiting_viewer_is_answered_by_a_picture_and_by_the_end() -> None:
    board = Board()
    thread, found = started(lambda: board.newer_than(0, 60.0))
    board.wait_for_a_look(60.0)
    board.put(b"one", 0)
    thread.join(30.0)
    assert [getattr(f, "jpeg", None) for f in found] == [b"one"]
    thread, found = started(lambda: board.newer_than(1, 60.0))
    board.end()
    thread.join(30.0)
    assert [(f.jpeg, f.ended) for f in found] == [(None, True)]  # type: ignore[attr-defined]
    assert board.newer_than(0, 60.0).jpeg == b"one", "the last picture stays"


def test_waiting_for_a_look_ends_without_one() -> None:
    board = Board()
    board.wait_for_a_look(0.01)
    assert not board.watched
