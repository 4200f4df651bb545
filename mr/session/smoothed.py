"""A recording judged by its smoothed motion: with what was learnt after each instant, too.

Takes a rerun that kept a diary, gives its outcome and its trace anew: the same bounds, the same
metrics, the same profile. Leaves smoothing to `mr.fusion.smoother`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mr.config import Mode
from mr.fusion.diary import Diary
from mr.fusion.smoother import smooth
from mr.metrics.stepper import MetricsStepper
from mr.rig import Rig
from mr.session.offline import Rerun, rerun
from mr.session.outcome import Outcome, Trace, judge, metrics_config
from mr.session.pipeline import Pipeline
from mr.types import ChestSample, MetricsEvent


@dataclass(frozen=True, slots=True, eq=False)
class Smoothed:
    """What a session came to by its smoothed motion."""

    outcome: Outcome
    trace: Trace
    events: Sequence[MetricsEvent] = field(default=(), repr=False)
    """All that was found in the smoothed motion, also outside the judged bounds."""
    judged: Sequence[ChestSample] = field(default=(), repr=False)
    """The smoothed motion up to the session's stop."""


def rerun_for_review(
    path: Path,
    guideline_name: str | None = None,
    mode: Mode | None = None,
    rescuers: int | None = None,
    *,
    smoothed: bool = False,
) -> tuple[Rerun, Smoothed | None]:
    """Run a recording through the pipeline again; `smoothed`: judge its smoothed motion, too.

    Parameters
    ----------
    path
        The recording, whole or cut.
    guideline_name, mode, rescuers
        Judge by another profile, mode or number of rescuers than the one it was recorded with.

    Returns
    -------
    The rerun, which has what the live session had; and the smoothed session, where asked for.
    """
    diary = Diary() if smoothed else None
    again = rerun(path, guideline_name=guideline_name, mode=mode, rescuers=rescuers, diary=diary)
    if diary is None:
        return again, None
    return again, smoothed_session(again.pipeline, diary, again.recording.rig)


def smoothed_session(pipeline: Pipeline, diary: Diary, rig: Rig) -> Smoothed:
    """Judge what a finished pipeline has seen by its smoothed motion, up to the same stop."""
    live = pipeline.outcome()
    motion = smooth([s for block in diary.motion for s in block.samples()], diary, rig)
    judged = motion[: diary.n_judged]
    stepper = MetricsStepper(metrics_config(live.guideline))
    events = stepper.steps(judged) + stepper.finish()
    outcome = judge(
        events,
        live.start_ns,
        live.end_ns,
        live.guideline,
        live.mode,
        live.kind,
        live.health,
        airway_measured=any(sample.airway_ml is not None for sample in motion),
        shocks_ns=live.shocks_ns,
        rescuers=live.rescuers,
    )
    return Smoothed(outcome, _trace(motion, live.start_ns), events, judged)


def _trace(motion: Sequence[ChestSample], start_ns: int) -> Trace:
    t_ns = np.array([sample.stamp.t_ns for sample in motion], np.int64)
    depth_m = np.array([sample.depth_m for sample in motion], np.float64)
    sigma_m = np.array([sample.sigma_m for sample in motion], np.float64)
    return Trace((t_ns - start_ns) / 1e9, 1000.0 * depth_m, 1000.0 * sigma_m)
