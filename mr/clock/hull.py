"""The tightest convex line under a cloud of points that grows and forgets.

Takes points (x, y) nearly in order of x, gives the lower convex hull of the last blocks
of them; leaves what x and y mean to `mr.clock.ticks`. An upper hull is the lower hull of
the mirrored points. Cost is bounded: a block keeps its hull only, old blocks go.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque

Point = tuple[float, float]


def lower_hull(points: list[Point]) -> list[Point]:
    """Give the lower convex hull of points sorted by x (Andrew's monotone chain)."""
    hull: list[Point] = []
    for point in points:
        push(hull, point)
    return hull


def push(hull: list[Point], point: Point) -> None:
    """Add a point at the right end of a lower hull, in place."""
    x, y = point
    if hull and x <= hull[-1][0]:
        if y >= hull[-1][1]:
            return
        hull.pop()
    while len(hull) > 1:
        (x0, y0), (x1, y1) = hull[-2], hull[-1]
        if (y1 - y0) * (x - x0) < (y - y0) * (x1 - x0):
            break
        hull.pop()
    hull.append(point)


def height(hull: list[Point], x: float) -> float:
    """Give the hull's y at `x`, which lies between its ends."""
    k = min(max(bisect_right(hull, (x, float("inf"))), 1), len(hull) - 1)
    (x0, y0), (x1, y1) = hull[k - 1], hull[k]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


class GrowingHull:
    """The lower hull of the points of the last `n_blocks` blocks of `block_x` each."""

    def __init__(self, block_x: float, n_blocks: int) -> None:
        self._block_x = block_x
        self._n_blocks = n_blocks
        self._blocks: deque[tuple[int, list[Point]]] = deque()
        self.n_points = 0
        """Points taken in since the start or `clear`."""

    def add(self, x: float, y: float) -> None:
        """Take in one point; it may be a little older than the last one."""
        self.n_points += 1
        key = int(x // self._block_x)
        if not self._blocks or key > self._blocks[-1][0]:
            self._blocks.append((key, []))
        hull = self._blocks[-1][1]
        if hull and x < hull[-1][0]:
            hull[:] = lower_hull(sorted([*hull, (x, y)]))
        else:
            push(hull, (x, y))
        while self._blocks[0][0] <= key - self._n_blocks:
            self._blocks.popleft()

    def forget_before(self, x: float) -> None:
        """Drop whole blocks that end before `x`."""
        while self._blocks and (self._blocks[0][0] + 1) * self._block_x <= x:
            self._blocks.popleft()

    def hull(self) -> list[Point]:
        """Give the hull of all that is kept."""
        return lower_hull([point for _, block in self._blocks for point in block])
