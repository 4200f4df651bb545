"""Classes: who is in them, and the pins and badges by which learners sign in at a rig."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import segno
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.config import Attempt, Mode
from mr.review.people import access
from mr.review.people.badges import make_badge
from mr.review.people.logins import SignedIn
from mr.review.store.audit import note
from mr.review.store.courses import Course, Membership
from mr.review.store.people import Person
from mr.review.web.asking import Me, Running, Staff, actor, class_taught, not_yours
from mr.review.web.refusals import Refused
from mr.review.web.routes.people import NewPerson, PersonRow, add_person, person_row
from mr.review.web.state import Review
from mr.scoring.profiles import shipped_guidelines

router = APIRouter(prefix="/classes", tags=["classes"])
Title = Annotated[str, Field(min_length=1, max_length=120)]
LEARNERS_AT_ONCE = 100
MAY_BE_NONE = frozenset({"goal_compressions"})
"""What a class can do without; for all else null means that it stays."""


class ClassRow(BaseModel):
    """One class in a list."""

    id: str
    title: str
    created_utc: datetime
    ended_utc: datetime | None
    mode: Mode
    guideline: str
    attempt: Attempt
    duration_s: float | None
    goal_compressions: int | None
    race: bool
    n_learners: int
    mine: bool
    """Whether who asks teaches it."""


class ClassPage(ClassRow):
    """A class with its people; a learner sees the instructors only."""

    instructors: list[PersonRow]
    learners: list[PersonRow]


class NewClass(BaseModel):
    """A class to begin; who begins it teaches it."""

    title: Title
    mode: Mode = Mode.HANDS_ONLY
    guideline: str = "aha-2025-adult-bls"


class ClassChange(BaseModel):
    """What is to be otherwise; what is left out stays."""

    title: Title | None = None
    mode: Mode | None = None
    guideline: str | None = None
    attempt: Attempt | None = None
    duration_s: float | None = Field(default=None, ge=5, le=3600)
    """Of a session where nobody says otherwise; null: until it is stopped."""
    goal_compressions: int | None = Field(default=None, ge=1, le=1_000_000)
    race: bool | None = None
    ended: bool | None = None


class NewLearners(BaseModel):
    """Learners to add by their names: one a line of a list."""

    names: list[Annotated[str, Field(min_length=1, max_length=120)]] = Field(
        min_length=1, max_length=LEARNERS_AT_ONCE
    )


class NewMember(BaseModel):
    """Somebody who is known already."""

    person_id: str = Field(max_length=16)
    role: Literal["instructor", "learner"] = "learner"


class BadgeOut(BaseModel):
    """A learner's pin and QR code, shown this once."""

    person: PersonRow
    pin: str
    url: str
    """What the QR code holds: opening it signs in."""
    qr: str
    """A picture of it, as a data URI."""


def _require_shipped(guideline: str) -> None:
    """Refuse a path: nobody reads the server's files by a class's guideline."""
    if guideline not in shipped_guidelines():
        raise Refused(422, "invalid", "this is no guideline that the software brings along")


def class_row(session: Session, me: SignedIn, course: Course, n_learners: int) -> ClassRow:
    """Put a class into a row."""
    return ClassRow(
        **{name: getattr(course, name) for name in (
            "id", "title", "created_utc", "ended_utc", "guideline", "duration_s",
            "goal_compressions", "race")},
        mode=Mode(course.mode),
        attempt=Attempt(course.attempt),
        n_learners=n_learners,
        mine=access.teaches(session, me, course.id),
    )  # fmt: skip


