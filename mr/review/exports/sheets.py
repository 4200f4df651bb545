"""Sessions as CSV: every compression a row, or every session a row.

Takes `Export`s, gives text that a spreadsheet opens without running any of it. What is unknown
is an empty cell. Leaves the workbook with its reasons to `workbook`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from mr.review import imported
from mr.review.exports.export import Export, edited_words
from mr.review.imported import harmless, yes_or_no

SUMMARY = (
    "duration_s", "n_compressions", "mean_depth_mm", "mean_depth_sigma_mm", "depth_in_target_pct",
    "mean_rate_cpm", "mean_rate_sigma_cpm", "rate_in_target_pct", "mean_release_depth_mm",
    "mean_release_depth_sigma_mm", "release_in_target_pct", "ccf_pct", "n_pauses",
    "longest_pause_s", "hand_in_target_pct", "n_ventilations", "mean_volume_ml",
    "mean_volume_sigma_ml",
)  # fmt: skip
SESSION_COLUMNS = (
    "learner", "class", "made_utc", "source", "recording_id", "kind", "simulated", "attempt",
    "mode", "guideline", "guideline_sha256", "score_pct", "score_low_pct", "score_high_pct",
    *SUMMARY, "verdict", "smoothed", "edited", "edited_words", "approved_by", "software",
)  # fmt: skip
"""Of the list of sessions: published, so they only ever grow, at the end."""


def compressions_csv(exports: Sequence[Export]) -> str:
    """Write every compression of every session, one a row, with whether it was edited."""
    return imported.compressions_csv(e.analysis for e in exports)


def sessions_csv(exports: Sequence[Export]) -> str:
    """Write every session, one a row."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(SESSION_COLUMNS)
    writer.writerows(_session(export) for export in exports)
    return out.getvalue()


def _session(export: Export) -> list[Any]:
    a = export.analysis
    source, guideline, score, assessment = a["source"], a["guideline"], a["score"], a["assessment"]
    cells = [
        export.who, export.course, source["made_utc"], source["name"], source["recording_id"],
        source["kind"], source["simulated"], source["attempt"],
        guideline["mode"], guideline["id"], guideline["sha256"],
        score["value_pct"], score["interval_low_pct"], score["interval_high_pct"],
        *(a["summary"][key] for key in SUMMARY),
        None if assessment is None else assessment["verdict"], source["smoothed"],
        export.edited, edited_words(export),
        None if export.approval is None else export.approval.by, a["software"],
    ]  # fmt: skip
    return [_cell(value) for value in cells]


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return yes_or_no(value)
    return harmless(value) if isinstance(value, str) else value
