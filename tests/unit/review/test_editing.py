"""What counts when things change while an analysis is computed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.corrections import Corrections, ZeroCorrection
from mr.review.archive import Archive
from mr.review.intake import editing
from mr.review.intake.analysed import Analysed
from mr.review.intake.catalogue import keep_analysis, let_count, packed
from mr.review.intake.worker import Worker
from mr.review.people.logins import SignedIn
from mr.review.store import schema
from mr.review.store.sessions import Analysis, Corrected, Job, Recorded
from tests.unit.review.conftest import Session as Motion

ZERO = Corrections(zero=ZeroCorrection(zero_mm=2.0, reason="the pad slipped"))


def somebody(learner_id: str = "learner-0badcafe") -> SignedIn:
    return SignedIn("person", "instructor", learner_id, "csrf", "password", "token", False)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = Archive.open(tmp_path / "review")
    schema.upgrade(opened.database)
    yield opened
    opened.close()


@pytest.fixture
def analysis(session: Motion) -> dict[str, Any]:
    return session.analysis()


def made(analysis: dict[str, Any]) -> Analysed:
    nothing = np.zeros(0)
    return Analysed(analysis, nothing, nothing, nothing)


def kept(
    session: Session, row: Recorded, analysis: dict[str, Any], correction_id: str | None = None
) -> Analysis:
    """Keep an analysis of a session."""
    done = made(analysis)
    return keep_analysis(session, row, done, packed(done), correction_id)


def recorded(session: Session, analysis: dict[str, Any]) -> Recorded:
    """Enter a session whose original counts."""
    now = wall_now_utc()
    row = Recorded(
        recording_id="rec-1", sha256="0" * 64, size_bytes=1, source_name="a.mcap",
        learner_id="learner-00000001", made_utc=now, received_utc=now, kind="sim",
        attempt="practice", mode="hands-only", guideline_id="g", storage_level=1,
    )  # fmt: skip
    session.add(row)
    session.flush()
    let_count(row, kept(session, row, analysis), analysis)
    return row


def computed(
    session: Session, row: Recorded, corrected: Corrected, analysis: dict[str, Any]
) -> None:
    """Do what the worker does with a finished correction."""
    new = kept(session, row, analysis, corrected.id)
    Worker._let_it_count(session, row, new, corrected, made(analysis))


def test_a_correction_takes_the_place_of_the_one_before(
    archive: Archive, analysis: dict[str, Any]
) -> None:
    with archive.database.writing() as session:
        row = recorded(session, analysis)
        first = editing.propose(session, row, somebody(), ZERO, "a", count=True)
        computed(session, row, first, analysis)
        second = editing.propose(session, row, somebody(), ZERO, "b", count=True)
        computed(session, row, second, analysis)
        assert (first.state, second.state) == ("replaced", "counts")
        assert row.analysis_id == getattr(editing.analysis_of(session, second), "id", None)


def test_what_was_replaced_meanwhile_does_not_count_again(
    archive: Archive, analysis: dict[str, Any]
) -> None:
    with archive.database.writing() as session:
        row = recorded(session, analysis)
        first = editing.propose(session, row, somebody(), ZERO, "a", count=True)
        computed(session, row, first, analysis)
        second = editing.propose(session, row, somebody(), ZERO, "b", count=True)
        computed(session, row, second, analysis)
        counted = row.analysis_id
        computed(session, row, first, analysis)  # its recomputation had begun before
        assert (first.state, row.analysis_id) == ("replaced", counted)
        original = kept(session, row, analysis)
        Worker._let_it_count(session, row, original, None, made(analysis))
        assert row.analysis_id == counted and row.edited


def test_ones_own_session_stays_proposed(archive: Archive, analysis: dict[str, Any]) -> None:
    with archive.database.writing() as session:
        row = recorded(session, analysis)
        own = somebody(row.learner_id)
        corrected = editing.propose(session, row, own, ZERO, "a", count=True)
        computed(session, row, corrected, analysis)
        assert corrected.state == "proposed" and not row.edited
        with pytest.raises(editing.OwnResultError):
            editing.approve(session, row, own, corrected)
        editing.approve(session, row, somebody(), corrected)
        assert corrected.state == "counts" and row.edited


def test_a_withdrawn_correction_is_not_computed(archive: Archive, analysis: dict[str, Any]) -> None:
    with archive.database.writing() as session:
        row = recorded(session, analysis)
        corrected = editing.propose(session, row, somebody(), ZERO, "a", count=True)
        assert session.query(Job).count() == 1
        editing.withdraw(session, corrected)
        assert session.query(Job).count() == 0
        with pytest.raises(editing.NotSoError, match="withdrawn"):
            editing.approve(session, row, somebody(), corrected)


def test_only_so_many_corrections_are_open_at_once(
    archive: Archive, analysis: dict[str, Any]
) -> None:
    with archive.database.writing() as session:
        row = recorded(session, analysis)
        for _ in range(editing.MOST_OPEN):
            editing.propose(session, row, somebody(), ZERO, "a", count=False)
        with pytest.raises(editing.NotSoError, match="withdraw some"):
            editing.propose(session, row, somebody(), ZERO, "a", count=False)
