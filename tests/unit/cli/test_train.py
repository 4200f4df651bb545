"""Around a session: what is typed in it, and what is typed after it."""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mr.cli.train import Stdin
from mr.types import Phase

LONG_S = 10.0


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int]]:
    """Give both ends of what stands for the standard input."""
    read, write = os.pipe()
    with os.fdopen(read) as stdin, os.fdopen(write, "wb"):
        monkeypatch.setattr(sys, "stdin", stdin)
        yield read, write


def words_of(stdin: Stdin, phase: Phase) -> list[str]:
    until_s = time.monotonic() + LONG_S
    while time.monotonic() < until_s:
        if words := stdin.words(phase):
            return list(words)
        time.sleep(0.01)
    return []


@pytest.mark.skipif(sys.platform == "win32", reason="its reader cannot be woken")
@pytest.mark.parametrize("start_on", ["key", "command", "first-compression"])
def test_what_is_typed_after_the_session_is_left_for_who_asks_then(
    keyboard: tuple[int, int], start_on: str
) -> None:
    read, write = keyboard
    with Stdin(start_on) as stdin:
        if start_on != "first-compression":
            os.write(write, b"\n" if start_on == "key" else b"start\n")
            assert words_of(stdin, Phase.WAITING) == ["start"]
    os.write(write, b"0120\n")
    time.sleep(0.2)  # for a reader that is still there
    assert select.select([read], (), (), 0.0)[0], "somebody else has read it"
    assert os.read(read, 100) == b"0120\n"
    assert stdin.words(Phase.FINISHED) == [], "and its end was not the end of input"


def test_the_end_of_input_stops_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        with Stdin("key") as stdin:
            assert words_of(stdin, Phase.COMPRESSING) == ["stop"]
