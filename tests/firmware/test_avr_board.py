"""The emulated board itself: is it a true image of the hardware, and the same every time?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mr.wire import (
    Decoder,
    Hello,
    Ping,
    Pong,
    Sample,
    SelfTest,
    SelfTestResult,
    SetRate,
    encode_command,
)
from tests.firmware import avr_truth
from tests.firmware.avr_board import emulator_realtime_factor, write_waveform

StartLockstep = Callable[..., Any]
STARTED_US = 100_000


def messages(data: bytes) -> list[Any]:
    return list(Decoder().feed(data))


def rows(n: int, **columns: npt.NDArray[Any] | float) -> npt.NDArray[Any]:
    """A waveform whose named channels are as given and the others in mid-range."""
    table = np.full((n, 6), 2500.0)
    table[:, 5] = 0.0
    names = ("chest", "cell0", "cell1", "cell2", "cell3", "airway")
    for name, column in columns.items():
        table[:, names.index(name)] = column
    return table


def test_a_byte_takes_twenty_microseconds(avr_lockstep: StartLockstep) -> None:
    """simavr's own UART counts eleven bits to a byte; ours has ten."""
    records = avr_lockstep().records_to(STARTED_US)
    apart_ns = np.diff(records["t_ns"].astype(np.int64))
    within = apart_ns[apart_ns < 100_000]
    assert len(within) > 400
    assert np.median(within) == 20_000
    assert within.min() >= 20_000
    assert within.max() < 25_000, "the first byte of a frame follows its interrupt"


def test_a_byte_from_the_host_is_in_when_its_stop_bit_is(avr_lockstep: StartLockstep) -> None:
    board = avr_lockstep()
    first = messages(board.bytes_to(STARTED_US))
    hello_to_zero_us = STARTED_US  # ticks begin somewhat after the power
    ping = encode_command(Ping(2, 7))
    taken = []
    for k in range(20):
        at_us = hello_to_zero_us + 10_000 * k + 137.0 * k
        board.send_at(at_us, ping)
        in_us = at_us + 20.0 * len(ping) - 1.0  # RXC is set amid the stop bit
        pong = next(m for m in messages(board.bytes_to(at_us + 9_000)) if isinstance(m, Pong))
        taken.append(pong.device_rx_ticks - in_us)
    assert isinstance(first[0], Hello)
    spread_us = max(taken) - min(taken)
    assert spread_us < 30.0, "other interrupts hold the stamp up, no whole byte does"
    assert np.std(taken) > 0.0


@pytest.mark.parametrize("rate_hz", [200, 500])
def test_hello_tells_the_least_time_from_a_stamp_to_its_first_bit(
    avr_lockstep: StartLockstep, rate_hz: int
) -> None:
    """Never more than it is, so that no sample seems to arrive before it was taken."""
    board = avr_lockstep()
    hello = next(m for m in messages(board.bytes_to(STARTED_US)) if isinstance(m, Hello))
    ping = encode_command(Ping(2, 7))
    board.send_at(STARTED_US, ping)
    pong = next(m for m in messages(board.bytes_to(STARTED_US + 9_000)) if isinstance(m, Pong))
    zero_us = STARTED_US + 20.0 * len(ping) - pong.device_rx_ticks  # some µs too early
    board.send_at(board.t_us, encode_command(SetRate(3, rate_hz)))
    board.bytes_to(board.t_us + 20_000)
    took_us, first_us, decoder = [], None, Decoder()
    for t_ns, byte in board.run_to(board.t_us + 1e6):
        first_us = t_ns / 1000 - 20.0 if first_us is None else first_us
        took_us += [
            first_us - zero_us - m.sampled_ticks
            for m in decoder.feed(bytes([byte]))
            if isinstance(m, Sample)
        ]
        first_us = first_us if byte else None
    assert len(took_us) >= rate_hz - 1
    print(f"{min(took_us):.1f} us at least, {np.median(took_us):.1f} usually")
    assert hello.sample_latency_ticks <= min(took_us) < hello.sample_latency_ticks + 8
    assert min(took_us) > 5 * 104, "five conversions come first"


def test_the_stamp_is_the_instant_of_the_chests_conversion(
    avr_lockstep: StartLockstep, tmp_path: Path
) -> None:
    write_waveform(tmp_path / "ramps", avr_truth.ramps(1.2))
    board = avr_lockstep(
        *("--waveform", str(tmp_path / "ramps")),
        *("--rows-per-s", str(avr_truth.RAMP_ROWS_PER_S)),
    )
    # This rate walks through the ramp and through the converter's clock.
    board.send_at(STARTED_US, encode_command(SetRate(1, 471)))
    samples = [m for m in messages(board.bytes_to(1_150_000)) if isinstance(m, Sample)][40:]
    counts = np.array([s.chest_counts for s in samples], dtype=np.float64)
    stamp_s = np.array([s.sampled_ticks * 1e-6 for s in samples])
    _, late_s = avr_truth.ramp_lateness_s(counts, stamp_s)
    late_us = 1e6 * late_s
    assert len(late_us) > 300
    assert np.max(np.abs(late_us)) < 4.0 + 4.9 + 1.0, "the converter's clock, half a count, a tick"
    assert np.std(late_us) > 3.0, "the converter's clock is not the timer's"


