"""What the house decides, and what only an admin does: settings, retention, erasure."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import select

from mr.review.care.erase import LastAdminError, erase_person, erase_sessions
from mr.review.care.retention import how_many_due, keep_to_retention
from mr.review.store.audit import note
from mr.review.store.erasures import ErasureAsked
from mr.review.store.people import Person
from mr.review.store.sessions import Recorded
from mr.review.store.settings import RETENTION_DAYS, VIDEO_ALLOWED, get_setting, set_setting
from mr.review.web.asking import Admin, Me, Running, actor, not_yours
from mr.review.web.refusals import Refused
from mr.review.web.routes.people import PersonRow, person_row
from mr.review.web.state import Review
from mr.scoring.profiles import load_guideline, shipped_guidelines

router = APIRouter(tags=["house"])


class House(BaseModel):
    """What the house decided."""

    retention_days: int | None = Field(default=None, ge=1, le=36_500)
    """So long a session is kept after it was made; null: until somebody erases it."""
    video_allowed: bool = False
    """Whether pictures may be kept of learners who agreed to it."""


class HousePage(House):
    """The same, and what it comes to."""

    n_due: int
    """So many sessions the next run erases."""


class Erasures(BaseModel):
    """How many sessions were erased."""

    n_sessions: int


class Wish(BaseModel):
    """Somebody who asked to be erased."""

    person: PersonRow
    asked_utc: datetime
    n_sessions: int


class EraseConfirmed(BaseModel):
    """An admin's word that they mean this person: the name, written once more."""

    name: str = Field(max_length=120)


class GuidelineRow(BaseModel):
    """A guideline profile that the software brings along."""

    id: str
    title: str


def _house(review: Review) -> HousePage:
    with review.archive.database.reading() as session:
        days, video = get_setting(session, RETENTION_DAYS), get_setting(session, VIDEO_ALLOWED)
    n_due = how_many_due(review.archive)
    return HousePage(retention_days=days, video_allowed=video, n_due=n_due)


@router.get("/house")
def house(_me: Admin, review: Running) -> HousePage:
    """Tell what the house decided."""
    return _house(review)


@router.put("/house")
def change_house(given: House, me: Admin, review: Running) -> HousePage:
    """Decide otherwise; nothing is erased before the next run."""
    with review.archive.database.writing() as session:
        set_setting(session, RETENTION_DAYS, given.retention_days)
        set_setting(session, VIDEO_ALLOWED, given.video_allowed)
        note(session, actor(me), "house.changed", **given.model_dump())
    return _house(review)


@router.post("/house/retention")
def run_retention(me: Admin, review: Running) -> Erasures:
    """Erase now what is older than it may be."""
    return Erasures(n_sessions=keep_to_retention(review.archive, actor(me)))


@router.get("/erasures")
def wishes(_me: Admin, review: Running) -> list[Wish]:
    """List who asked to be erased, the oldest wish first."""
    with review.archive.database.reading() as session:
        found = session.execute(
            select(Person, ErasureAsked.asked_utc)
            .join(ErasureAsked, ErasureAsked.person_id == Person.id)
            .order_by(ErasureAsked.asked_utc)
        ).all()
        return [
            Wish(
                person=person_row(person),
                asked_utc=asked_utc,
                n_sessions=len(
                    session.scalars(
                        select(Recorded.id).where(Recorded.learner_id == person.learner_id)
                    ).all()
                ),
            )
            for person, asked_utc in found
        ]


@router.post("/people/{person_id}/erase", status_code=204)
def erase(person_id: str, given: EraseConfirmed, me: Admin, review: Running) -> None:
    """Erase somebody with all about them, recordings too; it cannot be undone."""
    with review.archive.database.reading() as session:
        person = session.get(Person, person_id)
    if person is None:
        raise not_yours(review, me, f"person:{person_id}")
    if given.name.strip() != person.name:
        raise Refused(422, "name", "this is not the name of who is to be erased: write it as it is")
    try:
        erase_person(review.archive, person_id, actor(me))
    except LastAdminError as error:
        raise Refused(409, "last-admin", str(error)) from error


@router.delete("/sessions/{session_id}", status_code=204)
def erase_session(session_id: str, me: Me, review: Running) -> None:
    """Erase one session with its recording (an admin); it cannot be undone."""
    is_admin = me.role == "admin"
    n = erase_sessions(review.archive, [session_id], actor(me), "by hand") if is_admin else 0
    if n == 0:
        raise not_yours(review, me, f"session:{session_id}")


@router.get("/guidelines")
def guidelines(_me: Me) -> list[GuidelineRow]:
    """List the guideline profiles that a class can be judged by."""
    return [
        GuidelineRow(id=each, title=load_guideline(each).title) for each in shipped_guidelines()
    ]
