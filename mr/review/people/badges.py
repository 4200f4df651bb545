"""Pins and badges: how a learner signs in at a rig within seconds.

A pin is six digits that are the learner's own within one class; a badge is a QR code with a random
token. Both are made by the server and shown once, for printing; kept are a keyed hash of the pin
(six digits alone could be tried through) and a hash of the token.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from mr.review.people.logins import sha256_of
from mr.review.store.courses import Membership
from mr.review.store.people import Person

PIN_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Badge:
    """What a learner gets in the hand; it cannot be read again."""

    pin: str
    token: str


def pin_hmac(secret: bytes, course_id: str, pin: str) -> str:
    """Hash a pin with the server's secret; the same pin in another class is another hash."""
    return hmac.new(secret, f"{course_id}:{pin}".encode(), hashlib.sha256).hexdigest()


def make_badge(session: Session, secret: bytes, member: Membership) -> Badge:
    """Give a member a new pin and badge; the ones before are void."""
    taken = set(
        session.scalars(select(Membership.pin_hmac).where(Membership.course_id == member.course_id))
    )
    while True:
        pin = "".join(secrets.choice("0123456789") for _ in range(PIN_DIGITS))
        hashed = pin_hmac(secret, member.course_id, pin)
        if hashed not in taken and len(set(pin)) > 2:
            break
    token = secrets.token_urlsafe(18)
    member.pin_hmac, member.badge_sha256 = hashed, sha256_of(token)
    return Badge(pin, token)


def member_by_pin(session: Session, secret: bytes, course_id: str, pin: str) -> Membership | None:
    """Find whose pin it is in a class."""
    return session.scalars(
        _of_learners().where(
            Membership.course_id == course_id,
            Membership.pin_hmac == pin_hmac(secret, course_id, pin),
        )
    ).first()


def member_by_badge(session: Session, token: str) -> Membership | None:
    """Find whose badge it is."""
    return session.scalars(
        _of_learners().where(Membership.badge_sha256 == sha256_of(token))
    ).first()


def _of_learners() -> Select[Membership]:
    """Select who may sign in so: somebody who became more than a learner needs a password."""
    return (
        select(Membership)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.role == "learner", Person.role == "learner")
    )
