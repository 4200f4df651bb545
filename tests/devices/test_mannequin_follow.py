"""What is believed of a mannequin's samples and pongs: all that is true, and little else."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from cobs import cobs

from mr.clock.host import SteppedClock
from mr.devices.mannequin import MannequinCounters, MannequinSource
from mr.devices.mannequin.follow import SampleFollower
from mr.sim.adc import TableAdc
from mr.sim.mannequin import SimMannequinPort
from mr.types import MannequinFrame
from mr.wire import MessageType, Pong, Sample
from tests.devices.damaged_wire import HELLO, make_samples
from tests.devices.polled import Polled

TABLE = TableAdc(tuple((k % 1024, (k % 7, 0, 0, 0), 0) for k in range(999)), 200)
MS_NS = 1_000_000


class SievePort:
    """A simulated mannequin some of whose frames never reach the host."""

    def __init__(self, port: SimMannequinPort) -> None:
        self._port = port
        self._tail = b""
        self._ready = b""
        self.keep: Callable[[int], bool] = lambda _type: True

    @property
    def in_waiting(self) -> int:
        chunk = self._tail + self._port.read(1 << 16)
        *whole, self._tail = chunk.split(b"\0")
        self._ready += b"".join(w + b"\0" for w in whole if w and self.keep(cobs.decode(w)[0]))
        return len(self._ready)

    def read(self, size: int = 1, /) -> bytes:
        ready, self._ready = self._ready[:size], self._ready[size:]
        return ready

    def write(self, data: bytes, /) -> int | None:
        return self._port.write(data)

    def close(self) -> None:
        self._port.close()


class Rig(Polled):
    """A mannequin whose crystal is off, behind a sieve."""

    def __init__(self) -> None:
        clock = SteppedClock()
        self.device = SimMannequinPort(TABLE, clock, tick_ppm=300.0)
        self.port = SievePort(self.device)
        super().__init__(MannequinSource(self.port, clock, "sim", timeout_s=1.0), clock)

    def require_all(self) -> None:
        """Every sample the device took was delivered, and nothing was suspected."""
        seqs = [f.arrival.seq for f in self.frames]
        assert seqs == list(range(1, len(seqs) + 1))
        counters = self.source.counters
        assert counters.lost == counters.implausible == counters.restarts == 0


RATES_HZ = (500, 100, 210, 200, 201, 333, 500, 499, 250, 250, 200)


@pytest.mark.parametrize("lost_acks", [0, 2])
def test_a_change_of_rate_drops_no_sample(lost_acks: int) -> None:
    rig = Rig()
    acks = 0

    def keep(kind: int) -> bool:
        nonlocal acks
        acks += kind == MessageType.ACK
        return kind != MessageType.ACK or acks % (lost_acks + 1) == 0

    rig.port.keep = keep
    with rig.source as source:
        rig.run(0.3)
        for k, rate_hz in enumerate(RATES_HZ):
            source.set_rate(rate_hz)
            rig.run(0.313 + 0.011 * k + 0.5 * lost_acks)
            assert source.info.streams[0].rate_hz == rate_hz
            a, b = rig.frames[-2:]
            assert b.arrival.device_ticks - a.arrival.device_ticks == 1_000_000 // rate_hz
        rig.require_all()
    assert acks >= len(RATES_HZ) * (lost_acks + 1)


def test_a_rate_that_nobody_asked_for_is_adopted_from_two_samples() -> None:
    rig = Rig()
    with rig.source:
        rig.run(0.5)
        rig.device._core._use_rate(400)
        rig.run(0.5)
        rig.require_all()
        ticks = [f.arrival.device_ticks for f in rig.frames]
        assert {b - a for a, b in pairwise(ticks[-50:])} == {2500}


def test_a_long_loss_is_counted_and_believed_at_once() -> None:
    """Nine seconds of samples are lost while pongs go on."""
    rig = Rig()
    with rig.source as source:
        rig.run(1)
        rig.port.keep = lambda kind: kind != MessageType.SAMPLE
        rig.run(9)
        rig.port.keep = lambda kind: True
        n = len(rig.frames)
        rig.run(0.1)
        assert source.counters.lost == rig.frames[n].arrival.seq - rig.frames[n - 1].arrival.seq - 1
        assert 1790 <= source.counters.lost <= 1802
        assert source.counters.implausible == source.counters.restarts == 0


def followed(samples: list[Sample]) -> tuple[list[MannequinFrame], MannequinCounters]:
    counters = MannequinCounters()
    follower = SampleFollower(counters)
    follower.begin(HELLO)
    frames = [f for k, s in enumerate(samples) for f in follower.frames(s, k * 5 * MS_NS)]
    return frames, counters


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("seq", 1),
        ("seq", -1),
        ("sampled_ticks", 1300),
        ("sampled_ticks", -1300),
        ("sampled_ticks", 5000),
        ("sampled_ticks", 2**31),
        ("chest_counts", 1024),
        ("force3_counts", 1024),
        ("overflow", 1),
    ],
)
def test_a_sample_that_cannot_be_true_is_dropped(field: str, change: int) -> None:
    samples = make_samples(40)
    false = samples[20]._replace(**{field: getattr(samples[20], field) + change})
    frames, counters = followed([*samples[:20], false, *samples[21:]])
    assert [f.arrival.seq for f in frames] == [k + 1 for k in range(40) if k != 20]
    assert (counters.lost, counters.implausible, counters.restarts) == (1, 1, 0)


def test_jitter_of_the_stamps_is_believed() -> None:
    samples = make_samples(40)
    late = samples[20]._replace(sampled_ticks=samples[20].sampled_ticks + 1200)
    frames, counters = followed([*samples[:20], late, *samples[21:]])
    assert len(frames) == 40
    assert counters.implausible == 0


def test_a_false_first_sample_misleads_nobody() -> None:
    samples = make_samples(40)
    false = samples[0]._replace(sampled_ticks=12345)
    frames, counters = followed([false, *samples[1:]])
    assert len(frames) == 39
    assert frames[0].chest_counts == samples[1].chest_counts
    assert (counters.lost, counters.implausible, counters.restarts) == (0, 1, 0)


def test_a_repeated_sample_is_given_once() -> None:
    samples = make_samples(40)
    frames, _ = followed([s for s in samples for _ in (0, 1)])
    assert [f.arrival.seq for f in frames] == list(range(1, 41))


@pytest.mark.parametrize(
    ("rx_after", "taken", "believed"),
    [
        (1000, 300, True),
        (1000, 0, True),
        (1000, -300, False),
        (1000, 30_000, False),  # the device took longer than the host waited
        (1_500_000, 300, False),
        (-1_500_000, 300, False),
    ],
)
def test_a_pong_is_believed_when_it_can_be_true(rx_after: int, taken: int, believed: bool) -> None:
    counters = MannequinCounters()
    follower = SampleFollower(counters)
    follower.begin(HELLO)
    samples = make_samples(10)
    frames = [f for k, s in enumerate(samples) for f in follower.frames(s, k * 5 * MS_NS)]
    rx = samples[-1].sampled_ticks + rx_after
    pong = Pong(7, 7, rx % 2**32, (rx + taken) % 2**32)
    ticks = follower.pong(pong, 46 * MS_NS, 48 * MS_NS)
    assert (ticks is not None) == believed
    assert counters.implausible == (not believed)
    if ticks is not None:
        assert ticks[0] - frames[-1].arrival.device_ticks == rx_after
        assert ticks[1] - ticks[0] == taken


@pytest.mark.parametrize(("n_since", "believed"), [(3, True), (30, False)])
def test_once_a_new_rate_has_settled_the_grid_is_strict_again(n_since: int, believed: bool) -> None:
    follower = SampleFollower(MannequinCounters())
    follower.begin(HELLO)
    samples = [Sample(k, 4000 * k, 1, 1, 1, 1, 1, 0, 0) for k in range(n_since)]
    follower.pace.expect(250)
    follower.pace.in_force(250)
    for sample in samples:
        follower.frames(sample, 0)
    off_grid = samples[-1]._replace(seq=n_since, sampled_ticks=samples[-1].sampled_ticks + 6500)
    assert bool(follower.frames(off_grid, 0)) == believed
