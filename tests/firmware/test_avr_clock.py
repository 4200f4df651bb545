"""Host time of the real machine code's samples, over links that delay, hold and scatter.

The firmware runs in the emulator's lockstep; the delays between its UART and the host are
drawn here. The truth is no tick of the device: its chest runs through the converter's
range every 10 ms of true time, so what the converter said tells when it held its input.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from mr.clock.host import SteppedClock
from mr.clock.mannequin import mannequin_clock
from mr.clock.ticks import TickClock
from mr.devices.mannequin import handshake
from mr.devices.mannequin.source import MannequinSource
from mr.types import ClockExchange, MannequinFrame
from mr.wire import Decoder, Hello, Ping, Pong, Sample, encode_command, wire_length
from tests.firmware import avr_truth
from tests.firmware.avr_board import write_waveform

StartLockstep = Callable[..., Any]
START_NS = 1_000_000_000
"""The host's time when the board gets its power."""
SECONDS = 15.0
TICKS_MODULUS = 1 << 32
UNTIL_BEGUN_US = 50_000
BEGAN_NS = 1_000_000
"""When the device's ticks begin, about: its C start-up comes first."""
REST_NS, LOOK_NS = 2_000_000, 250_000
"""The host rests until something is there (`mr.session.rest`); here it is looked for."""
RAMP_NS = round(avr_truth.RAMP_S * 1e9)
WORST_NS = 1_000_000
RMS_NS = 400_000
OUT_OF_STEP_NS = 1_500_000
"""Where no frame ends where a packet does, a millisecond is not reached; sigma says so."""


PACKET_BYTES = 62
"""An FTDI bridge hands over so many at once, or what it has when its latency timer ends,
which each packet starts anew (AN232B-04)."""


@dataclass(frozen=True)
class Cable:
    """A USB bridge and what else delays; each way has a least delay."""

    bridge_ns: int = 0
    out_ns: int = 150_000
    back_ns: int = 150_000
    jitter_ns: int = 250_000
    """On the way out. On the way back it is how long a woken host takes, see `stamped`."""
    late_share: float = 0.02
    late_ns: int = 20_000_000
    stray: bytes = b""
    """What lies in the bridge at first: one byte of it and ends of frames miss its packets'."""
    seed: int = 0


class CabledPort:
    """A port to a board in lockstep; the host's clock is true time."""

    def __init__(self, board: Any, clock: SteppedClock, cable: Cable) -> None:
        self._board, self._clock, self._cable = board, clock, cable
        self._random = random.Random(cable.seed)
        self._timer_ns = self._random.randrange(cable.bridge_ns) if cable.bridge_ns else 0
        self._packet = bytearray(cable.stray)
        self._ready: deque[tuple[int, bytes]] = deque()
        self._in_order_ns = 0
        self._out_free_ns = 0
        # Without a bridge each byte is a delivery; a sample has 24.
        self._late_share = cable.late_share / (1 if cable.bridge_ns else 24)
        self.greeting = True
        """Nobody moves the clock while a source waits for its HELLO: the port does.

        What is greeted in real time asks as often as the machine is quick, and each answer
        moves all frames within the bridge's packets: `greeted_by` sees to that."""

    @property
    def in_waiting(self) -> int:
        if self.greeting:
            self._clock.advance(1_000_000)
        now_ns = self._clock()
        for at_ns, byte in self._board.run_to((now_ns - START_NS) / 1000):
            self._run_timer(at_ns)
            self._packet.append(byte)
            if not self._cable.bridge_ns or len(self._packet) == PACKET_BYTES:
                self._timer_ns = at_ns + self._cable.bridge_ns
                self._hand_over(at_ns)
        self._run_timer(now_ns - START_NS)
        return sum(len(data) for at_ns, data in self._ready if at_ns <= now_ns)

    def _run_timer(self, until_ns: int) -> None:
        while self._cable.bridge_ns and self._timer_ns <= until_ns:
            self._hand_over(self._timer_ns)
            self._timer_ns += self._cable.bridge_ns

    def _hand_over(self, at_ns: int) -> None:
        if self._packet:
            late = self._random.random() < self._late_share
            readable_ns = START_NS + at_ns + self._cable.back_ns + late * self._cable.late_ns
            self._in_order_ns = max(self._in_order_ns, readable_ns)
            self._ready.append((self._in_order_ns, bytes(self._packet)))
            self._packet.clear()

    def read(self, size: int = 1) -> bytes:
        chunk = b""
        while self._ready and self._ready[0][0] <= self._clock() and len(chunk) < size:
            chunk += self._ready.popleft()[1]
        return chunk

    def write(self, data: bytes) -> int:
        delay_ns = self._cable.out_ns + round(self._random.expovariate(1 / self._cable.jitter_ns))
        at_ns = max(self._clock() - START_NS + delay_ns, self._out_free_ns)
        self._out_free_ns = at_ns + 20_000 * len(data)
        self._board.send_at(at_ns / 1000, data)
        return len(data)

    def close(self) -> None:
        self._ready.clear()


