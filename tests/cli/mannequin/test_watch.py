"""Its counts as they come, past restarts, until it is unplugged."""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import Any

import pytest

from mr.cli.mannequin_reset import cause_words, detail_words
from mr.cli.mannequin_watch import RestartWatch, View, Watched, plain_lines
from mr.devices.mannequin.describe import device_info
from mr.devices.mannequin.follow import MannequinCounters
from mr.wire import (
    ResetCause,
)
from tests.cli.conftest import Running
from tests.cli.mannequin.boards import (
    HELLO,
    AtRest,
    Run,
)
from tests.cli.pseudo_terminal import Terminal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pseudo-terminals of Linux")


def test_watch_in_lines(mrcpr: Run, start_board: Callable[..., Any]) -> None:
    port = start_board().port
    out = mrcpr("mannequin", "watch", "--seconds", "4.8", "--port", port).require(0).out
    head, link, *lines = out.splitlines()
    assert "UNNAMED" in head and port in head
    assert link.endswith("s  0 lost, 0 CRC errors, 0 damaged, 0 restarts")
    gaps_s = [b - a for a, b in pairwise(float(line.split(" s ")[0]) for line in lines)]
    assert min(gaps_s) > 0.95
    assert len(lines) == 5 or max(gaps_s) > 1.15, "one a second, but where a machine stood still"
    first, *rates_hz = re.findall(r"; (…|\d+) Hz", "\n".join(lines))
    assert first == "…", "there is no rate before the first second is over"
    assert len(rates_hz) == len(lines) - 1 and abs(median(map(int, rates_hz)) - 200) <= 20


def test_the_widest_lines_of_watch_fit() -> None:
    watched = Watched(65535, now=(65535, 65535, 65535, 65535, 65535, -32767))
    counters = MannequinCounters(lost=999_999, crc_errors=99_999, framing_errors=99_999)
    view = View(3600.0, 500.0, watched, counters, "power on")
    first, *_ = lines = list(plain_lines(iter([view, view])))
    assert "999999 lost" in first and len(lines) == 3  # the same is not said twice
    assert max(map(len, lines)) <= 80


def test_a_cause_is_told_when_it_is_sure() -> None:
    restarts, watched = RestartWatch(), Watched(1023)
    begun = View(1.0, None, watched, MannequinCounters(), "power on")
    early = replace(begun, counters=MannequinCounters(restarts=1), restarted_s=1.0)
    late = replace(early, elapsed_s=1.4, reset_cause="watchdog (the firmware hung)")
    told = [restarts.line(view) for view in (begun, early, late, late)]
    assert told == [None, None, "   1.0 s  restarted: watchdog (the firmware hung)", None]
    thrice = replace(late, counters=MannequinCounters(restarts=3), restarted_s=0.9)
    assert "restarted 2 times, lastly: watchdog" in (restarts.line(thrice) or "")


def test_every_cause_of_a_reset_has_its_words() -> None:
    for cause in ResetCause:
        detail = device_info(HELLO._replace(reset_cause=cause), "live", "", None).details
        assert detail_words(detail["reset_cause"]) == cause_words(cause)
    later = device_info(HELLO._replace(reset_cause=9), "live", "", None).details["reset_cause"]
    assert detail_words(later) == cause_words(9) == "code 9"


def test_watch_as_json(mrcpr: Run, start_board: Callable[..., Any]) -> None:
    port = start_board().port
    done = mrcpr("mannequin", "watch", "--json", "--seconds", "2.5", "--port", port).require(0)
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert 8 <= len(lines) <= 26  # ten a second where the machine is quick enough
    t_s = [line["t_s"] for line in lines]
    assert all(b - a > 0.09 for a, b in pairwise(t_s))
    assert {line["schema"] for line in lines} == {"mrcpr.mannequin-watch/1"}
    chest = [line["chest_counts"] for line in lines]
    assert max(chest) - min(chest) > 100  # a chest that is pressed moves
    assert all(len(line["force_counts"]) == 4 for line in lines)
    assert [line["frames"] for line in lines] == sorted(line["frames"] for line in lines)
    assert lines[-1]["lost"] == lines[-1]["crc_errors"] == 0


