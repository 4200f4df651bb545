"""The score, each point it lost and an assessment's verdict as JSON.

Takes a `Score` and criteria, gives plain dictionaries for `mr.review.analysis`; times are
seconds from the start of what is judged.
"""

from __future__ import annotations

from typing import Any

from mr.config import Criteria
from mr.scoring.assessment import assess
from mr.types import CycleLoss, Deduction, Score, ScoreItem

Json = dict[str, Any]


def score_as_json(score: Score, t0_ns: int) -> Json:
    """Put a score and all that it lost into JSON."""
    return {
        "value_pct": score.value_pct,
        **_interval(score.interval_pct),
        "items": [_item(item, t0_ns) for item in score.items],
        "cycles": [_cycle(cycle, t0_ns) for cycle in score.cycles],
        "missing": list(score.missing),
    }


def assessment_as_json(
    score: Score, criteria: Criteria, *, locked: bool, not_used: Criteria | None = None
) -> Json:
    """Hold a score against criteria; `locked`: they were fixed before the session.

    `not_used` are others that somebody gave in vain, for these are the recording's own.
    """
    verdict = assess(score, criteria)
    return {
        **({} if not_used is None else {"not_used_sha256": not_used.sha256}),
        "verdict": verdict.verdict,
        "title": criteria.title,
        "criteria_sha256": criteria.sha256,
        "locked": locked,
        "checks": [
            {
                "key": c.key,
                "label": c.label,
                "least_pct": c.least_pct,
                "value_pct": c.value_pct,
                **_interval(c.interval_pct),
                "verdict": c.verdict,
            }
            for c in verdict.checks
        ],
    }


def _interval(interval_pct: tuple[float, float] | None) -> Json:
    low_pct, high_pct = interval_pct or (None, None)
    return {"interval_low_pct": low_pct, "interval_high_pct": high_pct}


def _item(item: ScoreItem, t0_ns: int) -> Json:
    return {
        "key": item.key,
        "label": item.label,
        "weight_pct": item.weight_pct,
        "value_pct": item.value_pct,
        **_interval(item.interval_pct),
        "in_target_pct": item.in_target_pct,
        "points_lost": item.points_lost,
        "reason": item.reason,
        "deductions": [_deduction(d, t0_ns) for d in item.deductions],
    }


def _deduction(d: Deduction, t0_ns: int) -> Json:
    at_s = None if d.t_ns is None else (d.t_ns - t0_ns) / 1e9
    return {
        "what": d.what, "index": d.index, "at_s": at_s, "points": d.points, "reason": d.reason
    }  # fmt: skip


def _cycle(cycle: CycleLoss, t0_ns: int) -> Json:
    return {
        "index": cycle.index,
        "start_s": (cycle.start_ns - t0_ns) / 1e9,
        "n_compressions": cycle.n_compressions,
        "points_lost": dict(cycle.points_lost),
    }
