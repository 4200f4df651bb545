"""A learner's month beside the one before, and beside their class."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.review.comparing import MEASURES, Numbers, beside_class, spreads
from mr.review.people import access
from mr.review.people.logins import SignedIn
from mr.review.people.looks import is_new_look
from mr.review.store.audit import note
from mr.review.store.courses import Course, Membership
from mr.review.store.people import Person
from mr.review.store.sessions import Recorded
from mr.review.web.asking import Me, Running, actor, not_yours
from mr.review.web.refusals import Refused
from mr.review.web.routes.sessions import Id
from mr.review.web.state import Review

router = APIRouter(prefix="/compare", tags=["compare"])


class SpreadOut(BaseModel):
    """A measure over several sessions."""

    n: int
    mean: float | None
    sd: float | None


class Period(BaseModel):
    """A learner's sessions of a month."""

    since: datetime
    until: datetime
    n_sessions: int
    measures: dict[str, SpreadOut]


class Months(BaseModel):
    """This month beside the last one."""

    person_id: str
    name: str
    now: Period
    before: Period


class BesideOut(BaseModel):
    """A measure of a learner beside the others of the class, of whom none is named."""

    own: float | None
    n_others: int
    others_mean: float | None
    quartiles: tuple[float, float, float] | None
    why: str


class BesideClass(BaseModel):
    """A learner beside the others of a class."""

    person_id: str
    name: str
    course: str
    n_sessions: int
    measures: dict[str, BesideOut]


def _learner(session: Session, review: Review, me: SignedIn, person_id: str) -> Person:
    person = session.get(Person, person_id)
    if person is None or not access.may_see_person(session, me, person_id):
        session.close()
        raise not_yours(review, me, f"person:{person_id}")
    if person.learner_id is None:
        raise Refused(422, "invalid", "this person does not train")
    return person


def _numbers(recorded: Recorded) -> Numbers:
    return {name: getattr(recorded, name) for name in MEASURES}


@router.get("/months")
def months(
    me: Me,
    review: Running,
    person_id: Annotated[Id, Query()],
    at: Annotated[datetime | None, Query()] = None,
) -> Months:
    """Set a learner's month (that of `at`, else this one) beside the month before."""
    when = wall_now_utc() if at is None else at
    if not 1970 < when.year < 9000:
        raise Refused(422, "invalid", "at: no such month has sessions")
    when = when.replace(tzinfo=when.tzinfo or UTC).astimezone(UTC)
    begin = when.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    after = _month_after(begin)
    before = _month_before(begin)
    with review.archive.database.reading() as session:
        person = _learner(session, review, me, person_id)
        now = _period(session, me, person, begin, after)
        last = _period(session, me, person, before, begin)
        name = person.name
    _note_look(review, me, person_id)
    return Months(person_id=person_id, name=name, now=now, before=last)


def _month_after(begin: datetime) -> datetime:
    year, month = divmod(begin.year * 12 + begin.month, 12)
    return begin.replace(year=year, month=month + 1)


def _month_before(begin: datetime) -> datetime:
    year, month = divmod(begin.year * 12 + begin.month - 2, 12)
    return begin.replace(year=year, month=month + 1)


def _period(
    session: Session, me: SignedIn, person: Person, since: datetime, until: datetime
) -> Period:
    query = select(Recorded).where(
        Recorded.learner_id == person.learner_id,
        Recorded.state == "ready",
        Recorded.made_utc >= since,
        Recorded.made_utc < until,
        access.sessions_seen_by(me),
    )
    found = [_numbers(r) for r in session.scalars(query)]
    measures = {
        key: SpreadOut.model_validate(value, from_attributes=True)
        for key, value in spreads(found).items()
    }
    return Period(since=since, until=until, n_sessions=len(found), measures=measures)


@router.get("/class")
def with_class(
    me: Me,
    review: Running,
    person_id: Annotated[Id, Query()],
    course_id: Annotated[Id, Query()],
) -> BesideClass:
    """Set a learner beside the others of a class that they are in."""
    with review.archive.database.reading() as session:
        person = _learner(session, review, me, person_id)
        course = session.get(Course, course_id)
        member = session.get(Membership, (course_id, person_id))
        own = person.id == me.person_id
        if course is None or member is None or not (own or access.teaches(session, me, course_id)):
            session.close()
            raise not_yours(review, me, f"class:{course_id}")
        by_learner = _of_class(session, course_id)
        mine = by_learner.pop(person.learner_id or "", [])
        beside = beside_class(mine, list(by_learner.values()))
        name, title = person.name, course.title
    _note_look(review, me, person_id)
    return BesideClass(
        person_id=person_id,
        name=name,
        course=title,
        n_sessions=len(mine),
        measures={
            key: BesideOut.model_validate(value, from_attributes=True)
            for key, value in beside.items()
        },
    )


def _of_class(session: Session, course_id: str) -> dict[str, list[Numbers]]:
    """Give the numbers of a class' learners, by their random id."""
    query = (
        select(Recorded)
        .join(Person, Person.learner_id == Recorded.learner_id)
        .join(
            Membership,
            (Membership.person_id == Person.id) & (Membership.course_id == Recorded.course_id),
        )
        .where(
            Recorded.course_id == course_id,
            Recorded.state == "ready",
            Membership.role == "learner",
        )
    )
    found: defaultdict[str, list[Numbers]] = defaultdict(list)
    for recorded in session.scalars(query):
        found[recorded.learner_id].append(_numbers(recorded))
    return dict(found)


def _note_look(review: Review, me: SignedIn, person_id: str) -> None:
    if person_id == me.person_id:
        return
    about = f"person:{person_id}"
    with review.archive.database.reading() as session:
        is_new = is_new_look(session, actor(me), "person.compared", about)
    if is_new:
        with review.archive.database.writing() as session:
            note(session, actor(me), "person.compared", about, person_id)
