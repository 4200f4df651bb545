"""A timing is two timings: the work, and a baseline of the same run on the same input.

Takes two callables, gives a `Timing` whose ratio can be compared between machines and
between days; leaves what to time to `timing`. CPU time of this process is taken, in turns
with the baseline, the least of several rounds: other programs on the machine then hardly
matter. Waiting for a disk is not in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """One line of the table: what took how long, beside what its baseline took."""

    what: str
    unit: str
    value: float
    baseline: str
    baseline_value: float

    @property
    def ratio(self) -> float:
        """How many times the baseline the work takes."""
        return self.value / self.baseline_value


def seconds(work: Callable[[], object]) -> float:
    """Tell the CPU time of one call in s."""
    start = time.process_time()
    work()
    return time.process_time() - start


def contest(
    what: str,
    unit: str,
    work: Callable[[], object],
    baseline: str,
    base: Callable[[], object],
    *,
    per: float,
    baseline_per: float | None = None,
    rounds: int = 3,
) -> Timing:
    """Time `work` and `base` in turns; `per` turns seconds of a call into `unit`.

    The first call of each is a warm-up and does not count, unless it is the only one.
    """
    times = [(seconds(work), seconds(base)) for _ in range(rounds)]
    counted = times[1:] or times
    least = (min(t[0] for t in counted), min(t[1] for t in counted))
    base_per = per if baseline_per is None else baseline_per
    return Timing(what, unit, least[0] * per, baseline, least[1] * base_per)
