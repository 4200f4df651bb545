"""Device ticks → host time, with a sigma that includes what no ping can see.

Takes arrivals and clock exchanges in the order in which they came, gives a `Stamp` for
any tick count. No sample is stamped by its own arrival: a message cannot arrive before
it was sent, so all arrivals lie *above* the line that maps device time to host time, and
all pings sent lie *below* the ticks at which the device saw them. The line is put midway
between the two (`mr.clock.line`); with arrivals alone, a least latency below theirs.

A point on the wrong side of the line is damage and left out, its sample without a stamp.
When the device starts anew, so does the line: by the jump of `Unwrapper.restart`, or
when many points in a row cannot be.

A pure fold: the same sequence of calls gives the same bits, live or in a replay.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from mr.clock.edge import NS_PER_S
from mr.clock.line import Bounds, Line
from mr.types import Arrival, BoolArray, ClockExchange, FloatArray, IntArray, Stamp

RESTART_TICKS = 1 << 31
"""An `Unwrapper` of 32 bits steps by less than this; what is more is its restart."""
BACK_S = 4.0
"""Nothing is so late behind what came before it."""
STRANGE_NS = 5_000_000
STRANGE_SIGMAS = 10.0
"""By how much a point may lie on the wrong side of the line before it is damage."""
STRANGE_MAX = 20
"""So many in a row are no damage: the device has started anew and nobody has said so."""
SLEW = 0.05
"""Corrections change the length of a step by at most this share, so velocity stays sane."""
FIT_EVERY_S = 1.0
FIT_SHARE = 0.1
"""A new fit comes after a second, and at first after a tenth of what the clock has seen."""
AT_ONCE, FEW = 256, 8
"""Samples looked at in one go, for a fit comes within a second; so few, one by one."""
JUMP_NS = 50_000_000
"""A larger correction is made at once (forward) or at half speed (backward)."""


@dataclass(frozen=True, slots=True, eq=False)
class Stamps:
    """Host times of a block of samples; where `known` is false there is none."""

    t_ns: IntArray
    sigma_ns: IntArray
    known: BoolArray


@dataclass(slots=True, eq=False)
class _Taken:
    """A block's samples: how many were taken in, and by which lines these are to be stamped."""

    ticks: IntArray
    arrived_ns: IntArray
    stamps: Stamps
    n: int = 0
    n_stamped: int = 0
    lines: list[tuple[int, Line | None]] = field(default_factory=list)
    """Each with the number of the sample that is the first to be stamped by another."""

    def go_on(self, n: int, line: Line | None) -> None:
        """Have so many more be stamped by this line."""
        if not n:
            return
        self.n += n
        if self.lines and self.lines[-1][1] is line:
            self.lines.pop()
        self.lines.append((self.n, line))

    def parts(self) -> Iterator[tuple[slice, Line | None]]:
        """Give the samples that wait, by lines."""
        start = self.n_stamped
        for end, line in self.lines:
            yield slice(start, end), line
            start = end


