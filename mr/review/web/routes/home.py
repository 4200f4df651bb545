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
    "results",
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
        found += _wishes(session, me) + _first_steps(session, me)
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
    results = select(Recorded.id).where(
        mine,
        Recorded.attempt == "assessment",
        Recorded.state == "ready",
        Recorded.approved_by.is_(None),
    )
    if me.learner_id is not None:
        results = results.where(Recorded.learner_id != me.learner_id)
    asked: list[tuple[What, Select[str]]] = [
        ("approve", proposed),
        ("results", results),
        ("failed", failed),
    ]
    if me.role == "admin":
        asked.append(("of-no-class", select(Recorded.id).where(Recorded.course_id.is_(None))))
    waiting = []
    for what, query in asked:
        ids = session.scalars(query.limit(100)).all()
        if ids:
            waiting.append(Waiting(what=what, count=len(ids), session_id=ids[0]))
    return waiting


def _wishes(session: Session, me: SignedIn) -> list[Waiting]:
    """Tell an admin who asked to be erased."""
    n_asked = session.scalar(select(func.count()).select_from(ErasureAsked))
    return [Waiting(what="erasures", count=n_asked)] if me.role == "admin" and n_asked else []


def _first_steps(session: Session, me: SignedIn) -> list[Waiting]:
    """Name what a new house, or somebody who is new in it, does not have yet."""
    no_rig: tuple[What, Select[str]] = ("no-rig", select(EnrolledRig.id))
    steps: dict[str, list[tuple[What, Select[str]]]] = {
        "admin": [
            ("no-instructor", select(Person.id).where(Person.role == "instructor")),
            ("no-class", select(Course.id)),
            no_rig,
            ("no-session", select(Recorded.id)),
        ],
        "instructor": [
            ("no-class", access.taught_by(me)),
            ("no-session", select(Recorded.id).where(access.sessions_seen_by(me))),
        ],
        "technician": [no_rig],
    }
    return [
        Waiting(what=what, count=1)
        for what, query in steps.get(me.role, [])
        if session.scalars(query.limit(1)).first() is None
    ]
