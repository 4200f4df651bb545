"""What the real firmware shows of itself: its light, its rest, and what it could not sample."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mr.wire import Decoder, Identify, Sample, SetRate, Status, StatusRequest, encode_command
from tests.firmware.avr_board import FIRMWARE, Lockstep, build_elf

StartLockstep = Callable[..., Any]
READY_US = 100_000
BLINK_MS = 62.5


def told_of(runner: Path, elf: Path) -> tuple[list[tuple[bool, float]], float]:
    """Let a board be for 3.2 s and then ask it to blink for 2 s.

    Gives the changes of its light (on or off, and when in ms), and the share of time it slept.
    """
    with Lockstep(runner, elf, "--tell") as board:
        board.records_to(3_200_000)
        board.send_at(board.t_us, encode_command(Identify(2, 2)))
        board.records_to(6_500_000)
    changes = re.findall(r"^light ([01]) (\d+)$", board.told, re.MULTILINE)
    (slept,) = re.findall(r"^slept (.*)$", board.told, re.MULTILINE)
    return [(on == "1", int(ns) / 1e6) for on, ns in changes], float(slept)


def on_times(changes: list[tuple[bool, float]]) -> list[tuple[float, float]]:
    """Give when the light went on and for how long, in ms."""
    pairs = list(pairwise(changes))
    assert all(a[0] != b[0] for a, b in pairs)
    return [(a[1], b[1] - a[1]) for a, b in pairs if a[0]]


def test_its_light_shows_life_and_blinks_when_asked_and_it_sleeps_meanwhile(
    avr_runner: Path, avr_elf: Path
) -> None:
    changes, slept = told_of(avr_runner, avr_elf)
    print(f"the processor sleeps {100 * slept:.0f} % of its time")
    blinks = on_times(changes)
    alive = [(at, long) for at, long in blinks if at < 3200 or at > 5300]
    asked = [(at, long) for at, long in blinks if 3300 < at < 5100]
    assert [long for _, long in alive] == [pytest.approx(BLINK_MS, abs=6)] * len(alive)
    assert len([at for at, _ in alive if at < 3200]) in {3, 4}
    assert [b[0] - a[0] for a, b in pairwise(asked)] == [pytest.approx(250, abs=6)] * 6
    assert any(at > 5300 for at, _ in alive), "it goes on as before"
    assert slept > 0.5


def test_a_light_elsewhere_and_a_board_that_never_sleeps_are_found_out(
    avr_runner: Path, tmp_path: Path
) -> None:
    """Negative control."""
    shutil.copytree(FIRMWARE, tmp_path / "firmware", ignore=shutil.ignore_patterns("build"))
    main = tmp_path / "firmware/boards/atmega328p/main.c"
    text = main.read_text(encoding="utf-8")
    for good, bad in (("PORTB5", "PORTB4"), ("sleep_cpu();", "")):
        assert good in text
        text = text.replace(good, bad)
    main.write_text(text, encoding="utf-8")
    elf = build_elf(tmp_path / "build", tmp_path / "firmware")
    assert told_of(avr_runner, elf) == ([], 0.0)


@pytest.mark.parametrize("rate_hz", [200, 500])
def test_samples_that_it_could_not_take_are_counted_in_the_stream(
    avr_lockstep: StartLockstep, rate_hz: int
) -> None:
    decoder, board = Decoder(), avr_lockstep()

    def heard_to(t_us: float) -> list[Any]:
        return list(decoder.feed(board.bytes_to(t_us)))

    board.records_to(READY_US)
    board.send_at(READY_US, encode_command(SetRate(1, rate_hz)))
    heard = heard_to(1_000_000)
    board.command("hang")
    heard += heard_to(1_100_000)
    board.command("go_on")
    heard += heard_to(1_300_000)
    samples = [m for m in heard if isinstance(m, Sample)][20:]  # at the new rate
    missing = [b.seq - a.seq - 1 for a, b in pairwise(samples)]
    assert missing == [s.overflow for s in samples[1:]]
    print(f"{sum(missing)} samples missed in 100 ms at {rate_hz} Hz, all of them counted")
    late = 0.1 * rate_hz
    assert late - 4 <= sum(missing) <= late, "its queue holds the first three"
    board.send_at(board.t_us, encode_command(StatusRequest(5)))
    (status,) = (m for m in heard_to(1_500_000) if isinstance(m, Status))
    assert status.overruns == sum(missing)


def test_commands_that_come_too_fast_are_lost_and_counted_and_cost_no_sample(
    avr_lockstep: StartLockstep,
) -> None:
    decoder, board = Decoder(), avr_lockstep()
    board.records_to(READY_US)
    board.send_at(READY_US, encode_command(SetRate(1, 500)))
    decoder.feed(board.bytes_to(2 * READY_US))
    for _ in range(3_000):  # 0.4 s without a pause, each with an answer six times as long
        board.send_at(board.t_us, encode_command(StatusRequest(5)))
    heard = list(decoder.feed(board.bytes_to(1_000_000)))
    samples = [m for m in heard if isinstance(m, Sample)]
    assert len(samples) == pytest.approx(400, abs=1)
    assert all(b.seq - a.seq == 1 for a, b in pairwise(samples))
    answers = [m for m in heard if isinstance(m, Status)]
    assert 10 < len(answers) < 3_000
    board.send_at(board.t_us, encode_command(StatusRequest(6)))
    heard = list(decoder.feed(board.bytes_to(1_100_000)))
    (last,) = (m for m in heard if isinstance(m, Status) and m.request_id == 6)
    assert last.rx_overruns > 1_000
    assert last.overruns == 0
