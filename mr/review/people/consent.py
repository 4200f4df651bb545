"""What people agreed to: kept each time, and the newest of a kind counts.

Takes who says so of whom, gives what counts now. Without a word there is no consent. Pictures need
two: the house allows video at all, and the learner agreed to it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.review.store.audit import note
from mr.review.store.people import Consent, Person
from mr.review.store.settings import VIDEO_ALLOWED, get_setting

Kind = Literal["motion", "video", "research"]
KINDS: tuple[Kind, ...] = ("motion", "video", "research")
WITH_PICTURES = 3
"""The storage level of recordings that hold pictures of people."""


class Said(NamedTuple):
    """What somebody agreed to or withdrew once."""

    kind: Kind
    given: bool
    at_utc: datetime
    by_name: str | None
    """Who wrote it down; None: somebody who is erased."""
    by_themselves: bool


def say(session: Session, person_id: str, kind: Kind, given: bool, by_person_id: str) -> None:
    """Write down that somebody agrees to something or withdraws it."""
    session.add(
        Consent(
            person_id=person_id,
            kind=kind,
            given=given,
            at_utc=wall_now_utc(),
            by_person_id=by_person_id,
        )
    )
    what = "consent.given" if given else "consent.withdrawn"
    note(session, f"person:{by_person_id}", what, f"person:{person_id}", person_id, kind=kind)


def newest_word(kind: Kind) -> ScalarSelect[int]:
    """Select the id of a `Person`'s newest consent of a kind, for a query that has them."""
    return (
        select(func.max(Consent.id))
        .where(Consent.person_id == Person.id, Consent.kind == kind)
        .correlate(Person)
        .scalar_subquery()
    )


def agreed(session: Session, person_id: str, kind: Kind) -> bool:
    """Tell whether somebody's newest word is a yes."""
    said = (
        select(Consent.given)
        .join(Person, Consent.id == newest_word(kind))
        .where(Person.id == person_id)
    )
    return bool(session.scalar(said))


def said_by(session: Session, person_id: str) -> list[Said]:
    """List all that somebody ever said, the newest first."""
    query = (
        select(Consent, Person.name)
        .outerjoin(Person, Person.id == Consent.by_person_id)
        .where(Consent.person_id == person_id)
        .order_by(Consent.id.desc())
    )
    return [
        Said(kind, c.given, c.at_utc, name, c.by_person_id == person_id)
        for c, name in session.execute(query)
        for kind in KINDS
        if kind == c.kind
    ]


def video_allowed(session: Session, learner_id: str) -> bool:
    """Tell whether pictures of a learner may be kept and shown: by the house and by themselves."""
    if not get_setting(session, VIDEO_ALLOWED):
        return False
    person_id = session.scalar(select(Person.id).where(Person.learner_id == learner_id))
    return person_id is not None and agreed(session, person_id, "video")
