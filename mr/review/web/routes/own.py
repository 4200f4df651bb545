"""One's own data: consent, how long they are kept, who saw them, the lot as a zip, erasure.

The same for a learner of an instructor (consent by a signed form) and of an admin.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.review.care.own_data import own_data
from mr.review.people import access, consent
from mr.review.people.logins import SignedIn
from mr.review.people.looks import looks_at
from mr.review.store.audit import note
from mr.review.store.erasures import ErasureAsked
from mr.review.store.people import Person
from mr.review.store.sessions import Recorded
from mr.review.store.settings import RETENTION_DAYS, VIDEO_ALLOWED, get_setting
from mr.review.web.asking import Admin, Me, Running, Staff, actor, not_yours
from mr.review.web.refusals import Refused
from mr.review.web.state import Review

router = APIRouter(tags=["own data"])
ZIPS_PER_MINUTE = 4
Id = Annotated[str, Field(max_length=16)]


class ConsentSaid(BaseModel):
    """What somebody agreed to or withdrew once."""

    kind: consent.Kind
    given: bool
    at_utc: datetime
    by_name: str | None
    by_themselves: bool


class Consents(BaseModel):
    """What counts now, and all that was ever said, the newest first."""

    motion: bool
    video: bool
    research: bool
    video_allowed_by_house: bool
    said: list[ConsentSaid]


class NewConsent(BaseModel):
    """A yes, or its withdrawal."""

    kind: consent.Kind
    given: bool


class FormConsent(NewConsent):
    """The same by a signed form that lies before the instructor."""

    form_signed: Literal[True]


class OwnData(BaseModel):
    """What is kept about who asks, and for how long."""

    name: str
    learner_id: str | None
    has_password: bool
    n_sessions: int
    house_days: int | None
    keep_days: int | None
    races: bool
    erasure_asked_utc: datetime | None
    consents: Consents


class OwnChange(BaseModel):
    """What is to be otherwise; what is left out stays."""

    races: bool | None = None
    keep_days: int | None = Field(default=None, ge=1, le=36_500)


class LookSeen(BaseModel):
    """One look at somebody's data."""

    at_utc: datetime
    name: str | None
    role: str | None
    action: str
    about: str


class Looks(BaseModel):
    """Who looked at somebody's data, the newest first."""

    rows: list[LookSeen]
    total: int


class PageOf(BaseModel):
    """Which part of a list."""

    start: int = Field(default=0, ge=0, le=10_000_000)
    count: int = Field(default=50, ge=1, le=200)


def _consents(session: Session, person_id: str) -> Consents:
    said = consent.said_by(session, person_id)
    now = {kind: consent.agreed(session, person_id, kind) for kind in consent.KINDS}
    return Consents(
        **now,
        video_allowed_by_house=get_setting(session, VIDEO_ALLOWED),
        said=[ConsentSaid(**each._asdict()) for each in said],
    )


def _own(session: Session, me: SignedIn) -> OwnData:
    person = session.get_one(Person, me.person_id)
    theirs = Recorded.learner_id == person.learner_id
    asked = session.get(ErasureAsked, person.id)
    return OwnData(
        name=person.name,
        learner_id=person.learner_id,
        has_password=person.password_hash is not None,
        n_sessions=session.scalar(select(func.count()).select_from(Recorded).where(theirs)) or 0,
        house_days=get_setting(session, RETENTION_DAYS),
        keep_days=person.keep_days,
        races=person.races,
        erasure_asked_utc=None if asked is None else asked.asked_utc,
        consents=_consents(session, person.id),
    )


@router.get("/me/data")
def my_data(me: Me, review: Running) -> OwnData:
    """Tell what is kept about who asks."""
    with review.archive.database.reading() as session:
        return _own(session, me)


@router.patch("/me/data")
def change_my_data(given: OwnChange, me: Me, review: Running) -> OwnData:
    """Opt in to a quality race or out; have one's sessions kept for less long than the house's."""
    with review.archive.database.writing() as session:
        person = session.get_one(Person, me.person_id)
        if given.races is not None:
            person.races = given.races
        if "keep_days" in given.model_fields_set:
            person.keep_days = given.keep_days
        what = sorted(given.model_fields_set)
        note(session, actor(me), "own.changed", f"person:{person.id}", person.id, what=what)
        session.flush()
        return _own(session, me)


