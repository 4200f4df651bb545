"""The score of a session and why each point was lost.

Takes compressions, ventilations, pauses and a guideline profile, gives a `Score`;
leaves detection to `mr.metrics` and advice to `mr.coaching`. Each sub-skill is the mean
*closeness* to its target, not a share of hits: a near miss costs little and a wide one
much (the behaviour that Laerdal publishes for its QCPR score, where 92 % in range can
score above 94 %). The total is the weighted mean of the items that the mode judges.
What was not measured is named as missing; without a required item there is no score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mr.config import Mode
from mr.scoring.guideline import Guideline
from mr.types import Compression, FloatArray, Measured, Pause, Score, ScoreItem, Ventilation

LABELS = {
    "depth": "Compression depth",
    "rate": "Compression rate",
    "recoil": "Recoil",
    "flow": "Flow (CCF and pauses)",
    "hands": "Hand position",
    "ventilation": "Ventilations",
}
COMPRESSIONS_BEFORE_BREATHS = {Mode.C30_2: 30, Mode.C15_2: 15, Mode.CONTINUOUS: 15}
"""Without a breath by then (continuous: about 6 s at 10 breaths a minute) one is missing."""
REQUIRED = ("depth", "rate", "recoil", "flow")
SURE_SHARE = 0.5
"""A value with a sigma over this share of ``zero_at`` is not judged. Source: this project."""
LEAST_SURE = 0.5
"""With fewer sure values than this share the item is not judged at all."""
LONG_PAUSE_COST_PCT = 20.0
"""What one pause over the limit takes off the flow item. Source: this project."""


@dataclass(frozen=True, slots=True)
class Performance:
    """All that is judged, as `mr.metrics` found it."""

    compressions: Sequence[Compression]
    ventilations: Sequence[Ventilation]
    pauses: Sequence[Pause]
    ccf_pct: Measured
    airway_measured: bool = False
    """True: a breath that was given would have been seen."""
    unmeasured: str = ""
    """What of the session was not measured, in words; empty: nothing."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """One item before weighting: 0 … 100, or None, and the words for it."""

    value_pct: float | None
    reason: str


def closeness(
    values: FloatArray, low: float | None, high: float | None, zero_at: float
) -> FloatArray:
    """Rate each value 1 inside its band, falling linearly to 0 at `zero_at` outside it.

    Examples
    --------
    >>> closeness(np.array([40.0, 55.0, 70.0]), 50.0, 60.0, 20.0)
    array([0.5, 1. , 0.5])
    """
    below = np.zeros_like(values) if low is None else np.maximum(low - values, 0.0)
    above = np.zeros_like(values) if high is None else np.maximum(values - high, 0.0)
    return np.asarray(np.clip(1.0 - (below + above) / zero_at, 0.0, 1.0))


def score_performance(performance: Performance, guideline: Guideline, mode: Mode) -> Score:
    """Judge a session (or the part of it so far) by a profile.

    Raises
    ------
    ConfigError
        When the profile does not judge `mode`.
    """
    guideline.require_mode(mode)
    judged = {
        "depth": _depth(performance, guideline),
        "rate": _rate(performance, guideline),
        "recoil": _recoil(performance, guideline),
        "flow": _flow(performance, guideline, mode),
        "hands": _hands(performance, guideline),
    }
    if mode is not Mode.HANDS_ONLY:
        judged["ventilation"] = _ventilation(performance, guideline, mode)
    return _weigh(judged, guideline)


def _weigh(judged: dict[str, _Judged], guideline: Guideline) -> Score:
    weights = guideline.weights
    total = sum(getattr(weights, k) for k, j in judged.items() if j.value_pct is not None)
    items = []
    for key, item in judged.items():
        known = item.value_pct is not None
        share = 100.0 * getattr(weights, key) / total if known else 0.0
        lost = share * (1.0 - item.value_pct / 100.0) if item.value_pct is not None else None
        items.append(ScoreItem(key, LABELS[key], share, item.value_pct, lost, item.reason))
    missing = tuple(f"{LABELS[k]}: {j.reason}" for k, j in judged.items() if j.value_pct is None)
    complete = all(judged[key].value_pct is not None for key in REQUIRED)
    value = 100.0 - sum(i.points_lost or 0.0 for i in items) if complete else None
    return Score(value, tuple(items), guideline.id, missing)


def _known(values: Sequence[Measured], zero_at: float) -> tuple[FloatArray, str]:
    """Give what can be judged, to a tenth as it is shown; and the commonest reason why not.

    A value whose sigma is more than half of what separates full from no points says too
    little about the learner: it is not judged, and its sigma is told.
    """
    limit = SURE_SHARE * zero_at
    known = [m for m in values if m.value is not None]
    sure = [m.value for m in known if m.value is not None and (m.sigma or 0.0) <= limit]
    if known and len(sure) < LEAST_SURE * len(known):
        vague = float(np.median([m.sigma or 0.0 for m in known]))
        return np.zeros(0), f"measured to ±{vague:.1f} only, too vague to judge"
    whys = [m.why for m in values if m.value is None and m.why]
    why = max(set(whys), key=whys.count) if whys else "no compressions were seen"
    return np.round(np.array(sure), 1), why


def _misses(values: FloatArray, low: float, high: float | None, words: tuple[str, str, str]) -> str:
    """Say how many values miss the band on which side, and by how much on average."""
    unit, under_word, over_word = words
    under = values[values < low]
    over = values[values > high] if high is not None else values[:0]
    if not len(under) and not len(over):
        return f"all {len(values)} on target"
    parts = []
    if len(under):
        mean_short = float(np.mean(low - under))
        parts.append(f"{len(under)} {under_word} (by {mean_short:.1f} {unit} on average)")
    if len(over) and high is not None:
        mean_over = float(np.mean(over - high))
        parts.append(f"{len(over)} {over_word} (by {mean_over:.1f} {unit} on average)")
    return f"{' and '.join(parts)} of {len(values)}"


def _band(
    measured: Sequence[Measured],
    low: float,
    high: float | None,
    zero_at: float,
    words: tuple[str, str, str],
) -> _Judged:
    """Judge values by a band: their mean closeness, and who missed it on which side."""
    values, why = _known(measured, zero_at)
    if not len(values):
        return _Judged(None, why)
    value = closeness(values, low, high, zero_at).mean()
    return _Judged(100.0 * float(value), _misses(values, low, high, words))


def _depth(performance: Performance, guideline: Guideline) -> _Judged:
    target = guideline.depth
    depths = [c.depth_mm for c in performance.compressions]
    words = ("mm", "too shallow", "too deep")
    return _band(depths, target.low_mm, target.high_mm, target.zero_at_mm, words)


def _rate(performance: Performance, guideline: Guideline) -> _Judged:
    target = guideline.rate
    rates = [c.rate_cpm for c in performance.compressions]
    words = ("/min", "too slow", "too fast")
    return _band(rates, target.low_cpm, target.high_cpm, target.zero_at_cpm, words)


def _recoil(performance: Performance, guideline: Guideline) -> _Judged:
    target = guideline.recoil
    releases = [c.release_depth_mm for c in performance.compressions]
    values, why = _known(releases, target.zero_at_mm)
    if not len(values):
        return _Judged(None, why)
    value = closeness(values, None, target.release_max_mm, target.zero_at_mm).mean()
    leaning = values[values > target.release_max_mm]
    reason = f"all {len(values)} released fully"
    if len(leaning):
        reason = (
            f"{len(leaning)} of {len(values)} not released fully "
            f"({float(leaning.mean()):.1f} mm left on average, at most "
            f"{target.release_max_mm:g} mm wanted)"
        )
    return _Judged(100.0 * float(value), reason)


def _flow(performance: Performance, guideline: Guideline, mode: Mode) -> _Judged:
    target = guideline.flow
    wanted_pct = target.ccf_min_pct[mode]
    ccf_pct = performance.ccf_pct.value
    if ccf_pct is None:
        return _Judged(None, performance.ccf_pct.why)
    span_pct = wanted_pct - target.ccf_zero_pct
    value = float(closeness(np.array([ccf_pct]), wanted_pct, None, span_pct)[0]) * 100.0
    long_pauses = [
        p for p in performance.pauses if (p.end_ns - p.start_ns) > target.pause_max_s * 1e9
    ]
    value = max(0.0, value - LONG_PAUSE_COST_PCT * len(long_pauses))
    reason = f"CCF {ccf_pct:.0f} % (at least {wanted_pct:g} % wanted)"
    if long_pauses:
        word = "pause" if len(long_pauses) == 1 else "pauses"
        reason += f", {len(long_pauses)} {word} over {target.pause_max_s:g} s"
    if performance.unmeasured:
        reason += f"; {performance.unmeasured}, which is not judged"
    return _Judged(value, reason)


def _hands(performance: Performance, guideline: Guideline) -> _Judged:
    target = guideline.hands
    offsets = [c.hand_offset_mm for c in performance.compressions]
    _, why = _known([x for x, _ in offsets], target.zero_at_mm)
    values = np.array(
        [
            np.hypot(x.value, y.value)
            for x, y in offsets
            if x.value is not None and y.value is not None
        ]
    )
    if not len(values):
        return _Judged(None, why)
    value = closeness(values, None, target.offset_max_mm, target.zero_at_mm).mean()
    off = values[values > target.offset_max_mm]
    reason = f"hands in place in all {len(values)}"
    if len(off):
        reason = f"{len(off)} of {len(values)} with the hands over {target.offset_max_mm:g} mm off"
    return _Judged(100.0 * float(value), reason)


def _ventilation(performance: Performance, guideline: Guideline, mode: Mode) -> _Judged:
    target = guideline.ventilation
    if not performance.ventilations:
        due_after = COMPRESSIONS_BEFORE_BREATHS.get(mode, 0)
        if not performance.airway_measured:
            return _Judged(None, "the airway was not measured")
        if len(performance.compressions) <= due_after:
            return _Judged(None, "no breaths were due yet")
        if performance.unmeasured:
            return _Judged(None, f"no breaths were seen, but {performance.unmeasured}")
        return _Judged(0.0, "no breaths were given")
    volumes = [v.volume_ml for v in performance.ventilations]
    words = ("mL", "too small", "too big")
    return _band(volumes, target.low_ml, target.high_ml, target.zero_at_ml, words)
