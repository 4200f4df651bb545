"""How far the points on one side of a line can be trusted: their slope and their touch.

Takes points (seconds, ns) that lie above a line by delays, gives the slope of their
lower edge and their *touch*: by how much the least of their delays is likely to be more
than the least possible. Leaves the line itself to `mr.clock.line`. Points below a line
are mirrored first (y negative), and so is their slope.

The smallest of n delays lie at even spacings above the least possible, and the touch is
the mean of such a spacing: it is exponential, its spread as large as its mean.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from mr.clock.hull import Cloud, Point, flat_part, height, lower_hull

NS_PER_S = 1_000_000_000
SPAN_MIN_S = 0.2
RATE_ERROR_MAX = 0.01
"""Ceramic resonators are ±0.5 %; a steeper edge is noise."""
TOUCH_FLOOR_NS = 5_000.0
"""Below this the host's own time-stamping is the noise."""
SPACINGS_MIN = 4
"""Fewer spacings tell no mean."""
UNLIKE_SIGMAS = 1.0
"""Two slopes that differ by more than this tell of something beside chance."""
OWN_SHARE = 0.2
"""Evenly spread points beat with a bridge's frames and can then follow those instead of
the device: their slope is no better than this share of what an independent one tells."""


@dataclass(frozen=True, slots=True)
class Slope:
    """A slope and its one-sigma (ns per s), of points around `x_mid_s`."""

    b: float
    sigma: float
    x_mid_s: float


def slope_of_few(points: list[Point]) -> Slope | None:
    """Slope of points sorted by x; each half is as good as it has points."""
    if len(points) <= SPACINGS_MIN:
        return None
    flat = flat_part(lower_hull(points), RATE_ERROR_MAX * NS_PER_S)
    if _span_s(flat) < SPAN_MIN_S:
        return None
    b, x_mid_s = _between_quartiles(flat)
    n = len(points)
    n_left = bisect_left(points, (x_mid_s,))
    ends_ns = 2 * n * touch_of_few(points, b)
    return Slope(b, _sigma(flat, ends_ns / max(1, n_left), ends_ns / max(1, n - n_left)), x_mid_s)


def slope_of_many(cloud: Cloud) -> Slope | None:
    """Slope of evenly spread points, of which only the hull is known."""
    flat = flat_part(cloud.hull, RATE_ERROR_MAX * NS_PER_S)
    if _span_s(flat) < SPAN_MIN_S:
        return None
    b, x_mid_s = _between_quartiles(flat)
    end_ns = 4 * touch_of_many(cloud)
    return Slope(b, _sigma(flat, end_ns, end_ns), x_mid_s)


def touch_of_few(points: list[Point], b: float) -> float:
    """Touch of a line of slope `b`, ns: the mean spacing of the least quarter of the delays.

    What comes much too late is not among these.
    """
    above = sorted([y - b * x for x, y in points])
    k = min(max(SPACINGS_MIN, len(above) // 4), len(above) - 1)
    return (above[k] - above[0]) / k


def touch_of_many(cloud: Cloud) -> float:
    """Touch of points of which only the hull is known, ns: their mean delay by their number."""
    x, y = cloud.mean
    return max(0.0, y - height(cloud.hull, x)) / cloud.n_points


def mean_slope(slopes: Sequence[Slope]) -> Slope:
    """Give their mean, each weighted by its trust."""
    b = x_mid_s = total = 0.0
    for slope in slopes:
        weight = slope.sigma**-2
        total += weight
        b += weight * slope.b
        x_mid_s += weight * slope.x_mid_s
    b, x_mid_s = b / total, x_mid_s / total
    return Slope(b, total**-0.5, x_mid_s)


def checked_slope(slope: Slope, other: Slope) -> Slope:
    """Give `slope` with the trust that is left to it beside an independent one.

    What the two differ by more than chance is a variance of its own.

    Ref: DerSimonian, Laird, Meta-analysis in clinical trials (1986).
    """
    unlike = (slope.b - other.b) ** 2 - UNLIKE_SIGMAS**2 * (slope.sigma**2 + other.sigma**2)
    own = max(unlike, (OWN_SHARE * other.sigma) ** 2)
    return Slope(slope.b, math.sqrt(slope.sigma**2 + own), slope.x_mid_s)


def _span_s(hull: list[Point]) -> float:
    return hull[-1][0] - hull[0][0]


def _between_quartiles(hull: list[Point]) -> tuple[float, float]:
    """Slope between the quartiles of the span, and its middle."""
    x0, x1 = hull[0][0], hull[-1][0]
    xa, xb = x0 + (x1 - x0) / 4, x1 - (x1 - x0) / 4
    return (height(hull, xb) - height(hull, xa)) / (xb - xa), (x0 + x1) / 2


def _sigma(hull: list[Point], left_ns: float, right_ns: float) -> float:
    both_ns = math.hypot(TOUCH_FLOOR_NS + left_ns, TOUCH_FLOOR_NS + right_ns)
    return both_ns / math.sqrt(2.0) / (_span_s(hull) / 2)
