"""Which breaths were due and not given, and which were more than that.

Takes a `Performance` and what its mode asks for, gives `Due`; leaves how good a breath is
to `mr.scoring.breaths`. What was not measured forgives only the breaths that it may have
hidden.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from mr.config import Mode
from mr.scoring.pauses import SETS
from mr.scoring.performance import Performance

BREATHS_PER_SET = 2
HIDES_FROM_NS = 1_000_000_000
"""Where compressions wait for breaths, none is given in less than this between two of them."""


@dataclass(frozen=True, slots=True)
class Due:
    """How many breaths are missing, and the places of those that nobody asked for."""

    missing: int = 0
    surplus: frozenset[int] = frozenset()


def due_breaths(performance: Performance, mode: Mode, longest_s: float | None) -> Due:
    """Count the breaths that were due, would have been seen, and were not given.

    `longest_s` is the longest time between breaths where compressions do not wait for them;
    None where none is wanted.
    """
    size = SETS.get(mode)
    if size is not None:
        found = _after_sets(performance, size)
        return found if performance.airway_measured else Due(0, found.surplus)
    known = performance.ventilations or performance.bounds_ns is not None
    if longest_s is None or not known or not performance.airway_measured:
        return Due()
    return Due(_in_time(performance, round(1e9 * longest_s)))


def _after_sets(performance: Performance, size: int) -> Due:
    """Two are due after each full set, in its own pause, if another compression follows.

    Breaths after more than half a set begin a new pause for breaths; after fewer they belong
    to the one before. So neither can a breath too many make up for one that is missing
    elsewhere, nor does a learner who counts to 28 lack any.
    """
    missing, since, counted = 0, 0, 0
    """`since`: after how many the present pause began; `counted`: its last breath that counts."""
    given: int | None = None
    """In the present pause; None: any number is right there."""
    surplus = set()
    for at, breath in _marks(performance):
        if at - since > size / 2:
            missing += _lacking(given) + BREATHS_PER_SET * max((at - counted) // size - 1, 0)
            since, given = at, 0
        if breath is None:
            since, given = at, None
        elif given is not None and given >= BREATHS_PER_SET:
            surplus.add(breath)
            continue
        elif given is not None:
            given += 1
        counted = at
    after = len(performance.compressions) - counted
    if after > 0:
        missing += _lacking(given) + BREATHS_PER_SET * ((after - 1) // size)
    return Due(missing, frozenset(surplus))


def _lacking(given: int | None) -> int:
    return 0 if given is None else max(BREATHS_PER_SET - given, 0)


def _marks(performance: Performance) -> list[tuple[int, int | None]]:
    """Give after how many compressions each breath came; None: what may have hidden some."""
    pressed = performance.compressions
    peaks_ns = [c.peak_ns for c in pressed]
    marks: list[tuple[int, int, int | None]] = [
        (bisect_right(peaks_ns, b.start_ns), b.start_ns, k)
        for k, b in enumerate(performance.ventilations)
    ]
    for start_ns, end_ns in performance.holes_ns:
        at = bisect_left(peaks_ns, end_ns)
        before_ns = min(pressed[at - 1].release_ns, start_ns) if at else start_ns
        after_ns = max(pressed[at].onset_ns, end_ns) if at < len(pressed) else end_ns
        if after_ns - before_ns >= HIDES_FROM_NS:
            marks.append((at, start_ns, None))
    return [(at, breath) for at, _, breath in sorted(marks, key=lambda m: m[:2])]


def _in_time(performance: Performance, longest_ns: int) -> int:
    """One is due in each longest time; a hole's ends count as if a breath were hidden there."""
    known_ns = [b.start_ns for b in performance.ventilations]
    known_ns += [t_ns for hole in performance.holes_ns for t_ns in hole]
    known_ns.sort()
    first_ns, last_ns = performance.bounds_ns or (known_ns[0], known_ns[-1])
    missing = 0
    for k, (a_ns, b_ns) in enumerate(itertools.pairwise([first_ns, *known_ns, last_ns])):
        hidden = any(start <= a_ns and b_ns <= end for start, end in performance.holes_ns)
        between = 0 < k < len(known_ns)  # bound by two breaths: one less is missing
        if not hidden:
            missing += max((b_ns - a_ns) // longest_ns - between, 0)
    return missing
