"""A recording's entry in the catalogue: from its head, and from its analysis.

Takes a checked file's facts, gives a row; takes an analysis, writes its numbers into the row for
lists. A file that is there already is not there twice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

import zstandard
from sqlalchemy import select
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.errors import RecordingError
from mr.review.intake.accept import Accepted
from mr.review.intake.analysed import Analysed
from mr.review.lines import score_lines
from mr.review.pyramid import build_pyramid
from mr.review.right import n_right
from mr.review.store.erasures import Erasing
from mr.review.store.sessions import Analysis, Job, Recorded

SOMEBODY_WAITS, IS_NEW, IS_OLDER = 0, 1, 2
"""A job's priorities."""
LISTED = (
    "duration_s",
    "n_compressions",
    "mean_depth_mm",
    "mean_rate_cpm",
    "depth_in_target_pct",
    "rate_in_target_pct",
    "release_in_target_pct",
    "ccf_pct",
)
"""Of an analysis' summary, what lists show."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A recording that came in, and how."""

    accepted: Accepted
    name: str
    course_id: str | None = None
    rig_id: str | None = None
    signature: str | None = None
    brought_by: str | None = None


def enter(session: Session, arrived: Arrived) -> tuple[Recorded, bool]:
    """Write a recording into the catalogue, to be analysed; tells whether it is new.

    A whole recording takes the place of a cut one of the same id that came before it.

    Raises
    ------
    RecordingError
        When another file of the same recording is there.
    """
    file = arrived.accepted
    known = session.scalars(
        select(Recorded).where(
            (Recorded.sha256 == file.sha256)
            | (Recorded.pictured_sha256 == file.sha256)
            | (Recorded.recording_id == file.recording_id)
        )
    ).first()
    if known is None:
        row = _new_row(arrived)
        session.add(row)
        session.flush()
    elif file.sha256 in {known.sha256, known.pictured_sha256}:
        return known, False
    elif known.why_incomplete and not file.why_incomplete:
        _require_the_same_sender(known, arrived)
        session.add(Erasing(about=f"session:{known.id}", begun_utc=wall_now_utc(),
                            recordings=[known.sha256], uploads=[]))  # fmt: skip
        row = known
        row.storage_level = file.storage_level
        row.sha256, row.size_bytes = file.sha256, file.size_bytes
        row.pictured_sha256 = None
        row.why_incomplete, row.signature = "", arrived.signature
        row.state = "waiting"
    else:
        raise RecordingError(
            f"{arrived.name}: the catalogue has another file of this recording "
            f"({file.recording_id}): keep the one that is there, or erase it first"
        )
    session.add(Job(session_id=row.id, priority=IS_NEW))
    return row, True


def _require_the_same_sender(known: Recorded, arrived: Arrived) -> None:
    """Refuse a whole recording in the place of a cut one that it is not the rest of."""
    file = arrived.accepted
    is_the_same = (arrived.rig_id, file.learner_id, file.attempt, file.mode, file.made_utc) == (
        known.rig_id,
        known.learner_id,
        known.attempt,
        known.mode,
        known.made_utc,
    )
    by_the_same = known.rig_id is not None or arrived.brought_by == known.brought_by
    if not (is_the_same and by_the_same):
        raise RecordingError(
            f"{arrived.name}: a cut recording of this id is there, and only who sent it sends the "
            "whole one; one that was given to another learner stays as it is"
        )


def _new_row(arrived: Arrived) -> Recorded:
    file = arrived.accepted
    same = ("recording_id", "sha256", "size_bytes", "learner_id", "made_utc", "kind", "attempt",
            "mode", "guideline_id", "storage_level", "why_incomplete")  # fmt: skip
    return Recorded(
        **{name: getattr(file, name) for name in same},
        source_name=arrived.name,
        course_id=arrived.course_id,
        rig_id=arrived.rig_id,
        signature=arrived.signature,
        brought_by=arrived.brought_by,
        received_utc=wall_now_utc(),
    )


class Packed(NamedTuple):
    """An analysis as it is kept."""

    json_zstd: bytes
    pyramid: bytes


def packed(made: Analysed) -> Packed:
    """Pack an analysis; of an hour it takes its time, so not while the database is held."""
    text = json.dumps(made.analysis, indent=2, allow_nan=False) + "\n"
    pyramid = build_pyramid(made.t_s, made.depth_mm, made.sigma_mm)
    return Packed(zstandard.compress(text.encode()), pyramid)


def keep_analysis(
    session: Session, recorded: Recorded, made: Analysed, ready: Packed, correction_id: str | None
) -> Analysis:
    """Keep an analysis with its trace; the row goes on counting the one before until told."""
    row = Analysis(
        session_id=recorded.id,
        software=made.analysis["software"],
        made_utc=wall_now_utc(),
        correction_id=correction_id,
        json_zstd=ready.json_zstd,
        pyramid=ready.pyramid,
    )
    session.add(row)
    session.flush()
    return row


def analysis_text(row: Analysis) -> bytes:
    """Give an analysis as the JSON text that was kept."""
    return zstandard.decompress(row.json_zstd)


def let_count(recorded: Recorded, row: Analysis, analysis: dict[str, Any]) -> None:
    """Make an analysis the one that counts: its numbers go into the lists.

    An approval was of the numbers before: where they change, it is void.
    """
    before = _numbers(recorded)
    summary, score = analysis["summary"], analysis["score"]
    recorded.analysis_id, recorded.edited = row.id, row.correction_id is not None
    recorded.state, recorded.why_failed = "ready", ""
    for name in LISTED:
        setattr(recorded, name, summary[name])
    recorded.n_right = n_right(analysis)
    recorded.score_pct = score["value_pct"]
    recorded.score_low_pct = score["interval_low_pct"]
    recorded.score_high_pct = score["interval_high_pct"]
    recorded.items = {i["key"]: [i["value_pct"], i["points_lost"]] for i in score["items"]}
    lines = zip(score["items"], score_lines(score), strict=True)
    recorded.reasons = {item["key"]: line.why for item, line in lines}
    if _numbers(recorded) != before:
        recorded.approved_by = recorded.approved_utc = None


def _numbers(recorded: Recorded) -> list[Any]:
    shown = ("edited", "score_pct", "score_low_pct", "score_high_pct", "items", *LISTED)
    return [getattr(recorded, name) for name in shown]
