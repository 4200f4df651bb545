"""Corrections of a session: proposed with a reason, computed, approved by another, taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from mr.clock.host import wall_now_utc
from mr.corrections import NOTHING_CORRECTED, Corrections, Reason
from mr.review.intake import editing
from mr.review.intake.editing import NotSoError, OwnResultError
from mr.review.people.access import is_own, may_judge_session
from mr.review.people.logins import SignedIn
from mr.review.store.audit import note
from mr.review.store.people import Person
from mr.review.store.sessions import Corrected, Recorded
from mr.review.web.asking import (
    Me,
    Running,
    actor,
    not_yours,
    session_judged,
    session_seen,
    subject_of,
)
from mr.review.web.refusals import Refused
from mr.review.web.routes.sessions import Id
from mr.review.web.state import Review

router = APIRouter(prefix="/sessions", tags=["corrections"])
CORRECTIONS_PER_MINUTE = 60
"""Of one person: each of them is an analysis."""
State = Literal["waiting", "proposed", "counts", "replaced", "withdrawn", "failed"]


class CorrectionRow(BaseModel):
    """One correction, and what who asks may do with it."""

    id: str
    by: str | None
    by_person_id: str
    made_utc: datetime
    reason: str
    corrections: dict[str, Any]
    """``mrcpr.corrections/1``; of nothing: back to the original."""
    state: State
    why_failed: str
    approved_by: str | None
    approved_utc: datetime | None
    analysis_id: str | None
    """Its analysis, once it is computed."""
    may_approve: bool
    may_withdraw: bool


class NewCorrection(BaseModel):
    """What is to be corrected; each part of it has a reason of its own, too."""

    corrections: dict[str, Any]
    reason: Reason
    count: bool = False
    """Let it count as soon as it is computed; one's own session waits for another's word."""


class Why(BaseModel):
    """Why something is done."""

    reason: Reason


def _rows(
    session: Session, me: SignedIn, recorded: Recorded, only: str | None = None
) -> list[CorrectionRow]:
    maker, approver = aliased(Person), aliased(Person)
    query = (
        select(Corrected, maker.name, approver.name)
        .outerjoin(maker, maker.id == Corrected.by_person_id)
        .outerjoin(approver, approver.id == Corrected.approved_by)
        .where(Corrected.session_id == recorded.id)
        .order_by(Corrected.made_utc.desc(), Corrected.id)
    )
    if only is not None:
        query = query.where(Corrected.id == only)
    judges = may_judge_session(session, me, recorded)
    return [
        _row(session, me, recorded, corrected, (by, approved_by), judges=judges)
        for corrected, by, approved_by in session.execute(query)
    ]


def _row(
    session: Session,
    me: SignedIn,
    recorded: Recorded,
    corrected: Corrected,
    names: tuple[str | None, str | None],
    *,
    judges: bool,
) -> CorrectionRow:
    back = editing.is_back_to_original(corrected)
    analysis = (
        editing.original_of(session, recorded) if back else editing.analysis_of(session, corrected)
    )
    kept = ("id", "by_person_id", "made_utc", "reason", "corrections", "why_failed", "approved_utc")
    return CorrectionRow.model_validate(
        {key: getattr(corrected, key) for key in (*kept, "state")}
        | {
            "by": names[0],
            "approved_by": names[1],
            "analysis_id": None if analysis is None else analysis.id,
            "may_approve": judges and corrected.state == "proposed" and not is_own(me, recorded),
            "may_withdraw": judges and corrected.state in (*editing.OPEN, "failed"),
        }
    )


@router.get("/{session_id}/corrections")
def corrections(session_id: str, me: Me, review: Running) -> list[CorrectionRow]:
    """List the corrections of a session, the newest first."""
    with review.archive.database.reading() as session:
        recorded = session_seen(session, review, me, session_id)
        return _rows(session, me, recorded)


@router.post("/{session_id}/corrections", status_code=201)
def new_correction(session_id: str, given: NewCorrection, me: Me, review: Running) -> CorrectionRow:
    """Propose a correction; it is computed at once, in the background."""
    wanted = Corrections.of_json(given.corrections)
    if wanted.is_empty:
        raise Refused(422, "invalid", "nothing is corrected: say what, or go back to the original")
    return _proposed(review, me, session_id, wanted, given)


@router.post("/{session_id}/original", status_code=201)
def back_to_original(session_id: str, given: Why, me: Me, review: Running) -> CorrectionRow:
    """Let the original count again; of one's own session, another has to approve it."""
    new = NewCorrection(corrections={}, reason=given.reason, count=True)
    return _proposed(review, me, session_id, NOTHING_CORRECTED, new)


