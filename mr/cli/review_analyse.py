"""What the review's background process does with a recording: the same as `mrcpr analyze`.

Takes a recording's path, gives its analysis and its trace; `mr.review` is handed this function,
for it does not know the pipeline. The pipeline is imported where it runs: the server does without.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mr.review.intake.analysed import Analysed


def analyse_recording(path: Path, name: str, corrections: dict[str, Any] | None) -> Analysed:
    """Analyse a recording that came as `name` (`MrError` when it cannot be)."""
    from mr.cli.deliver import analysis_of_recording
    from mr.session.smoothed import rerun_for_review

    again, _ = rerun_for_review(path)
    trace = again.pipeline.trace()
    return Analysed(analysis_of_recording(again, name), trace.t_s, trace.depth_mm, trace.sigma_mm)
