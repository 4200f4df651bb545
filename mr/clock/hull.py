"""The tightest convex line under a cloud of points that grows and forgets.

Takes points (x, y) nearly in order of x, gives the lower convex hull of the last blocks
of them; leaves what x and y mean to `mr.clock.line`. An upper hull is the lower hull of
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


def flat_part(hull: list[Point], steepest: float) -> list[Point]:
    """Give the part of a hull no edge of which is steeper: its ends may be mere delays."""
    first, last = 0, len(hull) - 1
    while first < last and _is_steep(hull[first], hull[first + 1], steepest):
        first += 1
    while first < last and _is_steep(hull[last - 1], hull[last], steepest):
        last -= 1
    return hull[first : last + 1]


def _is_steep(a: Point, b: Point, steepest: float) -> bool:
    return abs(b[1] - a[1]) > steepest * (b[0] - a[0])


@dataclass(slots=True)
class _Block:
    key: int
    hull: list[Point] = field(default_factory=list)
    n: int = 0
    sum_x: float = 0.0
    sum_y: float = 0.0


@dataclass(frozen=True, slots=True)
class Cloud:
    """Some blocks' points: their hull, how many they are, and their centroid."""

    hull: list[Point]
    n_points: int
    mean: Point


class GrowingHull:
    """The lower hull of the points of the last `n_blocks` blocks of `block_x` each."""

    def __init__(self, block_x: float, n_blocks: int) -> None:
        self._block_x = block_x
        self._n_blocks = n_blocks
        self._blocks: deque[_Block] = deque()

    @property
    def keys(self) -> list[int]:
        """Numbers of the blocks that are kept, oldest first."""
        return [block.key for block in self._blocks]

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

    def cloud(self, first_key: int | None = None, end_key: int | None = None) -> Cloud | None:
        """Give the points of the blocks from `first_key` to before `end_key`, if any."""
        blocks = [
            block
            for block in self._blocks
            if (first_key is None or block.key >= first_key)
            and (end_key is None or block.key < end_key)
        ]
        n = sum(block.n for block in blocks)
        if not n:
            return None
        points = sorted(point for block in blocks for point in block.hull)
        mean = sum(b.sum_x for b in blocks) / n, sum(b.sum_y for b in blocks) / n
        return Cloud(lower_hull(points), n, mean)
