"""How a rig's monotonic clock stands to the server's, by pings and their answers.

Takes exchanges, gives the newest trustworthy offset with its bound; leaves sending them to
`mr.review.live.hub`. The quickest exchange of the last ones is believed: what the network adds
to one way only cannot be told from an offset, and half of the quickest round trip bounds it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

KEPT = 16
"""At one ping in two seconds half a minute: a crystal's 50 ppm are 1.6 ms in it."""
PLAUSIBLE_NS = 10_000_000_000
"""An answer that took longer says nothing."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One ping: sent and answered by the server's clock, and the rig's instant between."""

    sent_ns: int
    rig_ns: int
    answered_ns: int

    @property
    def trip_ns(self) -> int:
        """How long it was under way, both ways."""
        return self.answered_ns - self.sent_ns

    @property
    def server_minus_rig_ns(self) -> int:
        """What to add to the rig's time, were both ways as long."""
        return (self.sent_ns + self.answered_ns) // 2 - self.rig_ns


class RigClock:
    """One rig's, for as long as it is connected."""

    def __init__(self) -> None:
        self._kept: deque[Exchange] = deque(maxlen=KEPT)

    def add(self, exchange: Exchange) -> None:
        """Take in an exchange; one from the future or of long ago is left out."""
        if 0 <= exchange.trip_ns <= PLAUSIBLE_NS:
            self._kept.append(exchange)

    @property
    def best(self) -> Exchange | None:
        """The quickest of the last exchanges; None before the first."""
        return min(self._kept, key=lambda e: e.trip_ns, default=None)

    def server_ns(self, rig_ns: int) -> int | None:
        """Put an instant of the rig on the server's clock; None while it is not known."""
        best = self.best
        return None if best is None else rig_ns + best.server_minus_rig_ns

    @property
    def bound_ns(self) -> int | None:
        """How far off `server_ns` may be, either way."""
        best = self.best
        return None if best is None else best.trip_ns // 2
