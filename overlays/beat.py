"""The metronome's beat on the host's clock, so that it can be heard and seen as one.

Takes a period and an origin that were agreed before a session's processes start, gives the phase
at an instant and the click track's sample at that instant. `overlays.sound` begins its clicks by
it; a view asks it for the phase of what it draws. It reads no clock and adapts to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

FASTEST_CPM = 180.0
"""Three a second: nothing may flash faster. Ref: WCAG 2.2, three flashes (2.3.1)."""


@dataclass(frozen=True, slots=True)
class Beat:
    """A steady beat: click k is meant to begin at ``origin_ns + k * period_s``."""

    period_s: float
    origin_ns: int
    """On the host's clock (`mr.clock.host.host_now_ns`)."""

    @staticmethod
    def of_rate(rate_cpm: float, origin_ns: int) -> Beat:
        """Give the beat of so many clicks a minute."""
        return Beat(60.0 / rate_cpm, origin_ns)

    @property
    def rate_cpm(self) -> float:
        """Clicks a minute."""
        return 60.0 / self.period_s

    def phase(self, t_ns: int) -> float:
        """Give how much of the present period is over: 0 where a click begins, always below 1."""
        share = (t_ns - self.origin_ns) / 1e9 / self.period_s % 1.0
        return share if share < 1.0 else 0.0

    def seen(self, t_ns: int) -> float | None:
        """Give the phase for a view; None where it would flash faster than may be seen."""
        return self.phase(t_ns) if self.rate_cpm <= FASTEST_CPM else None

    def sample_at(self, t_ns: int, sample_rate_hz: int) -> int:
        """Give the sample of the click track that is to be heard at an instant; click 0 is at 0."""
        return round((t_ns - self.origin_ns) * sample_rate_hz / 1_000_000_000)
