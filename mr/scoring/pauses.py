"""What a pause was for: a shock, breaths, or nothing.

Takes a `Performance`, gives places in its list of pauses; leaves what a pause costs to
`mr.scoring.items` and which breaths were due to `mr.scoring.due`.
"""

from __future__ import annotations

from bisect import bisect_right

from mr.config import Mode
from mr.scoring.performance import Performance
from mr.types import Pause

SETS = {Mode.C30_2: 30, Mode.C15_2: 15}
"""Compressions of a set, in the modes that pause for breaths."""
SHOCK_REACH_S = 5.0
"""A shock is marked by hand: one in no pause belongs to the nearest that is no farther than
this. Source: this project."""


def seconds(pause: Pause) -> float:
    """Tell how long a pause is."""
    return (pause.end_ns - pause.start_ns) / 1e9


def pause_of_shock(performance: Performance, shock_ns: int) -> int | None:
    """Give the pause that a shock belongs to: the one it lies in, else the nearest in reach."""

    def off_ns(k: int) -> int:
        pause = performance.pauses[k]
        return max(pause.start_ns - shock_ns, shock_ns - pause.end_ns, 0)

    nearest = min(range(len(performance.pauses)), key=off_ns, default=None)
    if nearest is None or off_ns(nearest) > SHOCK_REACH_S * 1e9:
        return None
    return nearest


def around_a_shock(performance: Performance) -> frozenset[int]:
    """List the pauses that shocks belong to."""
    found = {pause_of_shock(performance, t_ns) for t_ns in performance.shocks_ns}
    return frozenset(k for k in found if k is not None)


def for_breaths(performance: Performance, mode: Mode) -> frozenset[int]:
    """List the pauses for breaths: a breath lies in it.

    Where no airway sensor would have seen one, a pause after more than half a set since the
    last such pause is taken for one.
    """
    size = SETS.get(mode)
    if size is None:
        return frozenset()
    peaks_ns = [c.peak_ns for c in performance.compressions]
    found, since = set(), 0
    for k, pause in enumerate(performance.pauses):
        at = bisect_right(peaks_ns, pause.start_ns)
        expected = not performance.airway_measured and at - since > size / 2
        if pause.kind == "ventilation" or expected:
            found.add(k)
            since = at
    return frozenset(found)
