"""The tightest convex line under a cloud of points that grows and forgets.

Takes points (x, y) nearly in order of x, gives the lower convex hull of the last blocks
of them; leaves what x and y mean to `mr.clock.ticks`. An upper hull is the lower hull of
the mirrored points. Cost is bounded: a block keeps its hull only, old blocks go.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field

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


@dataclass(slots=True)
class _Block:
    key: int
    hull: list[Point] = field(default_factory=list)
    n: int = 0
    sum_x: float = 0.0
    sum_y: float = 0.0


class GrowingHull:
    """The lower hull of the points of the last `n_blocks` blocks of `block_x` each."""

    def __init__(self, block_x: float, n_blocks: int) -> None:
        self._block_x = block_x
        self._n_blocks = n_blocks
        self._blocks: deque[_Block] = deque()

    @property
    def n_points(self) -> int:
        """Points in the blocks that are kept."""
        return sum(block.n for block in self._blocks)

    @property
    def oldest_key(self) -> int:
        """Number of the oldest block that is kept."""
        return self._blocks[0].key

    @property
    def newest_key(self) -> int:
        """Number of the newest block."""
        return self._blocks[-1].key

    def add(self, x: float, y: float) -> None:
        """Take in one point; it may be a little older than the last one."""
        key = int(x // self._block_x)
        if not self._blocks or key > self._blocks[-1].key:
            self._blocks.append(_Block(key))
            self.forget_through(key - self._n_blocks)
        block = self._blocks[-1]
        block.n += 1
        block.sum_x += x
        block.sum_y += y
        if block.hull and x < block.hull[-1][0]:
            block.hull = lower_hull(sorted([*block.hull, (x, y)]))
        else:
            push(block.hull, (x, y))

    def forget_through(self, key: int) -> None:
        """Drop the blocks up to and with number `key`."""
        while self._blocks and self._blocks[0].key <= key:
            self._blocks.popleft()

    def hull(self) -> list[Point]:
        """Give the hull of all that is kept."""
        points = [point for block in self._blocks for point in block.hull]
        return lower_hull(sorted(points))

    def mean_point(self) -> Point:
        """Give the centroid of all points that are kept, not of the hull alone."""
        n = self.n_points
        return sum(b.sum_x for b in self._blocks) / n, sum(b.sum_y for b in self._blocks) / n
