"""Device ticks → host time, with a sigma that includes what no ping can see.

Takes arrivals and clock exchanges in the order in which they came, gives a `Stamp` for
any tick count. No sample is stamped by its own arrival: a message cannot arrive before
it was sent, so all arrivals lie *above* the line that maps device time to host time, and
all pings sent lie *below* the ticks at which the device saw them. The line is put midway
between the convex hulls of the two; with arrivals alone, a least latency below theirs.

A pure fold: the same sequence of calls gives the same bits, live or in a replay.

Ref: Moon, Skelly, Towsley, Estimation and removal of clock skew (INFOCOM 1999), for the
hull; Mills, RFC 5905, for the half round trip.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mr.clock.hull import GrowingHull, height
from mr.types import Arrival, ClockExchange, Stamp

NS_PER_S = 1_000_000_000
BLOCK_S = 2.0
WINDOW_BLOCKS = 30
EXCHANGES_MIN = 5
ARRIVALS_MIN = 10
SPAN_MIN_S = 0.2
RATE_ERROR_MAX = 0.01
"""Ceramic resonators are ±0.5 %; a steeper line is noise."""
TOUCH_FLOOR_NS = 5_000.0
"""Below this the host's own time-stamping is the noise."""
RESET_NS = 100_000_000.0
FIRST_RESET_NS = 1_000_000_000.0
SLEW = 0.05
"""Corrections change the length of a step by at most this share, so velocity stays sane."""
JUMP_NS = 50_000_000
"""A larger correction is made at once (forward) or at half speed (backward)."""


@dataclass(frozen=True, slots=True)
class _Line:
    """Residual of host time over nominal device time: ``a_ns + b * x_s``."""

    a_ns: float
    b_ns_per_s: float
    sigma_ns: float
    sigma_b_ns_per_s: float
    x_mid_s: float

    def at(self, x_s: float) -> float:
        return self.a_ns + self.b_ns_per_s * x_s

    def sigma_at(self, x_s: float) -> float:
        return math.hypot(self.sigma_ns, self.sigma_b_ns_per_s * (x_s - self.x_mid_s))


@dataclass(frozen=True, slots=True)
class _Slope:
    b_ns_per_s: float
    touch_ns: float
    x_mid_s: float
    span_s: float

    @property
    def sigma_ns_per_s(self) -> float:
        """One-sigma of the slope."""
        return self.touch_ns / (self.span_s / 2)


