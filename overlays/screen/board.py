"""The newest mirror picture, where one thread puts it and any number look.

Takes packed pictures, gives each viewer the newest one that it has not had; nothing waits for a
viewer, and what a slow one misses is gone. It knows whether anybody looks, so that pictures that
nobody sees are never drawn.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from mr.clock.host import NowNs, host_now_ns

LOOKS_NS = 2_000_000_000
"""Who has asked within so long is looking."""


@dataclass(frozen=True, slots=True)
class Newest:
    """What a viewer is told."""

    number: int
    """Of the picture; 0 before the first."""
    jpeg: bytes | None
    """None: there is nothing that the viewer does not have."""
    age_ns: int | None
    """Of what the newest picture shows; None: there is none."""
    ended: bool


class Board:
    """One session's newest picture."""

    def __init__(self, now: NowNs = host_now_ns) -> None:
        self._now = now
        self._changed = threading.Condition()
        self._number = 0
        self._jpeg: bytes | None = None
        self._t_ns: int | None = None
        self._looked_ns: int | None = None
        self._ended = False

    def put(self, jpeg: bytes, t_ns: int) -> None:
        """Show a picture of an instant to all who look."""
        with self._changed:
            self._jpeg, self._t_ns, self._number = jpeg, t_ns, self._number + 1
            self._changed.notify_all()

    def end(self) -> None:
        """Tell all who look that nothing more will come."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def watched(self) -> bool:
        """Whether anybody looks."""
        looked_ns = self._looked_ns
        return looked_ns is not None and self._now() - looked_ns < LOOKS_NS

    def wait_for_a_look(self, limit_s: float) -> None:
        """Wait until somebody looks, but not for long."""
        with self._changed:
            if not self.watched:
                self._changed.wait(limit_s)

    def newer_than(self, number: int, limit_s: float) -> Newest:
        """Give the newest picture as soon as it is another one than `number`.

        After `limit_s`, and when the session has ended, it comes without a picture.
        """
        with self._changed:
            if not self.watched:
                self._jpeg = self._t_ns = None  # drawn for somebody who has gone
            self._looked_ns = self._now()
            self._changed.notify_all()  # who draws may be waiting for a look
            self._changed.wait_for(lambda: self._ended or self._is_news(number), limit_s)
            self._looked_ns = self._now()
            jpeg = self._jpeg if self._is_news(number) else None
            age_ns = None if self._t_ns is None else self._now() - self._t_ns
            return Newest(self._number, jpeg, age_ns, self._ended)

    def _is_news(self, number: int) -> bool:
        return self._jpeg is not None and self._number != number
