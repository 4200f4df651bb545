"""The mannequin as a `Device`, with the simulated one at the other end of the cable."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from mr.clock.host import SteppedClock, host_now_ns
from mr.clock.mannequin import mannequin_clock
from mr.clock.ticks import TickClock
from mr.devices.mannequin import MannequinSource
from mr.errors import ConfigError, DeviceError
from mr.sim.adc import TableAdc
from mr.sim.firmware import FIRMWARE
from mr.sim.link import LinkModel
from mr.sim.mannequin import SimMannequinPort
from mr.types import ClockExchange, Device, MannequinFrame
from mr.wire import encode
from tests.devices.polled import STEP_NS, Polled

FIRMWARE_TEXT = ".".join(map(str, FIRMWARE))
TABLE = TableAdc(
    tuple((k % 1024, (k % 7, k % 11, k % 13, k % 17), k % 100 - 50) for k in range(4000)), 200
)


class Rig(Polled):
    """A simulated mannequin, polled."""

    def __init__(self, link: LinkModel | None = None, start_ticks: int = 0) -> None:
        clock = SteppedClock()
        self.port = SimMannequinPort(TABLE, clock, "SIM-9", 40.0, link, "sim", start_ticks)
        super().__init__(MannequinSource(self.port, clock, "sim", timeout_s=1.0), clock)


def test_streams_and_identity() -> None:
    rig = Rig()
    with rig.source as source:
        assert isinstance(source, Device)
        rig.run(5)
        info = source.info
        assert (info.kind, info.serial, info.firmware) == ("sim", "SIM-9", FIRMWARE_TEXT)
        assert [(s.name, s.ticks_per_s) for s in info.streams] == [
            ("mannequin", 1e6),
            ("mannequin.clock", 1e6),
        ]
        assert info.details["uart_baud"] == "500000"
        assert 990 <= len(rig.frames) <= 1001
        assert len(rig.exchanges) == 24, "20 in the first second, then one each 0.98 s"
        assert [f.arrival.seq for f in rig.frames] == list(range(1, len(rig.frames) + 1))
        assert {f.arrival.stream for f in rig.frames} == {"mannequin"}
        assert rig.frames[10].chest_counts == 11
        assert source.status is not None
        assert source.counters.lost == 0


def test_ticks_go_on_over_a_wrap() -> None:
    rig = Rig(start_ticks=2**32 - 1_000_000)
    with rig.source:
        rig.run(3)
    ticks = [f.arrival.device_ticks for f in rig.frames]
    assert ticks[-1] > 2**32
    assert {b - a for a, b in pairwise(ticks)} == {5000}
    assert all(x.device_rx_ticks <= x.device_tx_ticks for x in rig.exchanges)


def test_the_rate_is_acknowledged_and_bounded() -> None:
    rig = Rig()
    with rig.source as source:
        rig.run(0.1)
        with pytest.raises(ConfigError, match="100 to 500"):
            source.set_rate(1000)
        source.set_rate(500)
        rig.run(0.5)
        assert source.info.streams[0].rate_hz == 500
        ticks = [f.arrival.device_ticks for f in rig.frames]
        assert ticks[-1] - ticks[-2] == 2000


def stamp_errors_ns(clock: TickClock, link: LinkModel, seconds: float) -> list[float]:
    """Stamp what a device delivers, and compare with the simulated oscillator's truth."""
    rig = Rig(link)
    start_ns = rig.clock()
    errors: list[float] = []
    with rig.source:
        for _ in range(round(seconds * 1e9 / STEP_NS)):
            rig.clock.advance(STEP_NS)
            for sample in rig.source.poll():
                if isinstance(sample, ClockExchange):
                    clock.exchange(sample)
                elif isinstance(sample, MannequinFrame):
                    clock.arrival(sample.arrival)
                    stamp = clock.stamp(sample.arrival.device_ticks)
                    true_ns = start_ns + rig.port._oscillator.elapsed_ns(
                        sample.arrival.device_ticks
                    )
                    if stamp is not None and true_ns - start_ns > 10_000_000_000:
                        errors.append(stamp.t_ns - true_ns)
    return errors


@pytest.mark.parametrize("bridge_ns", [0, 1_000_000, 16_000_000])
def test_samples_are_stamped_to_a_millisecond(bridge_ns: int) -> None:
    """The host reads every 4 ms only: that, too, is a delay the clock must see through."""
    link = LinkModel(bridge_ns=bridge_ns, late_share=0.02, seed=1)
    rig = Rig(link)
    with rig.source as source:
        clock = mannequin_clock(source.info)
    errors = stamp_errors_ns(clock, link, 16)
    assert len(errors) > 1000
    assert max(abs(e) for e in errors) < 1_000_000
    wrong = stamp_errors_ns(TickClock(1.0005e6), link, 11)
    assert max(abs(e) for e in wrong) < 1_500_000, "a wrong nominal rate is drift, and tracked"
    deaf = stamp_errors_ns(TickClock(1e6, latency_ns=5_000_000, out_ns=5_000_000), link, 11)
    assert max(abs(e) for e in deaf) > 1_000_000, "the check can fail"


