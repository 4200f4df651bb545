"""The real firmware when things go wrong: lost power, a hung program, a sensor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mr.wire import (
    AIRWAY_UNKNOWN,
    CHUNK_LENGTH,
    Ack,
    AckCode,
    Block,
    BlockId,
    Command,
    CommitBlock,
    Decoder,
    Hello,
    HelloRequest,
    ReadBlock,
    ResetCause,
    Sample,
    SetRate,
    Status,
    StatusRequest,
    WriteBlock,
    block_crc,
    encode_command,
)
from mr.wire.blocks import CALIBRATION_LENGTH
from tests.firmware.avr_board import EEPROM_BYTES, Lockstep, write_waveform

StartLockstep = Callable[..., Any]

AIRWAY_PA = -123.4
AIRWAY_COUNTS = round(60 * AIRWAY_PA)
READY_US = 100_000
N_INSTANTS = 66
N_IN_COMMIT = 24
OFF_US = 90_000.0
"""The power that went comes back within 70 ms."""


class Talk:
    """A host that asks the emulated board one thing after the other."""

    def __init__(self, board: Any) -> None:
        self.board = board
        self.sent: list[tuple[float, bytes]] = []
        self.heard: list[tuple[float, Any]] = []
        """When a message's last byte was out (µs), and the message."""
        self.last: tuple[float, int] | None = None
        """The last byte, and when it was out."""
        self._decoder = Decoder()

    def listen_to(self, t_us: float) -> list[Any]:
        """Go on to `t_us`; gives what was heard meanwhile."""
        new: list[Any] = []
        for t_ns, byte in self.board.run_to(t_us):
            self.last = (t_ns / 1000.0, byte)
            for message in self._decoder.feed(bytes([byte])):
                self.heard.append((t_ns / 1000.0, message))
                new.append(message)
        return new

    def listen_for(self, us: float) -> list[Any]:
        return self.listen_to(self.board.t_us + us)

    def ask(self, command: Command, wait_us: float = 500_000.0) -> Any:
        """Send a command and give its answer."""
        data = encode_command(command)
        self.sent.append((self.board.t_us, data))
        self.board.send_at(self.board.t_us, data)
        until_us = self.board.t_us + wait_us
        while self.board.t_us < until_us:
            for message in self.listen_for(2_000.0):
                if getattr(message, "request_id", 0) == command.request_id:
                    return message
        raise AssertionError(f"no answer to {command}")

    def hello(self) -> Hello:
        """Wait for the HELLO of a reset."""
        while True:
            for message in self.listen_for(2_000.0):
                if isinstance(message, Hello) and message.request_id == 0:
                    return message
            assert self.board.t_us < 5e6, "it does not come back"

    def when(self, message: Any) -> float:
        """Tell when a message's last byte was out (µs)."""
        return next(t_us for t_us, heard in self.heard if heard is message)

    def write(self, content: bytes) -> None:
        """Write a calibration block and commit it."""
        for offset in range(0, len(content), CHUNK_LENGTH):
            chunk = content[offset : offset + CHUNK_LENGTH]
            padded = chunk.ljust(CHUNK_LENGTH, b"\0")
            command = WriteBlock(1, BlockId.CALIBRATION, offset, len(chunk), padded)
            assert self.ask(command).code == AckCode.DONE
        commit = CommitBlock(2, BlockId.CALIBRATION, len(content), block_crc(content))
        assert self.ask(commit).code == AckCode.DONE

    def read(self) -> bytes | None:
        """Read the calibration block; None when it is empty."""
        content = b""
        while len(content) < CALIBRATION_LENGTH:
            answer = self.ask(ReadBlock(3, BlockId.CALIBRATION, len(content)))
            if isinstance(answer, Ack):
                assert answer.code == AckCode.EMPTY
                return None
            assert isinstance(answer, Block)
            content += answer.bytes
        return content[:CALIBRATION_LENGTH]


def some_block(seed: int) -> bytes:
    return np.random.default_rng(seed).integers(0, 256, CALIBRATION_LENGTH, np.uint8).tobytes()


OLD, NEW = some_block(1), some_block(2)


@dataclass(frozen=True, slots=True)
class Written:
    """One write of NEW over OLD, as it went when nothing befell it."""

    eeprom_before: bytes
    eeprom_after: bytes
    sent: Sequence[tuple[float, bytes]]
    end_us: float


@pytest.fixture
def board_with(avr_runner: Path, avr_elf: Path) -> StartLockstep:
    """Give a function that makes a board; it keeps its EEPROM when it is closed."""
    return lambda *options: Lockstep(avr_runner, avr_elf, *options)


@pytest.fixture
def written(board_with: StartLockstep, tmp_path: Path) -> Written:
    path = tmp_path / "eeprom"
    with board_with("--eeprom", str(path)) as board:
        talk = Talk(board)
        talk.listen_to(READY_US)
        talk.write(OLD)
        assert talk.read() == OLD
    before = path.read_bytes()
    with board_with("--eeprom", str(path)) as board:
        talk = Talk(board)
        talk.listen_to(READY_US)
        talk.write(NEW)
        end_us = board.t_us
        sent = tuple(talk.sent)
        assert talk.read() == NEW
    return Written(before, path.read_bytes(), sent, end_us)


