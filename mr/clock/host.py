"""The host's one clock.

Gives monotonic nanoseconds for everything that is timed, and the wall clock for
``made_utc`` alone. On Linux `time.perf_counter_ns` is CLOCK_MONOTONIC, which OpenXR
converts to; on Windows it is the performance counter, likewise.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

NowNs = Callable[[], int]
"""Anything that tells the host's monotonic time in ns: `host_now_ns` or a `SteppedClock`."""


def host_now_ns() -> int:
    """Tell the host's monotonic time in ns."""
    return time.perf_counter_ns()


def wall_now_utc() -> datetime:
    """Tell the wall time, for ``made_utc`` only; never used to time anything."""
    return datetime.now(UTC)


class SteppedClock:
    """A host clock that stands still until it is told to go on.

    Simulated rigs run on it as fast as the machine can go (``mrcpr demo --fast``) and
    tests run on it without sleeping. It is callable like `host_now_ns`.
    """

    def __init__(self, start_ns: int = 1_000_000_000) -> None:
        self._now_ns = start_ns

    def __call__(self) -> int:
        """Tell the time it was moved to, in ns."""
        return self._now_ns

    def advance(self, step_ns: int) -> None:
        """Move on by `step_ns` ≥ 0."""
        if step_ns < 0:
            raise ValueError(f"time cannot go back: step_ns={step_ns}")
        self._now_ns += step_ns
