"""Logins: a random token in the browser's cookie, everything else on the server.

Takes a person, gives a token; and back. Only the token's hash is kept, so a copy of the database
signs nobody in. A login ends by signing out, after a time without use, and at the latest after half
a day, one by a badge much sooner; ending all of a person's logins is one statement.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.review.store.people import Login, Person

AT_DESK, BY_BADGE = "desk", "badge"
"""How somebody signed in who did so at a rig's desk, or elsewhere with a badge."""
IDLE = timedelta(hours=2)
IDLE_BY = {AT_DESK: timedelta(minutes=3), BY_BADGE: timedelta(minutes=15)}
"""The next learner uses a desk, whose page signs out sooner; a badge may be found on the floor."""
LONGEST = timedelta(hours=12)
LONGEST_BY = {BY_BADGE: timedelta(hours=2)}
SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is kept when a login was last used: not each request is a write."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who asks."""

    person_id: str
    role: str
    learner_id: str | None
    csrf: str
    by: str
    token_sha256: str
    is_stale: bool
    """Whether its last use should be written down again."""


def sha256_of(token: str) -> str:
    """Hash a token, as the database keeps it."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign_in(session: Session, person: Person, by: str) -> str:
    """Make a login; gives the token for the cookie, which is kept nowhere."""
    token, now = secrets.token_urlsafe(32), wall_now_utc()
    session.execute(delete(Login).where(Login.expires_utc < now))
    session.add(
        Login(
            token_sha256=sha256_of(token),
            person_id=person.id,
            csrf=secrets.token_urlsafe(24),
            by=by,
            created_utc=now,
            seen_utc=now,
            expires_utc=now + LONGEST_BY.get(by, LONGEST),
        )
    )
    return token


def who(session: Session, token: str | None) -> SignedIn | None:
    """Tell who a token stands for; None: nobody, or no longer."""
    if not token:
        return None
    login = session.get(Login, sha256_of(token))
    now = wall_now_utc()
    if login is None or now >= login.expires_utc:
        return None
    if now - login.seen_utc >= IDLE_BY.get(login.by, IDLE):
        return None
    person = session.get(Person, login.person_id)
    if person is None or person.disabled:
        return None
    return SignedIn(
        person_id=person.id,
        role=person.role,
        learner_id=person.learner_id,
        csrf=login.csrf,
        by=login.by,
        token_sha256=login.token_sha256,
        is_stale=now - login.seen_utc >= SEEN_EVERY,
    )


def was(session: Session, token: str | None) -> str | None:
    """Tell whose a token was; None: nobody's, or that is not known any more. It proves nothing."""
    login = None if not token else session.get(Login, sha256_of(token))
    return None if login is None else login.person_id


def seen(session: Session, token_sha256: str) -> None:
    """Write down that a login is in use."""
    login = session.get(Login, token_sha256)
    if login is not None:
        login.seen_utc = wall_now_utc()


def sign_out(session: Session, token_sha256: str) -> None:
    """End one login."""
    session.execute(delete(Login).where(Login.token_sha256 == token_sha256))


def sign_out_everywhere(session: Session, person_id: str) -> None:
    """End all of a person's logins: after a new password, or when they are disabled."""
    session.execute(delete(Login).where(Login.person_id == person_id))


def sign_out_others(session: Session, person_id: str, token_sha256: str) -> None:
    """End all of a person's logins but one."""
    session.execute(
        delete(Login).where(Login.person_id == person_id, Login.token_sha256 != token_sha256)
    )