def _proposed(
    review: Review, me: SignedIn, session_id: str, wanted: Corrections, given: NewCorrection
) -> CorrectionRow:
    if not review.allowed("correction", me.person_id, CORRECTIONS_PER_MINUTE):
        words = f"at most {CORRECTIONS_PER_MINUTE} corrections a minute: wait a minute"
        raise Refused(429, "too-often", words)
    with review.archive.database.writing() as session:
        recorded = session_judged(session, review, me, session_id)
        if wanted.is_empty and not recorded.edited:
            raise Refused(409, "not-so", "the original counts already")
        try:
            row = editing.propose(session, recorded, me, wanted, given.reason, count=given.count)
        except NotSoError as error:
            raise Refused(409, "not-so", str(error)) from error
        note(session, actor(me), "correction.made", f"session:{session_id}",
             subject_of(session, recorded), correction=row.id, sha256=wanted.sha256)  # fmt: skip
        session.flush()
        (made,) = _rows(session, me, recorded, row.id)
    review.worker.tell()
    return made


def _one(
    session: Session, review: Review, me: SignedIn, recorded: Recorded, correction_id: str
) -> Corrected:
    found = session.get(Corrected, correction_id)
    if found is None or found.session_id != recorded.id:
        session.close()
        raise not_yours(review, me, f"correction:{correction_id}")
    return found


@router.post("/{session_id}/corrections/{correction_id}/approve")
def approve(session_id: str, correction_id: Id, me: Me, review: Running) -> CorrectionRow:
    """Let a proposed correction count; nobody approves one of their own session."""
    with review.archive.database.writing() as session:
        recorded = session_judged(session, review, me, session_id)
        corrected = _one(session, review, me, recorded, correction_id)
        try:
            editing.approve(session, recorded, me, corrected)
        except OwnResultError as error:
            session.close()
            raise own_result(me, session_id, error) from error
        except NotSoError as error:
            raise Refused(409, "not-so", str(error)) from error
        note(session, actor(me), "correction.approved", f"session:{session_id}",
             subject_of(session, recorded), correction=correction_id)  # fmt: skip
        session.flush()
        (row,) = _rows(session, me, recorded, correction_id)
        return row


@router.post("/{session_id}/corrections/{correction_id}/withdraw")
def withdraw(session_id: str, correction_id: Id, me: Me, review: Running) -> CorrectionRow:
    """Take back a correction that does not count yet; it stays in the list."""
    with review.archive.database.writing() as session:
        recorded = session_judged(session, review, me, session_id)
        corrected = _one(session, review, me, recorded, correction_id)
        try:
            editing.withdraw(session, corrected)
        except NotSoError as error:
            raise Refused(409, "not-so", str(error)) from error
        note(session, actor(me), "correction.withdrawn", f"session:{session_id}",
             subject_of(session, recorded), correction=correction_id)  # fmt: skip
        session.flush()
        (row,) = _rows(session, me, recorded, correction_id)
        return row


@router.post("/{session_id}/approval", status_code=201)
def approve_result(session_id: str, me: Me, review: Running) -> None:
    """Stand for an assessment's result, as its class's instructor; never for one's own."""
    with review.archive.database.writing() as session:
        recorded = session_judged(session, review, me, session_id)
        if is_own(me, recorded):
            session.close()
            raise own_result(me, session_id, OwnResultError())
        if recorded.attempt != "assessment" or recorded.state != "ready":
            words = "only an assessment that has been analysed has a result to approve"
            raise Refused(409, "not-so", words)
        recorded.approved_by, recorded.approved_utc = me.person_id, wall_now_utc()
        note(session, actor(me), "result.approved", f"session:{session_id}",
             subject_of(session, recorded), analysis=recorded.analysis_id)  # fmt: skip


@router.delete("/{session_id}/approval")
def take_approval_back(session_id: str, me: Me, review: Running) -> None:
    """Take the approval of a result back."""
    with review.archive.database.writing() as session:
        recorded = session_judged(session, review, me, session_id)
        recorded.approved_by = recorded.approved_utc = None
        note(session, actor(me), "result.approval-taken-back", f"session:{session_id}",
             subject_of(session, recorded))  # fmt: skip


def own_result(me: SignedIn, session_id: str, error: OwnResultError) -> Refused:
    """Refuse who would approve their own result."""
    about = f"session:{session_id}"
    return Refused(403, "own", str(error), about=about, subject=me.person_id)
