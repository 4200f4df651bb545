"""Rigs: how one joins, which there are, and what a technician changes of them."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.review.live.signing import require_enrolment
from mr.review.people import access
from mr.review.people.logins import SignedIn, sha256_of
from mr.review.store.audit import note
from mr.review.store.courses import Course, Membership
from mr.review.store.people import Person
from mr.review.store.rigs import EnrolCode, EnrolledRig
from mr.review.web.asking import (
    Me,
    Running,
    Technician,
    actor,
    class_taught,
    not_yours,
    role,
)
from mr.review.web.noted import client
from mr.review.web.refusals import Refused

router = APIRouter(prefix="/rigs", tags=["rigs"])
CODE_HOLDS = timedelta(minutes=30)
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 8
ENROLS_PER_MINUTE = 10
FACTS_MOST = 40
RigsStaff = Annotated[SignedIn, Depends(role("instructor", "technician", "admin"))]
RigName = Annotated[str, Field(min_length=1, max_length=80)]


class RigRow(BaseModel):
    """One rig, as who runs it or a class on it sees it."""

    id: str
    name: str
    enrolled_utc: datetime
    revoked_utc: datetime | None
    seen_utc: datetime | None
    course_id: str | None
    course: str | None
    person_id: str | None
    """Who is to train on it; null for a technician, who is told no names."""
    learner: str | None
    facts: dict[str, Any]


class CodeOut(BaseModel):
    """A one-time code, shown this once."""

    code: str
    expires_utc: datetime


class Enrolment(BaseModel):
    """A rig that wants to join."""

    code: str = Field(max_length=40)
    public_key: str = Field(max_length=64)
    proof: str = Field(max_length=120)
    name: RigName
    facts: dict[str, Any] = Field(default_factory=dict, max_length=FACTS_MOST)


class Enrolled(BaseModel):
    """Its id from now on."""

    rig_id: str


class RigChange(BaseModel):
    """What is to be otherwise; what is left out stays."""

    name: RigName | None = None
    course_id: Annotated[str, Field(max_length=16)] | None = None
    person_id: Annotated[str, Field(max_length=16)] | None = None
    """Who trains on it; of its class."""


def rig_row(session: Session, me: SignedIn, rig: EnrolledRig) -> RigRow:
    """Put a rig into a row."""
    course = None if rig.course_id is None else session.get(Course, rig.course_id)
    named = rig.course_id is not None and access.is_in(session, me, rig.course_id)
    person = session.get(Person, rig.learner_person_id) if rig.learner_person_id else None
    shown = person if named and me.role != "technician" else None
    return RigRow(
        **{name: getattr(rig, name) for name in (
            "id", "name", "enrolled_utc", "revoked_utc", "seen_utc", "course_id", "facts")},
        course=None if course is None else course.title,
        person_id=None if shown is None else shown.id,
        learner=None if shown is None else shown.name,
    )  # fmt: skip


@router.post("/codes", status_code=201)
def new_code(me: Technician, review: Running) -> CodeOut:
    """Make a code by which one rig joins within half an hour."""
    letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    code, expires = f"{letters[:4]}-{letters[4:]}", wall_now_utc() + CODE_HOLDS
    with review.archive.database.writing() as session:
        session.add(
            EnrolCode(
                code_sha256=sha256_of(code),
                made_by=me.person_id,
                expires_utc=expires,
                used_utc=None,
            )
        )
        note(session, actor(me), "rig.code")
    return CodeOut(code=code, expires_utc=expires)


@router.post("/enrol", status_code=201)
def enrol(given: Enrolment, review: Running, request: Request) -> Enrolled:
    """Take a rig in by its code; it shows that its key is its own."""
    if not review.allowed("enrol", client(request), ENROLS_PER_MINUTE):
        raise Refused(429, "too-often", "too many tries: wait a minute and try again")
    code = given.code.strip().upper()
    require_enrolment(given.public_key, given.code, given.proof)
    with review.archive.database.writing() as session:
        kept = session.get(EnrolCode, sha256_of(code))
        if kept is None or kept.used_utc is not None or kept.expires_utc <= wall_now_utc():
            raise Refused(403, "code", "this code is wrong, used or too old: make a new one")
        kept.used_utc = wall_now_utc()
        rig = EnrolledRig(
            name=given.name,
            public_key=given.public_key,
            enrolled_utc=wall_now_utc(),
            enrolled_by=kept.made_by,
            facts=given.facts,
        )
        session.add(rig)
        session.flush()
        note(session, f"rig:{rig.id}", "rig.enrolled", f"rig:{rig.id}", by=kept.made_by)
        return Enrolled(rig_id=rig.id)


@router.get("")
def rigs(me: RigsStaff, review: Running, all: bool = False) -> list[RigRow]:
    """List the rigs; with `all` those that were taken out, too."""
    query = select(EnrolledRig).order_by(EnrolledRig.name, EnrolledRig.id)
    if not all:
        query = query.where(EnrolledRig.revoked_utc.is_(None))
    with review.archive.database.reading() as session:
        return [rig_row(session, me, rig) for rig in session.scalars(query)]


@router.patch("/{rig_id}")
def change_rig(rig_id: str, given: RigChange, me: RigsStaff, review: Running) -> RigRow:
    """Name a rig (technician), give it to a class, or to a learner of its class (instructor)."""
    what = given.model_fields_set
    if "name" in what and me.role == "instructor":
        raise Refused(403, "role", "a technician names rigs")
    if what - {"name"} and me.role == "technician":
        raise Refused(403, "role", "an instructor gives rigs to classes and learners")
    with review.archive.database.writing() as session:
        rig = _live_rig(session, review, me, rig_id)
        if given.name is not None:
            rig.name = given.name
        if "course_id" in what:
            for course_id in filter(None, (rig.course_id, given.course_id)):
                class_taught(session, review, me, course_id)
            rig.course_id, rig.learner_person_id = given.course_id, None
        if "person_id" in what:
            _give_to(session, review, me, rig, given.person_id)
        note(session, actor(me), "rig.changed", f"rig:{rig_id}", given.person_id or "",
             what=sorted(what))  # fmt: skip
        session.flush()
        return rig_row(session, me, rig)


def _give_to(
    session: Session, review: Running, me: SignedIn, rig: EnrolledRig, person_id: str | None
) -> None:
    if rig.course_id is None:
        raise Refused(409, "no-class", "give this rig to a class first")
    class_taught(session, review, me, rig.course_id)
    if person_id is not None and session.get(Membership, (rig.course_id, person_id)) is None:
        raise Refused(422, "invalid", "this is nobody of the rig's class")
    rig.learner_person_id = person_id


@router.delete("/{rig_id}", status_code=204)
def take_out(rig_id: str, me: Technician, review: Running) -> None:
    """Take a rig out: its key is worth nothing from now on; what it recorded stays."""
    with review.archive.database.writing() as session:
        rig = _live_rig(session, review, me, rig_id)
        rig.revoked_utc = wall_now_utc()
        rig.course_id = rig.learner_person_id = None
        note(session, actor(me), "rig.taken-out", f"rig:{rig_id}")
    review.expel(rig_id)


def _live_rig(session: Session, review: Running, me: Me, rig_id: str) -> EnrolledRig:
    rig = session.get(EnrolledRig, rig_id)
    if rig is None or rig.revoked_utc is not None:
        session.close()
        raise not_yours(review, me, f"rig:{rig_id}")
    return rig
