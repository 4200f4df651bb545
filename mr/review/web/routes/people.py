"""People: who there is, and what of them an admin or their instructor may change."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.config import random_learner_id
from mr.review.people import access, logins, passwords
from mr.review.people.access import Role
from mr.review.store.audit import note
from mr.review.store.people import Person
from mr.review.web.asking import Admin, Me, Running, Staff, actor, not_yours
from mr.review.web.refusals import Refused
from mr.review.web.routes.entry import Name, Password, SignInName

router = APIRouter(prefix="/people", tags=["people"])
AT_ONCE = 200
Search = Annotated[str, Field(max_length=120)]


class PersonRow(BaseModel):
    """One person in a list."""

    id: str
    name: str
    role: Role
    sign_in_name: str | None
    learner_id: str | None
    disabled: bool


class People(BaseModel):
    """A page of people, by name."""

    rows: list[PersonRow]
    total: int


class NewPerson(BaseModel):
    """Somebody to add; without a password they sign in by pin or badge only."""

    name: Name
    role: Role = "learner"
    sign_in_name: SignInName | None = None
    password: Password | None = None


class PersonChange(BaseModel):
    """What is to be otherwise; what is left out stays."""

    name: Name | None = None
    role: Role | None = None
    disabled: bool | None = None
    password: Password | None = None


def person_row(person: Person) -> PersonRow:
    """Put a person into a row."""
    return PersonRow.model_validate(person, from_attributes=True)


def add_person(session: Session, given: NewPerson) -> Person:
    """Add somebody (`Refused` where the sign-in name is taken, or a half of the two missing)."""
    if (given.sign_in_name is None) != (given.password is None):
        raise Refused(422, "invalid", "give a sign-in name and a password, or neither")
    if given.role != "learner" and given.password is None:
        raise Refused(422, "invalid", "only learners can do without a password")
    name = None if given.sign_in_name is None else given.sign_in_name.lower()
    if name and session.scalars(select(Person.id).where(Person.sign_in_name == name)).first():
        raise Refused(409, "taken", "this sign-in name is taken: choose another one")
    hashed = None if given.password is None else passwords.hash_password(given.password, name or "")
    person = Person(
        role=given.role,
        name=given.name.strip(),
        sign_in_name=name,
        password_hash=hashed,
        learner_id=random_learner_id(),
        created_utc=wall_now_utc(),
    )
    session.add(person)
    session.flush()
    return person


@router.get("")
def people(me: Staff, review: Running, q: Search = "", role: Role | None = None,
           start: int = 0) -> People:  # fmt: skip
    """List whom one may see, by name."""
    shown = [access.people_seen_by(me)]
    if q:
        like = f"%{q.replace('%', '').replace('_', '')}%"
        shown.append(or_(Person.name.ilike(like), Person.learner_id == q))
    if role is not None:
        shown.append(Person.role == role)
    with review.archive.database.reading() as session:
        total = session.scalar(select(func.count()).select_from(Person).where(*shown)) or 0
        found = session.scalars(
            select(Person).where(*shown).order_by(Person.name, Person.id)
            .offset(max(start, 0)).limit(AT_ONCE)
        )  # fmt: skip
        return People(rows=[person_row(p) for p in found], total=total)


@router.post("", status_code=201)
def new_person(given: NewPerson, me: Admin, review: Running) -> PersonRow:
    """Add somebody; an instructor adds learners to their class instead."""
    with review.archive.database.writing() as session:
        person = add_person(session, given)
        note(session, actor(me), "person.added", f"person:{person.id}", person.id, role=person.role)
        return person_row(person)


@router.patch("/{person_id}")
def change_person(person_id: str, given: PersonChange, me: Admin, review: Running) -> PersonRow:
    """Change somebody; the last admin stays one."""
    with review.archive.database.writing() as session:
        person = session.get(Person, person_id)
        if person is None:
            session.close()
            raise not_yours(review, me, f"person:{person_id}")
        _keep_an_admin(session, person, given)
        if given.name is not None:
            person.name = given.name.strip()
        if given.role is not None:
            person.role = given.role
        if given.disabled is not None:
            person.disabled = given.disabled
        if given.password is not None:
            if person.sign_in_name is None:
                raise Refused(422, "invalid", "this person has no sign-in name")
            person.password_hash = passwords.hash_password(given.password, person.sign_in_name)
        if given.role or given.disabled or given.password:
            logins.sign_out_everywhere(session, person.id)
        changed = sorted(given.model_fields_set)
        note(session, actor(me), "person.changed", f"person:{person.id}", person.id, what=changed)
        return person_row(person)


def _keep_an_admin(session: Session, person: Person, given: PersonChange) -> None:
    loses = given.disabled or (given.role is not None and given.role != "admin")
    if person.role != "admin" or not loses:
        return
    others = select(Person.id).where(
        Person.role == "admin", ~Person.disabled, Person.id != person.id
    )
    if session.scalars(others).first() is None:
        raise Refused(
            409,
            "last-admin",
            "this is the last admin: make another one first",
            about=f"person:{person.id}",
        )


@router.get("/{person_id}")
def person(person_id: str, me: Me, review: Running) -> PersonRow:
    """Show one person that one may see."""
    with review.archive.database.reading() as session:
        found = session.get(Person, person_id)
        if found is None or not access.may_see_person(session, me, person_id):
            session.close()
            raise not_yours(review, me, f"person:{person_id}")
        return person_row(found)
