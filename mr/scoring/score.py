"""The score of a session and why each point was lost.

Takes a `Performance` and a guideline profile, gives a `Score`; leaves detection to
`mr.metrics` and advice to `mr.coaching`. Each sub-skill is the mean *closeness* to its
target, not a share of hits: a near miss costs little and a wide one much (the behaviour
that Laerdal publishes for its QCPR score, where 92 % in range can score above 94 %). The
total is the weighted mean of the items that the mode judges. What was not measured is
named as missing; without a required item there is no score. docs/guides/instructor/score.md
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict

from mr.config import Item, Mode
from mr.scoring.breaths import judge_breaths
from mr.scoring.closeness import Judged
from mr.scoring.guideline import Guideline
from mr.scoring.items import judge_depth, judge_flow, judge_hands, judge_rate, judge_recoil
from mr.scoring.performance import Performance
from mr.types import CycleLoss, Deduction, Score, ScoreItem

LABELS = {
    "depth": "Compression depth",
    "rate": "Compression rate",
    "recoil": "Recoil",
    "flow": "Flow (CCF and pauses)",
    "hands": "Hand position",
    "ventilation": "Ventilations",
}
REQUIRED: tuple[Item, ...] = ("depth", "rate", "recoil", "flow")
PRESSING: tuple[Item, ...] = (*REQUIRED, "hands")
SHARED = ("depth", "recoil")
"""Items that one wrong zero moves together: their intervals are added, not squared."""


def items_of(mode: Mode) -> tuple[Item, ...]:
    """List the sub-skills that a mode judges, in the order of the score."""
    pressing = () if mode is Mode.VENTILATION_ONLY else PRESSING
    return (*pressing, *(() if mode is Mode.HANDS_ONLY else ("ventilation",)))


def score_performance(
    performance: Performance, guideline: Guideline, mode: Mode, rescuers: int = 1
) -> Score:
    """Judge a session (or the part of it so far) by a profile.

    Raises
    ------
    ConfigError
        When the profile does not judge `mode` with so many rescuers.
    """
    guideline.require_mode(mode, rescuers)
    judged: dict[str, Judged] = {}
    keys = items_of(mode)
    if "depth" in keys:
        judged |= {
            "depth": judge_depth(performance, guideline),
            "rate": judge_rate(performance, guideline, mode),
            "recoil": judge_recoil(performance, guideline),
            "flow": judge_flow(performance, guideline, mode),
            "hands": judge_hands(performance, guideline),
        }
    if "ventilation" in keys:
        judged["ventilation"] = judge_breaths(performance, guideline, mode)
    required = ("ventilation",) if mode is Mode.VENTILATION_ONLY else REQUIRED
    items = _weigh(judged, guideline)
    missing = tuple(f"{LABELS[k]}: {j.reason}" for k, j in judged.items() if j.value_pct is None)
    value = interval = None
    if all(judged[key].value_pct is not None for key in required):
        value = max(100.0 - math.fsum(i.points_lost or 0.0 for i in items), 0.0)
        interval = _interval_pct(value, items)
    return Score(value, items, guideline.id, missing, interval, _cycles(performance, items))


def _weigh(judged: dict[str, Judged], guideline: Guideline) -> tuple[ScoreItem, ...]:
    """Share 100 points among the items that could be judged, by the profile's weights."""
    weights = guideline.weights
    total = sum(getattr(weights, k) for k, j in judged.items() if j.value_pct is not None)
    items = []
    for key, item in judged.items():
        share = lost = None
        if item.value_pct is not None and total > 0.0:
            share = 100.0 * getattr(weights, key) / total
            lost = share * (1.0 - item.value_pct / 100.0)
        deductions = [
            Deduction(x.what, x.index, x.t_ns, (share or 0.0) * x.share_pct / 100.0, x.reason)
            for x in item.losses
        ]
        deductions.sort(key=lambda d: -d.points)
        items.append(
            ScoreItem(
                key, LABELS[key], share or 0.0, item.value_pct, lost, item.reason,
                item.interval_pct, item.in_target_pct, tuple(deductions),
            )
        )  # fmt: skip
    return tuple(items)


def _interval_pct(value_pct: float, items: tuple[ScoreItem, ...]) -> tuple[float, float] | None:
    """Join the items' intervals: what shares a bias adds up, the rest by squares.

    None where a measured item does not say how sure it is; the flow's times are exact.
    """
    if any(i.interval_pct is None for i in items if i.key != "flow" and i.value_pct is not None):
        return None
    ends = []
    for side in (0, 1):
        together, apart2 = 0.0, 0.0
        for item in items:
            if item.interval_pct is None or item.value_pct is None:
                continue
            points = item.weight_pct / 100.0 * abs(item.interval_pct[side] - item.value_pct)
            if item.key in SHARED:
                together += points
            else:
                apart2 += points**2
        ends.append(math.sqrt(together**2 + apart2))
    return max(value_pct - ends[0], 0.0), min(value_pct + ends[1], 100.0)


def _cycles(performance: Performance, items: tuple[ScoreItem, ...]) -> tuple[CycleLoss, ...]:
    """Sort what was lost into cycles; a pause ends the cycle that it belongs to."""
    ends_ns = sorted(p.end_ns for p in performance.pauses)
    starts_ns: dict[int, int] = {}
    counts: dict[int, int] = defaultdict(int)
    for c in performance.compressions:
        k = bisect_right(ends_ns, c.peak_ns)
        starts_ns[k] = min(starts_ns.get(k, c.onset_ns), c.onset_ns)
        counts[k] += 1
    lost: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for item in items:
        for d in item.deductions:
            if d.t_ns is not None:
                lost[bisect_right(ends_ns, d.t_ns)][item.key] += d.points
    return tuple(
        CycleLoss(n, starts_ns[k], counts[k], tuple(lost[k].items()))
        for n, k in enumerate(sorted(counts))
    )
