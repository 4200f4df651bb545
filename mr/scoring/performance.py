"""What is judged: a session's events within its bounds, as `mr.metrics` found them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mr.types import Compression, Measured, Pause, Ventilation


@dataclass(frozen=True, slots=True)
class Performance:
    """All that a score looks at."""

    compressions: Sequence[Compression]
    ventilations: Sequence[Ventilation]
    pauses: Sequence[Pause]
    ccf_pct: Measured
    airway_measured: bool = False
    """True: a breath that was given would have been seen."""
    unmeasured: str = ""
    """What of the session was not measured, in words; empty: nothing."""
    shocks_ns: Sequence[int] = ()
    """When a shock was marked."""
    bounds_ns: tuple[int, int] | None = None
    """Start and end of what is judged; without them only times between events are."""
    holes_ns: Sequence[tuple[int, int]] = ()
    """Starts and ends of what was not measured, within the bounds and in order."""
