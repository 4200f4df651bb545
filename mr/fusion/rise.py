"""How far a breath lifts the chest, as cameras see it while no hand is on it.

Takes heights of the bare chest, gives them smoothed and from one camera at a time; leaves
its wandering rest, and finding breaths, to `mr.metrics`. It is no volume: how far a chest
rises for half a litre is each mannequin's own.
"""

from __future__ import annotations

import math

SMOOTH_S = 0.12
"""Time constant of the mean over frames: a breath takes about a second to go in."""
GAP_S = 0.3
"""After a longer time without the bare chest the mean begins anew."""
SETTLE_S = 0.2
"""Hands that have only just left may still be in the patch."""


class ChestRise:
    """One camera's bare chest; of several the one that was first to see it, while it does."""

    def __init__(self) -> None:
        self._camera_id: str | None = None
        self._t_s = -math.inf
        self._since_s = 0.0
        self._height_m = 0.0

    def step(self, camera_id: str, t_s: float, height_m: float) -> float | None:
        """Take in a bare chest's height; None while it is not settled, or another's turn."""
        if t_s - self._t_s > GAP_S:
            self._camera_id, self._since_s, self._height_m = camera_id, t_s, height_m
        elif camera_id != self._camera_id:
            return None
        share = 1.0 - math.exp(-max(t_s - self._t_s, 0.0) / SMOOTH_S)
        self._height_m += share * (height_m - self._height_m)
        self._t_s = t_s
        return self._height_m if t_s - self._since_s >= SETTLE_S else None
