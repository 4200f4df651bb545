"""The live view on terminals wide and narrow, and its lines where nothing can be redrawn."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from mr.cli.console import Output
from mr.cli.terminal import live_terminal, plain_line, render
from mr.types import Cue, Health, Snapshot
from tests.snapshots import IN_FULL_SWING

SNAPSHOT = replace(
    IN_FULL_SWING,
    elapsed_s=12.3,
    depth_mm=-0.2,
    rate_cpm=131.0,
    n_compressions=22,
    n_in_cycle=22,
    last_depth_mm=43.2,
    last_release_mm=-0.4,
    hand_offset_mm=None,
    targets=replace(IN_FULL_SWING.targets, hand_offset_max_mm=30.0),
    cue=Cue("push_deeper", "warning"),
    health=(
        Health("mannequin", "sim", "lost", 0.0, 3, 2.0, "port /dev/ttyUSB0 is gone"),
        Health("mannequin.clock", "sim", "ok", 1.0, 0, 0.1),
    ),
)


class Screen(Output):
    """A console that writes into memory as onto a terminal of a given kind."""

    def __init__(self, width: int, terminal: bool = True, dumb: bool = False) -> None:
        super().__init__()
        self.file = io.StringIO()
        self._force_terminal = terminal
        self._color_system = None
        self.width = width
        self._environ = {"TERM": "dumb" if dumb else "xterm"}

    def written(self) -> str:
        assert isinstance(self.file, io.StringIO)
        return self.file.getvalue()


def drawn(snapshot: Snapshot, width: int, planned_s: float | None = None) -> list[str]:
    screen = Screen(width, terminal=False)
    screen.print(render(snapshot, planned_s))
    return screen.written().splitlines()


@pytest.mark.parametrize("width", [80, 100, 200])
def test_everything_is_there_and_nothing_is_cut(width: int) -> None:
    lines = drawn(SNAPSHOT, width, 30.0)
    text = "\n".join(lines)
    for words in (
        "SIMULATED", "12 of 30 s", "43.2 mm", "too shallow", "wanted: 50 to 60 mm", "131 /min",
        "too fast", "wanted: at most 5 mm", "mannequin lost", "/dev/ttyUSB0 is gone", "Ctrl-C",
    ):  # fmt: skip
        assert words in text
    assert "…" not in text and "-0" not in text and "mannequin.clock" not in text
    assert {len(line) for line in lines} == {min(width, 88)}


def test_columns_stand_still() -> None:
    early = replace(SNAPSHOT, last_depth_mm=None, last_release_mm=None, rate_cpm=None)
    for label in ("last depth", "rate", "score"):
        columns = {
            line.index(label)
            for snapshot in (SNAPSHOT, early)
            for line in drawn(snapshot, 100)
            if f" {label} " in line
        }
        assert len(columns) == 1, label
    assert len(drawn(early, 100)) == len(drawn(SNAPSHOT, 100))


def test_an_assessment_tells_no_numbers() -> None:
    cold = replace(SNAPSHOT, guidance=False, cue=None)
    text = "\n".join(drawn(cold, 100)) + plain_line(cold)
    assert "43.2" not in text and "131" not in text and "22" in text


@pytest.mark.parametrize(("terminal", "dumb"), [(False, False), (True, True)])
def test_lines_where_nothing_can_be_redrawn(terminal: bool, dumb: bool) -> None:
    screen = Screen(80, terminal, dumb)
    with live_terminal(screen, 30.0) as view:
        for elapsed_s in (0.0, 1.0, 5.5, 6.0):
            view.show(replace(SNAPSHOT, elapsed_s=elapsed_s))
    assert "\x1b" not in screen.written()
    lines = screen.written().splitlines()
    assert len(lines) == 2
    assert "of 30 s" in lines[1] and "22 compressions, last 43.2 mm deep, 131 /min" in lines[1]
    assert "mannequin lost" in lines[1]


def test_a_terminal_is_redrawn() -> None:
    screen = Screen(80)
    with live_terminal(screen) as view:
        view.show(SNAPSHOT)
    assert "\x1b" in screen.written()
