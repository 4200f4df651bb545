"""What waits for whom: the first page tells each role what to do next."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from mr.review.people import access
from mr.review.people.logins import SignedIn
from mr.review.store.courses import Course
from mr.review.store.erasures import ErasureAsked
from mr.review.store.people import Person
from mr.review.store.rigs import EnrolledRig
from mr.review.store.sessions import Corrected, Recorded
from mr.review.web.asking import Me, Running

router = APIRouter(prefix="/home", tags=["home"])
What = Literal[
    "approve",
    "failed",
    "of-no-class",
    "erasures",
    "no-instructor",
    "no-class",
    "no-rig",
    "no-session",
]


class Waiting(BaseModel):
    """One thing that waits, and how many of them; `session_id` where there is one to begin with."""

    what: What
    count: int
    session_id: str | None = None


class Home(BaseModel):
    """What waits for who asks, the most pressing first."""

    waiting: list[Waiting]


@router.get("")
def home(me: Me, review: Running) -> Home:
    """Tell what waits for who asks."""
    with review.archive.database.reading() as session:
        found = [] if me.role == "learner" else _of_sessions(session, me)
        if me.role == "admin":
            found += _first_steps(session)
    return Home(waiting=found)


def _of_sessions(session: Session, me: SignedIn) -> list[Waiting]:
    if me.role == "technician":
        return []
    mine = access.sessions_seen_by(me)
    proposed = (
        select(Recorded.id)
        .join(Corrected, Corrected.session_id == Recorded.id)
        .where(mine, Corrected.state == "proposed", Corrected.by_person_id != me.person_id)
    )
    if me.learner_id is not None:
        proposed = proposed.where(Recorded.learner_id != me.learner_id)
    failed = select(Recorded.id).where(mine, Recorded.state == "failed")
    asked: list[tuple[What, Select[str]]] = [("approve", proposed), ("failed", failed)]
    if me.role == "admin":
        asked.append(("of-no-class", select(Recorded.id).where(Recorded.course_id.is_(None))))
    waiting = []
    for what, query in asked:
        ids = session.scalars(query.limit(100)).all()
        if ids:
            waiting.append(Waiting(what=what, count=len(ids), session_id=ids[0]))
    return waiting


def _first_steps(session: Session) -> list[Waiting]:
    """Name what a new house does not have yet; and who asked to be erased."""
    steps: list[tuple[What, Select[str]]] = [
        ("no-instructor", select(Person.id).where(Person.role == "instructor")),
        ("no-class", select(Course.id)),
        ("no-rig", select(EnrolledRig.id)),
        ("no-session", select(Recorded.id)),
    ]
    missing = [
        Waiting(what=what, count=1)
        for what, query in steps
        if session.scalars(query.limit(1)).first() is None
    ]
    n_asked = session.scalar(select(func.count()).select_from(ErasureAsked))
    if n_asked:
        missing.insert(0, Waiting(what="erasures", count=n_asked))
    return missing
