"""The line that maps device time to host time, out of what bounds it.

Takes samples' arrivals and ping answers, which lie *above* the line (nothing arrives
before it was sent), and pings sent, which lie *below* it; gives the line with its sigma.
Leaves what a tick is to `mr.clock.ticks`.

**Sigma.** Of the least delays there and back, o and r, pings tell the sum: the middle of
the gap G = o + r is wrong by (r - o) / 2. Taken as drawn independently and evenly between
none and the same unknown most, the ratio of the smaller to the larger of them is even
between 0 and 1, whatever that most is. So |error| ≤ c · G/2 has the probability
2 c / (1 + c), which is 95 % for c = 0.95 / 1.05, and sigma is c / 1.96 · G/2.

**Touch.** What the least of some delays is more than the least possible (`mr.clock.edge`)
is taken off, and its spread is part of sigma.

**Slack.** A device takes its time between sampling and sending, and a coarse bridge can
keep samples in step with its frames. Answers to pings know neither: they bound the line
where they are many, samples where a coarse bridge leaves few good answers.

**Drift.** A crystal follows its temperature. The oldest points are forgotten when what a
rate of usual wander does within the window is more than the touch, and when the halves
of the window differ in slope by more than chance, and it matters.

Ref: Moon, Skelly, Towsley, Estimation and removal of clock skew (INFOCOM 1999), for the
hull; Mills, RFC 5905, for the half round trip; tests/truth/test_clock.py, for the rest.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from mr.clock.edge import (
    NS_PER_S,
    RATE_ERROR_MAX,
    TOUCH_FLOOR_NS,
    Slope,
    checked_slope,
    mean_slope,
    slope_of_few,
    slope_of_many,
    touch_of_few,
    touch_of_many,
)
from mr.clock.hull import Cloud, GrowingHull, Point
from mr.types import FloatArray

Seconds = TypeVar("Seconds", float, FloatArray)

BLOCK_S = 2.0
WINDOW_BLOCKS = 30
EXCHANGES_MIN = 5
ARRIVALS_MIN = 10
RATE_SIGMA_NS_PER_S = 0.005 * NS_PER_S / math.sqrt(3.0)
"""Of a resonator that may be anything within ±0.5 %."""
SIGMA_PER_HALF_GAP = 0.95 / 1.05 / 1.96
FRAME_NS = 1_000_000.0
"""USB bridges hand over at whole milliseconds, and samples come every few of them: those of
a device whose clock runs like the host's wait for the same part of one again and again."""
BEND_BLOCKS_MIN = 6
WANDER_NS_PER_S2 = 500.0
"""One-sigma of how a rate wanders: a resonator of 10 ppm/K that warms by 3 K a minute."""
BEND_SIGMAS = 2.5
BEND_SHARE = 0.1
"""A bend of up to this share of the gap does no harm."""


@dataclass(frozen=True, slots=True)
class Line:
    """Residual of host time over nominal device time: ``a_ns + b * x_s``."""

    a_ns: float
    b_ns_per_s: float
    sigma_ns: float
    sigma_b_ns_per_s: float
    x_mid_s: float

    def at(self, x_s: Seconds) -> Seconds:
        """Give the residual at `x_s`, in ns."""
        return self.a_ns + self.b_ns_per_s * x_s

    def sigma_at(self, x_s: float) -> float:
        """Give its one-sigma at `x_s`, in ns."""
        return math.sqrt(self._variance_at(x_s))

    def sigmas_at(self, x_s: FloatArray) -> FloatArray:
        """Give its one-sigma at many `x_s`, in ns: the same bits as one by one."""
        return np.sqrt(self._variance_at(x_s))

    def _variance_at(self, x_s: Seconds) -> Seconds:
        slope_ns = self.sigma_b_ns_per_s * (x_s - self.x_mid_s)
        return self.sigma_ns * self.sigma_ns + slope_ns * slope_ns


