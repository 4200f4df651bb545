"""The C core and its Python twin send the same bytes, to the last one."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from mr.clock.host import SteppedClock
from mr.sim.adc import Counts, TableAdc
from mr.sim.link import LinkModel
from mr.sim.mannequin import SimMannequinPort
from mr.wire import (
    Decoder,
    HelloRequest,
    Ping,
    Sample,
    SetRate,
    Status,
    StatusRequest,
    encode,
    frame,
)

Events = list[tuple[int, bytes]]
START_TICKS = 2**32 - 7_000_000
"""The tick counter wraps during the test."""


def some_counts(rng: random.Random, n: int) -> TableAdc:
    def row() -> Counts:
        cells = (rng.randrange(1024), rng.randrange(1024), rng.randrange(1024), rng.randrange(1024))
        return rng.choice((0, 255, 256, 1023)), cells, rng.randrange(-32768, 32768)

    return TableAdc(tuple(row() for _ in range(n)), rows_per_s=500)


def some_events(rng: random.Random, until_ticks: int) -> Events:
    """Commands good and bad, and noise, at random ticks and at ticks of a sample."""

    def event() -> bytes:
        return rng.choice(
            (
                encode(HelloRequest(rng.randrange(256))),
                encode(Ping(rng.randrange(256), rng.randrange(65536))),
                encode(Ping(0, 1)) + encode(Ping(1, 2)),
                encode(SetRate(rng.randrange(256), rng.choice((0, 99, 100, 200, 333, 500, 501)))),
                encode(StatusRequest(rng.randrange(256))),
                frame(bytes([rng.randrange(256)])),
                frame(bytes([0x82, 7])),
                frame(rng.randbytes(rng.randrange(1, 63))),
                frame(rng.randbytes(rng.randrange(63, 90))),
                encode(Ping(3, 4))[:-2] + b"\1\0",
                rng.randbytes(rng.randrange(1, 200)),
            )
        )

    ticks = [rng.randrange(until_ticks) for _ in range(300)]
    ticks += [5000 * rng.randrange(until_ticks // 5000) for _ in range(50)]
    return [(t, event()) for t in sorted(ticks)]


def twin_bytes(adc: TableAdc, events: Events, until_ticks: int) -> bytes:
    clock = SteppedClock()
    start_ns = clock()
    port = SimMannequinPort(
        adc, clock, "TWIN-1", link=LinkModel.perfect(), board_name="host", start_ticks=START_TICKS
    )
    sent = port.read(1 << 30)
    for ticks, data in events:
        clock.advance(start_ns + 1000 * ticks - clock())
        sent += port.read(1 << 30)
        port.write(data)
        sent += port.read(1 << 30)
    clock.advance(start_ns + 1000 * until_ticks - clock())
    return sent + port.read(1 << 30)


def c_bytes(
    lockstep: Callable[..., bytes], adc: TableAdc, events: Events, until_ticks: int, folder: Path
) -> bytes:
    adc.write_csv(folder / "counts.csv")
    script = "".join(f"rx {ticks} {data.hex()}\n" for ticks, data in events)
    return lockstep(
        f"{script}run {until_ticks}\n",
        *("--counts", str(folder / "counts.csv"), "--counts-per-s", str(adc.rows_per_s)),
        *("--serial", "TWIN-1", "--start-ticks", str(START_TICKS)),
    )


@pytest.mark.parametrize("seed", range(3))
def test_both_send_the_same_bytes(
    lockstep: Callable[..., bytes], tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    adc = some_counts(rng, 10_000)
    until = 20_000_000
    events = some_events(rng, until)
    from_c = c_bytes(lockstep, adc, events, until, tmp_path)
    assert sum(isinstance(m, Sample) for m in Decoder().feed(from_c)) > 3000
    assert from_c == twin_bytes(adc, events, until)


@pytest.mark.parametrize("what", ["one count", "one tick of one command"])
def test_the_comparison_can_fail(lockstep: Callable[..., bytes], tmp_path: Path, what: str) -> None:
    rng = random.Random(7)
    adc = some_counts(rng, 1000)
    events = [(1_000_003, encode(Ping(1, 2)))]
    from_c = c_bytes(lockstep, adc, events, 2_000_000, tmp_path)
    if what == "one count":
        chest, cells, airway = adc.rows[50]
        adc = TableAdc((*adc.rows[:50], (chest ^ 1, cells, airway), *adc.rows[51:]), 500)
    else:
        events = [(1_000_004, encode(Ping(1, 2)))]
    assert from_c != twin_bytes(adc, events, 2_000_000)


class DeafPort(SimMannequinPort):
    """A twin whose UART can be full."""

    deaf = False

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
    port = DeafPort(adc, clock, "DEAF", link=LinkModel.perfect(), board_name="host")
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