def _slope(cloud: GrowingHull) -> _Slope | None:
    """Slope of a cloud's hull between the quartiles of its span, and how far to trust it.

    The least of n delays of mean μ is about μ / n; each end rests on a quarter of them.
    """
    if not cloud.n_points:
        return None
    hull = cloud.hull()
    x0, x1 = hull[0][0], hull[-1][0]
    span_s = x1 - x0
    if span_s < SPAN_MIN_S:
        return None
    xa, xb = x0 + span_s / 4, x1 - span_s / 4
    b = (height(hull, xb) - height(hull, xa)) / (xb - xa)
    x_mean, y_mean = cloud.mean_point()
    mean_delay_ns = max(0.0, y_mean - height(hull, x_mean))
    touch_ns = TOUCH_FLOOR_NS + 4 * mean_delay_ns / cloud.n_points
    return _Slope(b, touch_ns, x0 + span_s / 2, span_s)


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
    ) -> None:
        self._ticks_per_s = ticks_per_s
        self._out_ns, self._back_ns, self._sample_ns = out_ns, back_ns, sample_ns
        self._latency_ns, self._latency_sigma_ns = latency_ns, latency_sigma_ns
        self._last: tuple[int, int] | None = None
        self._floor_ns: int | None = None
        self._x_first_s = self._x_newest_s = self._x_fitted_s = 0.0
        self._start_over()

    @property
    def rate_ppm(self) -> float | None:
        """By how much the device's clock runs fast, in 1e-6; None before it is known."""
        return None if self._line is None else -self._line.b_ns_per_s / 1000.0

    def arrival(self, arrival: Arrival) -> None:
        """Take in that a sample of these ticks had arrived at this time."""
        x = self._place(arrival.device_ticks, arrival.arrival_ns - self._sample_ns)
        y = self._residual_ns(x, arrival.arrival_ns - self._sample_ns)
        self._above.add(x, y)
        self._x_newest_s = max(self._x_newest_s, x)
        pause_s = min(0.5, 0.1 * (self._x_newest_s - self._x_first_s))
        if self._x_newest_s - self._x_fitted_s >= pause_s:
            self._fit()

    def exchange(self, x: ClockExchange) -> None:
        """Take in a ping and its answer."""
        back_ns = x.arrival.arrival_ns - self._back_ns
        tx_s = self._place(x.device_tx_ticks, back_ns)
        rx_s = self._seconds(x.device_rx_ticks)
        self._above.add(tx_s, self._residual_ns(tx_s, back_ns))
        below = self._residual_ns(rx_s, x.sent_ns + self._out_ns)
        if self._line is None or below - self._line.at(rx_s) <= RESET_NS:
            # A ping seen long before it was sent is damage; one such would bend the line.
            self._exchanges += 1
            self._below.add(rx_s, -below)
        self._x_newest_s = max(self._x_newest_s, tx_s)
        self._fit()

    def stamp(self, device_ticks: int) -> Stamp | None:
        """Give the host time of these ticks; None before enough is known.

        A new fit moves the stamps by a small share of each step, not by a jump; what
        remains to be moved is part of the sigma.
        """
        if self._line is None:
            return None
        x = self._seconds(device_ticks)
        line_ns = self._origin_ns + round(x * NS_PER_S + self._line.at(x))
        t_ns = self._steady(device_ticks, line_ns)
        sigma_ns = math.hypot(self._line.sigma_at(x), t_ns - line_ns)
        return Stamp(t_ns, max(1, round(sigma_ns)))

    # --- where a point lies ------------------------------------------------------------

    def _start_over(self) -> None:
        self._above = GrowingHull(BLOCK_S, WINDOW_BLOCKS)
        self._below = GrowingHull(BLOCK_S, WINDOW_BLOCKS)
        self._line: _Line | None = None
        self._origin_ticks: int | None = None
        self._origin_ns = 0
        self._exchanges = 0
        self._x_first_s = self._x_newest_s = self._x_fitted_s = 0.0

    def _seconds(self, ticks: int) -> float:
        return (ticks - (self._origin_ticks or 0)) / self._ticks_per_s

    def _residual_ns(self, x_s: float, host_ns: int) -> float:
        return (host_ns - self._origin_ns) - x_s * NS_PER_S

    def _place(self, ticks: int, arrival_ns: int) -> float:
        """Give the ticks in seconds; start over when the device must have restarted.

        It has when a message arrives long before the old line says it was sent.
        """
        if self._origin_ticks is not None:
            x = self._seconds(ticks)
            early_ns = -self._residual_ns(x, arrival_ns)
            if self._line is not None:
                early_ns += self._line.at(x)
            limit_ns = FIRST_RESET_NS if self._line is None else RESET_NS
            if early_ns <= limit_ns and x > self._x_newest_s - 2 * BLOCK_S:
                return x
            self._start_over()
            if self._last is not None:
                self._floor_ns, self._last = self._last[1], None
        self._origin_ticks, self._origin_ns = ticks, arrival_ns
        return 0.0

    # --- the line ------------------------------------------------------------------------

    def _fit(self) -> None:
        self._x_fitted_s = self._x_newest_s
        if self._exchanges:
            if self._exchanges >= EXCHANGES_MIN:
                self._fit_between()
        elif self._above.n_points >= ARRIVALS_MIN:
            self._fit_under()

    def _fit_under(self) -> None:
        """With arrivals alone: the earliest-arriving line, a least latency below."""
        slope = _slope(self._above)
        if slope is None:
            return
        b = _believable(slope.b_ns_per_s)
        a = min(y - b * x for x, y in self._above.hull()) - self._latency_ns
        sigma_ns = math.hypot(self._latency_sigma_ns, slope.touch_ns)
        self._line = _Line(a, b, sigma_ns, slope.sigma_ns_per_s, slope.x_mid_s)

    def _fit_between(self) -> None:
        """With exchanges: midway between what arrived earliest and what was sent latest."""
        while True:
            up, down = _slope(self._above), _slope(self._below)
            if up is None or down is None:
                return
            w_up, w_down = up.sigma_ns_per_s**-2, down.sigma_ns_per_s**-2
            total = w_up + w_down
            b = _believable((w_up * up.b_ns_per_s - w_down * down.b_ns_per_s) / total)
            top = min(y - b * x for x, y in self._above.hull())
            bottom = max(-y - b * x for x, y in self._below.hull())
            oldest = min(self._above.oldest_key, self._below.oldest_key)
            if top >= bottom or oldest + 2 >= self._below.newest_key:
                break
            # No straight line fits: the crystal has drifted within the window.
            self._above.forget_through(oldest)
            self._below.forget_through(oldest)
        x_mid = (w_up * up.x_mid_s + w_down * down.x_mid_s) / total
        # The true delay lies anywhere between none and the whole of the gap, evenly.
        sigma_ns = math.hypot(abs(top - bottom) / 2 / math.sqrt(3.0), TOUCH_FLOOR_NS)
        self._line = _Line((top + bottom) / 2, b, sigma_ns, total**-0.5, x_mid)

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


def _believable(b_ns_per_s: float) -> float:
    most = RATE_ERROR_MAX * NS_PER_S
    return min(max(b_ns_per_s, -most), most)
