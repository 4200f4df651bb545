"""One command, one answer: on the simulated mannequin, in simulated time, over a bad cable."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any

import pytest

from mr.clock.host import SteppedClock
from mr.devices.mannequin.asking import BUSY_S, RefusedError
from mr.devices.mannequin.console import MannequinConsole, check_serial_number
from mr.errors import ConfigError, DeviceError
from mr.sim.adc import Counts
from mr.sim.mannequin import SimMannequinPort
from mr.wire import UNNAMED, Ack, AckCode, BlockId, Deframer, Fault, WireCounters, ZeroBlock, encode

CONTENT = bytes(range(7, 7 + 199)) * 2  # as long as a calibration


class Chest:
    """What the converters read; a person may press."""

    def __init__(self) -> None:
        self.press_counts = 0

    def counts_at(self, t_s: float) -> Counts:
        pressed = self.press_counts * (round(t_s * 4) % 2)
        return 80 + pressed, (31, 32, 33, 34), 500


class Cable:
    """The simulated port behind a cable that can be told to lose things."""

    def __init__(self, port: SimMannequinPort) -> None:
        self.port = port
        self.writes: list[bytes] = []
        self.lose_command: Callable[[bytes], bool] = lambda _: False
        self.lose_answer: Callable[[bytes], bool] = lambda _: False
        self.fail = False
        self.said = b""
        self._deaf = False

    @property
    def in_waiting(self) -> int:
        return self.port.in_waiting

    def read(self, size: int = 1) -> bytes:
        if self.fail:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        heard, self.said = self.port.read(size) + self.said, b""
        return b"" if self._deaf else heard

    def write(self, data: bytes) -> int:
        self.writes.append(data)
        self._deaf = self.lose_answer(data)
        return len(data) if self.lose_command(data) else self.port.write(data)

    def close(self) -> None:
        self.port.close()


class Bench:
    """A console on a simulated mannequin; time passes only while the console waits."""

    def __init__(self) -> None:
        self.clock = SteppedClock()
        self.chest = Chest()
        self.port = SimMannequinPort(self.chest, self.clock, serial="SAM-7")
        self.cable = Cable(self.port)
        self.console = MannequinConsole(
            self.cable, self.clock, lambda s: self.clock.advance(round(s * 1e9))
        )

    @property
    def seconds(self) -> float:
        return (self.clock() - 1_000_000_000) / 1e9


@pytest.fixture
def bench() -> Bench:
    return Bench()


def nth(*numbers: int) -> Callable[[bytes], bool]:
    """Choose the n-th of what is asked about, counted from 0."""
    asked = iter(range(1_000_000))
    return lambda _: next(asked) in numbers


def test_who_it_is_and_how_it_is(bench: Bench) -> None:
    with bench.console as mannequin:
        assert mannequin.serial_number == "SAM-7"
        assert mannequin.greet().sample_rate_hz == 200
        assert mannequin.set_rate(500) == 500
        assert mannequin.status().sample_rate_hz == 500
        result = mannequin.self_test()
        assert Fault.CALIBRATION in Fault(result.failed)
        assert Fault.CHEST not in Fault(result.failed)
        pings = mannequin.ping(10)
        assert (pings.sent, pings.answered) == (10, 10)
        assert 0 < pings.least_ns <= pings.median_ns <= pings.most_ns < 10_000_000


def test_its_light_blinks_as_long_as_it_was_told(bench: Bench) -> None:
    with bench.console as mannequin:
        mannequin.identify(2)
        seen = set()
        for _ in range(100):
            bench.clock.advance(20_000_000)
            assert bench.port.in_waiting >= 0
            seen.add(bench.port.light_is_on)
        assert seen == {True, False}
        mannequin.identify(0)
        with pytest.raises(ConfigError, match="0 to 255"):
            mannequin.identify(256)


def test_a_block_is_written_and_read_back(bench: Bench) -> None:
    told: list[float] = []
    with bench.console as mannequin:
        assert mannequin.read_block(BlockId.CALIBRATION) is None
        mannequin.write_block(BlockId.CALIBRATION, CONTENT, told.append)
        assert mannequin.read_block(BlockId.CALIBRATION) == CONTENT
        mannequin.write_block(BlockId.CALIBRATION, CONTENT[::-1])
        assert mannequin.read_block(BlockId.CALIBRATION) == CONTENT[::-1]
        mannequin.greet()
        assert mannequin.has(BlockId.CALIBRATION)
        assert not mannequin.has(BlockId.ZERO)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_new_name_is_said_at_once_and_kept(bench: Bench) -> None:
    with bench.console as mannequin:
        assert mannequin.rename("SAM 8/b").serial_number == b"SAM 8/b".ljust(16, b"\0")
        assert mannequin.serial_number == "SAM 8/b"
    bench.port.plug()
    with bench.console as mannequin:
        assert mannequin.serial_number == "SAM 8/b"


@pytest.mark.parametrize(
    "name", ["", " SAM", "SAM ", "SÄM", "S" * 17, "SAM\n7", "SAM\x007", "\t", UNNAMED]
)
def test_what_is_no_name(bench: Bench, name: str) -> None:
    with pytest.raises(ConfigError, match=r"choose (1 to 16|another)"):
        check_serial_number(name)
    with bench.console as mannequin:
        written = len(bench.cable.writes)
        with pytest.raises(ConfigError):
            mannequin.rename(name)
        assert len(bench.cable.writes) == written
    assert check_serial_number("S" * 16) == "S" * 16


def test_zero_is_averaged_and_read_back(bench: Bench) -> None:
    with bench.console as mannequin:
        began_s = bench.seconds
        assert mannequin.zero() == ZeroBlock(256, 1280, 496, 512, 528, 544, 8000)
        assert 1.28 <= bench.seconds - began_s < 2.0
        assert mannequin.read_zero() == mannequin.zero()


def test_a_chest_that_moves_has_no_zero(bench: Bench) -> None:
    with bench.console as mannequin:
        kept = mannequin.zero()
        bench.chest.press_counts = 9
        with pytest.raises(RefusedError, match=r"not still.*hands off") as refused:
            mannequin.zero()
        assert refused.value.code == AckCode.NOT_STILL
        assert mannequin.read_zero() == kept
        bench.chest.press_counts = 8
        assert mannequin.zero() != kept


def test_lost_commands_and_answers_are_asked_for_again(bench: Bench) -> None:
    """Every fifth command and every seventh answer is lost, and all is as if none were."""
    with bench.console as mannequin:
        bench.cable.lose_command = nth(*range(0, 500, 5))
        bench.cable.lose_answer = nth(*range(3, 500, 7))
        before = len(bench.cable.writes)
        assert mannequin.status().crc_errors == 0
        assert mannequin.rename("SAM-9").sample_rate_hz == 200
        mannequin.write_block(BlockId.CALIBRATION, CONTENT)
        assert mannequin.read_block(BlockId.CALIBRATION) == CONTENT
        assert mannequin.zero().samples == 256
        n_needed = 1 + 4 + 13 + 1 + 13 + 13 + 2
        assert len(bench.cable.writes) - before > n_needed


def test_a_commit_whose_answer_is_lost_has_been_done(bench: Bench) -> None:
    with bench.console as mannequin:
        bench.cable.lose_answer = nth(13)  # 13 pieces go before it
        mannequin.write_block(BlockId.CALIBRATION, CONTENT)
        assert len(bench.cable.writes) == 1 + 13 + 2 + 13  # greeted, written, committed, read
        assert bench.cable.writes[14] == bench.cable.writes[15]
        assert mannequin.read_block(BlockId.CALIBRATION) == CONTENT


class WornMemory(bytearray):
    """One cell of it keeps nothing new."""

    worn = -1

    def __setitem__(self, where: Any, value: Any) -> None:
        kept = self[self.worn]
        super().__setitem__(where, value)
        super().__setitem__(self.worn, kept)


def test_a_memory_that_is_worn_out_is_said_so(bench: Bench) -> None:
    """Negative control of reading back: every piece is acknowledged as ever."""
    bench.port.storage = memory = WornMemory(bench.port.storage)
    bench.port.plug()
    with bench.console as mannequin:
        mannequin.write_block(BlockId.CALIBRATION, CONTENT)
        memory.worn = memory.index(CONTENT) + 100
        mannequin.write_block(BlockId.CALIBRATION, CONTENT[::-1])  # into the other slot
        with pytest.raises(DeviceError, match=r"does not keep the calibration.*worn out"):
            mannequin.write_block(BlockId.CALIBRATION, bytes(398))
        assert mannequin.read_block(BlockId.CALIBRATION) == CONTENT[::-1]


def test_a_device_that_is_gone_or_silent_is_said_so(bench: Bench) -> None:
    with bench.console as mannequin:
        bench.cable.lose_command = lambda _: True
        began_s = bench.seconds
        with pytest.raises(
            DeviceError, match=r"does not answer when asked to tell its state.*plug"
        ):
            mannequin.status()
        assert 2.9 < bench.seconds - began_s < 3.3
        with pytest.raises(DeviceError, match="answer a ping"):
            mannequin.ping(3)
        bench.cable.fail = True
        with pytest.raises(DeviceError, match=r"is gone.*check its cable"):
            mannequin.status()
    with pytest.raises(DeviceError, match="not open"):
        mannequin.status()


def test_a_restart_in_the_middle_ends_it(bench: Bench) -> None:
    with bench.console as mannequin:
        restarted = []

        def brown_out(data: bytes) -> bool:
            if len(bench.cable.writes) > 8 and not restarted:
                restarted.append(data)
                bench.port.brown_out()
            return False

        mannequin.write_block(BlockId.CALIBRATION, CONTENT)
        bench.cable.writes.clear()
        bench.cable.lose_command = brown_out
        with pytest.raises(DeviceError, match=r"restarted in the middle.*supply"):
            mannequin.write_block(BlockId.CALIBRATION, CONTENT[::-1])
        assert mannequin.read_block(BlockId.CALIBRATION) == CONTENT


def test_busy_is_waited_for_and_then_said(bench: Bench) -> None:
    """The twin writes at once and is never busy, so the cable says it (a board: tests/cli)."""
    busy = [1.0]

    def still_busy(data: bytes) -> bool:
        content = Deframer(WireCounters()).feed(data)[0]
        if bench.seconds >= busy[0]:
            return False
        bench.cable.said += encode(Ack(content[1], content[0], AckCode.BUSY, 0))
        return True

    with bench.console as mannequin:
        bench.cable.lose_command = still_busy
        mannequin.write_block(BlockId.CALIBRATION, CONTENT)
        assert bench.seconds >= busy[0]
        assert len(bench.cable.writes) > 20
        assert mannequin.read_block(BlockId.CALIBRATION) == CONTENT
        busy[0] = 1e9
        began_s = bench.seconds
        with pytest.raises(RefusedError, match=r"\(busy\): wait"):
            mannequin.status()
        assert BUSY_S <= bench.seconds - began_s < BUSY_S + 1.0


def test_a_refusal_says_what_and_what_to_do(bench: Bench) -> None:
    with bench.console as mannequin:
        with pytest.raises(RefusedError, match=r"refused to write its zero \(out of range\)"):
            mannequin.write_block(BlockId.ZERO, bytes(600))
        with pytest.raises(ConfigError, match="100 to 500"):
            mannequin.set_rate(501)
    assert "flash the firmware" in str(RefusedError("COM3", "blink", AckCode.UNKNOWN_COMMAND))
    assert "code 77" in str(RefusedError("COM3", "blink", 77))
