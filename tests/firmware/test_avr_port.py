"""The real firmware through a port, in real time: lost power and a pulled cable."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mr.clock.host import host_now_ns
from mr.devices.mannequin import MannequinSource
from mr.errors import DeviceError
from mr.types import MannequinFrame

StartAvr = Callable[..., Any]
DEADLINE_S = 20.0


def poll_until(source: MannequinSource, enough: Callable[[list[MannequinFrame]], bool]) -> float:
    """Poll until the frames are enough; gives the seconds it took."""
    began_ns = host_now_ns()
    frames: list[MannequinFrame] = []
    while not enough(frames):
        assert host_now_ns() - began_ns < DEADLINE_S * 1e9, "it takes too long"
        frames += [s for s in source.poll() if isinstance(s, MannequinFrame)]
        time.sleep(0.0005)
    return (host_now_ns() - began_ns) / 1e9


def at_rate(rate_hz: int) -> Callable[[list[MannequinFrame]], bool]:
    def enough(frames: list[MannequinFrame]) -> bool:
        if len(frames) < 12:
            return False
        ticks = [f.arrival.device_ticks for f in frames[-10:]]
        return all(abs(b - a - 1_000_000 // rate_hz) < 10 for a, b in pairwise(ticks))

    return enough


def test_the_rate_is_restored_after_a_brown_out(start_avr: StartAvr) -> None:
    board = start_avr("--pace", "real")
    with MannequinSource(board.port) as source:
        source.set_rate(500)
        poll_until(source, at_rate(500))
        board.command("brown_out 5")
        took_s = poll_until(source, lambda _: source.counters.restarts == 1)
        took_s += poll_until(source, at_rate(500))
        print(f"500 Hz again {1000 * took_s:.0f} ms after the brown-out")
        assert took_s < 2.0


def test_a_rate_that_was_in_force_already_is_restored_too(start_avr: StartAvr) -> None:
    board = start_avr("--pace", "real")
    with MannequinSource(board.port, sample_rate_hz=500):
        pass
    with MannequinSource(board.port, sample_rate_hz=500) as source:
        board.command("brown_out 5")
        poll_until(source, lambda _: source.counters.restarts == 1)
        poll_until(source, at_rate(500))


def test_a_cable_put_in_again_gives_samples_within_a_second(
    start_avr: StartAvr, tmp_path: Path
) -> None:
    link = tmp_path / "ttyMANNEQUIN"
    board = start_avr("--pace", "real", "--link", str(link))
    assert board.port == str(link)
    with MannequinSource(board.port) as source:
        source.set_rate(500)
        poll_until(source, at_rate(500))
        took_s = []
        for _ in range(5):
            board.unplug()
            with pytest.raises(DeviceError, match="is gone"):
                poll_until(source, lambda _: False)
            with pytest.raises(DeviceError):
                source.reopen()
            board.plug()
            began_ns = host_now_ns()
            source.reopen()
            poll_until(source, bool)
            took_s.append((host_now_ns() - began_ns) / 1e9)
            poll_until(source, at_rate(500))
        worst_ms = 1000 * max(took_s)
        print(f"first sample {worst_ms:.0f} ms after the port's return at worst of {len(took_s)}")
        assert max(took_s) < 1.0
