"""Learners over time, and classes in figures."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.review.people import access, class_figures
from mr.review.people.logins import SignedIn
from mr.review.people.looks import is_new_look
from mr.review.people.progress import PRACTICE_EVERY, Progress, due_after, progress_of
from mr.review.store.audit import note
from mr.review.store.courses import Course, Membership
from mr.review.store.people import Person
from mr.review.store.sessions import Recorded
from mr.review.web.asking import Me, Running, Staff, actor, class_taught, not_yours
from mr.review.web.routes.people import PersonRow, person_row
from mr.review.web.state import Review

router = APIRouter(tags=["learners"])


class LearnerFilters(BaseModel):
    """What the list is narrowed to."""

    q: str = Field(default="", max_length=120)
    course: str | None = Field(default=None, max_length=16)
    overdue: bool = False
    """Only who has not practised for a month, or never did."""
    start: int = Field(default=0, ge=0, le=10_000_000)
    count: int = Field(default=50, ge=1, le=200)


class LearnerRow(BaseModel):
    """A learner in a list."""

    person_id: str
    name: str
    learner_id: str | None
    last_utc: datetime | None
    due_utc: datetime | None
    overdue: bool
    newest_id: str | None
    newest_pct: float | None
    newest_low_pct: float | None
    newest_high_pct: float | None


class Learners(BaseModel):
    """A page of learners, by name."""

    rows: list[LearnerRow]
    total: int


class ClassName(BaseModel):
    """A class, as a link names it."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    title: str


class LearnerPage(BaseModel):
    """A learner over time."""

    model_config = ConfigDict(from_attributes=True)

    person: PersonRow
    progress: Progress
    classes: list[ClassName]
    """Those in which who asks may set the learner beside the others."""


class FiguresFilters(BaseModel):
    """Which sessions of a class count; without a guideline and mode, the class's own."""

    which: class_figures.Which = "newest"
    guideline: str | None = Field(default=None, max_length=64)
    mode: str | None = Field(default=None, max_length=20)
    attempt: str | None = Field(default=None, max_length=16)
    since: datetime | None = None


class ClassFigures(BaseModel):
    """A class in figures."""

    guideline_id: str
    mode: str
    spreads: list[class_figures.Spread]
    learners: list[class_figures.LearnerFigures]


def _people(me: SignedIn, asked: LearnerFilters) -> Select[Person]:
    """Select learners that one may see."""
    query = select(Person).where(Person.role == "learner", access.people_seen_by(me))
    if asked.q:
        like = f"%{asked.q.replace('%', '').replace('_', '')}%"
        query = query.where(or_(Person.name.ilike(like), Person.learner_id == asked.q))
    if asked.course is not None:
        of_class = select(Membership.person_id).where(Membership.course_id == asked.course)
        query = query.where(Person.id.in_(of_class))
    if asked.overdue:
        lately = _sessions_of_each(me).where(Recorded.made_utc >= wall_now_utc() - PRACTICE_EVERY)
        query = query.where(~lately.exists())
    return query


def _sessions_of_each(me: SignedIn) -> Select[str]:
    """Select the ids of a person's sessions that one may see, within a query of people."""
    of_person = Recorded.learner_id == Person.learner_id
    return select(Recorded.id).where(of_person, access.sessions_seen_by(me)).correlate(Person)


@router.get("/learners")
def learners(asked: Annotated[LearnerFilters, Query()], me: Me, review: Running) -> Learners:
    """List the learners that one may see: their newest session, and when practice is due."""
    ids = _people(me, asked).with_only_columns(Person.id)
    order = (Person.name, Person.id)
    page = ids.order_by(*order).offset(asked.start).limit(asked.count).subquery()
    newest = _sessions_of_each(me).order_by(Recorded.made_utc.desc(), Recorded.id.desc()).limit(1)
    query = (
        select(Person, Recorded)
        .join(page, page.c.id == Person.id)
        .outerjoin(Recorded, Recorded.id == newest.scalar_subquery())
        .order_by(*order)
    )
    now = wall_now_utc()
    with review.archive.database.reading() as session:
        total = session.scalar(select(func.count()).select_from(ids.subquery())) or 0
        rows = [_row(*found, now) for found in session.execute(query)]
    return Learners(rows=rows, total=total)


def _row(person: Person, newest: Recorded | None, now: datetime) -> LearnerRow:
    last = None if newest is None else newest.made_utc
    due = due_after(last)
    return LearnerRow(
        person_id=person.id,
        name=person.name,
        learner_id=person.learner_id,
        last_utc=last,
        due_utc=due,
        overdue=due is None or due < now,
        newest_id=None if newest is None else newest.id,
        newest_pct=None if newest is None else newest.score_pct,
        newest_low_pct=None if newest is None else newest.score_low_pct,
        newest_high_pct=None if newest is None else newest.score_high_pct,
    )


@router.get("/learners/{person_id}")
def learner(person_id: str, me: Me, review: Running) -> LearnerPage:
    """Show how a learner comes along."""
    with review.archive.database.reading() as session:
        person = session.get(Person, person_id)
        if person is None or not access.may_see_person(session, me, person_id):
            session.close()
            raise not_yours(review, me, f"learner:{person_id}")
        seen = access.sessions_seen_by(me)
        classes = [ClassName.model_validate(c) for c in _classes_of(session, me, person)]
        progress = progress_of(session, person.learner_id or "", seen, wall_now_utc())
        about = f"person:{person_id}"
        look = me.person_id != person_id and is_new_look(
            session, actor(me), "learner.viewed", about
        )
    if look:
        _note_look(review, me, person_id)
    return LearnerPage(person=person_row(person), progress=progress, classes=classes)


def _classes_of(session: Session, me: SignedIn, person: Person) -> list[Course]:
    found = session.scalars(
        select(Course)
        .join(Membership, Membership.course_id == Course.id)
        .where(Membership.person_id == person.id, Membership.role == "learner")
        .order_by(Course.title, Course.id)
    )
    own = person.id == me.person_id
    return [course for course in found if own or access.teaches(session, me, course.id)]


def _note_look(review: Review, me: SignedIn, person_id: str) -> None:
    with review.archive.database.writing() as session:
        note(session, actor(me), "learner.viewed", f"person:{person_id}", person_id)


@router.get("/classes/{course_id}/figures")
def figures(
    course_id: str, asked: Annotated[FiguresFilters, Query()], me: Staff, review: Running
) -> ClassFigures:
    """Show how a class is spread, and who of it needs practice."""
    with review.archive.database.reading() as session:
        class_taught(session, review, me, course_id)
        course = session.get_one(Course, course_id)
        wanted = class_figures.Asked(
            course_id=course_id,
            guideline_id=asked.guideline or course.guideline,
            mode=asked.mode or course.mode,
            which=asked.which,
            attempt=asked.attempt or None,
            since=None if asked.since is None else asked.since.astimezone(),
        )
        return ClassFigures(
            guideline_id=wanted.guideline_id,
            mode=wanted.mode,
            spreads=class_figures.spreads(session, wanted),
            learners=class_figures.learners(session, wanted, wall_now_utc()),
        )