@router.post("/me/consents", status_code=201)
def consent_myself(given: NewConsent, me: Me, review: Running) -> Consents:
    """Agree to something, or withdraw it."""
    with review.archive.database.writing() as session:
        consent.say(session, me.person_id, given.kind, given.given, me.person_id)
        session.flush()
        return _consents(session, me.person_id)


def _require_seen(session: Session, review: Review, me: SignedIn, person_id: str) -> None:
    if session.get(Person, person_id) is None or not access.may_see_person(session, me, person_id):
        session.close()
        raise not_yours(review, me, f"person:{person_id}")


@router.get("/people/{person_id}/consents")
def consents_of(person_id: str, me: Me, review: Running) -> Consents:
    """Tell what a learner of one's own agreed to."""
    with review.archive.database.reading() as session:
        _require_seen(session, review, me, person_id)
        return _consents(session, person_id)


@router.post("/people/{person_id}/consents", status_code=201)
def consent_by_form(person_id: str, given: FormConsent, me: Staff, review: Running) -> Consents:
    """Write down what a learner of one's own signed on a form."""
    with review.archive.database.writing() as session:
        _require_seen(session, review, me, person_id)
        consent.say(session, person_id, given.kind, given.given, me.person_id)
        session.flush()
        return _consents(session, person_id)


@router.get("/me/looks")
def looks_at_me(asked: Annotated[PageOf, Query()], me: Me, review: Running) -> Looks:
    """Tell who else looked at one's data or took them along."""
    with review.archive.database.reading() as session:
        rows, total = looks_at(session, me.person_id, asked.start, asked.count)
        return Looks(rows=[LookSeen(**row._asdict()) for row in rows], total=total)


@router.get("/me/export", response_class=StreamingResponse)
def export_myself(me: Me, review: Running) -> StreamingResponse:
    """Give all that is kept about who asks, recordings too, as one zip."""
    return _zip(review, me, me.person_id)


@router.get("/people/{person_id}/export", response_class=StreamingResponse)
def export_person(person_id: str, me: Me, review: Running) -> StreamingResponse:
    """Give all that is kept about somebody, at their wish: to an admin, and to themselves."""
    with review.archive.database.reading() as session:
        there = session.get(Person, person_id) is not None
    if not there or (me.role != "admin" and me.person_id != person_id):
        raise not_yours(review, me, f"export:{person_id}")
    return _zip(review, me, person_id)


def _zip(review: Review, me: SignedIn, person_id: str) -> StreamingResponse:
    if not review.allowed("export", me.person_id, ZIPS_PER_MINUTE):
        raise Refused(429, "too-often", "this was asked for a moment ago: wait a minute")
    with review.archive.database.writing() as session:
        note(session, actor(me), "person.exported", f"person:{person_id}", person_id)
    name = f"mrcpr-data-{wall_now_utc():%Y-%m-%d}.zip"
    return StreamingResponse(
        own_data(review.archive, person_id),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.post("/me/erasure", status_code=201)
def ask_for_erasure(me: Me, review: Running) -> OwnData:
    """Ask that all about oneself be erased; an admin grants it."""
    with review.archive.database.writing() as session:
        if session.get(ErasureAsked, me.person_id) is None:
            session.add(ErasureAsked(person_id=me.person_id, asked_utc=wall_now_utc()))
            note(session, actor(me), "erasure.asked", f"person:{me.person_id}", me.person_id)
        session.flush()
        return _own(session, me)


@router.delete("/me/erasure")
def take_erasure_back(me: Me, review: Running) -> OwnData:
    """Take the wish back."""
    with review.archive.database.writing() as session:
        asked = session.get(ErasureAsked, me.person_id)
        if asked is not None:
            session.delete(asked)
            note(session, actor(me), "erasure.taken-back", f"person:{me.person_id}", me.person_id)
        session.flush()
        return _own(session, me)


@router.get("/people/{person_id}/looks")
def looks_at_person(
    person_id: str, asked: Annotated[PageOf, Query()], me: Admin, review: Running
) -> Looks:
    """Tell who looked at somebody's data, at their wish."""
    with review.archive.database.reading() as session:
        _require_seen(session, review, me, person_id)
        rows, total = looks_at(session, person_id, asked.start, asked.count)
        return Looks(rows=[LookSeen(**row._asdict()) for row in rows], total=total)