@pytest.fixture(scope="module")
def ramps(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    path = tmp_path_factory.mktemp("clock") / "ramps"
    write_waveform(path, avr_truth.ramps(SECONDS + 1.0))
    return ("--waveform", str(path), "--rows-per-s", str(avr_truth.RAMP_ROWS_PER_S))


def error_ns(t_ns: int, chest_counts: int, device_ns: int) -> int | None:
    """Tell how late a stamp is, by its place on the ramp; None where the ramp falls.

    By the device's own time it is only told whether that is where it falls.
    """
    held_ns = round((chest_counts + avr_truth.TRUNCATED) / avr_truth.STEPS * RAMP_NS)
    if abs((device_ns + BEGAN_NS + RAMP_NS // 2) % RAMP_NS - RAMP_NS // 2) < RAMP_NS // 50:
        return None
    return (t_ns - START_NS - held_ns + RAMP_NS // 2) % RAMP_NS - RAMP_NS // 2


@contextmanager
def greeted_by(clock: SteppedClock) -> Iterator[None]:
    """Let a source greet by the board's time: the same requests in every run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(handshake, "host_now_ns", clock)
        yield


def stamped(
    board: Any,
    cable: Cable,
    ppm: float,
    make_clock: Callable[[Any], TickClock] = mannequin_clock,
) -> tuple[np.ndarray, np.ndarray]:
    """Run a session; gives errors and sigmas (ns) of the stamps after 10 s, as given live."""
    clock = SteppedClock(START_NS)
    port = CabledPort(board, clock, cable)
    wakes = random.Random(cable.seed + 1)
    made: list[tuple[int, int]] = []
    with greeted_by(clock), MannequinSource(port, clock, "sim") as source:
        port.greeting = False
        ticks = make_clock(source.info)
        while clock() < START_NS + SECONDS * 1e9:
            for _ in range(REST_NS // LOOK_NS):
                clock.advance(LOOK_NS)
                if port.in_waiting:
                    break
            clock.advance(wakes.randrange(50_000, 300_000))
            for sample in source.poll():
                if isinstance(sample, ClockExchange):
                    ticks.exchange(sample)
                elif isinstance(sample, MannequinFrame):
                    ticks.arrival(sample.arrival)
                    stamp = ticks.stamp(sample.arrival.device_ticks)
                    assert stamp is not None or clock() < START_NS + 2_000_000_000
                    if stamp is not None and clock() > START_NS + 10_000_000_000:
                        error = error_ns(
                            stamp.t_ns,
                            sample.chest_counts,
                            round(
                                (sample.arrival.device_ticks % TICKS_MODULUS)
                                * 1000
                                / (1 + ppm * 1e-6)
                            ),
                        )
                        if error is not None:
                            made.append((error, stamp.sigma_ns))
        assert source.counters.crc_errors == source.counters.lost == 0
    errors, sigmas = np.array(made, dtype=np.float64).T
    return errors, sigmas


@pytest.mark.parametrize("bridge_ms", [0, 1, 16])
@pytest.mark.parametrize("ppm", [0, 500, -500, 5000, -5000])
def test_samples_are_stamped_to_a_millisecond(
    avr_lockstep: StartLockstep, ramps: tuple[str, ...], ppm: int, bridge_ms: int
) -> None:
    draw = random.Random(f"{ppm} {bridge_ms}")
    cable = Cable(
        bridge_ns=bridge_ms * 1_000_000,
        out_ns=draw.randrange(50_000, 300_000),
        back_ns=draw.randrange(50_000, 300_000),
        seed=draw.randrange(1 << 30),
    )
    errors, sigmas = stamped(avr_lockstep(*ramps, "--crystal-ppm", str(ppm)), cable, ppm)
    worst, rms = np.abs(errors).max(), np.sqrt(np.mean(errors**2))
    print(
        f"{ppm:6d} ppm, {bridge_ms:2d} ms bridge: worst {worst / 1e3:4.0f} us, rms "
        f"{rms / 1e3:4.0f}, mean {errors.mean() / 1e3:5.0f}, sigma {sigmas.mean() / 1e3:4.0f}"
    )
    assert len(errors) > 800
    assert worst <= WORST_NS
    assert rms <= RMS_NS
    assert np.all(np.abs(errors) < 4 * sigmas)


@pytest.mark.parametrize("ppm", [0, 500, -500, 5000, -5000])
def test_frames_out_of_step_with_packets_are_stamped_too(
    avr_lockstep: StartLockstep, ramps: tuple[str, ...], ppm: int
) -> None:
    """Most are stamped to a millisecond, too; of those that are not, see below."""
    seed = random.Random(f"out of step {ppm}").randrange(1 << 30)
    errors, sigmas = out_of_step(avr_lockstep(*ramps, "--crystal-ppm", str(ppm)), seed, ppm)
    assert np.abs(errors).max() <= WORST_NS
    assert np.all(np.abs(errors) < 4 * sigmas)


def test_where_the_millisecond_is_not_reached_the_sigma_says_so(
    avr_lockstep: StartLockstep, ramps: tuple[str, ...]
) -> None:
    """One of the worst of 28 draws (docs/FIGURES.md): a known shortfall, and it must stay told."""
    errors, sigmas = out_of_step(avr_lockstep(*ramps, "--crystal-ppm", "500"), 3, 500)
    assert WORST_NS < np.abs(errors).max() <= OUT_OF_STEP_NS
    assert np.all(np.abs(errors) < 4 * sigmas)
    assert sigmas.mean() > 200_000, "it is known to be worse"


def out_of_step(board: Any, seed: int, ppm: int) -> tuple[np.ndarray, np.ndarray]:
    """Stamp over a coarse bridge in which a stray byte lies: no frame ends where a packet does."""
    cable = Cable(bridge_ns=16_000_000, stray=b"\0", seed=seed)
    errors, sigmas = stamped(board, cable, ppm)
    print(
        f"{ppm:6d} ppm, out of step: worst {np.abs(errors).max() / 1e3:.0f} us, rms "
        f"{np.sqrt(np.mean(errors**2)) / 1e3:.0f}, sigma {sigmas.mean() / 1e3:.0f}"
    )
    assert len(errors) > 800
    return errors, sigmas


def test_the_limits_can_fail(avr_lockstep: StartLockstep, ramps: tuple[str, ...]) -> None:
    """Negative control: a clock that is told of 5 ms of delay there that are none."""
    errors, _ = stamped(
        avr_lockstep(*ramps), Cable(), 0.0, lambda _info: TickClock(1e6, out_ns=5_000_000)
    )
    assert np.abs(errors).max() > WORST_NS
    assert np.sqrt(np.mean(errors**2)) > RMS_NS


def test_the_time_a_message_takes_to_be_sent_is_known(
    avr_lockstep: StartLockstep, ramps: tuple[str, ...]
) -> None:
    """What HELLO says and `mr.clock.mannequin` takes off is what the machine code takes."""
    board = avr_lockstep(*ramps)
    for k in range(40):
        board.send_at(2 * UNTIL_BEGUN_US + 37_123.0 * k, encode_command(Ping(2 + k, k)))
    decoder, sampling, began, answering, hello = Decoder(), [], [], [], None
    for at_ns, byte in board.run_to(2_000_000):
        for message in decoder.feed(bytes([byte])):
            first_ns = at_ns - 20_000 * wire_length(type(message))
            if isinstance(message, Sample) and at_ns > UNTIL_BEGUN_US * 1000:
                ticks_ns = 1000 * message.sampled_ticks
                late_ns = error_ns(START_NS + first_ns, message.chest_counts, ticks_ns)
                if late_ns is not None:
                    sampling.append(late_ns)
                    began.append(first_ns - late_ns - ticks_ns)
            elif isinstance(message, Hello):
                hello = message
            elif isinstance(message, Pong):
                answering.append(first_ns - 1000 * message.device_tx_ticks)
    answered_ns = min(answering) - np.median(began)
    print(
        "to the first byte, us: from sampling", min(sampling) / 1e3, "answering", answered_ns / 1e3
    )
    assert len(sampling) > 300 and len(answering) == 40
    assert hello is not None
    assert abs(min(sampling) - 1000 * hello.sample_latency_ticks) < 40_000
    assert abs(answered_ns - 1000 * hello.pong_latency_ticks) < 40_000
