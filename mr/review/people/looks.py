"""Who looked at whose data: written down once an hour, and told to whom it concerns.

Takes looks, gives entries of the audit and back a list with the names of those who looked.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.review.store.audit import AuditEntry
from mr.review.store.people import Person

COUNTS_AGAIN = timedelta(hours=1)
"""Who looks again within so long has looked once."""


class Look(NamedTuple):
    """One look at somebody's data."""

    at_utc: datetime
    name: str | None
    """None: somebody who is erased, or a machine."""
    role: str | None
    action: str
    about: str


def is_new_look(session: Session, actor: str, action: str, about: str) -> bool:
    """Tell whether a look at somebody's data is yet to be written down."""
    last = session.scalars(
        select(AuditEntry.at_utc)
        .where(AuditEntry.actor == actor, AuditEntry.action == action, AuditEntry.about == about)
        .order_by(AuditEntry.seq.desc())
        .limit(1)
    ).first()
    return last is None or wall_now_utc() - last > COUNTS_AGAIN


def looks_at(session: Session, person_id: str, start: int, count: int) -> tuple[list[Look], int]:
    """List who else looked at somebody's data or took it along, the newest first; and how many."""
    asked = _looked_at(person_id)
    total = session.scalar(select(func.count()).select_from(AuditEntry).where(*asked)) or 0
    query = (
        select(AuditEntry, Person.name, Person.role)
        .outerjoin(Person, AuditEntry.actor == "person:" + Person.id)
        .where(*asked)
        .order_by(AuditEntry.seq.desc())
        .offset(start)
        .limit(count)
    )
    found = [
        Look(entry.at_utc, name, role, entry.action, entry.about)
        for entry, name, role in session.execute(query)
    ]
    return found, total


def _looked_at(person_id: str) -> list[ColumnElement[bool]]:
    return [
        AuditEntry.subject == person_id,
        AuditEntry.actor != f"person:{person_id}",
        or_(
            AuditEntry.action.like("%.viewed"),
            AuditEntry.action.like("%.exported"),
            AuditEntry.action.in_(("person.compared", "badge.made")),
        ),
    ]
