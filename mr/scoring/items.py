"""The sub-skills of compressing: depth, rate, recoil, hands and flow.

Takes a `Performance` and a profile, gives a `Judged` item each; leaves breaths to
`mr.scoring.breaths` and what an item is worth to `mr.scoring.score`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from mr.config import Mode
from mr.scoring.closeness import Band, Judged, Loss, Thing, judge_band
from mr.scoring.guideline import Guideline
from mr.scoring.performance import Performance
from mr.types import Compression, Measured, Pause

NOTHING = "no compressions were seen"
LONG_PAUSE_COST_PCT = 20.0
"""What one pause over its limit takes off the flow item. Source: this project."""


def _each(performance: Performance, pick: Callable[[Compression], Measured]) -> list[Thing]:
    return [Thing(c.index, c.peak_ns, pick(c)) for c in performance.compressions]


def judge_depth(performance: Performance, guideline: Guideline) -> Judged:
    """Judge how deep each compression is."""
    d = guideline.depth
    band = Band(d.low_mm, d.high_mm, d.zero_at_mm, "mm", "too shallow", "too deep")
    return judge_band("compression", _each(performance, lambda c: c.depth_mm), band, NOTHING)


def judge_rate(performance: Performance, guideline: Guideline) -> Judged:
    """Judge each compression's rate from the one before."""
    r = guideline.rate
    band = Band(r.low_cpm, r.high_cpm, r.zero_at_cpm, "/min", "too slow", "too fast")
    return judge_band("compression", _each(performance, lambda c: c.rate_cpm), band, NOTHING)


def judge_recoil(performance: Performance, guideline: Guideline) -> Judged:
    """Judge what is left at each release, by the profile's one criterion."""
    r = guideline.recoil
    if r.criterion == "force" and r.release_max_n is not None and r.zero_at_n is not None:
        band = Band(None, r.release_max_n, r.zero_at_n, "N", over="too much left")
        things = _each(performance, lambda c: c.release_force_n)
    else:
        band = Band(None, r.release_max_mm, r.zero_at_mm, "mm", over="too much left")
        things = _each(performance, lambda c: c.release_depth_mm)
    judged = judge_band("compression", things, band, NOTHING)
    if judged.value_pct is None:
        return judged
    words = judged.reason.replace("too much left", "not released fully")
    return Judged(
        judged.value_pct,
        words.replace("on target", f"released fully (at most {band.high:g} {band.unit} left)"),
        judged.interval_pct,
        judged.in_target_pct,
        judged.losses,
    )


def judge_hands(performance: Performance, guideline: Guideline) -> Judged:
    """Judge how far the hands are from the compression point."""
    h = guideline.hands
    band = Band(None, h.offset_max_mm, h.zero_at_mm, "mm", over="too far off")
    things = _each(performance, lambda c: distance_mm(*c.hand_offset_mm))
    return judge_band("compression", things, band, NOTHING)


def distance_mm(x: Measured, y: Measured) -> Measured:
    """Give how far (mm) a place is from the compression point."""
    if x.value is None or y.value is None:
        return Measured.unknown(x.why or y.why)
    sigmas = [s for s in (x.sigma, y.sigma) if s is not None]
    return Measured(math.hypot(x.value, y.value), max(sigmas) if sigmas else None)


def judge_flow(performance: Performance, guideline: Guideline, mode: Mode) -> Judged:
    """Judge the compression fraction, long pauses and pauses around a shock."""
    target = guideline.flow
    wanted_pct, ccf_pct = target.ccf_min_pct[mode], performance.ccf_pct.value
    if ccf_pct is None:
        return Judged(None, performance.ccf_pct.why)
    missing = (wanted_pct - ccf_pct) / (wanted_pct - target.ccf_zero_pct)
    ccf_lost_pct = 100.0 * min(max(missing, 0.0), 1.0)
    long_ones = _long_pauses(performance, guideline)
    losses = [*_ccf_losses(performance.pauses, ccf_lost_pct), *long_ones]
    total_pct = sum(loss.share_pct for loss in losses)
    value_pct = max(0.0, 100.0 - total_pct)
    scale = (100.0 - value_pct) / total_pct if total_pct > 0.0 else 1.0
    n = len(performance.pauses)
    in_target_pct = 100.0 * (1.0 - len(long_ones) / n) if n else 100.0
    return Judged(
        value_pct,
        _flow_words(performance, guideline, ccf_pct, wanted_pct),
        (value_pct, value_pct),
        in_target_pct,
        tuple(Loss(x.what, x.index, x.t_ns, scale * x.share_pct, x.reason) for x in losses),
    )


def _seconds(pause: Pause) -> float:
    return (pause.end_ns - pause.start_ns) / 1e9


def _around_a_shock(pause: Pause, performance: Performance) -> bool:
    return any(pause.start_ns <= t_ns <= pause.end_ns for t_ns in performance.shocks_ns)


def _long_pauses(performance: Performance, guideline: Guideline) -> list[Loss]:
    """List the pauses over their limit; around a shock the profile's own limit holds."""
    losses = []
    for k, pause in enumerate(performance.pauses):
        length_s = _seconds(pause)
        if guideline.shock is not None and _around_a_shock(pause, performance):
            limit_s, zero_at_s = guideline.shock.pause_max_s, guideline.shock.zero_at_s
            share = min(max((length_s - limit_s) / zero_at_s, 0.0), 1.0)
            words = f"{length_s:.1f} s around a shock, under {limit_s:g} s wanted"
            if share > 0.0:
                losses.append(Loss("shock", k, pause.start_ns, share * LONG_PAUSE_COST_PCT, words))
        elif length_s > guideline.flow.pause_max_s:
            words = f"{length_s:.1f} s, at most {guideline.flow.pause_max_s:g} s wanted"
            losses.append(Loss("pause", k, pause.start_ns, LONG_PAUSE_COST_PCT, words))
    return losses


def _ccf_losses(pauses: Sequence[Pause], lost_pct: float) -> list[Loss]:
    """Lay what the CCF lost on the pauses, by their length."""
    if lost_pct <= 0.0:
        return []
    total_s = sum(_seconds(p) for p in pauses)
    if total_s <= 0.0:
        return [Loss("session", None, None, lost_pct, "too little time in compressions")]
    return [
        Loss("pause", k, p.start_ns, lost_pct * _seconds(p) / total_s, f"{_seconds(p):.1f} s")
        for k, p in enumerate(pauses)
    ]


def _flow_words(
    performance: Performance, guideline: Guideline, ccf_pct: float, wanted_pct: float
) -> str:
    limit_s = guideline.flow.pause_max_s
    words = f"CCF {ccf_pct:.0f} % (at least {wanted_pct:g} % wanted)"
    n_long = sum(_seconds(p) > limit_s for p in performance.pauses)
    if n_long:
        words += f", {n_long} {'pause' if n_long == 1 else 'pauses'} over {limit_s:g} s"
    for t_ns in performance.shocks_ns:
        around = [p for p in performance.pauses if p.start_ns <= t_ns <= p.end_ns]
        length = f"{_seconds(around[0]):.1f} s" if around else "no pause that was seen"
        words += f"; around a shock {length}"
        words += (
            " (this profile sets no limit)"
            if guideline.shock is None
            else f" (under {guideline.shock.pause_max_s:g} s wanted)"
        )
    if performance.unmeasured:
        words += f"; {performance.unmeasured}, which is not judged"
    return words