def test_watch_at_another_rate(mrcpr: Run, start_board: Callable[..., Any]) -> None:
    port = start_board().port

    def last(*options: str) -> dict[str, Any]:
        """Give the last line, with the middle of the rates: a window may have met a stall."""
        args = ("mannequin", "watch", "--json", "--seconds", "3", "--port", port, *options)
        lines = [json.loads(line) for line in mrcpr(*args).require(0).out.splitlines()]
        rates_hz = [line["rate_hz"] for line in lines if line["rate_hz"] is not None]
        return {**lines[-1], "rate_hz": median(rates_hz)}

    assert abs(last("--rate", "400")["rate_hz"] - 400) < 30
    assert abs(last()["rate_hz"] - 400) < 30  # it goes on so until it is told otherwise
    told = last("--rate", "100")
    assert abs(told["rate_hz"] - 100) < 10
    assert told["lost"] == told["crc_errors"] == 0
    for rate in ("0", "99", "501"):
        refused = mrcpr("mannequin", "watch", "--rate", rate, "--port", port)
        refused.require_one_line(f"cannot sample at {rate} Hz", "choose 100 to 500")


def test_watch_shows_what_moves(
    terminal: Callable[..., Terminal], start_board: Callable[..., Any], at_rest: AtRest
) -> None:
    shown = terminal("mannequin", "watch", "--port", start_board().port)
    shown.wait_for("✓ moved")
    shown.type("\x03")
    assert shown.end() == 0
    assert "Traceback" not in shown.text
    still = terminal("mannequin", "watch", "--seconds", "1", "--port", at_rest())
    assert still.end() == 0
    assert "– still" in still.text and "moved" not in still.text
    assert max(map(len, still.text.splitlines())) <= 80


def test_watch_ends_with_its_device(
    start: Callable[..., Running], start_board: Callable[..., Any]
) -> None:
    board = start_board()
    running = start("mannequin", "watch", "--port", board.port)
    running.wait_until(lambda: "chest" in running.said(), "the first line")
    board.unplug()
    done = running.end().require(2)
    assert "is gone" in done.err and len(done.err.splitlines()) == 1


def test_watch_goes_on_past_a_restart_and_says_why(
    start: Callable[..., Running],
    terminal: Callable[..., Terminal],
    start_avr: Callable[..., Any],
) -> None:
    board = start_avr("--pace", "real")
    running = start("mannequin", "watch", "--port", board.port)
    running.wait_until(lambda: re.search(r"; \d+ Hz", running.said()), "the second line")
    assert "restarted" not in running.said()
    board.command("brown_out 5")
    running.wait_until(lambda: "restarted: brown-out" in running.said(), "the restart")
    board.command("hang")
    both = ("restarted: watchdog", "2 restarts\n")
    running.wait_until(lambda: all(b in running.said() for b in both), "the second restart")
    running.signal_all(signal.SIGINT)
    out = running.end().require(0).out
    told = re.findall(r"s  restarted: (.*)", out)
    assert told == ["brown-out (the supply broke down)", "watchdog (the firmware hung)"]
    assert max(map(len, out.splitlines())) <= 80

    shown = terminal("mannequin", "watch", "--port", board.port)
    shown.wait_for("0 restarts")
    board.command("brown_out 5")
    shown.wait_for(r"restarted: brown-out \(the supply broke down\)")
    assert re.search(r"\d damaged, 1 restart", shown.text)  # a frame may have been cut
    shown.type("\x03")
    assert shown.end() == 0

    running = start("mannequin", "watch", "--json", "--port", board.port)
    running.wait_until(running.said, "the first line")
    board.command("hang")
    running.wait_until(lambda: '"reset_cause": "watchdog' in running.said(), "the restart")
    running.signal_all(signal.SIGINT)
    first, *_, last = map(json.loads, running.end().require(0).out.splitlines())
    assert (first["restarts"], last["restarts"]) == (0, 1)
    assert last["reset_cause"] == "watchdog (the firmware hung)"