def after_power_loss(
    start: StartLockstep, path: Path, written: Written, k: int, at_us: float
) -> Any:
    """Lose power at `at_us` of the write; gives what is read afterwards, and the HELLO."""
    path.write_bytes(written.eeprom_before)
    with start("--eeprom", str(path), "--seed", str(k)) as board:
        for t_us, data in written.sent:
            if t_us < at_us:
                board.send_at(t_us, data)
        board.bytes_to(at_us)
        board.command("brown_out" if k % 2 else "power_cycle")
        talk = Talk(board)
        talk.listen_for(OFF_US)
        hello = talk.ask(HelloRequest(7))
        content = talk.read()
    return content, hello


def test_power_lost_at_any_instant_of_a_write_keeps_a_valid_calibration(
    board_with: StartLockstep, written: Written, tmp_path: Path
) -> None:
    path = tmp_path / "eeprom-cut"
    commit_us = written.sent[-1][0]
    rng = np.random.default_rng(5)
    whole_us = np.linspace(READY_US, written.end_us + 3_000.0, N_INSTANTS)
    instants = [*whole_us, *np.linspace(commit_us, written.end_us, N_IN_COMMIT)]
    n_old = n_new = n_torn = 0
    for k, t_us in enumerate(instants):
        at_us = float(t_us + rng.uniform(0.0, 1_000.0))
        content, hello = after_power_loss(board_with, path, written, k, at_us)
        assert content in (OLD, NEW), f"power lost at {at_us:.1f} µs"
        assert hello.stored_blocks & 1 << BlockId.CALIBRATION
        cause = ResetCause.BROWN_OUT if k % 2 else ResetCause.POWER_ON
        assert hello.reset_cause == cause
        n_old += content == OLD
        n_new += content == NEW
        n_torn += is_torn(path.read_bytes(), written)
    print(f"{len(instants)} instants: {n_old} old, {n_new} new, {n_torn} with a torn byte")
    assert n_old > 10
    assert n_new > 1
    assert n_torn > len(instants) // 4, "most instants fall into the writing of a byte"


def is_torn(eeprom: bytes, written: Written) -> bool:
    """Tell whether a byte is neither what it was nor what it was to be, nor erased."""
    both = zip(eeprom, written.eeprom_before, written.eeprom_after, strict=True)
    return any(now not in (before, after, 0xFF) for now, before, after in both)


def test_two_bad_slots_are_said_to_be_empty(
    board_with: StartLockstep, written: Written, tmp_path: Path
) -> None:
    def read(eeprom: bytes) -> tuple[bytes | None, int]:
        path = tmp_path / "eeprom-bad"
        path.write_bytes(eeprom)
        with board_with("--eeprom", str(path)) as board:
            talk = Talk(board)
            hello = talk.hello()
            return talk.read(), hello.stored_blocks

    def with_flipped(eeprom: bytes, content: bytes) -> bytes:
        at = eeprom.index(content) + 200
        return eeprom[:at] + bytes([eeprom[at] ^ 0x10]) + eeprom[at + 1 :]

    calibration = 1 << BlockId.CALIBRATION
    eeprom = written.eeprom_after
    assert len(eeprom) == EEPROM_BYTES
    assert read(eeprom) == (NEW, calibration)
    without_new = with_flipped(eeprom, NEW)
    assert read(without_new) == (OLD, calibration), "the older one serves"
    assert read(with_flipped(without_new, OLD)) == (None, 0)


# --- resets -------------------------------------------------------------------------------


def test_a_hung_program_is_restarted_by_the_watchdog(avr_lockstep: StartLockstep) -> None:
    talk = Talk(avr_lockstep())
    talk.listen_to(1_000_000.0)
    talk.board.command("hang")
    hung_us = talk.board.t_us
    hello = talk.hello()
    after_us = talk.when(hello) - hung_us
    print(f"HELLO {after_us / 1000:.1f} ms after the program hung")
    assert hello.reset_cause == ResetCause.WATCHDOG
    assert 200_000 < after_us < 320_000, "the watchdog's 250 ms, give or take a sample"
    samples = [m for m in talk.listen_for(1_000_000.0) if isinstance(m, Sample)]
    assert 195 <= len(samples) <= 200
    assert all(b.seq - a.seq == 1 for a, b in pairwise(samples))
    assert samples[-1].airway_counts != AIRWAY_UNKNOWN, "the sensor has never stopped"


