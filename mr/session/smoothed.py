"""A recording judged by its smoothed motion: with what was learnt after each instant, too.

Takes a rerun that kept a diary, gives its outcome anew: the same bounds, the same metrics, the
same profile. Leaves smoothing to `mr.fusion.smoother`.
"""

from __future__ import annotations

from pathlib import Path

from mr.config import Mode
from mr.fusion.diary import Diary
from mr.fusion.smoother import smooth
from mr.metrics.stepper import MetricsStepper
from mr.rig import Rig
from mr.session.offline import rerun
from mr.session.outcome import Outcome, judge, metrics_config
from mr.session.pipeline import Pipeline


def smoothed_rerun(
    path: Path, guideline_name: str | None = None, mode: Mode | None = None
) -> Outcome:
    """Run a recording through the pipeline again, smooth its motion and judge that.

    Parameters
    ----------
    path
        The recording, whole or cut.
    guideline_name, mode
        Judge by another profile or mode than the one it was recorded with.
    """
    diary = Diary()
    again = rerun(path, guideline_name=guideline_name, mode=mode, diary=diary)
    return smoothed_outcome(again.pipeline, diary, again.recording.rig)


def smoothed_outcome(pipeline: Pipeline, diary: Diary, rig: Rig) -> Outcome:
    """Judge what a finished pipeline has seen by its smoothed motion."""
    live = pipeline.outcome()
    motion = smooth(diary.motion, diary, rig)
    stepper = MetricsStepper(metrics_config(live.guideline))
    events = stepper.steps(motion) + stepper.finish()
    return judge(
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
