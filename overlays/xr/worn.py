"""How long a headset has been worn at a stretch, as its frames tell.

Takes when frames are seen, gives the time so far; leaves when to rest to `overlays.comfort`. A
headset that is taken off, lost and opened again, or asleep is not worn then, but the eyes have
not rested either until `REST_MINUTES` are over. One object lasts as long as the view's process,
over any number of sessions of the headset.
"""

from __future__ import annotations

from overlays.comfort import REST_MINUTES

GAP_NS = 2_000_000_000
"""Frames follow each other within 0.1 s; what lies in a longer gap was not worn. Ours."""
REST_NS = REST_MINUTES * 60 * 1_000_000_000


class WornTime:
    """The time between frames, summed."""

    def __init__(self) -> None:
        self._last_ns: int | None = None
        self._worn_ns = 0

    def frame(self, t_ns: int) -> float:
        """Take in when a frame is seen; give how long the headset has been worn, s."""
        gap_ns = 0 if self._last_ns is None else t_ns - self._last_ns
        self._last_ns = t_ns
        if gap_ns >= REST_NS:
            self._worn_ns = 0
        elif 0 < gap_ns <= GAP_NS:
            self._worn_ns += gap_ns
        return self._worn_ns / 1e9
