"""The one sentence after a cycle: what cost most in it, or praise when nothing did.

Takes compressions one after another, gives the key of a lesson; leaves when it is shown
to `mr.coaching.rules`. Costs are the score's own: weight times how far outside the band.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mr.coaching.measures import MEASURES, PERSISTENCE, Side
from mr.scoring.guideline import Guideline
from mr.types import Compression

WORTH_SHARE = 1 / 8
"""A mistake in a smaller share of the compressions, or in fewer than `PERSISTENCE` of them,
is not worth the only sentence. Source: ours."""
KNOWN_SHARE = 0.5
"""Praise needs depth, release and rate of at least this share. Source: ours."""

LESSONS: dict[tuple[str, Side], str] = {
    ("release", "high"): "lesson_release",
    ("hands", "high"): "lesson_hands",
    ("depth", "low"): "lesson_shallow",
    ("depth", "high"): "lesson_deep",
    ("rate", "high"): "lesson_fast",
    ("rate", "low"): "lesson_slow",
}
LESSON_GOOD = "lesson_good"
NEEDED = ("release", "depth", "rate")


@dataclass(frozen=True, slots=True)
class Tally:
    """What each mistake has cost so far."""

    n: int = 0
    known_n: dict[str, int] = field(default_factory=dict)
    missed_n: dict[tuple[str, Side], int] = field(default_factory=dict)
    cost_pct: dict[tuple[str, Side], float] = field(default_factory=dict)

    def then(self, compression: Compression, guideline: Guideline) -> Tally:
        """Add one compression."""
        known, missed, cost = dict(self.known_n), dict(self.missed_n), dict(self.cost_pct)
        for measure in MEASURES:
            band, value = measure.band(guideline), measure.of(compression, guideline)
            side = band.side(value)
            if side is None:
                continue
            known[measure.key] = known.get(measure.key, 0) + 1
            if side != "good":
                at = (measure.key, side)
                missed[at] = missed.get(at, 0) + 1
                cost[at] = cost.get(at, 0.0) + band.cost(value)
        return Tally(self.n + 1, known, missed, cost)

    def lesson(self) -> str | None:
        """Give the lesson's key; None when too little was measured to say anything."""
        least_n = max(PERSISTENCE, WORTH_SHARE * self.n)
        worth = [at for at in LESSONS if self.missed_n.get(at, 0) >= least_n]
        if worth:
            return LESSONS[max(worth, key=lambda at: self.cost_pct[at])]
        enough_n = max(PERSISTENCE, KNOWN_SHARE * self.n)
        known = all(self.known_n.get(key, 0) >= enough_n for key in NEEDED)
        return LESSON_GOOD if known else None
