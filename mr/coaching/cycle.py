"""What a cycle of compressions was like: the digest for the pause after it.

Takes the metrics' events one after another, gives the last finished cycle and the breaths of
this pause; leaves how that is shown to `overlays.cues.debrief`. A cycle ends with a pause,
whatever it is for, or with the session. It reads no clock, so a replay gives the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mr.coaching.lesson import Tally
from mr.coaching.measures import MEASURES
from mr.scoring.guideline import Guideline
from mr.types import Compression, CycleDigest, Measured, MetricsEvent, Ventilation


@dataclass(frozen=True, slots=True)
class Mean:
    """A running mean, and how many of its values lay in their band."""

    n: int = 0
    total: float = 0.0
    hit_n: int = 0

    def then(self, measured: Measured, hit: bool) -> Mean:
        """Add a value; an unknown one counts for nothing."""
        if measured.value is None:
            return self
        return Mean(self.n + 1, self.total + measured.value, self.hit_n + hit)

    @property
    def value(self) -> float | None:
        """The mean, None of nothing."""
        return self.total / self.n if self.n else None

    @property
    def hit_pct(self) -> float | None:
        """Share in the band, None of nothing."""
        return 100.0 * self.hit_n / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class Cycle:
    """The compressions since the last pause, added up."""

    tally: Tally = field(default_factory=Tally)
    depth: Mean = field(default_factory=Mean)
    rate: Mean = field(default_factory=Mean)
    release: Mean = field(default_factory=Mean)
    """In mm: what is shown, also where the score goes by force."""
    released: Mean = field(default_factory=Mean)
    """By the profile's own criterion; only its share is used."""
    ended_ns: int = 0

    def then(self, compression: Compression, guideline: Guideline) -> Cycle:
        """Add one compression."""
        hits = {
            m.key: m.band(guideline).side(m.of(compression, guideline)) == "good" for m in MEASURES
        }
        left = next(m for m in MEASURES if m.key == "release").of(compression, guideline)
        return Cycle(
            self.tally.then(compression, guideline),
            self.depth.then(compression.depth_mm, hits["depth"]),
            self.rate.then(compression.rate_cpm, hits["rate"]),
            self.release.then(compression.release_depth_mm, hits["release"]),
            self.released.then(left, hits["release"]),
            compression.release_ns,
        )

    def digest(self, index: int) -> CycleDigest:
        """Give it in a few numbers."""
        return CycleDigest(
            index=index,
            n_compressions=self.tally.n,
            depth_mm=self.depth.value,
            rate_cpm=self.rate.value,
            release_mm=self.release.value,
            depth_in_target_pct=self.depth.hit_pct,
            rate_in_target_pct=self.rate.hit_pct,
            release_in_target_pct=self.released.hit_pct,
            ended_ns=self.ended_ns,
            lesson=self.tally.lesson() or "",
        )


@dataclass(frozen=True, slots=True)
class Cycles:
    """All cycles so far, as a fold over events."""

    running: Cycle = field(default_factory=Cycle)
    last: CycleDigest | None = None
    finished_n: int = 0
    breaths_n: int = 0
    """Breaths given in this pause."""

    def then(self, events: Sequence[MetricsEvent], guideline: Guideline) -> Cycles:
        """Take in what was completed."""
        state = self
        for event in events:
            state = state._after(event, guideline)
        return state

    def _after(self, event: MetricsEvent, guideline: Guideline) -> Cycles:
        if isinstance(event, Compression):
            return replace(self, running=self.running.then(event, guideline), breaths_n=0)
        if isinstance(event, Ventilation):
            return replace(self, breaths_n=self.breaths_n + 1)
        # A pause is told with the first compression after it, as is a time not measured.
        if not self.running.tally.n:
            return replace(self, breaths_n=0)
        return Cycles(Cycle(), self.running.digest(self.finished_n), self.finished_n + 1)

    def finished(self, *, resting: bool) -> CycleDigest | None:
        """Give the last finished cycle; `resting`: nobody pushes now, so the running one is."""
        if resting and self.running.tally.n:
            return self.running.digest(self.finished_n)
        return self.last