class Bounds:
    """All that bounds the line in the last minute.

    Parameters
    ----------
    latency_ns, latency_sigma_ns
        Least delay of a sample and its one-sigma, for want of exchanges.
    slack_ns
        Mean of what may hold every sample up, and no answer.
    """

    def __init__(self, latency_ns: float, latency_sigma_ns: float, slack_ns: float) -> None:
        self._latency_ns, self._latency_sigma_ns = latency_ns, latency_sigma_ns
        self._slack_ns = slack_ns
        self._samples = GrowingHull(BLOCK_S, WINDOW_BLOCKS)
        self._answers: deque[Point] = deque()
        self._pings: deque[Point] = deque()
        self._bend_key = 0
        self._bend_ns = 0.0

    @property
    def pinged(self) -> bool:
        """Whether there was an exchange: then the line is bound from below, too."""
        return bool(self._pings)

    def add_sample(self, x_s: float, y_ns: float) -> None:
        """Take in the arrival of a sample."""
        self._samples.add(x_s, y_ns)

    def add_samples(self, x_s: FloatArray, y_ns: FloatArray) -> None:
        """Take in the arrivals of samples (N,)."""
        self._samples.add_many(x_s, y_ns)

    def add_exchange(self, tx_s: float, above_ns: float, rx_s: float, below_ns: float) -> None:
        """Take in the arrival of an answer and the sending of its ping."""
        self._answers.append((tx_s, above_ns))
        self._pings.append((rx_s, -below_ns))
        self._forget_through(int(rx_s // BLOCK_S) - WINDOW_BLOCKS)

    def line(self) -> Line | None:
        """Give the line, or None before enough is known."""
        if not self._pings:
            return self._line_under()
        if len(self._pings) < EXCHANGES_MIN:
            return None
        while True:
            edges = _Edges(
                self._samples.cloud(), sorted(self._answers), sorted(self._pings), self._slack_ns
            )
            slope = edges.slope()
            if slope is None:
                return None
            strip = edges.strip(slope)
            wander_ns = WANDER_NS_PER_S2 * self._span_s() ** 2 / 16
            if not self._is_outdated(strip, wander_ns):
                return strip.line(slope, math.hypot(wander_ns, self._bend_ns / 2))
            self._forget_through(self._samples.keys[0])

    def _span_s(self) -> float:
        keys = self._samples.keys
        return (keys[-1] + 1 - keys[0]) * BLOCK_S if keys else 0.0

    def _is_outdated(self, strip: _Strip, wander_ns: float) -> bool:
        """Whether the oldest points say less of now than is known without them."""
        if len(self._samples.keys) < BEND_BLOCKS_MIN:
            return False
        return strip.gap_ns < 0 or wander_ns > strip.touch_ns or self._is_bent(strip.gap_ns)

    def _line_under(self) -> Line | None:
        """With arrivals alone: the earliest-arriving line, a least latency below."""
        cloud = self._samples.cloud()
        if cloud is None or cloud.n_points < ARRIVALS_MIN:
            return None
        slope = slope_of_many(cloud)
        if slope is None:
            return None
        b = _believable(slope.b)
        a = min(y - b * x for x, y in cloud.hull) - self._latency_ns
        touch_ns = TOUCH_FLOOR_NS + 4 * touch_of_many(cloud)
        return Line(a, b, math.hypot(self._latency_sigma_ns, touch_ns), slope.sigma, slope.x_mid_s)

    def _is_bent(self, gap_ns: float) -> bool:
        """Whether no straight line fits; looked at once a block, for it takes time."""
        keys = self._samples.keys
        if self._bend_key == keys[-1]:
            return False
        self._bend_ns = 0.0
        while len(keys) >= BEND_BLOCKS_MIN:
            middle_key = keys[len(keys) // 2]
            older, newer = self._slope(keys[0], middle_key), self._slope(middle_key, keys[-1] + 1)
            if older is not None and newer is not None:
                # A parabola whose halves differ so in slope leaves its chord by this much.
                per_slope_s = (newer.x_mid_s - older.x_mid_s) / 2
                bend_ns = abs(newer.b - older.b) * per_slope_s
                chance_ns = math.hypot(newer.sigma, older.sigma) * per_slope_s
                more_ns = max(0.0, bend_ns - chance_ns)
                self._bend_ns = max(self._bend_ns, more_ns)
                if bend_ns > max(BEND_SHARE * gap_ns, BEND_SIGMAS * chance_ns):
                    return True
            keys = keys[len(keys) // 2 :]
        self._bend_key = keys[-1]
        return False

    def _slope(self, first_key: int, end_key: int) -> Slope | None:
        """Slope of the blocks from `first_key` to before `end_key`."""
        x0, x1 = first_key * BLOCK_S, end_key * BLOCK_S
        answers = sorted(p for p in self._answers if x0 <= p[0] < x1)
        pings = sorted(p for p in self._pings if x0 <= p[0] < x1)
        cloud = self._samples.cloud(first_key, end_key)
        return _Edges(cloud, answers, pings, self._slack_ns).slope()

    def _forget_through(self, key: int) -> None:
        self._samples.forget_through(key)
        for points in (self._answers, self._pings):
            while len(points) > EXCHANGES_MIN and points[0][0] < (key + 1) * BLOCK_S:
                points.popleft()


@dataclass(frozen=True, slots=True)
class _Strip:
    """What is between the earliest arrivals and the latest pings, at x = 0."""

    middle_ns: float
    gap_ns: float
    top_touch_ns: float
    bottom_touch_ns: float

    @property
    def touch_ns(self) -> float:
        """One-sigma of the middle, by touch alone."""
        return math.hypot(self.top_touch_ns, self.bottom_touch_ns) / 2

    def line(self, slope: Slope, drift_ns: float) -> Line:
        """Give the line midway, with all that may be wrong with it."""
        delays_ns = max(0.0, self.gap_ns - self.top_touch_ns - self.bottom_touch_ns)
        unseen_ns = SIGMA_PER_HALF_GAP * delays_ns / 2
        sigma_ns = math.hypot(unseen_ns, self.touch_ns, TOUCH_FLOOR_NS, drift_ns)
        return Line(self.middle_ns, _believable(slope.b), sigma_ns, slope.sigma, slope.x_mid_s)


@dataclass(frozen=True, slots=True)
class _Edges:
    """The points of a window, sorted; those of pings are mirrored."""

    samples: Cloud | None
    answers: list[Point]
    pings: list[Point]
    slack_ns: float

    def slope(self) -> Slope | None:
        """Slope of all there is, a resonator's tolerance included."""
        above, below = slope_of_few(self.answers), slope_of_few(self.pings)
        known = [above] if above is not None else []
        if below is not None:
            known.append(Slope(-below.b, below.sigma, below.x_mid_s))
        samples = None if self.samples is None else slope_of_many(self.samples)
        if samples is not None:
            known.append(checked_slope(samples, mean_slope(known)) if known else samples)
        if not known:
            return None
        mean = mean_slope(known)
        return mean_slope([mean, Slope(0.0, RATE_SIGMA_NS_PER_S, mean.x_mid_s)])

    def strip(self, slope: Slope) -> _Strip:
        """Lay a strip of this slope between the edges."""
        b = _believable(slope.b)
        top = min([y - b * x for x, y in self.answers])
        top_touch = touch_of_few(self.answers, b)
        if self.samples is not None:
            # Whatever is behind both is exponential with the answers' touch as its mean if
            # any slack is as likely as any other; with the slack's own mean, it is less.
            top = min(top, *[y - b * x for x, y in self.samples.hull])
            x0, x1 = self.samples.hull[0][0], self.samples.hull[-1][0]
            in_step_ns = max(0.0, FRAME_NS - abs(b) * (x1 - x0))
            slack_ns = self.slack_ns + in_step_ns / 2
            top_touch = top_touch * slack_ns / (top_touch + slack_ns)
        bottom = max([-y - b * x for x, y in self.pings])
        bottom_touch = touch_of_few(self.pings, -b)
        middle = (top - top_touch + bottom + bottom_touch) / 2
        return _Strip(middle, top - bottom, top_touch, bottom_touch)


def _believable(b_ns_per_s: float) -> float:
    most = RATE_ERROR_MAX * NS_PER_S
    return min(max(b_ns_per_s, -most), most)
