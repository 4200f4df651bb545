"""The tightest convex line under a cloud of points that grows and forgets.

Takes points (x, y) nearly in order of x, gives the lower convex hull of the last blocks
of them; leaves what x and y mean to `mr.clock.line`. An upper hull is the lower hull of
the mirrored points. Cost is bounded: a block keeps its hull only, old blocks go.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from mr.types import FloatArray

Point = tuple[float, float]
PASSES, FEW = 6, 32
"""So often points are thinned out, but not so few: the exact hull of these takes no longer."""


def lower_hull(points: list[Point]) -> list[Point]:
    """Give the lower convex hull of points sorted by x (Andrew's monotone chain)."""
    hull: list[Point] = []
    n = 0
    for point in points:
        x, y = point
        if n and x <= hull[-1][0]:
            if y >= hull[-1][1]:
                continue
            hull.pop()
            n -= 1
        while n > 1:
            x0, y0 = hull[-2]
            x1, y1 = hull[-1]
            if (y1 - y0) * (x - x0) < (y - y0) * (x1 - x0):
                break
            hull.pop()
            n -= 1
        hull.append(point)
        n += 1
    return hull


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


def without_inner(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Leave out points, sorted by x, that lie above the line between their neighbours.

    No point of the lower hull is among them. Of delays drawn by chance a few passes leave
    a tenth, so that the exact hull is made of few.
    """
    for _ in range(PASSES):
        if len(x) < FEW:
            break
        chord = y[:-2] * (x[2:] - x[1:-1]) + y[2:] * (x[1:-1] - x[:-2])
        keep = np.ones(len(x), dtype=bool)
        keep[1:-1] = y[1:-1] * (x[2:] - x[:-2]) <= chord
        x, y = x[keep], y[keep]
    return x, y


@dataclass(slots=True)
class _Block:
    """The points of one span of x; what came since the hull was last made waits."""

    key: int
    hull: list[Point] = field(default_factory=list)
    n: int = 0
    sum_x: float = 0.0
    sum_y: float = 0.0
    waiting_x: array[float] = field(default_factory=lambda: array("d"))
    waiting_y: array[float] = field(default_factory=lambda: array("d"))

    def wait(self, x: FloatArray, y: FloatArray) -> None:
        """Have points wait."""
        self.waiting_x.frombytes(x.tobytes())
        self.waiting_y.frombytes(y.tobytes())

    def settle(self) -> None:
        """Take in what waits."""
        if not self.waiting_x:
            return
        x, y = np.array(self.waiting_x), np.array(self.waiting_y)
        del self.waiting_x[:], self.waiting_y[:]
        self.n += len(x)
        self.sum_x += float(x.sum())
        self.sum_y += float(y.sum())
        if not (x[1:] > x[:-1]).all():
            order = np.lexsort((y, x))
            x, y = x[order], y[order]
        x, y = without_inner(x, y)
        new = list(zip(x.tolist(), y.tolist(), strict=True))
        self.hull = lower_hull(sorted([*self.hull, *new]))


@dataclass(frozen=True, slots=True)
class Cloud:
    """Some blocks' points: their hull, how many they are, and their centroid."""

    hull: list[Point]
    n_points: int
    mean: Point


class GrowingHull:
    """The lower hull of the points of the last `n_blocks` blocks of `block_x` each.

    Points wait until a hull is asked for: the result depends on when that is, and not on
    how the points came, one by one or many at once.
    """

    def __init__(self, block_x: float, n_blocks: int) -> None:
        self._block_x = block_x
        self._n_blocks = n_blocks
        self._blocks: deque[_Block] = deque()

    @property
    def keys(self) -> list[int]:
        """Numbers of the blocks that are kept, oldest first."""
        return [block.key for block in self._blocks]

    def add(self, x: float, y: float) -> None:
        """Take in one point; it may be a little older than the one before it."""
        block = self._block(int(x // self._block_x))
        block.waiting_x.append(x)
        block.waiting_y.append(y)

    def add_many(self, x: FloatArray, y: FloatArray) -> None:
        """Take in points (N,), the same as one after another."""
        keys = x // self._block_x
        if (keys == keys[0]).all():
            self._block(int(keys[0])).wait(x, y)
            return
        keys = np.maximum.accumulate(keys)
        ends = np.flatnonzero(np.diff(keys, append=np.inf)) + 1
        start = 0
        for end in ends.tolist():
            self._block(int(keys[start])).wait(x[start:end], y[start:end])
            start = end

    def _block(self, key: int) -> _Block:
        """Give the block that a point of this key goes into: none older than the newest."""
        if not self._blocks or key > self._blocks[-1].key:
            self._blocks.append(_Block(key))
            self.forget_through(key - self._n_blocks)
        return self._blocks[-1]

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
        for block in blocks:
            block.settle()
        n = sum(block.n for block in blocks)
        if not n:
            return None
        points = [point for block in blocks for point in block.hull]
        mean = sum(b.sum_x for b in blocks) / n, sum(b.sum_y for b in blocks) / n
        return Cloud(lower_hull(sorted(points)), n, mean)