def test_a_brown_out_is_said_and_its_gap_is_short(avr_lockstep: StartLockstep) -> None:
    talk = Talk(avr_lockstep())
    talk.listen_to(1_000_000.0)
    off_us = 5_000.0
    talk.board.command(f"brown_out {off_us / 1000}")
    lost_us = talk.board.t_us
    hello = talk.hello()
    assert hello.reset_cause == ResetCause.BROWN_OUT
    hello_us = talk.when(hello) - lost_us - off_us
    talk.listen_for(100_000.0)
    at_us = [t for t, m in talk.heard if isinstance(m, Sample)]
    gap_us = max(b - a for a, b in pairwise(at_us))
    print(f"HELLO {hello_us / 1000:.2f} ms after the start, {gap_us / 1000:.1f} ms without samples")
    assert hello_us < 4_000.0
    assert gap_us < off_us + 15_000.0


def test_hello_is_heard_when_a_reset_has_cut_a_frame(avr_lockstep: StartLockstep) -> None:
    heard = []
    for k in range(10):
        talk = Talk(avr_lockstep())
        talk.listen_to(1_000_000.0)
        while not is_amid_a_frame(talk):
            talk.listen_for(37.0 + k)
        talk.board.command("brown_out 5")
        heard += [type(m) for m in talk.listen_for(20_000.0)][:1]
    assert heard == [Hello] * 10


def is_amid_a_frame(talk: Talk) -> bool:
    """Tell whether the last byte was sent just now and ended no frame."""
    return talk.last is not None and talk.last[1] != 0 and talk.last[0] > talk.board.t_us - 25.0


def test_ram_full_of_garbage_does_not_matter(avr_lockstep: StartLockstep) -> None:
    """Counters start at zero and the rate is the default whatever the RAM held."""
    for seed in range(1, 9):
        talk = Talk(avr_lockstep("--seed", str(seed)))
        talk.listen_to(READY_US)
        assert talk.ask(SetRate(1, 500)).value == 500
        talk.board.command("power_cycle")
        hello = talk.hello()
        assert (hello.sample_rate_hz, hello.reset_cause) == (200, ResetCause.POWER_ON)
        status = talk.ask(StatusRequest(4))
        assert isinstance(status, Status)
        assert status.uptime_s == status.overruns == status.crc_errors == 0
        assert status.framing_errors == status.rx_overruns == 0
        assert status.stack_free_bytes > 500


def test_a_crystal_may_drift_while_it_runs(avr_lockstep: StartLockstep) -> None:
    def rate(talk: Talk) -> float:
        heard = [m for m in talk.listen_for(5_000_000.0) if isinstance(m, Sample)]
        return len(heard) / 5.0

    talk = Talk(avr_lockstep())
    talk.listen_to(READY_US)
    assert rate(talk) == pytest.approx(200.0, abs=0.2)
    talk.board.command("crystal -5000")
    assert rate(talk) == pytest.approx(199.0, abs=0.2)


# --- the airway sensor --------------------------------------------------------------------


@pytest.fixture
def airway(avr_lockstep: StartLockstep, tmp_path: Path) -> Iterator[Talk]:
    rows = np.full((2, 6), 2500.0)
    rows[:, 5] = AIRWAY_PA
    write_waveform(tmp_path / "airway", rows)
    talk = Talk(avr_lockstep("--waveform", str(tmp_path / "airway")))
    talk.listen_to(1_000_000.0)
    return talk


def airway_counts(messages: Sequence[Any]) -> list[int]:
    return [m.airway_counts for m in messages if isinstance(m, Sample)]


def test_an_airway_sensor_that_is_unplugged_is_unknown_and_comes_back(airway: Talk) -> None:
    assert set(airway_counts(airway.listen_for(500_000.0))) == {AIRWAY_COUNTS}
    airway.board.command("airway off")
    silent = airway_counts(airway.listen_for(500_000.0))
    assert set(silent[2:]) == {AIRWAY_UNKNOWN}
    errors = airway.ask(StatusRequest(5)).airway_errors
    assert errors > 80
    airway.board.command("airway on")
    back = airway_counts(airway.listen_for(1_000_000.0))
    assert set(back) == {AIRWAY_UNKNOWN, AIRWAY_COUNTS}
    n = back.index(AIRWAY_COUNTS)
    print(f"values again {5 * n} ms after the sensor was plugged in")
    assert n < 50
    assert set(back[n:]) == {AIRWAY_COUNTS}


def test_a_damaged_reading_never_passes_as_a_value(airway: Talk) -> None:
    airway.board.command("airway corrupt on")
    seen = airway_counts(airway.listen_for(20_000_000.0))
    assert len(seen) > 3_900
    assert set(seen[2:]) == {AIRWAY_UNKNOWN}
    airway.board.command("airway corrupt off")
    assert AIRWAY_COUNTS in airway_counts(airway.listen_for(500_000.0))


def test_a_sensor_that_was_never_there_is_unknown(avr_lockstep: StartLockstep) -> None:
    talk = Talk(avr_lockstep())
    talk.board.command("airway off")
    talk.listen_to(1_000_000.0)
    seen = airway_counts([m for _, m in talk.heard])
    assert len(seen) > 190
    assert set(seen) == {AIRWAY_UNKNOWN}
    assert isinstance(talk.ask(HelloRequest(6)), Hello)
