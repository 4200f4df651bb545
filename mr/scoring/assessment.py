"""Whether an assessment was passed.

Takes a `Score` and an instructor's criteria, gives a `Verdict`. A limit that lies within
the interval of what was measured is neither reached nor missed: *borderline*, for the
instructor to decide. So is one near a value whose accuracy nobody knows. What can never be
judged is told before a session.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mr.config import Criteria, Mode
from mr.errors import ConfigError
from mr.scoring.guideline import Guideline
from mr.scoring.score import LABELS, items_of
from mr.types import Score

Word = Literal["passed", "borderline", "not passed", "unscored"]
EXACT = "flow"
"""The item that is made of times alone: without an interval it is sure."""
NEAR_PCT = 10.0
"""A value whose accuracy nobody gives tells nothing of a limit that is so near. Ours: depths
that are all 3 mm off move a score by as much, and all 1 mm off the item for depth."""
WORST_FIRST: tuple[Word, ...] = ("not passed", "unscored", "borderline", "passed")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was asked for, and how it came out."""

    key: str
    label: str
    least_pct: float
    value_pct: float | None
    interval_pct: tuple[float, float] | None
    verdict: Word


@dataclass(frozen=True, slots=True)
class Verdict:
    """The worst of all checks, and each of them."""

    verdict: Word
    checks: tuple[Check, ...]


def require_items(criteria: Criteria, mode: Mode) -> None:
    """Refuse criteria for an item that `mode` does not have (`ConfigError`)."""
    for key in criteria.item_min_pct:
        if key not in items_of(mode):
            having = ", ".join(other for other in Mode if key in items_of(other))
            raise ConfigError(
                f"item_min_pct.{key}: mode {mode} does not judge {LABELS[key].lower()}, so the "
                f"assessment would be unscored: leave it out, or choose another mode ({having})"
            )


def needs_force(guideline: Guideline, mode: Mode, criteria: Criteria | None) -> bool:
    """Tell whether something that is asked for cannot be judged where no force is measured.

    Without criteria the score is asked for.
    """
    if guideline.recoil.criterion != "force" or "recoil" not in items_of(mode):
        return False
    if criteria is None or criteria.score_min_pct is not None:
        return True
    return "recoil" in criteria.item_min_pct


def assess(score: Score, criteria: Criteria) -> Verdict:
    """Hold a score against the criteria."""
    checks = []
    if criteria.score_min_pct is not None:
        interval = score.interval_pct
        checks.append(_check("score", "Score", criteria.score_min_pct, score.value_pct, interval))
    items = {item.key: item for item in score.items}
    for key, least_pct in criteria.item_min_pct.items():
        item = items.get(key)
        if item is None:
            checks.append(_check(key, LABELS[key], least_pct, None, None))
        else:
            found = (item.value_pct, item.interval_pct)
            checks.append(_check(key, item.label, least_pct, *found))
    worst = next(word for word in WORST_FIRST if any(c.verdict == word for c in checks))
    return Verdict(worst, tuple(checks))


def _check(
    key: str,
    label: str,
    least_pct: float,
    value_pct: float | None,
    interval_pct: tuple[float, float] | None,
) -> Check:
    verdict: Word = "borderline"
    if value_pct is None:
        verdict = "unscored"
    else:
        near_pct = 0.0 if key == EXACT else NEAR_PCT
        low_pct, high_pct = interval_pct or (value_pct - near_pct, value_pct + near_pct)
        if low_pct >= least_pct:
            verdict = "passed"
        elif high_pct < least_pct:
            verdict = "not passed"
    return Check(key, label, least_pct, value_pct, interval_pct, verdict)
