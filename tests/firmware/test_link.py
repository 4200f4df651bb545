"""The real C firmware on a real terminal, through pyserial, as a `Device`."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mr.clock.host import SteppedClock, host_now_ns
from mr.clock.mannequin import mannequin_clock
from mr.config import SessionConfig
from mr.devices.mannequin import MannequinSource
from mr.errors import ConfigError, DeviceError
from mr.recording.header import RecordingHeader
from mr.recording.reader import open_recording
from mr.recording.replay import ReplayDevice
from mr.recording.writer import RecordingWriter
from mr.scoring.profiles import load_guideline
from mr.session.sensing import SensingJob, sense
from mr.sim.adc import TableAdc
from mr.sim.firmware import FIRMWARE
from mr.sim.mannequin import SimMannequinPort
from mr.types import (
    ClockExchange,
    Device,
    DeviceInfo,
    EndOfStream,
    MannequinFrame,
    SessionEvent,
)
from mr.wire import Decoder, Sample, wire_length
from tests.devices import damaged_wire
from tests.unit.recording.conftest import a_rig

FIRMWARE_TEXT = ".".join(map(str, FIRMWARE))
StartBoard = Callable[..., Any]


def a_table(seed: int = 1, n: int = 2000) -> TableAdc:
    rng = random.Random(seed)
    cells = [tuple(rng.randrange(1024) for _ in range(4)) for _ in range(n)]
    return TableAdc(
        tuple((rng.randrange(1024), c, rng.randrange(-999, 999)) for c in cells),  # type: ignore[misc]
        rows_per_s=200,
    )


def decoded(frames: list[MannequinFrame]) -> list[MannequinFrame]:
    """All of a frame but the instant at which it arrived."""
    return [replace(f, arrival=replace(f.arrival, arrival_ns=0)) for f in frames]


def frames_from(source: MannequinSource, n: int) -> list[MannequinFrame]:
    """Give all that has come when there are `n` of them: the last one is the newest."""
    frames: list[MannequinFrame] = []

    def enough() -> bool:
        frames.extend(s for s in source.poll() if isinstance(s, MannequinFrame))
        return len(frames) >= n

    wait_until(enough)
    return frames


def wait_until(enough: Callable[[], bool]) -> None:
    """Wait in real time; the deadline is for a broken build only."""
    deadline_ns = host_now_ns() + 60_000_000_000
    while not enough():
        assert host_now_ns() < deadline_ns, "a minute went by"
        time.sleep(0.0005)


def recorded(path: Path, info: DeviceInfo, frames: list[MannequinFrame]) -> list[MannequinFrame]:
    """Write frames into a recording and give what its replay gives."""
    rig = a_rig()
    header = RecordingHeader.make("sim", SessionConfig(), rig, [info])
    with RecordingWriter(path, header, rig) as writer:
        for frame in frames:
            writer.write(frame)
    again: list[MannequinFrame] = []
    with ReplayDevice(path) as device:
        try:
            while True:
                again += [s for s in device.poll() if isinstance(s, MannequinFrame)]
        except EndOfStream:
            return again


def test_firmware_twin_and_recording_give_the_same_samples(
    start_board: StartBoard, tmp_path: Path
) -> None:
    table = a_table()
    table.write_csv(tmp_path / "counts.csv")
    board = start_board(
        *("--pace", "fast", "--duration-s", "10", "--start-on-byte"),
        *("--counts", str(tmp_path / "counts.csv"), "--counts-per-s", "200"),
    )
    with MannequinSource(board.port) as source:
        assert isinstance(source, Device)
        from_c = frames_from(source, 2000)[:2000]
        assert source.counters.lost == source.counters.crc_errors == 0
        assert source.info.model == "sensor mannequin (host)"

    clock = SteppedClock()
    from_twin: list[MannequinFrame] = []
    with MannequinSource(SimMannequinPort(table, clock), clock, "sim") as source:
        while len(from_twin) < 2000:
            clock.advance(7_000_000)
            from_twin += [s for s in source.poll() if isinstance(s, MannequinFrame)]
        twin = source.info
    assert decoded(from_c) == decoded(from_twin[:2000])

    replayed = recorded(tmp_path / "samples.mcap", twin, from_twin[:2000])
    assert replayed == from_twin[:2000]
    assert decoded(replayed) == decoded(from_c)

    other = TableAdc(table.rows[1:], 200)
    clock = SteppedClock()
    with MannequinSource(SimMannequinPort(other, clock), clock, "sim") as source:
        clock.advance(1_000_000_000)
        wrong = [s for s in source.poll() if isinstance(s, MannequinFrame)]
    assert decoded(from_c)[: len(wrong)] != decoded(wrong), "the comparison can fail"


def test_pings_are_answered_in_real_time(start_board: StartBoard) -> None:
    with MannequinSource(start_board("--serial", "PTY-7").port) as source:
        assert (source.info.serial, source.info.firmware) == ("PTY-7", FIRMWARE_TEXT)
        clock = mannequin_clock(source.info)
        n_exchanges = 0

        def enough() -> bool:
            nonlocal n_exchanges
            for sample in source.poll():
                if isinstance(sample, ClockExchange):
                    n_exchanges += 1
                    clock.exchange(sample)
                    assert sample.sent_ns < sample.arrival.arrival_ns
                    assert sample.device_rx_ticks <= sample.device_tx_ticks
                elif isinstance(sample, MannequinFrame):
                    clock.arrival(sample.arrival)
            return n_exchanges >= 8

        wait_until(enough)
        stamp = clock.stamp(int(1e6 * 0.5))
        assert stamp is not None
        assert stamp.sigma_ns < 20_000_000
        wait_until(lambda: bool(source.poll()) and source.status is not None)
        assert source.status is not None
        assert source.status.overruns == 0


def test_a_new_rate_is_acknowledged_and_kept(start_board: StartBoard) -> None:
    board = start_board("--pace", "real")
    with MannequinSource(board.port) as source:
        source.set_rate(500)
        wait_until(lambda: bool(source.poll()) and source.info.streams[0].rate_hz == 500)
        frames = frames_from(source, 20)
        ticks = [f.arrival.device_ticks for f in frames]
        assert ticks[-1] - ticks[-2] == 2000


def test_a_board_that_nobody_reads_ends_with_whoever_started_it(board_program: Path) -> None:
    pipe = subprocess.PIPE
    command = [str(board_program), "--pace", "fast"]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as board:
        assert board.stdin is not None and board.stdout is not None
        assert board.stdout.readline().startswith(b"/dev/")
        with pytest.raises(subprocess.TimeoutExpired):
            board.wait(0.5)  # its terminal is full
        board.stdin.close()
        assert board.wait(10.0) == 0


def test_a_rate_from_the_start(start_board: StartBoard) -> None:
    board = start_board()
    with MannequinSource(board.port, sample_rate_hz=250) as source:
        assert source.info.streams[0].rate_hz == 250
        ticks = [f.arrival.device_ticks for f in frames_from(source, 20)]
        assert ticks[-1] - ticks[-2] == 4000
    with pytest.raises(ConfigError, match="cannot sample at 600 Hz: choose 100 to 500"):
        MannequinSource(board.port, sample_rate_hz=600).__enter__()
    with MannequinSource(board.port) as source:  # it was let go, and nothing was changed
        assert source.info.streams[0].rate_hz == 250


def test_the_port_is_ours_alone(start_board: StartBoard) -> None:
    board = start_board()
    with MannequinSource(board.port), pytest.raises(DeviceError, match="in use by another"):
        MannequinSource(board.port).__enter__()
    with MannequinSource(board.port) as again:
        assert again.info.serial == "UNNAMED"


def test_an_unplug_is_a_device_error_and_reopen_says_what_is_missing(
    start_board: StartBoard, tmp_path: Path
) -> None:
    board = start_board(link=tmp_path / "mannequin")
    with MannequinSource(board.port, timeout_s=1.0) as source:
        frames_from(source, 5)
        board.unplug()
        with pytest.raises(DeviceError, match="is gone"):
            for _ in range(1000):
                source.poll()
                time.sleep(0.001)
        assert source.fileno() is None, "the port is let go, so that it can come back"
        with pytest.raises(DeviceError, match="does not exist"):
            source.reopen()


def test_what_is_no_mannequin_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="does not exist"):
        MannequinSource(str(tmp_path / "ttyNONE")).__enter__()
    (tmp_path / "file").touch()
    with pytest.raises(DeviceError, match="is it a serial port"):
        MannequinSource(str(tmp_path / "file")).__enter__()


def heard_until_lost(source: MannequinSource) -> list[MannequinFrame]:
    frames: list[MannequinFrame] = []

    def lost() -> bool:
        try:
            frames.extend(s for s in source.poll() if isinstance(s, MannequinFrame))
        except DeviceError:
            return True
        return False

    wait_until(lost)
    return frames


def test_a_replugged_mannequin_is_back_within_a_second_at_its_rate(
    start_board: StartBoard, tmp_path: Path
) -> None:
    board = start_board(link=tmp_path / "mannequin")
    with MannequinSource(board.port) as source:
        source.set_rate(500)
        wait_until(lambda: bool(source.poll()) and source.info.streams[0].rate_hz == 500)
        before = frames_from(source, 10)
        board.unplug()
        before += heard_until_lost(source)
        with pytest.raises(DeviceError, match="does not exist"):
            source.reopen()
        board.start()
        back_ns = host_now_ns()
        source.reopen()
        after = frames_from(source, 1)
        took_ns = host_now_ns() - back_ns
        after += frames_from(source, 200)
        print(f"first sample {took_ns / 1e6:.1f} ms after the port was back")
        assert took_ns < 1_000_000_000
        assert source.counters.restarts == 1
        assert source.info.streams[0].rate_hz == 500
        assert after[-1].arrival.device_ticks - after[-2].arrival.device_ticks == 2000
        assert after[0].arrival.device_ticks - before[-1].arrival.device_ticks > 2**31
        assert after[0].arrival.seq == before[-1].arrival.seq + 1


class ReplugScript:
    """Pulls and plugs the cable of a running session, then ends it."""

    def __init__(self, board: Any) -> None:
        self._board = board
        self._start_ns = host_now_ns()
        self._todo = [(0.5, board.unplug), (1.4, self._replug)]
        self.back_ns = 0

    def _replug(self) -> None:
        self._board.start()
        self.back_ns = host_now_ns()

    def __call__(self) -> list[str]:
        now_s = (host_now_ns() - self._start_ns) / 1e9
        while self._todo and now_s >= self._todo[0][0]:
            self._todo.pop(0)[1]()
        return ["stop"] if now_s >= 3.0 else []


def test_a_session_has_its_mannequin_back_within_a_second(
    start_board: StartBoard, tmp_path: Path
) -> None:
    rig = a_rig()
    assert rig.mannequin is not None
    board = start_board("--serial", rig.mannequin.serial, link=tmp_path / "mannequin")
    with MannequinSource(board.port) as source:
        source.set_rate(400)
        script = ReplugScript(board)
        job = SensingJob(
            rig=rig,
            config=SessionConfig(),
            guideline=load_guideline("erc-2025-adult-bls"),
            path=tmp_path / "session.mcap",
            now=host_now_ns,
            wait=lambda: time.sleep(0.002),
            publish=lambda _snapshot: None,
            publish_picture=lambda _picture: None,
            commands=script,
        )
        sense([source], job)
    samples = list(open_recording(tmp_path / "session.mcap").samples())
    events = [s for s in samples if isinstance(s, SessionEvent)]
    assert [e.kind for e in events] == ["open", "device_lost", "device_back", "stop"]
    frames = [s for s in samples if isinstance(s, MannequinFrame)]
    first_ns = min(f.arrival.arrival_ns for f in frames if f.arrival.arrival_ns > script.back_ns)
    print(f"first sample {(first_ns - script.back_ns) / 1e6:.1f} ms after the port was back")
    assert first_ns - script.back_ns < 1_000_000_000
    assert events[2].t_ns - script.back_ns < 1_000_000_000
    assert frames[-1].arrival.device_ticks - frames[-2].arrival.device_ticks == 2500


def test_no_damage_to_the_real_firmwares_bytes_is_believed(
    lockstep: Callable[..., bytes],
) -> None:
    wire = lockstep("run 60000000\n")
    pieces = [p + b"\0" for p in wire.split(b"\0") if len(p) + 1 == wire_length(Sample)]
    samples = [s for s in Decoder().feed(b"".join(pieces)) if isinstance(s, Sample)]
    assert len(samples) == len(pieces) == 12_000
    clean, _ = damaged_wire.received(b"".join(pieces), len(pieces))
    assert len(clean) == len(pieces)
    assert not damaged_wire.wrong(clean, samples)
    for fault in (damaged_wire.drop, damaged_wire.flip, damaged_wire.garbage):
        damaged, n_events = damaged_wire.damaged(pieces, fault, 8, np.random.default_rng(1))
        frames, source = damaged_wire.received(damaged, len(pieces))
        assert n_events >= 1490
        assert not damaged_wire.wrong(frames, samples)
        assert 0 < source.counters.lost <= 1.2 * n_events


class SteppedAvr:
    """The real machine code in lockstep as a port: each look at it takes two milliseconds."""

    def __init__(self, board: Any) -> None:
        self._board = board
        self._waiting = b""
        self.clock = SteppedClock(0)

    @property
    def in_waiting(self) -> int:
        self.clock.advance(2_000_000)
        self._waiting += self._board.bytes_to(self.clock() / 1000)
        return len(self._waiting)

    def read(self, size: int = 1, /) -> bytes:
        chunk, self._waiting = self._waiting[:size], self._waiting[size:]
        return chunk

    def write(self, data: bytes, /) -> int | None:
        self._board.send_at(self.clock() / 1000 + 1.0, data)
        return len(data)

    def close(self) -> None:
        self._waiting = b""


def test_a_change_of_rate_drops_no_sample_of_the_machine_code(
    avr_lockstep: Callable[..., Any],
) -> None:
    """Samples that were under way when the command came are believed like all others."""
    port = SteppedAvr(avr_lockstep())
    frames: list[MannequinFrame] = []
    with MannequinSource(port, port.clock) as source:
        for k, rate_hz in enumerate((200, 500, 100, 333, 210, 200, 201, 499, 500, 250)):
            source.set_rate(rate_hz)
            end_ns = port.clock() + 250_000_000 + 1_700_000 * k
            while port.clock() < end_ns:
                frames += [s for s in source.poll() if isinstance(s, MannequinFrame)]
            assert source.info.streams[0].rate_hz == rate_hz
            ticks = [f.arrival.device_ticks for f in frames[-2:]]
            assert abs(ticks[1] - ticks[0] - 1_000_000 // rate_hz) <= 12
        assert [f.arrival.seq for f in frames] == list(range(1, len(frames) + 1))
        counters = source.counters
        assert counters.lost == counters.implausible == counters.restarts == 0
        assert counters.crc_errors == counters.framing_errors == 0
