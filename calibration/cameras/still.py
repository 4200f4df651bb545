"""A board that is held still: when, seen by whom, with how many depth frames.

Takes pictures of one camera as they come, with what was found in them, gives a view once the
board has rested for a while; leaves whether the view is of use to the guides. A board that has
been given once has to move before it is given again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.boards.charuco import BoardView

STILL_S = 0.4
STILL_PX = 0.7
"""Corners of a board in steady hands wander by some tenths of a pixel."""
MOVED_PX = 8.0
MIN_CORNERS = 8
NARROW_PX = 4.0
"""Rms of corners across the line that they lie along: one row of them tells no plane."""


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
    """Watches one camera's pictures for a board at rest.

    Parameters
    ----------
    least_depths
        So many different depth frames belong to a rest: slow ones make it longer.
    """

    def __init__(self, least_depths: int = 0) -> None:
        self._least_depths = least_depths
        self._window: deque[Seen] = deque()
        self._given: BoardView | None = None

    def step(self, seen: Seen) -> Rested | None:
        """Take a picture; give the board if it has just come to rest at a new place."""
        window = self._window
        if not is_seen(seen.view):
            window.clear()
            return None
        if window and _apart_px(window[0].view, seen.view) > STILL_PX:
            window.clear()
        window.append(seen)
        depths = self._trimmed(seen.t_s)
        if seen.t_s - window[0].t_s < STILL_S or len(depths) < self._least_depths:
            return None
        if self._given is not None and _apart_px(self._given, seen.view) < MOVED_PX:
            return None
        self._given = seen.view
        window.clear()
        return Rested(seen.view, depths, seen.m_per_count)

    def _trimmed(self, now_s: float) -> tuple[npt.NDArray[np.uint16], ...]:
        """Let go of what is older than a rest needs: a board may lie for hours."""
        window = self._window
        depths = _different(window)
        while len(window) > 2 and now_s - window[1].t_s >= STILL_S:
            without = _different(tuple(window)[1:])
            if len(without) < min(self._least_depths, len(depths)):
                break
            window.popleft()
            depths = without
        return depths

    def forget(self) -> None:
        """Let the board be given again where it lies: the technician has said that it is meant."""
        self._given = None
        self._window.clear()


def is_seen(view: BoardView) -> bool:
    """Tell whether a view shows enough of a board to tell where it is."""
    if len(view.ids) < MIN_CORNERS:
        return False
    around_px = view.corners_px - view.corners_px.mean(axis=0)
    narrow_px = float(np.linalg.svd(around_px, compute_uv=False)[1]) / np.sqrt(len(around_px))
    return bool(narrow_px > NARROW_PX)


def _different(window: Iterable[Seen]) -> tuple[npt.NDArray[np.uint16], ...]:
    depths = {id(s.depth_counts): s.depth_counts for s in window if s.depth_counts is not None}
    return tuple(depths.values())


def _apart_px(a: BoardView, b: BoardView) -> float:
    """Give how far common corners moved on the mean; infinite when there are too few."""
    _, here, there = np.intersect1d(a.ids, b.ids, return_indices=True)
    if len(here) < MIN_CORNERS:
        return float("inf")
    return float(np.hypot(*(a.corners_px[here] - b.corners_px[there]).T).mean())
