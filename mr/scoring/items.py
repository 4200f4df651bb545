"""The sub-skills of compressing: depth, rate, recoil, hands and flow.

Takes a `Performance` and a profile, gives a `Judged` item each; leaves breaths to
`mr.scoring.breaths` and what an item is worth to `mr.scoring.score`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import replace

from mr.config import Mode
from mr.scoring.closeness import Band, Judged, Loss, Thing, judge_band
from mr.scoring.guideline import Guideline
from mr.scoring.pauses import around_a_shock, for_breaths, pause_of_shock, seconds
from mr.scoring.performance import Performance
from mr.types import Compression, Measured

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


def judge_rate(performance: Performance, guideline: Guideline, mode: Mode) -> Judged:
    """Judge each compression's rate from the one before.

    Across a pause that was neither for breaths nor for a shock the interval counts as the
    slow one that it is: else who slows down until it is a pause would lose nothing.
    """
    r = guideline.rate
    band = Band(r.low_cpm, r.high_cpm, r.zero_at_cpm, "/min", "too slow", "too fast")
    breaks = _breaks_cpm(performance, mode)
    things = _each(performance, lambda c: breaks.get(c.index, c.rate_cpm))
    judged = judge_band("compression", things, band, NOTHING)
    if judged.value_pct is None or not breaks:
        return judged
    losses = (
        replace(x, reason=f"{x.reason}, across a pause") if x.index in breaks else x
        for x in judged.losses
    )
    return replace(
        judged, reason=f"{judged.reason}, {len(breaks)} across a pause", losses=tuple(losses)
    )


def _breaks_cpm(performance: Performance, mode: Mode) -> dict[int, Measured]:
    """Give the rates, by compression, across pauses that nothing asked for."""
    asked_for = around_a_shock(performance) | for_breaths(performance, mode)
    breaks_ns = {p.end_ns for k, p in enumerate(performance.pauses) if k not in asked_for}
    return {
        c.index: Measured(60e9 / (c.peak_ns - before.peak_ns), 0.0)
        for before, c in itertools.pairwise(performance.compressions)
        if c.rate_cpm.value is None and c.onset_ns in breaks_ns
    }


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
    judged = judge_band("compression", things, band, NOTHING)
    places: dict[int | None, tuple[Measured, Measured]] = {
        c.index: c.hand_offset_mm for c in performance.compressions
    }

    def where(loss: Loss) -> str:
        x, y = places[loss.index]
        return place_words(x.value or 0.0, y.value or 0.0)  # known, or it would cost nothing

    losses = (replace(x, reason=f"{x.reason}, {where(x)}") for x in judged.losses)
    return replace(judged, losses=tuple(losses))


def place_words(x_mm: float, y_mm: float) -> str:
    """Say where a place (mm from the compression point, mannequin's x and y) lies.

    Examples
    --------
    >>> place_words(12.2, -5.0)
    "12 mm to the mannequin's left and 5 mm to its feet"
    """
    side, end = "left" if x_mm >= 0 else "right", "head" if y_mm >= 0 else "feet"
    return f"{abs(x_mm):.0f} mm to the mannequin's {side} and {abs(y_mm):.0f} mm to its {end}"


def distance_mm(x: Measured, y: Measured) -> Measured:
    """Give how far (mm) a place is from the compression point."""
    if x.value is None or y.value is None:
        return Measured.unknown(x.why or y.why)
    sigmas = [s for s in (x.sigma, y.sigma) if s is not None]
    return Measured(math.hypot(x.value, y.value), max(sigmas) if sigmas else None)


def judge_flow(performance: Performance, guideline: Guideline, mode: Mode) -> Judged:
    """Judge the compression fraction, long pauses and pauses around a shock.

    On target, hit or miss, is the share of the pauses within their limit; nothing is where
    the compression fraction is missed.
    """
    target = guideline.flow
    wanted_pct, ccf_pct = target.ccf_min_pct[mode], performance.ccf_pct.value
    if ccf_pct is None:
        return Judged(None, performance.ccf_pct.why)
    ccf_pct = round(ccf_pct, 1)
    missing = (wanted_pct - ccf_pct) / (wanted_pct - target.ccf_zero_pct)
    ccf_lost_pct = 100.0 * min(max(missing, 0.0), 1.0)
    long_ones = _long_pauses(performance, guideline)
    losses = [*_ccf_losses(performance, ccf_lost_pct), *long_ones]
    total_pct = sum(loss.share_pct for loss in losses)
    value_pct = max(0.0, 100.0 - total_pct)
    scale = (100.0 - value_pct) / total_pct if total_pct > 0.0 else 1.0
    n = len(performance.pauses)
    short_pct = 100.0 * (1.0 - len(long_ones) / n) if n else 100.0
    return Judged(
        value_pct,
        _flow_words(performance, guideline, ccf_pct, wanted_pct),
        (value_pct, value_pct),
        short_pct if ccf_pct >= wanted_pct else 0.0,
        tuple(replace(x, share_pct=scale * x.share_pct) for x in losses),
    )


def _long_pauses(performance: Performance, guideline: Guideline) -> list[Loss]:
    """List the pauses over their limit; around a shock the profile's own limit holds."""
    losses, shocked = [], around_a_shock(performance)
    for k, pause in enumerate(performance.pauses):
        length_s = round(seconds(pause), 1)  # judged as it is shown
        if guideline.shock is not None and k in shocked:
            limit_s, zero_at_s = guideline.shock.pause_max_s, guideline.shock.zero_at_s
            share = min(max((length_s - limit_s) / zero_at_s, 0.0), 1.0)
            words = f"{length_s:.1f} s around a shock, under {limit_s:g} s wanted"
            if share > 0.0:
                losses.append(Loss("shock", k, pause.start_ns, share * LONG_PAUSE_COST_PCT, words))
        elif length_s > guideline.flow.pause_max_s:
            words = f"{length_s:.1f} s, at most {guideline.flow.pause_max_s:g} s wanted"
            losses.append(Loss("pause", k, pause.start_ns, LONG_PAUSE_COST_PCT, words))
    return losses


def _ccf_losses(performance: Performance, lost_pct: float) -> list[Loss]:
    """Lay what the CCF lost on the idle times, by their length."""
    if lost_pct <= 0.0:
        return []
    idle = [
        (Loss("pause", k, p.start_ns, lost_pct, f"{seconds(p):.1f} s"), seconds(p))
        for k, p in enumerate(performance.pauses)
    ]
    idle += [
        (Loss("session", None, t_ns, lost_pct, f"{length_s:.1f} s {words}"), length_s)
        for t_ns, length_s, words in _idle_ends(performance)
    ]
    total_s = sum(length_s for _, length_s in idle)
    if total_s <= 0.0:
        return [Loss("session", None, None, lost_pct, "too little time in compressions")]
    return [replace(x, share_pct=lost_pct * length_s / total_s) for x, length_s in idle]


def _idle_ends(performance: Performance) -> Iterator[tuple[int, float, str]]:
    """Give the times before the first onset and after the last release that are no pause.

    Each as its start, its measured length in s and words for it.
    """
    if performance.bounds_ns is None or not performance.compressions:
        return
    start_ns, end_ns = performance.bounds_ns
    told = [(p.start_ns, p.end_ns) for p in performance.pauses] + list(performance.holes_ns)
    for a_ns, b_ns, words in (
        (start_ns, performance.compressions[0].onset_ns, "before the first compression"),
        (performance.compressions[-1].release_ns, end_ns, "after the last compression"),
    ):
        idle_ns = b_ns - a_ns
        idle_ns -= sum(max(min(b_ns, end) - max(a_ns, start), 0) for start, end in told)
        if idle_ns > 0:
            yield a_ns, idle_ns / 1e9, words


def _flow_words(
    performance: Performance, guideline: Guideline, ccf_pct: float, wanted_pct: float
) -> str:
    words = f"CCF {ccf_pct:g} % (at least {wanted_pct:g} % wanted)"
    limit_s = guideline.flow.pause_max_s
    n_long = sum(round(seconds(p), 1) > limit_s for p in performance.pauses)
    if n_long:
        words += f", {n_long} {'pause' if n_long == 1 else 'pauses'} over {limit_s:g} s"
    for t_ns in performance.shocks_ns:
        k = pause_of_shock(performance, t_ns)
        length = "no pause that was seen"
        if k is not None:
            length = f"{seconds(performance.pauses[k]):.1f} s"
        words += f"; around a shock {length}"
        words += (
            " (this profile sets no limit)"
            if guideline.shock is None
            else f" (under {guideline.shock.pause_max_s:g} s wanted)"
        )
    if performance.unmeasured:
        words += f"; {performance.unmeasured}, which is not judged"
    return words
