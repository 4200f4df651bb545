"""What the review's background process does with a recording: the same as `mrcpr analyze`.

Takes a recording's path and what was corrected in it, gives its analysis and its trace;
`mr.review` is handed this function, for it does not know the pipeline, which is imported where it
runs: the server does without.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mr.review.intake.analysed import Analysed


def analyse_recording(path: Path, name: str, corrections: dict[str, Any] | None) -> Analysed:
    """Analyse a recording that came as `name` (`MrError` when it cannot be)."""
    from mr.cli.deliver import analysis_of_recording
    from mr.corrections import NOTHING_CORRECTED, Corrections
    from mr.session.corrected import rerun_corrected

    mended = NOTHING_CORRECTED if corrections is None else Corrections.of_json(corrections)
    again, corrected = rerun_corrected(path, mended)
    analysis = analysis_of_recording(again, name, corrected=corrected)
    trace = corrected.trace
    return Analysed(analysis, trace.t_s, trace.depth_mm, trace.sigma_mm)