def test_the_converter_is_the_datasheets(avr_lockstep: StartLockstep, tmp_path: Path) -> None:
    """k = floor(1024 V / Vref) to the microvolt, on each input, and the airway's sixtieths."""
    write_waveform(
        tmp_path / "levels",
        rows(2, chest=5000.0 * 512 / 1024 + 1e-3, cell0=5000.0 * 300 / 1024 - 1e-3,
             cell1=4999.9, cell2=0.0, cell3=5000.0 * 77 / 1024 + 2.0, airway=-123.4),
    )  # fmt: skip
    board = avr_lockstep("--waveform", str(tmp_path / "levels"), "--rows-per-s", "1")
    board.send_at(900_000, encode_command(SelfTest(3)))
    found = messages(board.bytes_to(1_000_000))
    last = [m for m in found if isinstance(m, Sample)][-1]
    assert last[2:7] == (512, 299, 1023, 0, 77)
    assert last.airway_counts == round(-123.4 * 60)
    result = next(m for m in found if isinstance(m, SelfTestResult))
    assert abs(result.supply_mv - 5000) < 25


def test_two_runs_are_the_same_to_the_last_bit(avr_lockstep: StartLockstep) -> None:
    def run(seed: int, at_us: float) -> bytes:
        board = avr_lockstep("--seed", str(seed))
        board.send_at(at_us, encode_command(Ping(1, 1)))
        begun = board.records_to(300_000).tobytes()
        board.command("brown_out")
        return bytes(begun + board.records_to(600_000).tobytes())

    assert run(1, 200_000.0) == run(1, 200_000.0)
    assert run(1, 200_000.0) != run(1, 200_001.0)


def test_a_crystal_that_is_fast_samples_more_often(avr_lockstep: StartLockstep) -> None:
    def samples(ppm: float) -> int:
        board = avr_lockstep("--crystal-ppm", str(ppm))
        board.records_to(STARTED_US)
        found = messages(board.bytes_to(STARTED_US + 10_000_000))
        return sum(isinstance(m, Sample) for m in found)

    assert samples(0.0) == 2000
    assert samples(5000.0) == 2010


def test_a_bridge_delivers_at_its_ticks_or_by_packets(avr_lockstep: StartLockstep) -> None:
    plain = avr_lockstep().records_to(2_000_000)
    bridged = avr_lockstep("--usb-latency-ms", "16").records_to(2_000_000)
    n = len(bridged)
    assert bridged["byte"].tobytes() == plain["byte"][:n].tobytes(), "nothing is lost or turned"
    out_ns = plain["t_ns"][:n].astype(np.int64)
    at_ns = bridged["t_ns"].astype(np.int64)
    wait_ns = at_ns - out_ns
    assert wait_ns.min() == 0
    assert wait_ns.max() <= 16_000_000
    starts = np.flatnonzero(np.diff(at_ns, prepend=-1))
    sizes = np.diff([*starts, n])
    on_tick = at_ns[starts] % 16_000_000 == 0
    assert np.all(on_tick | (sizes == 62))
    assert 0.1 < np.mean(on_tick) < 0.9, "both happen"


def test_late_deliveries_are_late_and_keep_their_order(avr_lockstep: StartLockstep) -> None:
    usual = avr_lockstep("--usb-latency-ms", "1").records_to(3_000_000)
    late = avr_lockstep(
        *("--usb-latency-ms", "1"), *("--late-share", "0.02"), *("--late-ms", "40")
    ).records_to(3_000_000)
    n = len(late)
    assert late["byte"].tobytes() == usual["byte"][:n].tobytes()
    wait_ns = late["t_ns"].astype(np.int64) - usual["t_ns"][:n].astype(np.int64)
    assert np.all(np.diff(late["t_ns"].astype(np.int64)) >= 0)
    assert wait_ns.min() == 0
    assert wait_ns.max() == 40_000_000
    drawn = np.sum(np.diff(wait_ns, prepend=0) > 0)
    assert 3 <= drawn <= 60, "a fiftieth of some 700 deliveries"


def test_it_outruns_the_hardware(avr_runner: Path, avr_elf: Path) -> None:
    assert emulator_realtime_factor(avr_runner, avr_elf, seconds=5.0) > 2.0