def _page(session: Session, me: SignedIn, course_id: str) -> ClassPage:
    course = session.get_one(Course, course_id)
    found = session.execute(
        select(Person, Membership.role)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.course_id == course_id)
        .order_by(Person.name, Person.id)
    ).all()
    learners = [person_row(p) for p, as_what in found if as_what == "learner"]
    row = class_row(session, me, course, len(learners))
    teachers = [person_row(p) for p, as_what in found if as_what == "instructor"]
    if not row.mine:  # a learner sees who teaches, and nothing to sign in or to search by
        nothing_else = {"sign_in_name": None, "learner_id": None}
        teachers = [teacher.model_copy(update=nothing_else) for teacher in teachers]
    return ClassPage(
        **row.model_dump(),
        instructors=teachers,
        learners=learners if row.mine else [],
    )


@router.get("")
def classes(me: Me, review: Running) -> list[ClassRow]:
    """List the classes that one is in or teaches, the newest first."""
    counts = (
        select(Membership.course_id, func.count().label("n"))
        .where(Membership.role == "learner")
        .group_by(Membership.course_id)
        .subquery()
    )
    query = (
        select(Course, counts.c.n)
        .outerjoin(counts, counts.c.course_id == Course.id)
        .where(access.classes_seen_by(me))
        .order_by(Course.created_utc.desc(), Course.id)
    )
    with review.archive.database.reading() as session:
        return [class_row(session, me, course, n or 0) for course, n in session.execute(query)]


@router.post("", status_code=201)
def new_class(given: NewClass, me: Staff, review: Running) -> ClassPage:
    """Begin a class."""
    _require_shipped(given.guideline)
    with review.archive.database.writing() as session:
        course = Course(
            title=given.title.strip(),
            mode=given.mode.value,
            guideline=given.guideline,
            created_utc=wall_now_utc(),
        )
        session.add(course)
        session.flush()
        session.add(Membership(course_id=course.id, person_id=me.person_id, role="instructor"))
        session.flush()
        note(session, actor(me), "class.begun", f"class:{course.id}")
        return _page(session, me, course.id)


@router.get("/{course_id}")
def one_class(course_id: str, me: Me, review: Running) -> ClassPage:
    """Show a class."""
    with review.archive.database.reading() as session:
        if not access.is_in(session, me, course_id):
            session.close()
            raise not_yours(review, me, f"class:{course_id}")
        return _page(session, me, course_id)


@router.patch("/{course_id}")
def change_class(course_id: str, given: ClassChange, me: Staff, review: Running) -> ClassPage:
    """Change a class; one that has ended takes no new sessions."""
    if given.guideline is not None:
        _require_shipped(given.guideline)
    with review.archive.database.writing() as session:
        class_taught(session, review, me, course_id)
        course = session.get_one(Course, course_id)
        for name in given.model_fields_set & {"goal_compressions", "duration_s"}:
            setattr(course, name, getattr(given, name))  # null is a value of these
        for name in ("title", "guideline", "race", "mode", "attempt"):
            if (value := getattr(given, name)) is not None:
                setattr(course, name, value)
        if given.ended is not None:
            course.ended_utc = wall_now_utc() if given.ended else None
        what = sorted(given.model_fields_set)
        note(session, actor(me), "class.changed", f"class:{course_id}", what=what)
        session.flush()
        return _page(session, me, course_id)


@router.post("/{course_id}/learners", status_code=201)
def new_learners(course_id: str, given: NewLearners, me: Staff, review: Running) -> ClassPage:
    """Add learners by their names; each gets a random id for their recordings."""
    with review.archive.database.writing() as session:
        class_taught(session, review, me, course_id)
        for name in given.names:
            person = add_person(session, NewPerson(name=name))
            session.add(Membership(course_id=course_id, person_id=person.id, role="learner"))
            note(session, actor(me), "class.joined", f"class:{course_id}", person.id)
        session.flush()
        return _page(session, me, course_id)


