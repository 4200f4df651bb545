"""A board that is held still: when, seen by whom, with how many depth frames.

Takes pictures of one camera as they come, with what was found in them, gives a view once the
board has rested for a while; leaves whether the view is of use to the guides. A board that has
been given once has to move before it is given again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.boards.charuco import BoardView

STILL_S = 0.4
STILL_PX = 0.7
"""Corners of a board in steady hands wander by some tenths of a pixel."""
MOVED_PX = 8.0
MIN_CORNERS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One picture with its board, and the depth frame nearest to it."""

    t_s: float
    view: BoardView
    depth_counts: npt.NDArray[np.uint16] | None
    m_per_count: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Rested:
    """A board that has rested."""

    view: BoardView
    depths: tuple[npt.NDArray[np.uint16], ...]
    """Different depth frames of the rest."""
    m_per_count: float


class StillBoard:
    """Watches one camera's pictures for a board at rest."""

    def __init__(self) -> None:
        self._window: deque[Seen] = deque()
        self._given: BoardView | None = None

    def step(self, seen: Seen) -> Rested | None:
        """Take a picture; give the board if it has just come to rest at a new place."""
        window = self._window
        if len(seen.view.ids) < MIN_CORNERS:
            window.clear()
            return None
        if window and _apart_px(window[0].view, seen.view) > STILL_PX:
            window.clear()
        window.append(seen)
        if seen.t_s - window[0].t_s < STILL_S:
            return None
        if self._given is not None and _apart_px(self._given, seen.view) < MOVED_PX:
            return None
        self._given = seen.view
        depths = {id(s.depth_counts): s.depth_counts for s in window if s.depth_counts is not None}
        rested = Rested(seen.view, tuple(depths.values()), seen.m_per_count)
        window.clear()
        return rested

    def forget(self) -> None:
        """Let the board be given again where it lies: the technician has said that it is meant."""
        self._given = None
        self._window.clear()


def _apart_px(a: BoardView, b: BoardView) -> float:
    """Give how far common corners moved on the mean; infinite when there are too few."""
    _, here, there = np.intersect1d(a.ids, b.ids, return_indices=True)
    if len(here) < MIN_CORNERS:
        return float("inf")
    return float(np.hypot(*(a.corners_px[here] - b.corners_px[there]).T).mean())
