"""The C core and its Python twin send the same bytes, to the last one."""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mr.clock.host import SteppedClock
from mr.sim.adc import Counts, TableAdc
from mr.sim.firmware_board import BoardState
from mr.sim.link import LinkModel
from mr.sim.mannequin import SimMannequinPort
from mr.wire import (
    AIRWAY_UNKNOWN,
    Ack,
    AckCode,
    Block,
    BlockId,
    CommitBlock,
    Decoder,
    Hello,
    HelloRequest,
    Identify,
    MessageType,
    Ping,
    ReadBlock,
    Sample,
    SelfTest,
    SelfTestResult,
    SetRate,
    Status,
    StatusRequest,
    WriteBlock,
    Zero,
    ZeroBlock,
    block_crc,
    encode,
    frame,
    name_bytes,
)

Events = list[tuple[int, bytes]]
START_TICKS = 2**32 - 7_000_000
"""The tick counter wraps during the test."""
SUPPLY_MV = 4399
STRETCH = 1000
"""Rows of a table in which the chest is still, or is not."""


def some_counts(rng: random.Random, n: int) -> TableAdc:
    """Counts whose chest is still at times, with a silent airway sensor here and there."""

    def row(k: int) -> Counts:
        cells = (rng.randrange(1024), rng.randrange(1024), rng.randrange(1024), rng.randrange(1024))
        still = k // STRETCH % 2 == 1
        chest = 300 + rng.randrange(9) if still else rng.choice((0, 255, 256, 1023))
        silent = k // STRETCH % 4 == 1 and rng.random() < 0.01
        return chest, cells, AIRWAY_UNKNOWN if silent else rng.randrange(-32767, 32768)

    return TableAdc(tuple(row(k) for k in range(n)), rows_per_s=500)


def whole_block(rng: random.Random) -> list[bytes]:
    """All commands that put a block in force; now and then something is wrong with them."""
    block = rng.choice((BlockId.IDENTITY, BlockId.IDENTITY, BlockId.CALIBRATION, BlockId.ZERO))
    content = rng.randbytes(rng.choice((1, 32, 33, 398, 416)) if block == 1 else 16)
    if block == BlockId.IDENTITY:
        name = rng.choice(("M-1", "A name of 16 by.", " ", "", "M\x7f", "M\x1f", "M\0-1"))
        content = name.encode().ljust(16, b"\0")
    pieces = [
        WriteBlock(k, block, 32 * k, len(part), part.ljust(32, b"\0"))
        for k in range(13)
        if (part := content[32 * k : 32 * k + 32])
    ]
    length = len(content) + rng.choice((0, 0, 0, 0, 1, -1))
    crc = block_crc(content) ^ rng.choice((0, 0, 0, 1))
    read = [ReadBlock(9, block, at) for at in (0, 32, len(content) - 1, len(content))]
    return [encode(c) for c in (*pieces, CommitBlock(77, block, length, crc), *read)]


def some_commands(rng: random.Random) -> list[bytes]:
    """One command or some that belong together, good and bad, or noise."""

    def some() -> int:
        return rng.randrange(256)

    block = rng.choice((0, 0, 1, 1, 1, 2, 3, 255))
    at = rng.choice((0, 1, 15, 16, 384, 397, 415, 416, 65535))
    length = rng.choice((0, 1, 16, 31, 32, 33, 255))
    return rng.choice(
        (
            [encode(HelloRequest(some()))],
            [encode(Ping(some(), rng.randrange(65536)))],
            [encode(Ping(0, 1)) + encode(Ping(1, 2))],
            [encode(SetRate(some(), rng.choice((0, 99, 100, 200, 333, 500, 501))))],
            [encode(StatusRequest(some()))],
            [encode(Identify(some(), rng.choice((0, 1, 3, 255))))],
            [encode(ReadBlock(some(), block, at))],
            [encode(WriteBlock(some(), block, at, length, rng.randbytes(32)))],
            [encode(CommitBlock(some(), block, rng.choice((0, 16, 398, 416, 417)), 0xFFFF))],
            [encode(Zero(some()))],
            [encode(SelfTest(some()))],
            whole_block(rng),
            whole_block(rng),
            [frame(bytes([some()]))],
            [frame(bytes([0x82, 7]))],
            [frame(bytes([rng.randrange(0x81, 0x8B)]) + rng.randbytes(rng.randrange(40)))],
            [frame(rng.randbytes(rng.randrange(1, 63)))],
            [frame(rng.randbytes(rng.randrange(63, 90)))],
            [encode(Ping(3, 4))[:-2] + b"\1\0"],
            [rng.randbytes(rng.randrange(1, 200))],
        )
    )


