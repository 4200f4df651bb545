"""The last seconds of the motion, raw and smoothed, as columns.

Takes blocks of motion, gives windows of them; leaves finding turns to `mr.metrics.turning`
and fitting to `mr.metrics.strokes`. Samples are known by a running number `k` from the
signal's start, and by their place in the columns, which old ones leave.

A block may reach further than the turn that is looked at: only what had come when the
turn showed is in sight, so that it does not matter where blocks end.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mr.blocks import ChestBlock
from mr.types import FloatArray

KEEP_S = 8.0
"""So much of the past is kept for fits at least; longer than any stroke with its rest."""
REACH_S = 0.15
"""Fits reach so far to both sides of a turn."""
REACH_K = 3
"""A slow signal's fits reach so many samples."""
ROOM = 8192
SLOW = 0.7
"""Samples so far apart, in half widths of the mean, that no second one lies within."""
COLUMNS = 11
T, DEPTH, SIGMA, FORCE, HAND_X, HAND_Y, HAND_SIGMA, ZERO, SOURCE, SMOOTH, NEEDED = range(COLUMNS)


class History:
    """Raw and smoothed samples of the last seconds.

    The smoothed value at `k` is the mean of the raw ones within half of `smoothing_s`
    on both sides; it is known once a sample beyond that has come. Of a slow signal the
    next sample is enough: the one after it lies beyond the mean.
    """

    def __init__(self, smoothing_s: float) -> None:
        self.smoothing_s = smoothing_s
        self._half_s = 0.5 * smoothing_s + 1e-9
        self._first = 0
        self._data = np.zeros((COLUMNS, ROOM))
        self._n_all = 0
        self.n = 0
        """Samples in sight."""
        self.n_smooth = 0
        self._needed_k = 0
        """Running number of the sample with which the last smoothed value was known."""
        self._sources: list[tuple[str, ...]] = []
        self._only: frozenset[str] = frozenset()
        """What made all samples, while there is one kind of them."""

    # --- in ---------------------------------------------------------------------------

    def append(self, t_s: FloatArray, block: ChestBlock) -> None:
        """Take in raw samples; they are in sight."""
        n = len(t_s)
        self._make_room(n)
        if block.sources not in self._sources:
            self._sources.append(block.sources)
            self._only = frozenset(block.sources)
        new = self._data[:, self._n_all : self._n_all + n]
        new[T], new[DEPTH], new[SIGMA], new[FORCE] = (
            t_s,
            block.depth_m,
            block.sigma_m,
            block.force_n,
        )
        new[HAND_X], new[HAND_Y] = block.hand_offset_m.T
        new[HAND_SIGMA], new[ZERO] = block.hand_sigma_m, block.zero_known
        new[SOURCE] = self._sources.index(block.sources)
        self._n_all += n
        self.n = self._n_all

    def _make_room(self, n: int) -> None:
        """Let what is old go, and grow when that is not enough."""
        if self._n_all + n < self._data.shape[1]:  # one is spare, for the last mean's end
            return
        oldest_s = self._data[T, max(self.n_smooth - 1, 0)] - KEEP_S
        cut = int(np.searchsorted(self._data[T, : self._n_all], oldest_s))
        kept = self._data[:, cut : self._n_all]
        room = max(ROOM, 2 * (kept.shape[1] + n))
        self._data, old = np.zeros((COLUMNS, room)), kept
        self._data[:, : old.shape[1]] = old
        self._first += cut
        self._n_all -= cut
        self.n -= cut
        self.n_smooth -= cut

    def smooth_more(self, last: bool) -> None:
        """Smooth what can be; at the signal's `last` sample, all that is left."""
        t_s, a, n = self._data[T, : self._n_all], self.n_smooth, self._n_all
        if a == n:
            return
        needed = np.searchsorted(t_s, t_s[a:] + self._half_s)
        slow = np.flatnonzero(t_s[a + 1 :] - t_s[a:-1] > SLOW * self._half_s)
        needed[slow] = np.minimum(needed[slow], a + slow + 1)
        needed[0] = max(needed[0], self._needed_k - self._first)
        needed = np.maximum.accumulate(needed)
        if last:
            needed = np.minimum(needed, n - 1)
        b = a + int(np.searchsorted(needed, n))
        if b == a:
            return
        needed = needed[: b - a]
        low = t_s.searchsorted(t_s[a:b] - self._half_s)
        high = t_s.searchsorted(t_s[a:b] + self._half_s, "right")
        high = np.minimum(high, needed + 1)
        first = int(low[0])
        bounds = np.stack([low, high], axis=1).ravel() - first
        depths = self._data[DEPTH, first : self._n_all + 1]
        self._data[SMOOTH, a:b] = np.add.reduceat(depths, bounds)[::2] / (high - low)
        self._data[NEEDED, a:b] = self._first + needed
        self._needed_k = self._first + int(needed[-1])
        self.n_smooth = b

    def look_from(self, i: int) -> float:
        """Have in sight what had come when the value smoothed at place `i` was known.

        Gives the time (s) of the newest sample in sight.
        """
        newest = int(self._data[NEEDED, i]) - self._first
        self.n = newest + 1
        return float(self._data[T, newest])

    def look_at_all(self) -> None:
        """Have all in sight."""
        self.n = self._n_all

    # --- out --------------------------------------------------------------------------

    @property
    def t_s(self) -> FloatArray:
        """Times of the samples in sight."""
        return self._data[T, : self.n]

    @property
    def smooth(self) -> FloatArray:
        """Smoothed depths (m), as far as they are known."""
        return self._data[SMOOTH, : self.n_smooth]

    def smoothed(self, i: int) -> tuple[float, float]:
        """Give time (s) and smoothed depth (m) at a place."""
        return float(self._data[T, i]), float(self._data[SMOOTH, i])

    def column(self, which: int, a: int, b: int) -> FloatArray:
        """Give one column between two places."""
        return self._data[which, a:b]

    def sources(self, a: int, b: int) -> frozenset[str]:
        """Name what made the samples between two places."""
        if len(self._sources) == 1:
            return self._only
        ids = self._data[SOURCE, a:b]
        if ids[0] == ids[-1] and (ids == ids[0]).all():
            return frozenset(self._sources[int(ids[0])])
        return frozenset(name for k in set(ids.tolist()) for name in self._sources[int(k)])

    def k(self, i: int) -> int:
        """Give the running number of a place."""
        return self._first + i

    def at(self, k: int) -> int:
        """Give the place of running number `k` (the oldest kept, if it is gone)."""
        return max(k - self._first, 0)

    def index_at(self, t_s: float) -> int:
        """Give the first place at or after `t_s`."""
        return int(self._data[T, : self.n].searchsorted(t_s))

    def fell_at_end(self, span_s: float) -> float:
        """How much the smoothed curve fell over the last `span_s` of what has come."""
        smooth = self.smooth
        i = self.index_at(float(self._data[T, self.n_smooth - 1]) - span_s)
        return float(smooth[i] - smooth[-1])

    def window(
        self, from_s: float, to_s: float | None = None, reach_s: float = REACH_S
    ) -> tuple[int, int]:
        """Bounds [a, b) from so far before one instant to so far after another."""
        to_s = from_s if to_s is None else to_s
        at_s = (from_s - reach_s, from_s, to_s + reach_s, to_s)
        far, near, far_end, end = self._data[T, : self.n].searchsorted(at_s).tolist()
        a, b = min(far, near - REACH_K), max(far_end, end + REACH_K + 1)
        return max(a, 0), min(b, self.n)

    def raw(self, a: int, b: int) -> tuple[FloatArray, FloatArray]:
        """Times (s) and raw depths (m) between two places."""
        return self._data[T, a:b].copy(), self._data[DEPTH, a:b].copy()

    def crossings(self, k_from: int, k_to: int, levels: Sequence[float]) -> list[float]:
        """Times (s) at which the smoothed curve crosses levels, walking from one k to another.

        Walks from `k_from` (the peak's side) and gives the first crossing below each level;
        the end of the walk when there is none.
        """
        i, end = self.at(k_from), self.at(k_to)
        low, high = min(i, end), max(i, end)
        t_s, y = self._data[T, low : high + 1], self._data[SMOOTH, low : high + 1]
        if end < i:
            t_s, y = t_s[::-1], y[::-1]
        below = np.minimum.accumulate(y)
        found = []
        for level in levels:
            # The first value at or below a level is the first of the falling minimum.
            j = len(y) - int(below[::-1].searchsorted(level, "right"))
            if j == 0 or j == len(y):
                found.append(float(t_s[-1]))
                continue
            t0_s, t1_s, y0, y1 = float(t_s[j - 1]), float(t_s[j]), float(y[j - 1]), float(y[j])
            found.append(t0_s + (t1_s - t0_s) * (y0 - level) / (y0 - y1))
        return found
