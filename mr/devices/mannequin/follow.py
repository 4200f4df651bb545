"""From messages of the wire to samples of the house.

Takes decoded messages in order, gives `MannequinFrame`s with endless sequence numbers
and ticks; sees restarts and what a CRC let through. Knows no port and no clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from mr.clock.unwrap import Unwrapper
from mr.types import Arrival, MannequinFrame
from mr.wire import Sample

STREAM = "mannequin"
SLACK_S = 10.0
"""By how much the device's clock may get ahead of the host's between two samples (bytes
that waited in a buffer come in a rush); more is not believed at once."""
TICKS_MODULUS = 1 << 32
NS_PER_S = 1_000_000_000


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
    """Samples and pongs with a good CRC and impossible ticks, dropped."""
    restarts: int = 0
    """Restarts of the device while the port was open, and reconnections."""
    refused: int = 0
    """Commands the device refused."""


class SampleFollower:
    """Keeps sequence and time of one device's samples."""

    def __init__(self, counters: MannequinCounters) -> None:
        self._counters = counters
        self._ticks = Unwrapper(32)
        self._seq = 0
        self._last_raw: Sample | None = None
        self._suspect: Sample | None = None
        self._last_arrival_ns = self._suspect_arrival_ns = 0
        self._tick_rate_hz = 0

    def begin(self, tick_rate_hz: int) -> None:
        """The device starts, or starts anew: its counters say nothing about the old ones."""
        self._tick_rate_hz = tick_rate_hz
        self._last_raw = self._suspect = None
        self._ticks.restart()

    def ticks(self, raw_ticks: int) -> int:
        """Unwrap the ticks of a pong, near those of the last sample."""
        return self._ticks(raw_ticks) if self._ticks.last is None else self._ticks.peek(raw_ticks)

    def frame(self, sample: Sample, arrival_ns: int) -> MannequinFrame | None:
        """Give the sample as a frame, or None when it cannot be believed (yet)."""
        last = self._last_raw
        if last is not None and not self._follows(last, sample, arrival_ns - self._last_arrival_ns):
            self._counters.implausible += 1
            suspect, self._suspect = self._suspect, sample
            waited_ns = arrival_ns - self._suspect_arrival_ns
            self._suspect_arrival_ns = arrival_ns
            if suspect is None or not self._follows(suspect, sample, waited_ns):
                return None
            self._counters.restarts += 1
            self._ticks.restart()
            last = None
        step = 1 if last is None else (sample.seq - last.seq) % 0x10000
        self._counters.lost += step - 1
        self._counters.overflow += sample.overflow
        self._counters.frames += 1
        self._seq += step
        self._last_raw, self._suspect = sample, None
        self._last_arrival_ns = arrival_ns
        return MannequinFrame(
            Arrival(STREAM, self._seq, self._ticks(sample.sampled_ticks), arrival_ns),
            sample.chest_counts,
            sample[3:7],
            sample.airway_counts,
            sample.overflow,
        )

    def _follows(self, last: Sample, sample: Sample, waited_ns: int) -> bool:
        """Whether `sample` can come after `last`: both counters go on, and not by far."""
        step = (sample.sampled_ticks - last.sampled_ticks) % TICKS_MODULUS
        most_s = SLACK_S + waited_ns / NS_PER_S
        return 0 < step < most_s * self._tick_rate_hz and sample.seq != last.seq
