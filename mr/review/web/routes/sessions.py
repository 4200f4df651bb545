"""Sessions: the catalogue with its filters, one session, and its analysis as it was kept."""

from __future__ import annotations

import gzip
from datetime import datetime
from typing import Annotated, Any, Literal

import zstandard
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from mr.review.intake.editing import original_of
from mr.review.people import access
from mr.review.people.logins import SignedIn
from mr.review.people.looks import is_new_look
from mr.review.store.audit import note
from mr.review.store.courses import Course
from mr.review.store.people import Person
from mr.review.store.rigs import EnrolledRig
from mr.review.store.sessions import Analysis, Recorded
from mr.review.web.asking import (
    Me,
    Running,
    actor,
    session_judged,
    session_seen,
    subject_of,
)
from mr.review.web.refusals import Refused
from mr.review.web.state import Review

router = APIRouter(prefix="/sessions", tags=["sessions"])
Id = Annotated[str, Field(max_length=16)]
Order = Literal["newest", "oldest", "best", "worst"]


class SessionRow(BaseModel):
    """One session in a list; what is not known is null."""

    id: str
    recording_id: str
    made_utc: datetime
    learner_id: str
    person_id: str | None
    name: str | None
    """The learner's, to who may see it."""
    course_id: str | None
    course: str | None
    rig_id: str | None
    rig: str | None
    kind: str
    attempt: str
    mode: str
    guideline_id: str
    storage_level: int
    why_incomplete: str
    state: Literal["waiting", "ready", "failed"]
    why_failed: str
    edited: bool
    duration_s: float | None
    score_pct: float | None
    score_low_pct: float | None
    score_high_pct: float | None
    n_compressions: int | None
    mean_depth_mm: float | None
    mean_rate_cpm: float | None
    depth_in_target_pct: float | None
    rate_in_target_pct: float | None
    release_in_target_pct: float | None
    ccf_pct: float | None
    items: dict[str, list[float | None]]
    """Of each item of the score: its value in per cent, and the points it lost."""


class Sessions(BaseModel):
    """A page of the catalogue."""

    rows: list[SessionRow]
    total: int


class SessionPage(SessionRow):
    """One session, and what who asks may do with it."""

    sha256: str
    size_bytes: int
    received_utc: datetime
    signed: bool
    pictures_erased: bool
    """Whether pictures were taken out of the file since it came: its learner withdrew."""
    software: str | None
    analysed_utc: datetime | None
    analysis_id: str | None
    original_id: str | None
    """The newest analysis without corrections."""
    approved_by: str | None
    """The name of who stands for the result of an assessment."""
    approved_utc: datetime | None
    mine: bool
    may_judge: bool


class Filters(BaseModel):
    """What a list is narrowed to; the page keeps them in its URL."""

    learner: Id | None = None
    """A learner's random id."""
    course: Id | None = None
    rig: Id | None = None
    attempt: Literal["cold", "practice", "retest", "assessment"] | None = None
    mode: Annotated[str, Field(max_length=20)] | None = None
    state: Literal["waiting", "ready", "failed"] | None = None
    since: datetime | None = None
    until: datetime | None = None
    order: Order = "newest"
    start: int = Field(default=0, ge=0, le=10_000_000)
    count: int = Field(default=50, ge=1, le=200)


def _conditions(asked: Filters) -> list[ColumnElement[bool]]:
    equal = {
        Recorded.learner_id: asked.learner,
        Recorded.course_id: asked.course,
        Recorded.rig_id: asked.rig,
        Recorded.attempt: asked.attempt,
        Recorded.mode: asked.mode,
        Recorded.state: asked.state,
    }
    found: list[ColumnElement[bool]] = [
        column == value for column, value in equal.items() if value is not None
    ]
    if asked.order in {"best", "worst"}:
        found.append(Recorded.score_pct.is_not(None))
    if asked.since is not None:
        found.append(Recorded.made_utc >= _with_zone(asked.since))
    if asked.until is not None:
        found.append(Recorded.made_utc < _with_zone(asked.until))
    return found


def _with_zone(when: datetime) -> datetime:
    return when if when.tzinfo else when.astimezone()