class NoisyPort:
    """A cable that damages bytes on their way to the host, by a seed."""

    def __init__(self, port: SimMannequinPort, share: float, seed: int) -> None:
        self._port = port
        self._share = share
        self._random = random.Random(seed)
        self.damaged = 0

    @property
    def in_waiting(self) -> int:
        return self._port.in_waiting

    def read(self, size: int = 1, /) -> bytes:
        clean = self._port.read(size)
        noisy = bytearray()
        for byte in clean:
            if self._random.random() >= self._share:
                noisy.append(byte)
                continue
            self.damaged += 1
            noisy += self._random.choice((b"", b"\0", bytes([byte ^ 0x20]), b"\xff\xfe" * 9))
        return bytes(noisy)

    def write(self, data: bytes, /) -> int | None:
        return self._port.write(data)

    def close(self) -> None:
        self._port.close()


def test_garbage_is_survived_and_counted() -> None:
    rig = Rig()
    noisy = NoisyPort(rig.port, 0.0, seed=4)
    rig.source = MannequinSource(noisy, rig.clock, "sim")
    with rig.source as source:
        noisy._share = 0.002
        rig.run(20)
        counters = source.counters
        bad = counters.crc_errors + counters.framing_errors
        assert noisy.damaged > 50
        assert bad > 0
        assert 0 < counters.lost <= 1.2 * noisy.damaged
        assert counters.frames + counters.lost == rig.frames[-1].arrival.seq
        assert counters.restarts == 0
        true = {(k % 1024) for k in range(4001)}
        assert all(f.chest_counts in true for f in rig.frames)
    assert rig.source.counters == replace(counters), "closing keeps the counters"


def test_a_restart_is_seen_and_the_rate_restored() -> None:
    rig = Rig()
    with rig.source as source:
        source.set_rate(500)
        rig.run(1)
        rig.port.brown_out()
        rig.run(1)
        assert source.counters.restarts == 1
        assert source.info.details["reset_cause"] == "brown out"
        ticks = [f.arrival.device_ticks for f in rig.frames]
        assert ticks == sorted(set(ticks)), "ticks never go back"
        jumps = [b - a for a, b in pairwise(ticks) if b - a > 10_000]
        assert len(jumps) == 1
        assert jumps[0] > 2**32, "the clock can see that they began anew"
        assert ticks[-1] - ticks[-2] == 2000
        assert source.info.streams[0].rate_hz == 500


def test_a_restart_whose_hello_was_lost_is_seen_by_its_ticks() -> None:
    rig = Rig()
    with rig.source as source:
        rig.run(2)
        rig.port.brown_out()
        rig.port._to_host = deque((t, b) for t, b in rig.port._to_host if len(b) < 50)
        rig.run(1)
        assert source.counters.restarts == 1
        assert source.counters.lost == source.counters.implausible == 0
        assert source.info.details["reset_cause"] == "brown out", "it was asked"
        ticks = [f.arrival.device_ticks for f in rig.frames]
        assert ticks == sorted(set(ticks))


def test_unplugging_is_a_device_error_and_reopening_goes_on() -> None:
    rig = Rig()
    with rig.source as source:
        source.set_rate(250)
        rig.run(1)
        rig.port.unplug()
        with pytest.raises(DeviceError, match="is gone"):
            rig.run(0.1)
        with pytest.raises(DeviceError, match="went away"):
            source.reopen()
        n = len(rig.frames)
        rig.clock.advance(3_000_000_000)
        rig.port.plug()
        source.reopen()
        rig.run(1)
        assert source.info.streams[0].rate_hz == 250
        assert len(rig.frames) > n + 200
        seqs = [f.arrival.seq for f in rig.frames]
        assert seqs == sorted(set(seqs))


def test_another_mannequin_in_its_place_is_refused() -> None:
    rig = Rig()
    with rig.source as source:
        rig.run(0.2)
        rig.port._names = ("OTHER", "sim")
        rig.port.plug()
        with pytest.raises(DeviceError, match="now has mannequin OTHER"):
            source.reopen()


