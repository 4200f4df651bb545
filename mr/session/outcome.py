"""What a session came to: its events within its bounds, summed up and judged.

Takes events, bounds and a profile, gives an `Outcome`; the live pipeline, a replay and an
imported CSV all end here, so that the same session gets the same numbers whichever way it
came.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from mr.blocks import ChestBlock
from mr.config import Mode
from mr.metrics.config import MetricsConfig
from mr.metrics.stepper import MetricsStepper
from mr.metrics.summary import Summary, not_measured, summarise
from mr.scoring.guideline import Guideline
from mr.scoring.performance import Performance
from mr.scoring.score import score_performance
from mr.types import (
    Compression,
    FloatArray,
    Health,
    MetricsEvent,
    Pause,
    Score,
    SourceKind,
    Unmeasured,
    Ventilation,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished (or stopped) session, ready for analysis, report and comparison."""

    kind: SourceKind
    mode: Mode
    guideline: Guideline
    start_ns: int
    end_ns: int
    compressions: tuple[Compression, ...]
    ventilations: tuple[Ventilation, ...]
    pauses: tuple[Pause, ...]
    summary: Summary
    score: Score
    health: tuple[Health, ...] = ()
    shocks_ns: tuple[int, ...] = ()
    rescuers: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """The fused motion for plots: (N,) each, time in s from the session's start."""

    t_s: FloatArray
    depth_mm: FloatArray
    sigma_mm: FloatArray


def metrics_config(guideline: Guideline) -> MetricsConfig:
    """Take the definitions of compression and pause from a profile."""
    return MetricsConfig(
        min_excursion_m=guideline.definitions.min_excursion_mm / 1000.0,
        pause_threshold_s=guideline.definitions.pause_threshold_s,
    )


def judge(
    events: Sequence[MetricsEvent],
    start_ns: int,
    end_ns: int,
    guideline: Guideline,
    mode: Mode,
    kind: SourceKind,
    health: tuple[Health, ...] = (),
    *,
    airway_measured: bool = False,
    shocks_ns: Sequence[int] = (),
    rescuers: int = 1,
) -> Outcome:
    """Sum up and score the events between ``start_ns`` and ``end_ns``."""
    inside = [e for e in events if start_ns <= _middle_ns(e) <= end_ns]
    compressions = tuple(e for e in inside if isinstance(e, Compression))
    ventilations = tuple(e for e in inside if isinstance(e, Ventilation))
    pauses = tuple(e for e in inside if isinstance(e, Pause))
    holes = [e for e in events if isinstance(e, Unmeasured)]
    holes_ns = [
        (max(h.start_ns, start_ns), min(h.end_ns, end_ns))
        for h in sorted(holes, key=lambda h: h.start_ns)
        if h.start_ns < end_ns and h.end_ns > start_ns
    ]
    judged: list[MetricsEvent] = [*compressions, *ventilations, *pauses, *holes]
    summary = summarise(judged, start_ns, max(end_ns, start_ns + 1))
    unmeasured = not_measured(summary.unmeasured_s)
    shocks_ns = tuple(t_ns for t_ns in shocks_ns if start_ns <= t_ns <= end_ns)
    performance = Performance(
        compressions, ventilations, pauses, summary.ccf_pct, airway_measured, unmeasured,
        shocks_ns, (start_ns, end_ns), holes_ns,
    )  # fmt: skip
    score = score_performance(performance, guideline, mode, rescuers)
    return Outcome(
        kind, mode, guideline, start_ns, end_ns, compressions, ventilations, pauses,
        summary, score, health, shocks_ns, rescuers,
    )  # fmt: skip


def judge_motion(
    motion: Iterable[ChestBlock],
    config: MetricsConfig,
    guideline: Guideline,
    mode: Mode,
    kind: SourceKind,
    rescuers: int = 1,
) -> Outcome:
    """Judge a motion that another system measured, from first onset to last release.

    Where only breaths count it is from the first breath to the end of the last.
    """
    stepper = MetricsStepper(config)
    events: list[MetricsEvent] = []
    first_ns: int | None = None
    last_ns = 0
    airway = False
    for block in motion:
        last_ns = int(block.t_ns[-1])
        first_ns = int(block.t_ns[0]) if first_ns is None else first_ns
        airway = airway or not np.isnan(block.airway_ml).all()
        events += stepper.block(block)
    events += stepper.finish()
    spans_ns = [span for e in events if (span := counted_ns(e, mode)) is not None]
    start_ns = min((a_ns for a_ns, _ in spans_ns), default=first_ns or 0)
    end_ns = max((b_ns for _, b_ns in spans_ns), default=last_ns)
    return judge(
        events, start_ns, end_ns, guideline.for_chest(None), mode, kind,
        airway_measured=airway, rescuers=rescuers,
    )  # fmt: skip


def counted_ns(event: MetricsEvent, mode: Mode) -> tuple[int, int] | None:
    """Give start and end of what a session can begin and end with; None: not with this.

    It is a compression, or a breath in the mode that has nothing else.
    """
    if mode is Mode.VENTILATION_ONLY:
        return (event.start_ns, event.end_ns) if isinstance(event, Ventilation) else None
    return (event.onset_ns, event.release_ns) if isinstance(event, Compression) else None


def _middle_ns(event: MetricsEvent) -> int:
    if isinstance(event, Compression):
        return event.peak_ns
    return (event.start_ns + event.end_ns) // 2
