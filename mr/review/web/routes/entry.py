"""The door: first-run set-up, signing in and out, who am I.

The only routes that answer to who is not signed in. Tries are counted per account and per machine.
"""

from __future__ import annotations

import hmac
from typing import Annotated, cast

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

import mr
from mr.clock.host import wall_now_utc
from mr.config import random_learner_id
from mr.review.people import logins, passwords
from mr.review.people.access import Role
from mr.review.people.badges import member_by_badge
from mr.review.store.audit import note
from mr.review.store.people import Person
from mr.review.web.asking import COOKIE, Me, Running, actor
from mr.review.web.noted import client
from mr.review.web.refusals import Refused
from mr.review.web.state import Review

router = APIRouter(tags=["entry"])
TRIES_PER_MINUTE = 8
TRIES_PER_MACHINE = 60
"""A class signs in from one tablet; a guesser at pins needs a million tries, at a rig's desk."""

Name = Annotated[str, Field(min_length=1, max_length=120)]
SignInName = Annotated[str, Field(min_length=2, max_length=120, pattern=r"^\S+$")]
Password = Annotated[str, Field(max_length=passwords.MOST)]


class Open(BaseModel):
    """What a browser may know before anybody signs in."""

    needs_setup: bool
    software: str
    disclaimer: str


class SetUp(BaseModel):
    """The first admin."""

    code: str = Field(max_length=100)
    name: Name
    sign_in_name: SignInName
    password: Password


class SignIn(BaseModel):
    """By name and password."""

    sign_in_name: str = Field(max_length=120)
    password: Password


class SignInByBadge(BaseModel):
    """By the token in a QR code."""

    token: str = Field(min_length=10, max_length=64)


class WhoAmI(BaseModel):
    """Who is signed in, and the token that the page sends with what changes something."""

    person_id: str
    name: str
    role: Role
    learner_id: str | None
    csrf: str
    by: str


def signed_in_as(
    session: Session, review: Review, response: Response, person: Person, by: str
) -> WhoAmI:
    """Sign somebody in who has shown who they are; sets the cookie."""
    token = logins.sign_in(session, person, by)
    session.flush()
    me = logins.who(session, token)
    if me is None:
        raise Refused(403, "disabled", "this account is closed: ask your instructor")
    response.set_cookie(
        COOKIE,
        token,
        httponly=True,
        samesite="strict",
        secure=review.secure,
        path="/",
        max_age=int(logins.LONGEST.total_seconds()),
    )
    note(session, actor(me), "sign-in", by=by)
    return _who_am_i(person, me)


def _who_am_i(person: Person, me: logins.SignedIn) -> WhoAmI:
    return WhoAmI(
        person_id=person.id,
        name=person.name,
        role=cast(Role, person.role),
        learner_id=person.learner_id,
        csrf=me.csrf,
        by=me.by,
    )


def count_try(review: Review, request: Request, account: str) -> None:
    """Count a try to sign in (`Refused` when there were too many)."""
    one = review.allowed("sign-in", account, TRIES_PER_MINUTE)
    machine = review.allowed("sign-in-from", client(request), TRIES_PER_MACHINE)
    if not (one and machine):
        raise Refused(429, "too-often", "too many tries: wait a minute and try again")


@router.get("/open")
def is_open(review: Running) -> Open:
    """Tell whether the first admin is still to be made."""
    return Open(
        needs_setup=review.needs_setup,
        software=f"mrcpr {mr.__version__}",
        disclaimer=mr.DISCLAIMER,
    )


@router.post("/setup", status_code=201)
def set_up(given: SetUp, review: Running, request: Request, response: Response) -> WhoAmI:
    """Make the first admin, by the code that the server printed when it started."""
    count_try(review, request, "setup")
    if not hmac.compare_digest(given.code.encode(), review.setup_code.encode()):
        raise Refused(403, "code", "not the code that the server printed: look at its terminal")
    hashed = passwords.hash_password(given.password, given.sign_in_name)
    with review.archive.database.writing() as session:
        if session.scalars(select(Person.id).limit(1)).first() is not None:
            raise Refused(409, "done", "set-up is done: sign in")
        person = Person(
            role="admin",
            name=given.name,
            sign_in_name=given.sign_in_name.lower(),
            password_hash=hashed,
            learner_id=random_learner_id(),
            created_utc=wall_now_utc(),
        )
        session.add(person)
        session.flush()
        note(session, "system", "setup", f"person:{person.id}", person.id)
        return signed_in_as(session, review, response, person, "setup")


@router.post("/sign-in")
def sign_in(given: SignIn, review: Running, request: Request, response: Response) -> WhoAmI:
    """Sign in by name and password."""
    name = given.sign_in_name.lower()
    count_try(review, request, name)
    database = review.archive.database
    with database.reading() as session:
        person = session.scalars(select(Person).where(Person.sign_in_name == name)).first()
    fits = passwords.fits(given.password, None if person is None else person.password_hash)
    if person is None or not fits or person.disabled:
        with database.writing() as session:
            note(
                session, "nobody", "sign-in.failed", "" if person is None else f"person:{person.id}"
            )
        raise Refused(403, "wrong", "the name or the password is wrong")
    with database.writing() as session:
        person = session.get_one(Person, person.id)
        if person.password_hash is not None and passwords.is_old(person.password_hash):
            person.password_hash = passwords.hash_password(given.password)
        return signed_in_as(session, review, response, person, "password")


@router.post("/sign-in/badge")
def sign_in_by_badge(
    given: SignInByBadge, review: Running, request: Request, response: Response
) -> WhoAmI:
    """Sign in by a badge's QR code."""
    count_try(review, request, f"badge:{client(request)}")
    with review.archive.database.writing() as session:
        member = member_by_badge(session, given.token)
        person = None if member is None else session.get(Person, member.person_id)
        if person is not None and not person.disabled:
            return signed_in_as(session, review, response, person, logins.BY_BADGE)
        note(session, "nobody", "sign-in.failed", by=logins.BY_BADGE)
    raise Refused(
        403, "wrong", "this badge is not valid any more: ask your instructor for a new one"
    )


@router.get("/me")
def me(me: Me, review: Running) -> WhoAmI:
    """Tell who is signed in."""
    with review.archive.database.reading() as session:
        return _who_am_i(session.get_one(Person, me.person_id), me)


class NewPassword(BaseModel):
    """A change of one's own password."""

    old: Password
    new: Password


@router.post("/me/password", status_code=204)
def change_password(given: NewPassword, me: Me, review: Running, request: Request) -> None:
    """Change one's own password; all other logins end."""
    count_try(review, request, f"password:{me.person_id}")
    with review.archive.database.writing() as session:
        person = session.get_one(Person, me.person_id)
        if not passwords.fits(given.old, person.password_hash):
            words = "the old password is wrong"
            raise Refused(403, "wrong", words, noted="refused.password")
        person.password_hash = passwords.hash_password(given.new, person.sign_in_name or "")
        logins.sign_out_others(session, person.id, me.token_sha256)
        note(session, actor(me), "password.changed", f"person:{person.id}", person.id)


@router.post("/sign-out", status_code=204)
def sign_out(me: Me, review: Running, response: Response) -> None:
    """End this login."""
    with review.archive.database.writing() as session:
        logins.sign_out(session, me.token_sha256)
        note(session, actor(me), "sign-out")
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
