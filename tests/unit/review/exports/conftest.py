from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from mr.review.analysis import Provenance
from mr.review.exports.export import Approval, Editor, Export, PastSession, Remark
from tests.unit.review.conftest import Session, a_session

EDITOR = Editor("Dr Grey", "2026-11-30T10:15:00+00:00")


def an_export(session: Session | None = None, kind: Any = "live", **changes: Any) -> Export:
    """One whole session of a learner, judged by the real metrics and score."""
    session = session or a_session()
    made = Provenance(
        "rec-0123456789abcdef",
        "2026-11-30T09:30:00+00:00",
        learner_id="learner-0badcafe",
        attempt="cold",
    )
    export = Export(
        analysis=session.analysis(kind, made),
        who="Ada Lovelace",
        course="Nursing 2026",
        trace=session.trace(),
        remarks=(Remark("Lock your elbows.", "Dr Grey", 4.2), Remark("Well done.", "Dr Grey")),
        approval=Approval("Dr Grey", "2026-11-30T10:20:00+00:00"),
    )
    return dataclasses.replace(export, **changes)


def corrected(export: Export, *reasons: str) -> Export:
    """Give the same session as `mr.review.analysis` marks one that an instructor corrected."""
    told = {
        "schema": "mrcpr.corrections/1",
        "bounds": {"start_s": None, "end_s": 20.0, "reason": "the bell rang"},
        "pauses": [
            {"start_s": 9.0 + k, "end_s": 9.5 + k, "becomes": "excused", "reason": reason}
            for k, reason in enumerate(reasons or ("the sensor slipped",))
        ],
        "zero": {"zero_mm": -1.5, "from_s": None, "to_s": None, "reason": "a blanket"},
    }
    analysis = {
        **export.analysis,
        "corrected": {"offset_s": 0.0, "sha256": "0" * 64, "corrections": told},
    }
    return dataclasses.replace(export, analysis=analysis, editor=EDITOR)


def past(export: Export, scores_pct: tuple[float, ...], **changes: Any) -> tuple[PastSession, ...]:
    """Other sessions of the same mode and profile, a day apart."""
    guideline = export.analysis["guideline"]
    return tuple(
        dataclasses.replace(
            PastSession(
                f"2026-11-{day:02}T09:00:00+00:00",
                score_pct,
                (score_pct - 3.0, min(100.0, score_pct + 3.0)),
                "practice",
                guideline["mode"],
                guideline["sha256"],
            ),
            **changes,
        )
        for day, score_pct in enumerate(scores_pct, 1)
    )


@pytest.fixture
def export(session: Session) -> Export:
    return an_export(session)
