"""How far apart two samples of one device can be.

Takes two samples as the wire gives them, tells how many samples lie from the one to the
other, or that the later cannot come after the earlier; leaves what to do about it to
`mr.devices.mannequin.follow`. A timer takes the samples, so their ticks lie on a grid
and their sequence numbers count its steps: a damaged sample whose CRC happens to be
right breaks one or the other.
"""

from __future__ import annotations

from mr.wire import Hello, Sample

SLACK_S = 10.0
"""By how much the device's clock may get ahead of the host's between two samples (bytes
that waited in a buffer come in a rush); more is not believed at once."""
SETTLE_N = 10
"""So many samples after its acknowledgement a new rate is in force for certain."""
NEAR_N = 16
"""Two samples that nothing else is known of confirm each other when they are so near."""
SEQ_MODULUS = 1 << 16
TICKS_MODULUS = 1 << 32
NS_PER_S = 1_000_000_000


class Pace:
    """The grid of one device's samples, and how it changes when the rate does.

    The first sample of a new rate comes one new period after the command, wherever that
    fell between two of the old ones; samples already queued still have the old period.
    """

    def __init__(self, hello: Hello) -> None:
        self._tick_rate_hz = hello.tick_rate_hz
        self._fastest = hello.tick_rate_hz // hello.sample_rate_max_hz
        self._slowest = hello.tick_rate_hz // hello.sample_rate_min_hz
        self._period = self._ticks_at(hello.sample_rate_hz)
        self._coming: int | None = None
        self._unsettled_n: int | None = None

    def expect(self, sample_rate_hz: int) -> None:
        """A command for this rate went out: samples may come at it from now on."""
        self._coming, self._unsettled_n = self._ticks_at(sample_rate_hz), None

    def in_force(self, sample_rate_hz: int) -> None:
        """The device says that it samples at this rate now."""
        period = self._ticks_at(sample_rate_hz)
        if self._coming is not None or period != self._period:
            self._coming, self._unsettled_n = period, SETTLE_N

    def steps(self, earlier: Sample, later: Sample, waited_ns: int) -> int:
        """Count the samples from `earlier` to `later`; 0: it cannot come after it.

        `waited_ns` of the host's time passed between their arrivals.
        """
        ticks, seqs = _apart(earlier, later)
        if ticks > self._most_ticks(waited_ns):
            return 0
        return self._on_grid(ticks, seqs, later.overflow)

    def pair(self, earlier: Sample, later: Sample) -> int:
        """Count as `steps` does, from a sample that nothing is known of to the next ones.

        At no known rate they may still agree with each other: that rate is the one then.
        """
        ticks, seqs = _apart(earlier, later)
        if seqs > NEAR_N:
            return 0
        n = self._on_grid(ticks, seqs, later.overflow)
        if (
            n == 0
            and later.overflow < seqs
            and seqs * self._fastest <= ticks <= seqs * self._slowest
        ):
            rate_hz = round(self._tick_rate_hz * seqs / ticks)
            period = self._ticks_at(rate_hz)
            if _fits(ticks, seqs, period):
                self._period = period
                return seqs
        return n

    def goes_on(self, earlier: Sample, later: Sample, waited_ns: int) -> int:
        """Count the samples between two whose rate changed unheard; 0: it began anew."""
        ticks, seqs = _apart(earlier, later)
        fits = seqs * self._fastest <= ticks <= (seqs + 1) * self._slowest
        return seqs if fits and ticks <= self._most_ticks(waited_ns) else 0

    def took(self) -> None:
        """Note that a sample was believed."""
        if self._unsettled_n is not None and self._coming is not None:
            self._unsettled_n -= 1
            if self._unsettled_n <= 0:
                self._period, self._coming, self._unsettled_n = self._coming, None, None

    def _on_grid(self, ticks: int, seqs: int, overflow: int) -> int:
        """Count the steps; the later sample cannot say that more than these were dropped."""
        n = (ticks + self._period // 2) // self._period
        if n % SEQ_MODULUS == seqs and overflow < n and _fits(ticks, n, self._period):
            return n
        coming = self._coming
        if coming is None or overflow >= seqs or not self._changed(ticks, seqs, coming):
            return 0
        self._period = coming
        return seqs

    def _changed(self, ticks: int, seqs: int, coming: int) -> bool:
        """Whether the new rate began somewhere between the two samples, or before."""
        short, long = sorted((self._period, coming))
        slack = coming // 4
        return seqs > 0 and seqs * short - slack <= ticks <= seqs * long + self._period + slack

    def _most_ticks(self, waited_ns: int) -> int:
        return round((SLACK_S + waited_ns / NS_PER_S) * self._tick_rate_hz)

    def _ticks_at(self, sample_rate_hz: int) -> int:
        return self._tick_rate_hz // sample_rate_hz


def _apart(earlier: Sample, later: Sample) -> tuple[int, int]:
    ticks = (later.sampled_ticks - earlier.sampled_ticks) % TICKS_MODULUS
    return ticks, (later.seq - earlier.seq) % SEQ_MODULUS


def _fits(ticks: int, n: int, period: int) -> bool:
    """Stamps jitter by some microseconds: a quarter of a period is far more."""
    return n > 0 and abs(ticks - n * period) <= period // 4