class DeafPort:
    """A simulated mannequin whose bootloader hears nothing for a while."""

    def __init__(self, port: SimMannequinPort, now: SteppedClock, until_ns: int) -> None:
        self._port = port
        self._now = now
        self.until_ns = until_ns
        self.unheard = 0

    @property
    def in_waiting(self) -> int:
        return self._port.in_waiting if self._now() >= self.until_ns else 0

    def read(self, size: int = 1, /) -> bytes:
        return self._port.read(size) if self._now() >= self.until_ns else b""

    def write(self, data: bytes, /) -> int | None:
        if self._now() < self.until_ns:
            self.unheard += 1
            return len(data)
        return self._port.write(data)

    def close(self) -> None:
        self._port.close()


def test_a_silent_port_does_not_hold_up_who_polls_it() -> None:
    """After `reopen`, polls give nothing until HELLO comes, and in the end an error."""
    rig = Rig()
    with rig.source as source:
        source.set_rate(500)
        rig.run(1)
        opened_ns = rig.clock()
        deaf = DeafPort(rig.port, rig.clock, until_ns=opened_ns + 700_000_000)
        source._link._given = deaf
        before_ns = host_now_ns()
        source.reopen()
        n = len(rig.frames)
        rig.run(0.69)
        assert len(rig.frames) == n
        assert 11 <= deaf.unheard <= 13, "every 50 ms for half a second, then every 250 ms"
        rig.run(0.3)
        assert len(rig.frames) > n
        assert source.info.streams[0].rate_hz == 500
        deaf.until_ns = 2**62
        source.reopen()
        with pytest.raises(DeviceError, match="sent nothing within 1 s"):
            rig.run(1.1)
        with pytest.raises(DeviceError, match="is not open"):
            source.poll()
        assert host_now_ns() - before_ns < 900_000_000, "no real time was waited for"


def test_a_made_up_hello_restarts_nothing() -> None:
    """Of another serial number, version or with impossible rates: the device is asked."""
    rig = Rig()
    with rig.source as source:
        rig.run(1)
        own = source._require_hello()
        made_up = [
            own._replace(request_id=0, serial_number=b"OTHER".ljust(16, b"\0")),
            own._replace(request_id=0, protocol_version=1),
            own._replace(request_id=0, sample_rate_hz=5000),
        ]
        for hello in made_up:
            rig.port._readable += encode(hello)
            rig.run(0.1)
        assert source.counters.restarts == 0
        assert source.counters.lost <= 10, "while it was asked"
        assert source.counters.implausible == 3
        assert source.info.serial == "SIM-9"
        rig.port._readable += encode(own._replace(request_id=0))
        rig.run(0.1)
        assert source.counters.restarts == 1, "the check can fail"


def test_another_mannequin_behind_the_same_open_port_is_lost() -> None:
    rig = Rig()
    with rig.source:
        rig.run(1)
        rig.port._names = ("OTHER", "sim")
        rig.port.brown_out()
        with pytest.raises(DeviceError, match="now has mannequin OTHER"):
            rig.run(1)
        assert len(rig.frames) <= 201, "none of its samples is taken for ours"


def test_silence_is_a_lost_device() -> None:
    rig = Rig()
    with rig.source as source:
        rig.run(0.2)
        rig.port.set_period(2**31)
        rig.source._requests._ping_due_ns = 2**62
        with pytest.raises(DeviceError, match="has sent nothing for 2"):
            rig.run(3)
        assert source.counters.lost == 0


def test_who_was_stopped_while_listening_does_not_take_the_device_for_silent() -> None:
    """A process may stand still between an empty read and the clock: a lid that was closed."""
    rig = Rig()
    listen, stops_s = rig.source._link.receive, [5.0]

    def stopped_once_then_listen() -> Any:
        messages = listen()
        if not messages and stops_s:
            rig.clock.advance(round(1e9 * stops_s.pop()))
        return messages

    with rig.source as source:
        rig.run(0.2)
        source._link.receive = stopped_once_then_listen  # type: ignore[method-assign,assignment]
        rig.run(1)
        assert stops_s == [], "it was stopped"
        assert rig.frames


class ScriptedPort:
    """Answers whatever is written with the same bytes."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._waiting = b""
        self.closed = False

    @property
    def in_waiting(self) -> int:
        return len(self._waiting)

    def read(self, size: int = 1, /) -> bytes:
        chunk, self._waiting = self._waiting[:size], self._waiting[size:]
        return chunk

    def write(self, data: bytes, /) -> int | None:
        self._waiting += self._answer
        return len(data)

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(("answer", "heard"), [(b"", "nothing"), (b"AT OK\r\n", "no HELLO")])
def test_what_is_no_mannequin_is_told_so(answer: bytes, heard: str) -> None:
    port = ScriptedPort(answer)
    with pytest.raises(DeviceError, match=heard):
        MannequinSource(port, timeout_s=0.02).__enter__()
    assert port.closed