ORDERS: dict[Order, tuple[Any, ...]] = {
    "newest": (Recorded.made_utc.desc(), Recorded.id.desc()),
    "oldest": (Recorded.made_utc, Recorded.id),
    "best": (Recorded.score_pct.desc(), Recorded.id.desc()),
    "worst": (Recorded.score_pct, Recorded.id),
}


def rows_of(session: Session, query: Any) -> list[SessionRow]:
    """Put sessions that a query selects into rows, with names beside their ids."""
    named = (
        query.add_columns(Person.id, Person.name, Course.title, EnrolledRig.name)
        .outerjoin(Person, Person.learner_id == Recorded.learner_id)
        .outerjoin(Course, Course.id == Recorded.course_id)
        .outerjoin(EnrolledRig, EnrolledRig.id == Recorded.rig_id)
    )
    return [_row(*found) for found in session.execute(named)]


def _row(
    recorded: Recorded, person_id: str | None, name: str | None, course: str | None, rig: str | None
) -> SessionRow:
    beside = {"person_id": person_id, "name": name, "course": course, "rig": rig}
    own = set(SessionRow.model_fields) - set(beside)
    return SessionRow.model_validate({key: getattr(recorded, key) for key in own} | beside)


@router.get("")
def sessions(asked: Annotated[Filters, Query()], me: Me, review: Running) -> Sessions:
    """List the sessions that one may see."""
    conditions, order = _conditions(asked), ORDERS[asked.order]
    every = select(func.count(Recorded.id)).where(*conditions, access.sessions_seen_by(me))
    with review.archive.database.reading() as session:
        total = session.scalar(every) or 0
        seen = access.sessions_seen_by(me, in_order=True)
        ids = select(Recorded.id).where(*conditions, seen).order_by(*order)
        page = ids.offset(asked.start).limit(asked.count).subquery()  # over the index alone
        query = select(Recorded).join(page, page.c.id == Recorded.id).order_by(*order)
        return Sessions(rows=rows_of(session, query), total=total)


def seen_by_another(session: Session, me: SignedIn, recorded: Recorded) -> bool:
    """Tell whether a look at somebody's data is yet to be written down."""
    if access.is_own(me, recorded):
        return False
    return is_new_look(session, actor(me), "session.viewed", f"session:{recorded.id}")


def note_view(review: Review, me: SignedIn, recorded: Recorded, person_id: str | None) -> None:
    """Write down who looked at whose data."""
    with review.archive.database.writing() as session:
        about = f"session:{recorded.id}"
        note(session, actor(me), "session.viewed", about, person_id or "")


def tell_of_look(review: Review, me: SignedIn, recorded: Recorded) -> None:
    """Write down that somebody looks at a session, whichever part of it they ask for first."""
    with review.archive.database.reading() as session:
        look, subject = seen_by_another(session, me, recorded), subject_of(session, recorded)
    if look:
        note_view(review, me, recorded, subject)


@router.get("/{session_id}")
def one_session(session_id: str, me: Me, review: Running) -> SessionPage:
    """Show one session."""
    with review.archive.database.reading() as session:
        recorded = session_seen(session, review, me, session_id)
        (row,) = rows_of(session, select(Recorded).where(Recorded.id == session_id))
        analysis = session.get(Analysis, recorded.analysis_id) if recorded.analysis_id else None
        original = original_of(session, recorded)
        approver = session.get(Person, recorded.approved_by) if recorded.approved_by else None
        page = SessionPage(
            **row.model_dump(),
            sha256=recorded.sha256,
            size_bytes=recorded.size_bytes,
            received_utc=recorded.received_utc,
            signed=recorded.signature is not None,
            pictures_erased=recorded.pictured_sha256 is not None,
            software=None if analysis is None else analysis.software,
            analysed_utc=None if analysis is None else analysis.made_utc,
            analysis_id=recorded.analysis_id,
            original_id=None if original is None else original.id,
            approved_by=None if approver is None else approver.name,
            approved_utc=recorded.approved_utc,
            mine=access.is_own(me, recorded),
            may_judge=access.may_judge_session(session, me, recorded),
        )
        look = seen_by_another(session, me, recorded)
    if look:
        note_view(review, me, recorded, page.person_id)
    return page