def some_events(rng: random.Random, until_ticks: int) -> Events:
    """Commands and noise, at random ticks and at ticks of a sample."""
    ticks = [0, 1, *(rng.randrange(until_ticks) for _ in range(300))]
    ticks += [5000 * rng.randrange(until_ticks // 5000) for _ in range(50)]
    events = [(t, data) for t in sorted(ticks) for data in some_commands(rng)]
    return [(0, encode(SelfTest(5))), *events]


class TwinPort(SimMannequinPort):
    """The twin with a board that measures its supply, and tells of its light."""

    supply_mv = SUPPLY_MV

    def __init__(self, adc: TableAdc, now: SteppedClock, serial: str, start_ticks: int = 0) -> None:
        self.lights: list[tuple[bool, int]] = []
        super().__init__(
            adc,
            now,
            serial,
            link=LinkModel.perfect(),
            board_name="host",
            start_ticks=start_ticks,
        )

    def state(self) -> BoardState:
        return BoardState(supply_mv=self.supply_mv)

    def light(self, on: bool) -> None:
        self.lights.append((on, self.now_ticks()))
        super().light(on)


def twin_bytes(
    adc: TableAdc, events: Events, until_ticks: int, storage: bytes = b""
) -> tuple[bytes, bytes]:
    """Give what the twin sends, and what it keeps."""
    clock = SteppedClock()
    start_ns = clock()
    port = TwinPort(adc, clock, "TWIN-1", START_TICKS)
    port.storage[: len(storage)] = storage
    sent = port.read(1 << 30)
    for ticks, data in events:
        clock.advance(start_ns + 1000 * ticks - clock())
        sent += port.read(1 << 30)
        port.write(data)
        sent += port.read(1 << 30)
    clock.advance(start_ns + 1000 * until_ticks - clock())
    return sent + port.read(1 << 30), bytes(port.storage)


def c_bytes(
    lockstep: Callable[..., bytes], adc: TableAdc, events: Events, until_ticks: int, folder: Path
) -> tuple[bytes, bytes]:
    """Give what the C core sends, and what it keeps."""
    adc.write_csv(folder / "counts.csv")
    script = "".join(f"rx {ticks} {data.hex()}\n" for ticks, data in events)
    sent = lockstep(
        f"{script}run {until_ticks}\n",
        *("--counts", str(folder / "counts.csv"), "--counts-per-s", str(adc.rows_per_s)),
        *("--serial", "TWIN-1", "--start-ticks", str(START_TICKS)),
        *("--storage", str(folder / "storage"), "--supply-mv", str(SUPPLY_MV)),
    )
    return sent, (folder / "storage").read_bytes()


def outcomes(sent: bytes) -> set[tuple[MessageType, AckCode]]:
    """What became of commands that this version knows."""
    acks = [m for m in Decoder().feed(sent) if isinstance(m, Ack)]
    known = [m for m in acks if m.code != AckCode.UNKNOWN_COMMAND]
    return {(MessageType(m.command), AckCode(m.code)) for m in known}


SEEN = {
    *((kind, AckCode.BAD_LENGTH) for kind in MessageType if kind >= MessageType.HELLO_REQUEST),
    (MessageType.SET_RATE, AckCode.DONE),
    (MessageType.SET_RATE, AckCode.OUT_OF_RANGE),
    (MessageType.IDENTIFY, AckCode.DONE),
    *((MessageType.READ_BLOCK, AckCode[c]) for c in ("OUT_OF_RANGE", "BUSY", "EMPTY")),
    *((MessageType.WRITE_BLOCK, AckCode[c]) for c in ("DONE", "OUT_OF_RANGE", "BUSY")),
    *((MessageType.COMMIT_BLOCK, AckCode[c]) for c in ("DONE", "OUT_OF_RANGE", "BUSY", "BAD_CRC")),
    *((MessageType.ZERO, AckCode[c]) for c in ("DONE", "BUSY", "NOT_STILL")),
    (MessageType.SELF_TEST, AckCode.BUSY),
}
"""What random commands must have met, or this test has looked at less than it says."""


def test_both_send_the_same_bytes(lockstep: Callable[..., bytes], tmp_path: Path) -> None:
    seen: set[tuple[MessageType, AckCode]] = set()
    blocks: set[int] = set()
    for seed in range(3):
        rng = random.Random(seed)
        adc = some_counts(rng, 10_000)
        until = 20_000_000
        events = some_events(rng, until)
        (tmp_path / str(seed)).mkdir()
        from_c, kept = c_bytes(lockstep, adc, events, until, tmp_path / str(seed))
        messages = Decoder().feed(from_c)
        assert sum(isinstance(m, Sample) for m in messages) > 3000
        assert sum(isinstance(m, SelfTestResult) for m in messages) > 5
        assert (from_c, kept) == twin_bytes(adc, events, until)
        blocks |= {m.block for m in messages if isinstance(m, Block)}
        seen |= outcomes(from_c)
    assert seen >= SEEN, f"never met: {SEEN - seen}"
    assert blocks == set(BlockId)


@pytest.mark.parametrize("what", ["one count", "one tick of one command", "one kept byte"])
def test_the_comparison_can_fail(lockstep: Callable[..., bytes], tmp_path: Path, what: str) -> None:
    rng = random.Random(7)
    adc = some_counts(rng, 1000)
    events = [(1_000_003, encode(Ping(1, 2)))]
    from_c = c_bytes(lockstep, adc, events, 2_000_000, tmp_path)
    if what == "one count":
        chest, cells, airway = adc.rows[50]
        adc = TableAdc((*adc.rows[:50], (chest ^ 1, cells, airway), *adc.rows[51:]), 500)
    elif what == "one tick of one command":
        events = [(1_000_004, encode(Ping(1, 2)))]
    storage = b"\0" if what == "one kept byte" else b""
    sent, kept = twin_bytes(adc, events, 2_000_000, storage)
    assert (sent != from_c[0]) == (what != "one kept byte")
    assert (kept != from_c[1]) == (what == "one kept byte")


class DeafPort(TwinPort):
    """A twin whose UART can be full."""

    deaf = False
    supply_mv = 0

    def send(self, wire: bytes) -> bool:
        return not self.deaf and super().send(wire)


def test_samples_that_cannot_be_sent_are_counted(
    lockstep: Callable[..., bytes], tmp_path: Path
) -> None:
    adc = some_counts(random.Random(3), 1000)
    adc.write_csv(tmp_path / "counts.csv")
    status = encode(StatusRequest(9))
    from_c = lockstep(
        f"run 1000000\ndeaf 1100000\nrun 1500000\ndeaf 3500000\nrx 3600000 {status.hex()}\n",
        *("--counts", str(tmp_path / "counts.csv"), "--counts-per-s", "500"),
        *("--serial", "DEAF"),
    )
    clock = SteppedClock()
    port = DeafPort(adc, clock, "DEAF")
    for step_ms, deaf in ((1000, False), (100, True), (400, False), (2000, True), (100, False)):
        port.deaf = deaf
        clock.advance(1_000_000 * step_ms)
        assert port.in_waiting >= 0
    port.write(status)
    assert from_c == port.read(1 << 20)
    messages = Decoder().feed(from_c)
    overflows = [m.overflow for m in messages if isinstance(m, Sample) and m.overflow]
    assert overflows == [20, 255], "the byte in a sample saturates"
    assert [m.overruns for m in messages if isinstance(m, Status)] == [420]


def test_an_answer_that_cannot_be_sent_is_kept(
    lockstep: Callable[..., bytes], tmp_path: Path
) -> None:
    rows: tuple[Counts, ...] = ((300, (20, 30, 40, 50), -7),)
    TableAdc(rows, 1).write_csv(tmp_path / "counts.csv")
    zero, read = encode(Zero(9)), encode(ReadBlock(4, BlockId.ZERO, 0))
    messages = Decoder().feed(
        lockstep(
            f"rx 0 {zero.hex()}\nrun 1000000\ndeaf 2000000\nrx 2000000 {read.hex()}\n",
            *("--counts", str(tmp_path / "counts.csv")),
        )
    )
    ack, block = messages[-2:]
    assert ack == Ack(9, MessageType.ZERO, AckCode.DONE, 256)
    assert isinstance(block, Block)
    mean = ZeroBlock.from_bytes(block.bytes[: block.length])
    assert mean == ZeroBlock(256, 4800, 320, 480, 640, 800, -112)
    assert sum(isinstance(m, Sample) for m in messages) == 200, "the others went while it was deaf"


def test_a_zero_of_a_silent_airway_sensor_says_so(
    lockstep: Callable[..., bytes], tmp_path: Path
) -> None:
    rows: tuple[Counts, ...] = ((5, (1, 2, 3, 4), AIRWAY_UNKNOWN), (5, (1, 2, 3, 4), 9))
    TableAdc(rows, 1).write_csv(tmp_path / "counts.csv")
    zero, read = encode(Zero(1)), encode(ReadBlock(2, BlockId.ZERO, 0))
    sent = lockstep(
        f"rx 0 {zero.hex()}\nrx 2000000 {read.hex()}\n",
        *("--counts", str(tmp_path / "counts.csv"), "--counts-per-s", "1"),
    )
    (block,) = (m for m in Decoder().feed(sent) if isinstance(m, Block))
    assert ZeroBlock.from_bytes(block.bytes[:16]) == (256, 80, 16, 32, 48, 64, -(2**31))


def test_a_stored_name_is_in_hello_at_once_and_outlives_the_device(
    lockstep: Callable[..., bytes], tmp_path: Path
) -> None:
    name = name_bytes("M-0042")
    write = encode(WriteBlock(1, BlockId.IDENTITY, 0, 16, name.ljust(32, b"\0")))
    commit = encode(CommitBlock(2, BlockId.IDENTITY, 16, block_crc(name)))
    ask = encode(HelloRequest(3))
    options = ("--storage", str(tmp_path / "storage"), "--serial", "UNNAMED")
    first = lockstep(f"rx 10 {(write + commit + ask).hex()}\n", *options)
    again = lockstep("", *options)
    hellos = [m for m in Decoder().feed(first + again) if isinstance(m, Hello)]
    assert [h.serial_number for h in hellos] == [name_bytes("UNNAMED"), name, name]
    assert [h.stored_blocks for h in hellos] == [0, 1, 1]


def test_the_light_blinks_when_told_and_else_shows_life(board_program: Path) -> None:
    command = encode(Identify(1, 2))
    done = subprocess.run(
        [str(board_program), "--pace", "lockstep", "--tell-light"],
        input=f"rx 3000000 {command.hex()}\nrun 8000000\n".encode(),
        capture_output=True,
        check=True,
    )
    from_c = [
        (bool(int(on)), int(ticks))
        for on, ticks in re.findall(r"light (\d) (\d+)", done.stderr.decode())
    ]
    clock = SteppedClock()
    port = TwinPort(TableAdc(((0, (0, 0, 0, 0), 0),), 1), clock, "LIGHT")
    port.write(b"\0")
    clock.advance(3_000_000_000)
    port.read(1 << 20)
    port.write(command)
    clock.advance(5_000_000_000)
    port.read(1 << 20)
    assert port.lights == from_c
    changes = [sum(k <= t / 1e6 < k + 1 for _, t in from_c) for k in range(8)]
    assert changes[1:] == [2, 2, 8, 8, 2, 2, 2], "four times a second for two seconds"


def test_the_core_is_clean_under_sanitizers(
    sanitized: Callable[..., bytes], tmp_path: Path
) -> None:
    """Address and undefined-behaviour sanitizers would stop the program at a fault."""
    rng = random.Random(5)
    adc = some_counts(rng, 100)
    until = 20_000_000
    events = [(t, rng.randbytes(rng.randrange(1, 200))) for t in range(0, until, 4000)]
    events = sorted(events + some_events(rng, until))
    assert c_bytes(sanitized, adc, events, until, tmp_path) == twin_bytes(adc, events, until)
