"""The live view on terminals wide and narrow, and its lines where nothing can be redrawn."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import replace

import pytest

from mr.cli.console import Output
from mr.cli.terminal import LastPlace, live_terminal, plain_line, render
from mr.types import (
    Cue,
    GuidanceLevel,
    Health,
    Phase,
    Placing,
    Pose,
    Registration,
    Snapshot,
)
from overlays.messages import load_messages
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


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_long_reason_is_whole(width: int) -> None:
    why = (
        "mannequin on /dev/serial/by-id/usb-1a86_USB_Serial-if00-port0-and-much-more-of-a-name "
        "is gone: check its cable and plug it in again; the session goes on"
    )
    lost = replace(SNAPSHOT.health[0], why=why)
    clock = replace(SNAPSHOT.health[1], state="lost", why=why)
    text = "".join(drawn(replace(SNAPSHOT, health=(lost, clock)), width))
    assert re.sub(r"\s", "", why) in re.sub(r"[│\s]", "", text)
    assert "mannequin.clock" not in text  # it says nothing that its device does not


def lost_at(t_s: float, elapsed_s: float, ages_s: dict[str, float | None]) -> Snapshot:
    """Make a snapshot of streams that are lost for so long; None is well."""
    health = tuple(
        Health(name, "sim", "ok", 200.0, 0, 0.0)
        if age_s is None
        else Health(name, "sim", "lost", 0.0, 0, age_s, "port [1] is gone")
        for name, age_s in ages_s.items()
    )
    return replace(SNAPSHOT, t_ns=round(t_s * 1e9), elapsed_s=elapsed_s, health=health)


WITHOUT_LOSS = lost_at(105.0, 4.99, {"mannequin": None, "mannequin.clock": None})
GAP = (
    WITHOUT_LOSS,
    lost_at(105.9, 5.28, {"mannequin": 0.6, "mannequin.clock": 0.6}),
    lost_at(107.0, 5.28, {"mannequin": 1.7, "mannequin.clock": 1.7}),
    lost_at(110.0, 10.0, {"mannequin": None, "mannequin.clock": 4.7}),
    lost_at(110.1, 10.1, {"mannequin": None, "mannequin.clock": None}),
)


def written(snapshots: Iterable[Snapshot], terminal: bool = False) -> list[str]:
    screen = Screen(80, terminal)
    with live_terminal(screen, 20.0) as view:
        for snapshot in snapshots:
            view.show(snapshot)
    return screen.written().splitlines()


def test_a_loss_is_told_once_and_so_is_the_return() -> None:
    lines = written(GAP)
    assert [line for line in lines if "mannequin" in line] == [
        " 5 of 20 s  mannequin lost: port [1] is gone",
        "10 of 20 s  mannequin is back",
        "! mannequin: silent from 5.3 to 10.0 s",
    ]
    assert not any("mannequin" in line for line in written([WITHOUT_LOSS]))


def test_a_lost_clock_alone_is_told() -> None:
    alone = lost_at(120.0, 20.0, {"mannequin": None, "mannequin.clock": 10.0})
    *_, last = written([WITHOUT_LOSS, alone])
    assert last == "! mannequin.clock: silent from 10.0 s to the end"


def test_what_was_silent_is_said_after_the_live_view() -> None:
    lines = written(GAP, terminal=True)
    assert lines[-1].endswith("! mannequin: silent from 5.3 to 10.0 s")
    assert not any("mannequin lost: " in line for line in lines)  # its health line says it


def test_silences_without_end_before_the_start_and_many() -> None:
    before = [lost_at(t_s, 0.0, {"cam0": age_s}) for t_s, age_s in ((3.0, 2.0), (4.0, None))]
    assert written(before)[-1] == "! cam0: silent for 3.0 s before the start"
    many = [lost_at(100.0 + t_s, t_s, {"cam0": 1.0 if t_s % 2 else None}) for t_s in range(1, 10)]
    said = written(many)[-1]
    assert said.startswith("! cam0: silent from 0.0 to 2.0 s, from 2.0 to 4.0 s, from 4.0")
    assert said.endswith(", and 2 times more")


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


@pytest.mark.parametrize("width", [80, 100])
def test_it_says_where_the_hands_are(width: int) -> None:
    words = "21 mm to the mannequin's left and 116 mm to its feet"
    off, near = (replace(SNAPSHOT, hand_offset_mm=at) for at in ((21.2, -115.5), (4.0, -3.0)))
    (row,) = [line for line in drawn(off, width) if "hand position" in line]
    assert "117 mm" in row and "too far off  (wanted: at most 30 mm)" in row
    assert any(words in line for line in drawn(off, width))
    (row,) = [line for line in drawn(near, width) if "hand position" in line]
    assert " 5 mm" in row and "on target" in row
    (row,) = [line for line in drawn(SNAPSHOT, width) if "hand position" in line]
    assert "–" in row and "on target" not in row
    assert len(drawn(off, width)) == len(drawn(near, width)) == len(drawn(SNAPSHOT, width))


def test_the_place_stays_from_one_press_to_the_next_and_no_longer() -> None:
    placed = replace(SNAPSHOT, hand_offset_mm=(0.0, 41.0))
    place = LastPlace()
    assert place.put_into(SNAPSHOT).hand_offset_mm is None
    assert place.put_into(placed) is placed
    for after_s, at_mm in ((0.3, (0.0, 41.0)), (1.5, None)):
        later = replace(SNAPSHOT, t_ns=placed.t_ns + round(after_s * 1e9))
        assert place.put_into(later).hand_offset_mm == at_mm


def test_an_assessment_tells_the_time_alone() -> None:
    cold = replace(SNAPSHOT, guidance=False, cue=None, health=(), hand_offset_mm=(3.0, 4.0))
    text = "\n".join(drawn(cold, 100, 30.0)) + plain_line(cold, 30.0)
    assert set(re.findall(r"\d+", text)) == {"12", "30"} and "compress" not in text
    guided = replace(cold, guidance=True)  # negative control
    text = "\n".join(drawn(guided, 100, 30.0)) + plain_line(guided, 30.0)
    assert {"22", "43", "131"} < set(re.findall(r"\d+", text))


def test_an_assessment_speaks_the_learners_language() -> None:
    spanish = load_messages("es")
    cold = replace(SNAPSHOT, guidance=False, cue=None)
    for phase, key in (
        (Phase.WAITING, "cue.start_when_ready"),
        (Phase.COMPRESSING, "panel.assessment"),
        (Phase.FINISHED, "cue.finished"),
    ):
        screen = Screen(100, terminal=False)
        screen.print(render(replace(cold, phase=phase), messages=spanish))
        assert screen.written().splitlines()[1].strip("│ ") == spanish(key)
        assert "waiting" not in screen.written()


@pytest.mark.parametrize(("terminal", "dumb"), [(False, False), (True, True)])
def test_lines_where_nothing_can_be_redrawn(terminal: bool, dumb: bool) -> None:
    screen = Screen(80, terminal, dumb)
    with live_terminal(screen, 30.0) as view:
        for elapsed_s in (0.0, 1.0, 5.5, 6.0):
            view.show(replace(SNAPSHOT, elapsed_s=elapsed_s))
    assert "\x1b" not in screen.written()
    lost, *lines, silent = screen.written().splitlines()
    assert "mannequin lost: port /dev/ttyUSB0 is gone" in lost and "mannequin: silent" in silent
    assert len(lines) == 2
    assert "of 30 s" in lines[1] and "22 compressions, last 43.2 mm deep, 131 /min" in lines[1]
    assert "mannequin lost" in lines[1]


def test_a_terminal_is_redrawn() -> None:
    screen = Screen(80)
    with live_terminal(screen) as view:
        view.show(SNAPSHOT)
    assert "\x1b" in screen.written()


@pytest.mark.parametrize(("mode", "words"), [("30:2", "Give 2 breaths now"), ("15:2", "Give 2")])
def test_it_asks_for_as_many_breaths_as_the_overlay(mode: str, words: str) -> None:
    due = replace(SNAPSHOT, mode=mode, cue=Cue("breathe", "hint"))
    assert words in " ".join(drawn(due, 100))
    assert "Give a breath now" not in " ".join(drawn(due, 100))


@pytest.mark.parametrize("level", ["reduced", "sound", "none"])
def test_less_guidance_tells_no_numbers_until_the_end(level: GuidanceLevel) -> None:
    told = "".join(drawn(replace(SNAPSHOT, level=level), 100))
    assert "/min" in "".join(drawn(SNAPSHOT, 100)), "the control"
    assert "/min" not in told
    assert "last" not in plain_line(replace(SNAPSHOT, level=level))
    over = replace(SNAPSHOT, level=level, phase=Phase.FINISHED)
    assert "/min" in "".join(drawn(over, 100))


def test_the_headsets_place_is_told_to_who_stands_beside() -> None:
    found = Registration(Pose.identity(), 0.007, 310, 0, sigma_m=0.0021)
    good = replace(SNAPSHOT, placing=Placing("ok", found))
    weak = replace(SNAPSHOT, placing=Placing("weak", found, "touch", 2))
    assert "±2.1 mm, 310 looks" in "".join(drawn(good, 100))
    assert "plate 2" in "".join(drawn(replace(weak, phase=Phase.PAUSED), 100))
    assert "headset" not in "".join(drawn(SNAPSHOT, 100))


def test_nobody_is_asked_for_the_headsets_place_while_compressing_or_where_none_is_needed() -> None:
    weak = replace(SNAPSHOT, placing=Placing("weak", None, "touch", 2))
    pressing = "".join(drawn(weak, 100))
    assert "faint" in pressing
    assert "plate 2" not in pressing
    resting = replace(weak, phase=Phase.PAUSED)
    for changes in ({"level": "sound"}, {"level": "none"}, {"guidance": False}):
        assert "headset" not in "".join(drawn(replace(resting, **changes), 100)), changes