class TickClock:
    """Maps one device's unwrapped ticks to the host's monotonic clock.

    Stamps are asked for in the order of the ticks; they never go back.

    Parameters
    ----------
    ticks_per_s
        Nominal rate of the device's clock.
    out_ns, back_ns, sample_ns
        Known serialisation of a ping, of its answer and of a sample, in ns.
    latency_ns, latency_sigma_ns
        Least delay of an arrival and its one-sigma; used where there are no exchanges.
    slack_ns
        Mean of what may hold every sample up before it is sent, and no answer to a ping.
    """

    def __init__(
        self,
        ticks_per_s: float,
        *,
        out_ns: int = 0,
        back_ns: int = 0,
        sample_ns: int = 0,
        latency_ns: int = 0,
        latency_sigma_ns: int = 1_000_000,
        slack_ns: float = 500_000.0,
    ) -> None:
        self._ticks_per_s = ticks_per_s
        self._out_ns, self._back_ns, self._sample_ns = out_ns, back_ns, sample_ns
        self._unknown = float(latency_ns), float(latency_sigma_ns), slack_ns
        self._last: tuple[int, int] | None = None
        self._floor_ns: int | None = None
        self._x_newest_s = self._x_fitted_s = 0.0
        self._taken: _Taken | None = None
        self._start_over()

    @property
    def rate_ppm(self) -> float | None:
        """By how much the device's clock runs fast, in 1e-6; None before it is known."""
        return None if self._line is None else -self._line.b_ns_per_s / 1000.0

    def arrival(self, arrival: Arrival) -> None:
        """Take in that a sample of these ticks had arrived at this time."""
        self._arrived(arrival.device_ticks, arrival.arrival_ns - self._sample_ns)

    def block(
        self,
        ticks: IntArray,
        arrival_ns: IntArray,
        exchanges: Sequence[tuple[int, ClockExchange]] = (),
    ) -> Stamps:
        """Take in many samples (N,) and stamp each: the same bits as one after another.

        `exchanges` came between them, each after so many of the samples.
        """
        n = len(ticks)
        stamps = Stamps(np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.bool_))
        self._taken = taken = _Taken(ticks, arrival_ns - self._sample_ns, stamps)
        for until, exchange in (*exchanges, (n, None)):
            while taken.n < until:
                self._take_in(taken, until)
            if exchange is not None:
                self.exchange(exchange)
        self._stamp_taken()
        self._taken = None
        return stamps

    def exchange(self, x: ClockExchange) -> None:
        """Take in a ping and its answer."""
        arrived_ns = x.arrival.arrival_ns - self._back_ns
        tx_s = self._place(x.device_tx_ticks, arrived_ns)
        if tx_s is None:
            return
        rx_s = self._seconds(x.device_rx_ticks)
        below_ns = self._residual_ns(rx_s, x.sent_ns + self._out_ns)
        if self._is_beyond(rx_s, below_ns, 1):
            return
        self._bounds.add_exchange(tx_s, self._residual_ns(tx_s, arrived_ns), rx_s, below_ns)
        self._x_newest_s = max(self._x_newest_s, tx_s)
        self._fit_when_due()

    def stamp(self, device_ticks: int) -> Stamp | None:
        """Give the host time of these ticks; None before enough is known.

        A new fit moves the stamps by a small share of each step, not by a jump; what
        remains to be moved is part of the sigma.
        """
        if self._line is None or device_ticks == self._strange_ticks:
            return None
        x = self._seconds(device_ticks)
        line_ns = self._origin_ns + round(x * NS_PER_S + self._line.at(x))
        t_ns = self._steady(device_ticks, line_ns)
        line_sigma_ns, behind_ns = self._line.sigma_at(x), float(t_ns - line_ns)
        sigma_ns = math.sqrt(line_sigma_ns * line_sigma_ns + behind_ns * behind_ns)
        return Stamp(t_ns, max(1, round(sigma_ns)))

    # --- many samples at once -------------------------------------------------------------

    def _take_in(self, taken: _Taken, until: int) -> None:
        """Take in some more samples, up to `until` at most: one that is strange goes alone."""
        k, line = taken.n, self._line
        end = min(k + AT_ONCE, until)
        n = self._take(taken.ticks[k:end], taken.arrived_ns[k:end]) if end - k > FEW else 0
        if n:
            taken.go_on(n - 1, line)
            self._fit_when_due()
            taken.go_on(1, self._line)
            return
        self._stamp_taken()
        ticks = int(taken.ticks[k])
        self._arrived(ticks, int(taken.arrived_ns[k]))
        stamp, stamps = self.stamp(ticks), taken.stamps
        if stamp is not None:
            stamps.t_ns[k], stamps.sigma_ns[k], stamps.known[k] = stamp.t_ns, stamp.sigma_ns, True
        taken.n = taken.n_stamped = k + 1

    def _take(self, ticks: IntArray, arrived_ns: IntArray) -> int:
        """Take in the samples before the first that is strange; tell how many.

        The last of them may be one that brings a new fit: it is not made here.
        """
        if self._origin_ticks is None:
            return 0
        x = (ticks - self._origin_ticks) / self._ticks_per_s
        residual_ns = (arrived_ns - self._origin_ns) - x * NS_PER_S
        newest = np.maximum.accumulate(np.concatenate(([self._x_newest_s], x)))
        n = self._n_plain(x, x - newest[:-1], residual_ns)
        if n and self._is_due(float(newest[n])):
            waited_s = newest[1 : n + 1] - self._x_fitted_s
            due = waited_s >= np.minimum(FIT_EVERY_S, FIT_SHARE * newest[1 : n + 1])
            n = int(due.argmax()) + 1
        if n:
            self._is_steady()
            self._bounds.add_samples(x[:n], residual_ns[:n])
            self._x_newest_s = float(newest[n])
        return n

    def _n_plain(self, x: FloatArray, step_s: FloatArray, residual_ns: FloatArray) -> int:
        """Tell how many samples there are before the first that is strange."""
        n = len(x)
        if step_s.min() <= -BACK_S or np.abs(step_s).max() * self._ticks_per_s >= RESTART_TICKS:
            near = np.abs(step_s) * self._ticks_per_s < RESTART_TICKS
            n = int((near & (step_s > -BACK_S)).argmin())
        if n and self._line is not None and self._bounds.pinged:
            early_ns = self._line.at(x[:n]) - residual_ns[:n]
            if early_ns.max() > STRANGE_NS:
                most_ns = STRANGE_NS + STRANGE_SIGMAS * self._line.sigmas_at(x[:n])
                if (early_ns > most_ns).any():
                    n = int((early_ns > most_ns).argmax())
        return n

    def _stamp_taken(self) -> None:
        """Stamp what was taken in and waits: all at once, each by the line of its time."""
        taken = self._taken
        if taken is None or taken.n_stamped == taken.n:
            return
        lines = [(part, line) for part, line in taken.parts() if line is not None]
        taken.n_stamped = taken.n
        taken.lines.clear()
        if not lines:
            return
        # Before the first line there are no stamps.
        whole = slice(lines[0][0].start, taken.n)
        ticks, first = taken.ticks[whole], whole.start
        line_ns, line_sigma_ns = np.empty(len(ticks), np.int64), np.empty(len(ticks))
        for part, line in lines:
            at = slice(part.start - first, part.stop - first)
            x = (ticks[at] - (self._origin_ticks or 0)) / self._ticks_per_s
            line_ns[at] = self._origin_ns + np.rint(x * NS_PER_S + line.at(x)).astype(np.int64)
            line_sigma_ns[at] = line.sigmas_at(x)
        t_ns = self._steady_all(ticks, line_ns)
        behind_ns = (t_ns - line_ns).astype(np.float64)
        sigma_ns = np.sqrt(line_sigma_ns * line_sigma_ns + behind_ns * behind_ns)
        taken.stamps.t_ns[whole] = t_ns
        taken.stamps.sigma_ns[whole] = np.maximum(1, np.rint(sigma_ns).astype(np.int64))
        taken.stamps.known[whole] = True

    def _steady_all(self, ticks: IntArray, line_ns: IntArray) -> IntArray:
        """Keep to the line where no step is changed by it by more than is allowed."""
        step_ns = (ticks[1:] - ticks[:-1]) / self._ticks_per_s * NS_PER_S
        off_ns = (line_ns[1:] - line_ns[:-1]) - step_ns
        free = (step_ns > 0) & (np.abs(off_ns) <= SLEW * step_ns)
        ends = np.append(np.flatnonzero(~free), len(free))
        t_ns, k = line_ns.copy(), 0
        while k < len(ticks):
            t_ns[k] = self._steady(int(ticks[k]), int(line_ns[k]))
            if t_ns[k] == line_ns[k]:
                k = int(ends[ends.searchsorted(k)])
                self._last = int(ticks[k]), int(line_ns[k])
            k += 1
        return t_ns

    # --- where a point lies ------------------------------------------------------------

    def _start_over(self) -> None:
        self._stamp_taken()  # by what was known until now
        self._bounds = Bounds(*self._unknown)
        self._line: Line | None = None
        self._origin_ticks: int | None = None
        self._origin_ns = 0
        self._strange_ticks: int | None = None
        self._strange_n = 0
        self._x_newest_s = self._x_fitted_s = 0.0
        if self._last is not None:
            self._floor_ns, self._last = self._last[1], None

    def _arrived(self, ticks: int, arrived_ns: int) -> None:
        """Take in a sample's ticks and when it arrived, less the time its bytes took."""
        x = self._place(ticks, arrived_ns)
        if x is None:
            return
        self._bounds.add_sample(x, self._residual_ns(x, arrived_ns))
        self._x_newest_s = max(self._x_newest_s, x)
        self._fit_when_due()

    def _seconds(self, ticks: int) -> float:
        return (ticks - (self._origin_ticks or 0)) / self._ticks_per_s

    def _residual_ns(self, x_s: float, host_ns: int) -> float:
        return (host_ns - self._origin_ns) - x_s * NS_PER_S

    def _place(self, ticks: int, arrived_ns: int) -> float | None:
        """Give the ticks in seconds, or None for what cannot be; start over when it must be."""
        if self._origin_ticks is not None:
            x = self._seconds(ticks)
            step_s = x - self._x_newest_s
            if abs(step_s) * self._ticks_per_s < RESTART_TICKS:
                early = self._is_beyond(x, self._residual_ns(x, arrived_ns), -1)
                if not early and step_s > -BACK_S:
                    self._is_steady()
                    return x
                self._strange_ticks = ticks
                self._strange_n += 1
                if self._strange_n < STRANGE_MAX:
                    return None
            self._start_over()
        self._origin_ticks, self._origin_ns = ticks, arrived_ns
        return 0.0

    def _is_steady(self) -> None:
        self._strange_ticks, self._strange_n = None, 0

    def _is_beyond(self, x_s: float, residual_ns: float, side: int) -> bool:
        """Whether a point is on the wrong side: above (1) for a ping, below (-1) for others.

        Without pings the line is only as early as what has arrived: nothing is too early.
        """
        if self._line is None or not self._bounds.pinged:
            return False
        beyond_ns = side * (residual_ns - self._line.at(x_s))
        if beyond_ns <= STRANGE_NS:
            return False
        return beyond_ns > STRANGE_NS + STRANGE_SIGMAS * self._line.sigma_at(x_s)

    def _is_due(self, x_newest_s: float) -> bool:
        return x_newest_s - self._x_fitted_s >= min(FIT_EVERY_S, FIT_SHARE * x_newest_s)

    def _fit_when_due(self) -> None:
        if self._is_due(self._x_newest_s):
            self._x_fitted_s = self._x_newest_s
            self._line = self._bounds.line() or self._line

    # --- steady stamps ---------------------------------------------------------------------

    def _steady(self, ticks: int, line_ns: int) -> int:
        if self._last is None:
            if self._floor_ns is not None:
                line_ns = max(line_ns, self._floor_ns + 1)
            self._last = (ticks, line_ns)
            return line_ns
        last_ticks, last_ns = self._last
        if ticks <= last_ticks:
            return last_ns if ticks == last_ticks else min(line_ns, last_ns)
        step_ns = (ticks - last_ticks) / self._ticks_per_s * NS_PER_S
        off_ns = line_ns - last_ns - step_ns
        if abs(off_ns) > JUMP_NS:
            off_ns = max(off_ns, -step_ns / 2)
        else:
            off_ns = min(max(off_ns, -SLEW * step_ns), SLEW * step_ns)
        t_ns = last_ns + max(1, round(step_ns + off_ns))
        self._last = (ticks, t_ns)
        return t_ns
