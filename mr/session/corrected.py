"""A recording judged with what an instructor corrected; the recording stays as it is.

Takes a recording's path and `Corrections`, gives the rerun and what the session comes to with
them: an `Outcome` and a `Trace`. Leaves what a correction may say to `mr.corrections`, and what
a span does to the events in it to `mr.session.respanned`.

The times of the outcome and its trace count from the *corrected* start, as in every analysis;
`Corrected.offset_s` is how much later that is than the original start, so that
``t_original_s = t_corrected_s + offset_s``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mr.blocks import ChestBlock
from mr.config import Mode
from mr.corrections import BoundsCorrection, Corrections, ZeroCorrection
from mr.errors import AnalysisError
from mr.fusion.diary import Diary
from mr.metrics.stepper import MetricsStepper
from mr.session.offline import Rerun, rerun
from mr.session.outcome import Outcome, Trace, judge, metrics_config
from mr.session.respanned import Respanned, respanned
from mr.session.smoothed import Smoothed, smoothed_session
from mr.types import FloatArray, MetricsEvent


@dataclass(frozen=True, slots=True, eq=False)
class Corrected:
    """What a session comes to with corrections."""

    outcome: Outcome
    trace: Trace
    offset_s: float
    """From the original start to the corrected one; below zero when it is earlier."""
    corrections: Corrections
    smoothed: bool = False


def rerun_corrected(
    path: Path,
    corrections: Corrections,
    guideline_name: str | None = None,
    mode: Mode | None = None,
    rescuers: int | None = None,
    *,
    smoothed: bool = False,
) -> tuple[Rerun, Corrected]:
    """Run a recording through the pipeline again and judge it with corrections.

    Parameters
    ----------
    path
        The recording, whole or cut.
    corrections
        Their times count from the start of the same analysis without them. Empty ones give
        that analysis, to the last bit.
    guideline_name, mode, rescuers
        As for `mr.session.offline.rerun`.
    smoothed
        Judge the smoothed motion.

    Raises
    ------
    AnalysisError
        When a correction does not fit the recording: outside of it, or without a pause.
    """
    diary = Diary() if smoothed or corrections.zero is not None else None
    again = rerun(path, guideline_name=guideline_name, mode=mode, rescuers=rescuers, diary=diary)
    pipeline = again.pipeline
    before = Smoothed(pipeline.outcome(), pipeline.trace(), pipeline.events)
    if diary is None:
        return again, _judged(again, corrections, before, smoothed=smoothed)
    if smoothed:
        before = smoothed_session(pipeline, diary, again.recording.rig)
    if corrections.zero is None:
        return again, _judged(again, corrections, before, smoothed=smoothed)
    motion = ChestBlock.runs(before.judged) if smoothed else _first(diary.motion, diary.n_judged)
    right = _zeroed(before, corrections.zero, motion)
    return again, _judged(again, corrections, right, smoothed=smoothed)


def _judged(
    again: Rerun, corrections: Corrections, before: Smoothed, *, smoothed: bool
) -> Corrected:
    """Judge with corrections; `before` is the original, but with the right zero."""
    original, trace, pipeline = before.outcome, before.trace, again.pipeline
    if corrections.is_empty:
        return Corrected(original, trace, 0.0, corrections, smoothed)
    motion_s = (float(trace.t_s[0]), float(trace.t_s[-1])) if trace.t_s.size else (0.0, 0.0)
    start_ns, end_ns = _bounds_ns(corrections.bounds, original, motion_s)
    spanned = respanned(
        Respanned(tuple(before.events), tuple(pipeline.shocks_ns)),
        corrections.pauses,
        original.start_ns,
        motion_s,
        metrics_config(original.guideline).pause_threshold_s,
    )
    outcome = judge(
        spanned.events,
        start_ns,
        end_ns,
        original.guideline,
        original.mode,
        original.kind,
        original.health,
        airway_measured=pipeline.airway_measured,
        shocks_ns=spanned.shocks_ns,
        rescuers=original.rescuers,
    )
    offset_s = (start_ns - original.start_ns) / 1e9
    return Corrected(
        outcome, replace(trace, t_s=trace.t_s - offset_s), offset_s, corrections, smoothed
    )


def _bounds_ns(
    bounds: BoundsCorrection | None, original: Outcome, motion_s: tuple[float, float]
) -> tuple[int, int]:
    if bounds is None:
        return original.start_ns, original.end_ns
    first_s, last_s = motion_s
    for name, t_s in (("start_s", bounds.start_s), ("end_s", bounds.end_s)):
        if t_s is not None and not first_s <= t_s <= last_s:
            raise AnalysisError(
                f"bounds: {name} {t_s:g} lies outside of the recording, whose motion goes from "
                f"{first_s:.3f} to {last_s:.3f} s: choose an instant within"
            )
    start_ns, end_ns = (
        original.start_ns + round(1e9 * t_s) if t_s is not None else as_it_was_ns
        for t_s, as_it_was_ns in (
            (bounds.start_s, original.start_ns),
            (bounds.end_s, original.end_ns),
        )
    )
    if end_ns <= start_ns:
        end_s = (end_ns - original.start_ns) / 1e9
        raise AnalysisError(
            f"bounds: start_s {bounds.start_s:g} is not before the end at {end_s:.3f} s: "
            "choose an earlier start or give end_s, too"
        )
    return start_ns, end_ns


def _zeroed(before: Smoothed, zero: ZeroCorrection, motion: Iterable[ChestBlock]) -> Smoothed:
    """Give events and trace with the right zero; the outcome is still the original one."""
    start_ns = before.outcome.start_ns
    stepper = MetricsStepper(metrics_config(before.outcome.guideline))
    events: list[MetricsEvent] = []
    for block in motion:
        wrong_mm = _wrong_mm(zero, (block.t_ns - start_ns) / 1e9)
        events += stepper.block(replace(block, depth_m=block.depth_m - wrong_mm / 1000.0))
    events += stepper.finish()
    trace = before.trace
    right = replace(trace, depth_mm=trace.depth_mm - _wrong_mm(zero, trace.t_s))
    return replace(before, trace=right, events=events)


def _wrong_mm(zero: ZeroCorrection, t_s: FloatArray) -> FloatArray:
    from_s = -np.inf if zero.from_s is None else zero.from_s
    to_s = np.inf if zero.to_s is None else zero.to_s
    return np.where((t_s >= from_s) & (t_s <= to_s), zero.zero_mm, 0.0)


def _first(motion: Iterable[ChestBlock], n: int) -> Iterator[ChestBlock]:
    """Give the first `n` samples of a motion."""
    for block in motion:
        if n <= 0:
            return
        yield block if len(block) <= n else block.part(slice(0, n))
        n -= len(block)
