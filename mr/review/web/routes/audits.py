"""The audit, for admins: what was done, by whom, to what; and whether its chain is whole."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from mr.review.store.audit import AuditEntry, note, verify
from mr.review.store.people import Person
from mr.review.web.asking import Admin, Running, actor

router = APIRouter(prefix="/audit", tags=["audit"])
Words = Annotated[str, Field(max_length=60)]


class AuditFilters(BaseModel):
    """What the list is narrowed to."""

    actor: Words | None = None
    """person:ID, rig:ID, system, or nobody."""
    action: Words | None = None
    """An action, or with a dot at its end all of its kind: `refused.`"""
    about: Words | None = None
    subject: Words | None = None
    """The person whose data it concerns."""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = Field(default=None, ge=0, le=2**53)
    """Entries before this one's number: the next page."""
    count: int = Field(default=100, ge=1, le=500)


class AuditRow(BaseModel):
    """One entry."""

    seq: int
    at_utc: datetime
    actor: str
    actor_name: str | None
    action: str
    about: str
    subject: str
    subject_name: str | None
    detail: dict[str, Any]
    sha256: str


class AuditPage(BaseModel):
    """Entries, the newest first."""

    rows: list[AuditRow]
    total: int
    """So many fit the filters."""
    actions: list[str]
    """All there ever were, to choose from."""


class ChainVerdict(BaseModel):
    """Whether the chain is whole."""

    n_entries: int
    broken_at: int | None
    last_sha256: str
    """To be kept elsewhere: a chain that was cut at its end, or made anew, does not hold it."""


def _conditions(asked: AuditFilters) -> list[ColumnElement[bool]]:
    equal = {
        AuditEntry.actor: asked.actor,
        AuditEntry.about: asked.about,
        AuditEntry.subject: asked.subject,
    }
    found: list[ColumnElement[bool]] = [c == value for c, value in equal.items() if value]
    if asked.action and asked.action.endswith("."):
        found.append(AuditEntry.action.startswith(asked.action, autoescape=True))
    elif asked.action:
        found.append(AuditEntry.action == asked.action)
    if asked.since is not None:
        found.append(AuditEntry.at_utc >= asked.since.astimezone())
    if asked.until is not None:
        found.append(AuditEntry.at_utc < asked.until.astimezone())
    return found


def _names(session: Session, entries: list[AuditEntry]) -> dict[str, str]:
    ids = {e.actor.removeprefix("person:") for e in entries} | {e.subject for e in entries}
    named = select(Person.id, Person.name).where(Person.id.in_(ids))
    return dict(session.execute(named).tuples().all())


@router.get("")
def audit(asked: Annotated[AuditFilters, Query()], _me: Admin, review: Running) -> AuditPage:
    """List what was done."""
    conditions = _conditions(asked)
    with review.archive.database.reading() as session:
        total = session.scalar(select(func.count()).select_from(AuditEntry).where(*conditions)) or 0
        if asked.before is not None:
            conditions.append(AuditEntry.seq < asked.before)
        query = select(AuditEntry).where(*conditions).order_by(AuditEntry.seq.desc())
        entries = list(session.scalars(query.limit(asked.count)))
        names = _names(session, entries)
        actions = session.scalars(_actions()).all()
    rows = [
        AuditRow(
            **{key: getattr(e, key) for key in (
                "seq", "at_utc", "actor", "action", "about", "subject", "detail", "sha256")},
            actor_name=names.get(e.actor.removeprefix("person:")),
            subject_name=names.get(e.subject),
        )
        for e in entries
    ]  # fmt: skip
    return AuditPage(rows=rows, total=total, actions=list(actions))


def _actions() -> Any:
    """Select the different actions, by hopping from one to the next over the index."""
    first = select(func.min(AuditEntry.action).label("action")).cte("hop", recursive=True)
    following = (
        select(func.min(AuditEntry.action))
        .where(AuditEntry.action > first.c.action)
        .scalar_subquery()
    )
    hops = first.union_all(select(following).where(first.c.action.is_not(None)))
    return select(hops.c.action).where(hops.c.action.is_not(None)).order_by(hops.c.action)


@router.post("/verify")
def verify_chain(me: Admin, review: Running) -> ChainVerdict:
    """Go through the chain from its first entry to its last."""
    with review.archive.database.reading() as session:
        verdict = verify(session)
    with review.archive.database.writing() as session:
        note(session, actor(me), "audit.verified", broken_at=verdict.broken_at)
    return ChainVerdict(
        n_entries=verdict.n_entries,
        broken_at=verdict.broken_at,
        last_sha256=verdict.last_sha256,
    )
