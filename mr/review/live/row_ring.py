"""The newest motion of one rig, shared by all its viewers.

Takes rows as they arrive, gives those since a viewer's place; leaves sending to
`mr.review.live.hub`. Memory is bounded by the rig and not by how slow its viewers are.
"""

from __future__ import annotations

import numpy as np

from mr.review.live.frames import Motion

CAPACITY = 2048
"""10 s at 200 Hz."""


class RowRing:
    """Rows have numbers from 0 on; the last `CAPACITY` of them are there."""

    def __init__(self) -> None:
        self._t_ns = np.zeros(CAPACITY, np.int64)
        self._depth_mm = np.zeros(CAPACITY)
        self._sigma_mm = np.zeros(CAPACITY)
        self.end = 0
        """The number that the next row will have."""
        self._last_ns: int | None = None

    def restart(self) -> None:
        """Expect another clock: the rig may have been switched off between."""
        self._last_ns = None

    def add(self, motion: Motion) -> None:
        """Take in rows; those that are no later than the last were here before."""
        first = 0
        if self._last_ns is not None:
            first = int(np.searchsorted(motion.t_ns, self._last_ns, side="right"))
        first = max(first, len(motion) - CAPACITY)
        n = len(motion) - first
        if n <= 0:
            return
        places = (self.end + np.arange(n)) % CAPACITY
        self._t_ns[places] = motion.t_ns[first:]
        self._depth_mm[places] = motion.depth_mm[first:]
        self._sigma_mm[places] = motion.sigma_mm[first:]
        self.end += n
        self._last_ns = int(motion.t_ns[-1])

    @property
    def newest_ns(self) -> int | None:
        """When the newest row was captured, on the rig's clock."""
        return self._last_ns

    def since(self, place: int, most: int) -> tuple[Motion, int]:
        """Give the newest rows from a place on, `most` at most, and how many were passed over.

        All of them are in order of time, so rows before a restart are passed over, too.
        """
        first = max(place, self.end - min(most, CAPACITY), 0)
        places = np.arange(first, self.end) % CAPACITY
        t_ns = self._t_ns[places]
        back = np.flatnonzero(np.diff(t_ns) < 0)
        if len(back):
            cut = int(back[-1]) + 1
            places, t_ns, first = places[cut:], t_ns[cut:], first + cut
        return Motion(t_ns, self._depth_mm[places], self._sigma_mm[places]), first - place
