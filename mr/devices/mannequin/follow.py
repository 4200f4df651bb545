"""From messages of the wire to samples of the house.

Takes decoded messages in order, gives `MannequinFrame`s with endless sequence numbers
and ticks; sees restarts and what a CRC let through (3 of 800,000 damaged frames do pass
one of 16 bits). Knows no port and no clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from mr.clock.unwrap import Unwrapper
from mr.devices.mannequin.pace import NS_PER_S, TICKS_MODULUS, Pace
from mr.types import Arrival, MannequinFrame
from mr.wire import Hello, Pong, Sample

STREAM = "mannequin"
PONG_SLACK_S = 1.0
"""A pong's ticks are so near those of the samples around it, give or take what was lost."""
TURNAROUND_SLACK_NS = 1_000_000


@dataclass(slots=True)
class MannequinCounters:
    """What has happened on the link since it was first opened."""

    frames: int = 0
    """Samples delivered."""
    lost: int = 0
    """Samples missing between two delivered ones, by sequence number."""
    overflow: int = 0
    """Of those, dropped by the firmware itself, as it says."""
    crc_errors: int = 0
    framing_errors: int = 0
    unknown_messages: int = 0
    implausible: int = 0
    """Messages with a good CRC that cannot be true, dropped."""
    restarts: int = 0
    """Restarts of the device while the port was open, and reconnections."""
    refused: int = 0
    """Commands the device refused."""


@dataclass(frozen=True, slots=True)
class _Arrived:
    sample: Sample
    arrival_ns: int


class SampleFollower:
    """Keeps sequence and time of one device's samples.

    A sample is believed when it can follow the last one. One that cannot, as the first
    of all, is held back until the next confirms it: then both are given.
    """

    def __init__(self, counters: MannequinCounters) -> None:
        self._counters = counters
        self._ticks = Unwrapper(32)
        self._seq = 0
        self._last: _Arrived | None = None
        self._suspect: _Arrived | None = None
        self._tick_rate_hz = self._counts_modulus = 1
        self._pace: Pace | None = None

    @property
    def pace(self) -> Pace:
        """The grid of its samples, once it has begun."""
        assert self._pace is not None
        return self._pace

    def begin(self, hello: Hello) -> None:
        """The device starts, or starts anew: its counters say nothing about the old ones."""
        self._tick_rate_hz = hello.tick_rate_hz
        self._counts_modulus = 1 << hello.adc_bits
        self._pace = Pace(hello)
        self._last = self._suspect = None
        self._ticks.restart()

    def frames(self, sample: Sample, arrival_ns: int) -> list[MannequinFrame]:
        """Give what can be believed now: no frame, this one, or one held back and this."""
        if max(sample[2:7]) >= self._counts_modulus:
            self._counters.implausible += 1
            return []
        here, last = _Arrived(sample, arrival_ns), self._last
        if last is not None:
            n = self.pace.steps(last.sample, sample, arrival_ns - last.arrival_ns)
            if n:
                self._hold(None)
                return [self._frame(here, n)]
        suspect = self._suspect
        n = 0 if suspect is None else self.pace.pair(suspect.sample, sample)
        if n == 0 or suspect is None:
            self._hold(here)
            return []
        self._suspect = None
        return [self._frame(suspect, self._joined(suspect)), self._frame(here, n)]

    def pong(self, pong: Pong, sent_ns: int, arrival_ns: int) -> tuple[int, int] | None:
        """Give a pong's two instants in endless ticks, or None when it cannot be true.

        The device cannot have taken longer over it than the host waited, and its ticks
        must be those of the samples around it.
        """
        taken = (pong.device_tx_ticks - pong.device_rx_ticks) % TICKS_MODULUS
        most_ns = arrival_ns - sent_ns + (arrival_ns - sent_ns) // 100 + TURNAROUND_SLACK_NS
        near = self._last or self._suspect
        if taken * NS_PER_S > most_ns * self._tick_rate_hz or (
            near is not None and not self._is_near(pong, near, arrival_ns)
        ):
            self._counters.implausible += 1
            return None
        first = self._ticks.last is None
        rx = self._ticks(pong.device_rx_ticks) if first else self._ticks.peek(pong.device_rx_ticks)
        return rx, rx + taken

    def _is_near(self, pong: Pong, near: _Arrived, arrival_ns: int) -> bool:
        slack = round(PONG_SLACK_S * self._tick_rate_hz)
        waited = (arrival_ns - near.arrival_ns) * self._tick_rate_hz // NS_PER_S
        ahead = (pong.device_tx_ticks - near.sample.sampled_ticks + slack) % TICKS_MODULUS
        return ahead <= 2 * slack + waited

    def _hold(self, arrived: _Arrived | None) -> None:
        """Hold a sample back; the one that was held can no longer be confirmed."""
        if self._suspect is not None:
            self._counters.implausible += 1
        self._suspect = arrived

    def _joined(self, suspect: _Arrived) -> int:
        """Tell how many samples on a confirmed one is from the last that was believed."""
        last = self._last
        if last is None:
            return 1
        n = self.pace.goes_on(last.sample, suspect.sample, suspect.arrival_ns - last.arrival_ns)
        if n == 0:
            self._counters.restarts += 1
            self._ticks.restart()
        return n or 1

    def _frame(self, arrived: _Arrived, n: int) -> MannequinFrame:
        sample = arrived.sample
        self._counters.lost += n - 1
        self._counters.overflow += sample.overflow
        self._counters.frames += 1
        self._seq += n
        self._last = arrived
        self.pace.took()
        return MannequinFrame(
            Arrival(STREAM, self._seq, self._ticks(sample.sampled_ticks), arrived.arrival_ns),
            sample.chest_counts,
            sample[3:7],
            sample.airway_counts,
            sample.overflow,
        )
