"""Device time is host time, within the sigma that is claimed for it.

The truth is made here, by delays drawn one by one; it shares no code with the estimator
but the types. Each seed has its own base delays, unequal in the two directions: that is
the part of the error that no ping can see.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest

from mr.clock.mannequin import mannequin_clock
from mr.clock.ticks import TickClock
from mr.clock.unwrap import Unwrapper
from mr.types import Arrival, ClockExchange, DeviceInfo, Stamp, StreamInfo

START_NS = 10**9
Made = tuple[float, Stamp]
"""True instant in ns and what the clock said."""


@dataclass(frozen=True)
class World:
    """One device, one cable; all delays in ns."""

    ppm: float = 50.0
    jitter_ns: float = 1e6
    base_max_ns: float = 1e6
    bridge_ns: float = 0.0
    late_share: float = 0.0
    rate_hz: int = 200
    pings: bool = True
    seconds: float = 15.0

    def events(self, seed: int) -> list[tuple[int, float, Arrival | ClockExchange]]:
        """Arrival in ns, true instant, and what arrives; bytes do not overtake each other."""
        rng = random.Random(seed)
        out_ns, back_ns = (rng.uniform(0, self.base_max_ns) for _ in range(2))

        def ticks(t_ns: float) -> int:
            return int((t_ns - START_NS) * (1 + self.ppm * 1e-6) / 1000)

        wake_ns = 0.0
        phase_ns = rng.uniform(0, self.bridge_ns)

        def read_at(sent_ns: float) -> float:
            """When the host wakes and reads: at random, so what waits comes together."""
            nonlocal wake_ns
            late = 20e6 if rng.random() < self.late_share else 0.0
            there = sent_ns
            if self.bridge_ns:
                there += (phase_ns - there) % self.bridge_ns
            there += back_ns + late
            if there > wake_ns:
                wake_ns = there + rng.expovariate(1 / self.jitter_ns)
            return wake_ns

        raw: list[tuple[float, float]] = []
        for k in range(1, int(self.seconds * self.rate_hz)):
            raw.append((START_NS + k * 1e9 / self.rate_hz / (1 + self.ppm * 1e-6), 0.0))
        sent, n = float(START_NS), 0
        while self.pings and sent < START_NS + self.seconds * 1e9:
            raw.append((sent + out_ns + rng.expovariate(1 / self.jitter_ns), sent))
            n += 1
            sent += 50e6 if n < 20 else 980e6
        made: list[tuple[int, float, Arrival | ClockExchange]] = []
        for k, (t, sent) in enumerate(sorted(raw)):
            at = int(read_at(t))
            arrival = Arrival("x", k, ticks(t), at)
            exchange = ClockExchange(arrival, int(sent), ticks(t), ticks(t))
            made.append((at, t, exchange if sent else arrival))
        return made

    def stamps(self, seed: int, clock: TickClock | None = None) -> list[Made]:
        clock = clock or TickClock(1e6)
        made: list[Made] = []
        for _, t, event in self.events(seed):
            if isinstance(event, ClockExchange):
                clock.exchange(event)
                continue
            clock.arrival(event)
            stamp = clock.stamp(event.device_ticks)
            if stamp is not None:
                made.append((t, stamp))
        return made


def errors_ns(made: list[Made], after_s: float) -> np.ndarray:
    return np.array([s.t_ns - t for t, s in made if t - START_NS > after_s * 1e9])


WORLDS = {
    "50 ppm, 1 ms jitter": World(),
    "-50 ppm, 5 ms jitter": World(ppm=-50, jitter_ns=5e6),
    "500 ppm, 20 ms jitter": World(ppm=500, jitter_ns=20e6),
    "-5000 ppm, 1 ms bridge": World(ppm=-5000, jitter_ns=2e5, bridge_ns=1e6),
    "0 ppm, 16 ms bridge, 2 % late": World(ppm=0, jitter_ns=3e5, bridge_ns=16e6, late_share=0.02),
}


@pytest.mark.parametrize("name", WORLDS)
def test_error_after_ten_seconds(name: str) -> None:
    world = WORLDS[name]
    worst = max(np.abs(errors_ns(world.stamps(seed), 10)).max() for seed in range(3))
    # Half the unseen difference of the two directions, and what the least jitter leaves.
    assert worst < 0.5 * world.base_max_ns + 2e5 + 0.2 * world.jitter_ns


def test_arrivals_themselves_would_fail_that() -> None:
    world = WORLDS["50 ppm, 1 ms jitter"]
    by_arrival = [at - t for at, t, event in world.events(0) if isinstance(event, Arrival)]
    assert max(by_arrival) > 2 * (0.5 * world.base_max_ns + 2e5 + 0.2 * world.jitter_ns)


@pytest.mark.parametrize("name", WORLDS)
def test_stamps_always_go_forward(name: str) -> None:
    t = [s.t_ns for _, s in WORLDS[name].stamps(1)]
    assert all(b > a for a, b in pairwise(t))


def test_the_same_sequence_gives_the_same_bits() -> None:
    world = WORLDS["-50 ppm, 5 ms jitter"]
    assert world.stamps(3) == world.stamps(3)
    assert world.stamps(3) != world.stamps(4)


def test_nothing_is_said_before_enough_is_known() -> None:
    clock = TickClock(1e6)
    assert clock.stamp(0) is None
    first_t, first = World().stamps(0, clock)[0]
    assert 0.1e9 < first_t - START_NS < 0.6e9
    assert abs(first.t_ns - first_t) < 4 * first.sigma_ns
    assert clock.rate_ppm == pytest.approx(50, abs=25)


def test_a_camera_has_arrivals_only() -> None:
    world = World(ppm=30, jitter_ns=4e6, base_max_ns=0, rate_hz=60, pings=False, seconds=20)
    clock = TickClock(1e6, latency_sigma_ns=500_000)
    errors = errors_ns(world.stamps(2, clock), 10)
    assert np.abs(errors).max() < 5e5
    assert clock.rate_ppm == pytest.approx(30, abs=15)
    shifted = world.stamps(2, TickClock(1e6, latency_ns=3_000_000))
    assert np.mean(errors_ns(shifted, 10)) == pytest.approx(np.mean(errors) - 3e6, abs=1e3)


def test_known_serialisation_is_taken_off() -> None:
    info = DeviceInfo(
        kind="sim",
        maker="",
        model="",
        serial="",
        firmware="",
        streams=(StreamInfo("mannequin", 200, 1e6),),
        details={"uart_baud": "500000"},
    )
    clock = mannequin_clock(info)
    assert (clock._out_ns, clock._back_ns, clock._sample_ns) == (180_000, 320_000, 480_000)
    bare = mannequin_clock(DeviceInfo("sim", "", "", "", "", info.streams))
    assert (bare._out_ns, bare._back_ns, bare._sample_ns) == (0, 0, 0)


def after_restart(shift: Callable[[int], int]) -> list[Made]:
    """A device restarts after 5 s; `shift` maps the ticks of its new life."""
    clock = TickClock(1e6)
    world = World(seconds=5.0)
    before = world.stamps(0, clock)
    gap_ns = 6_000_000_000
    made: list[Made] = []
    for _, t, event in world.events(1):
        at = event if isinstance(event, Arrival) else event.arrival
        ticks = shift(at.device_ticks)
        arrival = Arrival("x", at.seq, ticks, at.arrival_ns + gap_ns)
        if isinstance(event, ClockExchange):
            clock.exchange(ClockExchange(arrival, event.sent_ns + gap_ns, ticks, ticks))
            continue
        clock.arrival(arrival)
        stamp = clock.stamp(ticks)
        if stamp is not None:
            made.append((t + gap_ns, stamp))
    assert made[0][1].t_ns > before[-1][1].t_ns
    return made


@pytest.mark.parametrize("jump", [2**33, -(10**10)])
def test_a_restart_starts_the_fit_anew(jump: int) -> None:
    made = after_restart(lambda ticks: ticks + jump)
    t = [s.t_ns for _, s in made]
    assert all(b > a for a, b in pairwise(t))
    errors = [abs(s.t_ns - true) for true, s in made[100:]]
    assert max(errors) < 1.5e6


def test_drift_within_the_window_is_followed() -> None:
    """A crystal that warms by 20 ppm over two minutes."""
    clock = TickClock(1e6)
    rng = random.Random(5)
    worst = 0.0
    for k in range(120 * 50):
        s = k * 0.02
        t = START_NS + s * 1e9
        ticks = int(1e6 * (s + 1e-6 * 20 * s * s / 240))
        if k % 49 == 0 or (k < 50 and k % 2 == 0):
            sent = t - 1e5 - rng.expovariate(1e-5)
            back = int(t + 1e5 + rng.expovariate(1e-5))
            clock.exchange(ClockExchange(Arrival("x", k, ticks, back), int(sent), ticks, ticks))
        clock.arrival(Arrival("x", k, ticks, int(t + 1e5 + rng.expovariate(1e-5))))
        stamp = clock.stamp(ticks)
        if stamp is not None and s > 10:
            worst = max(worst, abs(stamp.t_ns - t))
    assert worst < 4e5


def test_unwrapping() -> None:
    unwrap = Unwrapper(8)
    assert [unwrap(raw) for raw in (250, 255, 3, 1, 120, 2)] == [250, 255, 259, 257, 376, 258]
    assert unwrap.peek(1) == 257
    unwrap.restart()
    assert unwrap(5) == 773


def test_one_impossible_exchange_bends_nothing() -> None:
    world = World()
    clock, spoilt = TickClock(1e6), TickClock(1e6)
    for k, (at, _, event) in enumerate(world.events(0)[:1700]):
        for each in (clock, spoilt):
            each.exchange(event) if isinstance(event, ClockExchange) else each.arrival(event)
        if k == 1500:
            early = Arrival("x", k, event_ticks(event), at)
            rx = event_ticks(event) - 3_000_000
            spoilt.exchange(ClockExchange(early, at - 1_000_000, rx, early.device_ticks))
    good, bent = clock.stamp(8_600_000), spoilt.stamp(8_600_000)
    assert good is not None
    assert bent is not None
    assert abs(good.t_ns - bent.t_ns) < 100_000


def event_ticks(event: Arrival | ClockExchange) -> int:
    return event.device_ticks if isinstance(event, Arrival) else event.device_tx_ticks


@pytest.mark.parametrize(
    "world",
    [
        World(seconds=12.0),
        World(seconds=12.0, pings=False),
        World(seconds=8.0, bridge_ns=16e6, late_share=0.05),
        World(seconds=8.0, ppm=5000.0, jitter_ns=5e6),
    ],
)
@pytest.mark.parametrize("spoilt", [False, True])
@pytest.mark.parametrize("ends_share", [0.02, 0.001])
def test_a_block_gives_the_same_bits_as_its_samples_one_by_one(
    world: World, spoilt: bool, ends_share: float
) -> None:
    arrivals: list[Arrival | ClockExchange] = [event for _, _, event in world.events(seed=3)]
    if spoilt:
        arrivals = [_spoil(k, event) for k, event in enumerate(arrivals)]
    rng, one, many = random.Random(4), TickClock(1e6), TickClock(1e6)
    expected: list[Stamp | None] = []
    found: list[Stamp | None] = []
    block: list[Arrival] = []
    between: list[tuple[int, ClockExchange]] = []

    def flush() -> None:
        made = many.block(
            np.array([a.device_ticks for a in block], np.int64),
            np.array([a.arrival_ns for a in block], np.int64),
            between,
        )
        rows = zip(made.t_ns.tolist(), made.sigma_ns.tolist(), made.known, strict=True)
        found.extend(Stamp(t, sigma) if known else None for t, sigma, known in rows)
        block.clear()
        between.clear()

    for event in arrivals:
        if isinstance(event, ClockExchange):
            one.exchange(event)
            between.append((len(block), event))
            continue
        one.arrival(event)
        expected.append(one.stamp(event.device_ticks))
        block.append(event)
        if rng.random() < ends_share:
            flush()
    flush()
    assert found == expected
    assert sum(stamp is not None for stamp in found) > (0.2 if spoilt else 0.9) * len(found)


def _spoil(k: int, event: Arrival | ClockExchange) -> Arrival | ClockExchange:
    """Damage a sample now and then: ticks ahead, ticks back, and a restart in the end.

    The exchanges after it tell of it, too.
    """
    if isinstance(event, ClockExchange):
        restart = (1 << 33) * (k > 1200)
        return replace(
            event,
            device_rx_ticks=event.device_rx_ticks + restart,
            device_tx_ticks=event.device_tx_ticks + restart,
        )
    ahead = {0: 30_000_000, 1: -9_000_000, 2: 700}.get(k % 97, 0)
    return replace(event, device_ticks=event.device_ticks + ahead + (1 << 33) * (k > 1200))