def analysis_row(session: Session, recorded: Recorded, analysis_id: str | None) -> Analysis:
    """Give the analysis that counts, or another one of the same session."""
    wanted = analysis_id or recorded.analysis_id
    row = None if wanted is None else session.get(Analysis, wanted)
    if row is None or row.session_id != recorded.id:
        words = "this session is still being analysed" if wanted is None else "no such analysis"
        raise Refused(404, "no-analysis", words)
    return row


class JsonText(Response):
    """JSON that is there as text already."""

    media_type = "application/json"


def packed_json(json_zstd: bytes, accepts: str) -> JsonText:
    """Give packed JSON text in the first way that a browser takes: as it is, by gzip, or plain.

    An hour's analysis is some 8 MB of text, which a class' WLAN takes long over.
    """
    taken = {part.partition(";")[0].strip() for part in accepts.lower().split(",")}
    headers = {"Vary": "Accept-Encoding"}
    if "zstd" in taken:
        return JsonText(json_zstd, headers=headers | {"Content-Encoding": "zstd"})
    text = zstandard.decompress(json_zstd)
    if "gzip" in taken:
        packed = gzip.compress(text, compresslevel=1, mtime=0)
        return JsonText(packed, headers=headers | {"Content-Encoding": "gzip"})
    return JsonText(text, headers=headers)


@router.get("/{session_id}/analysis", response_class=JsonText)
def analysis(
    session_id: str,
    me: Me,
    review: Running,
    request: Request,
    analysis_id: Annotated[Id | None, Query()] = None,
) -> JsonText:
    """Give an analysis (``mrcpr.analysis/2``), to the last digit as it was computed."""
    with review.archive.database.reading() as session:
        recorded = session_seen(session, review, me, session_id)
        row = analysis_row(session, recorded, analysis_id)
        told = packed_json(row.json_zstd, request.headers.get("accept-encoding", ""))
    tell_of_look(review, me, recorded)
    return told


class Assignment(BaseModel):
    """Whose session it is, and of which class."""

    course_id: Id | None = None
    person_id: Id | None = None


def _keep_own_apart(me: SignedIn, recorded: Recorded, given: Assignment) -> None:
    """Nobody takes a session for their own or off it: they could approve their own so."""
    if given.person_id is None:
        return
    if access.is_own(me, recorded) or given.person_id == me.person_id:
        words = "your own sessions are given and taken by another instructor, or an admin"
        about = f"session:{recorded.id}"
        raise Refused(403, "own", words, about=about, subject=me.person_id)


def _not_to(about: str, words: str) -> Refused:
    return Refused(422, "invalid", words, about=about, noted="refused.object")


def _hand_over(session: Session, me: SignedIn, recorded: Recorded, person: Person) -> None:
    """Make it somebody else's session; nobody has approved it as theirs."""
    if person.learner_id in {None, recorded.learner_id}:
        return
    was_of = subject_of(session, recorded)
    note(session, actor(me), "session.taken", f"session:{recorded.id}", was_of)
    recorded.learner_id = person.learner_id or recorded.learner_id
    recorded.approved_by = recorded.approved_utc = None


@router.patch("/{session_id}")
def assign(session_id: str, given: Assignment, me: Me, review: Running) -> SessionPage:
    """Give a session to a class that one teaches, or to a learner of it."""
    with review.archive.database.writing() as session:
        recorded = session_judged(session, review, me, session_id)
        _keep_own_apart(me, recorded, given)
        if given.course_id is not None:
            if not access.teaches(session, me, given.course_id):
                raise _not_to(f"class:{given.course_id}", "this is no class of yours")
            recorded.course_id = given.course_id
        if given.person_id is not None:
            person = session.get(Person, given.person_id)
            if person is None or not access.may_see_person(session, me, person.id):
                raise _not_to(f"person:{given.person_id}", "this is no learner of yours")
            _hand_over(session, me, recorded, person)
        note(session, actor(me), "session.assigned", f"session:{session_id}",
             subject_of(session, recorded), course=given.course_id)  # fmt: skip
    return one_session(session_id, me, review)
