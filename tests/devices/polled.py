"""A mannequin's source that is polled in steps of simulated time.

Takes a source and its clock, keeps what it gives; leaves what is at the other end of the cable
to the tests.
"""

from __future__ import annotations

from mr.clock.host import SteppedClock
from mr.devices.mannequin import MannequinSource
from mr.types import ClockExchange, MannequinFrame

STEP_NS = 4_000_000


class Polled:
    """A source, its host's clock, and what has been polled from it."""

    def __init__(self, source: MannequinSource, clock: SteppedClock) -> None:
        self.source, self.clock = source, clock
        self.frames: list[MannequinFrame] = []
        self.exchanges: list[ClockExchange] = []

    def run(self, seconds: float) -> None:
        """Let time go by, and poll."""
        for _ in range(round(seconds * 1e9 / STEP_NS)):
            self.clock.advance(STEP_NS)
            for sample in self.source.poll():
                if isinstance(sample, MannequinFrame):
                    self.frames.append(sample)
                elif isinstance(sample, ClockExchange):
                    self.exchanges.append(sample)
