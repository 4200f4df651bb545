"""A recording that plays in step with a clock.

Takes samples at the instants of their own clock, gives each when its time has come by
another; leaves reading the file to `mr.devices.realsense.source`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

from mr.clock.host import NowNs
from mr.types import ColorFrame, DepthFrame

Frame = DepthFrame | ColorFrame


class InStep:
    """Holds samples back until they are due; the first is due at once."""

    def __init__(self, now: NowNs) -> None:
        self._now = now
        self._shift_ns: int | None = None
        self._waiting: deque[Frame] = deque()

    @property
    def waiting(self) -> bool:
        """Whether a sample is held back."""
        return bool(self._waiting)

    def put(self, frames: Iterable[Frame]) -> None:
        """Take in what comes next; its arrival is moved to the other clock."""
        for frame in frames:
            if self._shift_ns is None:
                self._shift_ns = self._now() - frame.arrival.arrival_ns
            arrival_ns = frame.arrival.arrival_ns + self._shift_ns
            self._waiting.append(
                replace(frame, arrival=replace(frame.arrival, arrival_ns=arrival_ns))
            )

    def due(self) -> Sequence[Frame]:
        """Give what is due now."""
        due = []
        while self._waiting and self._waiting[0].arrival.arrival_ns <= self._now():
            due.append(self._waiting.popleft())
        return due