@router.post("/{course_id}/members", status_code=201)
def new_member(course_id: str, given: NewMember, me: Staff, review: Running) -> ClassPage:
    """Add somebody who is known: to an instructor, from their other classes; to an admin, all."""
    with review.archive.database.writing() as session:
        class_taught(session, review, me, course_id)
        if not access.may_see_person(session, me, given.person_id):
            session.close()
            raise not_yours(review, me, f"person:{given.person_id}")
        person = session.get_one(Person, given.person_id)
        if given.role == "instructor" and person.role not in {"instructor", "admin"}:
            raise Refused(422, "invalid", "only an instructor can teach: change the role first")
        if given.role == "learner" and person.role != "learner":
            raise Refused(422, "invalid", "staff is in a class as its instructor only")
        member = session.get(Membership, (course_id, person.id))
        if member is None:
            session.add(Membership(course_id=course_id, person_id=person.id, role=given.role))
        else:
            if given.role == "learner":
                _keep_an_instructor(session, member)
            member.role = given.role
        note(session, actor(me), "class.joined", f"class:{course_id}", person.id, role=given.role)
        session.flush()
        return _page(session, me, course_id)


@router.delete("/{course_id}/members/{person_id}")
def leave(course_id: str, person_id: str, me: Staff, review: Running) -> ClassPage:
    """Take somebody out of a class; their sessions stay in it, and a last instructor does, too."""
    with review.archive.database.writing() as session:
        class_taught(session, review, me, course_id)
        member = session.get(Membership, (course_id, person_id))
        if member is None:
            raise Refused(404, "not-there", "nobody of this id is in this class")
        _keep_an_instructor(session, member)
        session.delete(member)
        note(session, actor(me), "class.left", f"class:{course_id}", person_id)
        session.flush()
        return _page(session, me, course_id)


def _keep_an_instructor(session: Session, member: Membership) -> None:
    others = select(Membership.person_id).where(
        Membership.course_id == member.course_id,
        Membership.role == "instructor",
        Membership.person_id != member.person_id,
    )
    if member.role == "instructor" and session.scalars(others).first() is None:
        raise Refused(
            409,
            "last-instructor",
            "this class has no other instructor: add one first",
            about=f"class:{member.course_id}",
        )


@router.post("/{course_id}/members/{person_id}/badge", status_code=201)
def new_badge(
    course_id: str, person_id: str, me: Staff, review: Running, request: Request
) -> BadgeOut:
    """Give a learner a new pin and QR code; the ones before are void."""
    with review.archive.database.writing() as session:
        class_taught(session, review, me, course_id)
        return _badge(session, review, me, course_id, person_id, str(request.base_url))


@router.post("/{course_id}/badges", status_code=201)
def new_badges(course_id: str, me: Staff, review: Running, request: Request) -> list[BadgeOut]:
    """Give all learners of a class new pins and QR codes, to print on one sheet."""
    with review.archive.database.writing() as session:
        class_taught(session, review, me, course_id)
        who = session.scalars(
            select(Membership.person_id)
            .join(Person, Person.id == Membership.person_id)
            .where(
                Membership.course_id == course_id,
                Membership.role == "learner",
                Person.role == "learner",
            )
            .order_by(Person.name, Person.id)
        ).all()
        base = str(request.base_url)
        return [_badge(session, review, me, course_id, person_id, base) for person_id in who]


def _badge(
    session: Session, review: Review, me: SignedIn, course_id: str, person_id: str, base: str
) -> BadgeOut:
    member, person = session.get(Membership, (course_id, person_id)), session.get(Person, person_id)
    # A badge signs in without a password: nobody gives one to whoever may do more than train.
    if member is None or person is None or (member.role, person.role) != ("learner", "learner"):
        raise Refused(404, "not-there", "no learner of this id is in this class")
    made = make_badge(session, review.archive.secret, member)
    note(session, actor(me), "badge.made", f"class:{course_id}", person_id)
    url = f"{base}badge#{made.token}"  # behind the #: it comes into no server's log
    return BadgeOut(
        person=person_row(person),
        pin=made.pin,
        url=url,
        qr=segno.make(url, error="m").svg_data_uri(scale=4),
    )
