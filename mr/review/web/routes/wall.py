"""What a class's wall knows besides what is live: rigs, roster, results, the goal, the race."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.review.live.hub import MAX_WATCHED
from mr.review.people.logins import SignedIn
from mr.review.right import WHAT_COUNTS
from mr.review.store.courses import Course, Membership
from mr.review.store.people import Person
from mr.review.store.rigs import EnrolledRig
from mr.review.store.sessions import Recorded
from mr.review.web.asking import Me, Running, class_taught
from mr.review.web.routes.classes import ClassRow, class_row
from mr.scoring.profiles import shipped_guidelines

router = APIRouter(prefix="/classes", tags=["classes"])


class WallLearner(BaseModel):
    """Somebody of the class's roster."""

    id: str
    name: str
    learner_id: str


class WallResult(BaseModel):
    """The newest session that came in from a rig today."""

    session_id: str
    recording_id: str
    learner_id: str
    made_utc: datetime
    state: Literal["waiting", "ready", "failed"]
    why_failed: str
    score_pct: float | None
    score_low_pct: float | None
    score_high_pct: float | None
    n_compressions: int | None
    n_right: int | None


class WallRig(BaseModel):
    """One rig on the wall."""

    id: str
    name: str
    simulated: bool
    person_id: str | None
    """Whom it was given to."""
    result: WallResult | None


class FreeRig(BaseModel):
    """A rig that could be given to this class."""

    id: str
    name: str


class Goal(BaseModel):
    """How far the class is together, today."""

    n_right: int
    goal: int | None
    n_sessions: int
    n_waiting: int
    """Sessions that are not analysed yet, or that could not be."""
    what_counts: str


class Racer(BaseModel):
    """One who opted in to the race, and their best of today; null: none yet."""

    person_id: str
    name: str
    learner_id: str
    best_pct: float | None


class Wall(BaseModel):
    """A class's wall."""

    course: ClassRow
    guidelines: list[str]
    rigs: list[WallRig]
    n_rigs: int
    """So many the class has; a wall shows no more than the first 30 by name."""
    learners: list[WallLearner]
    free_rigs: list[FreeRig]
    goal: Goal
    race: list[Racer] | None
    """Only those who opted in, the best first; null: this class has no race."""


def day_began() -> datetime:
    """Tell when today began, by the server's clock on its wall."""
    here = wall_now_utc().astimezone()
    return here.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


@router.get("/{course_id}/wall")
def wall(course_id: str, me: Me, review: Running) -> Wall:
    """Show a class's wall to who teaches it."""
    with review.archive.database.reading() as session:
        class_taught(session, review, me, course_id)
        return _wall(session, me, session.get_one(Course, course_id))


def _wall(session: Session, me: SignedIn, course: Course) -> Wall:
    roster = session.scalars(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.course_id == course.id, Membership.role == "learner")
        .order_by(Person.name, Person.id)
    ).all()
    live = select(EnrolledRig).where(EnrolledRig.revoked_utc.is_(None))
    n_rigs = session.scalar(
        select(func.count()).where(
            EnrolledRig.course_id == course.id, EnrolledRig.revoked_utc.is_(None)
        )
    )
    rigs = session.scalars(
        live.where(EnrolledRig.course_id == course.id).order_by(EnrolledRig.name, EnrolledRig.id)
        .limit(MAX_WATCHED)
    ).all()  # fmt: skip
    free = session.scalars(live.where(EnrolledRig.course_id.is_(None)).order_by(EnrolledRig.name))
    results = _results(session, course.id, [rig.id for rig in rigs])
    return Wall(
        course=class_row(session, me, course, len(roster)),
        guidelines=list(shipped_guidelines()),
        rigs=[
            WallRig(
                id=rig.id,
                name=rig.name,
                simulated=rig.facts.get("simulated") is True,
                person_id=rig.learner_person_id,
                result=results.get(rig.id),
            )
            for rig in rigs
        ],
        n_rigs=n_rigs or 0,
        learners=[_learner(person) for person in roster],
        free_rigs=[FreeRig(id=rig.id, name=rig.name) for rig in free],
        goal=_goal(session, course),
        race=_race(session, course, roster) if course.race else None,
    )


def _learner(person: Person) -> WallLearner:
    return WallLearner(id=person.id, name=person.name, learner_id=person.learner_id or "")


def _today(course_id: str) -> tuple[Any, ...]:
    return Recorded.course_id == course_id, Recorded.made_utc >= day_began()


def _results(session: Session, course_id: str, rig_ids: Sequence[str]) -> dict[str, WallResult]:
    newest = (
        select(Recorded.rig_id, func.max(Recorded.made_utc).label("made_utc"))
        .where(*_today(course_id), Recorded.rig_id.in_(rig_ids))
        .group_by(Recorded.rig_id)
        .subquery()
    )
    query = select(Recorded).join(
        newest,
        (Recorded.rig_id == newest.c.rig_id) & (Recorded.made_utc == newest.c.made_utc),
    )
    return {
        str(one.rig_id): WallResult.model_validate(
            {name: getattr(one, name) for name in WallResult.model_fields if name != "session_id"}
            | {"session_id": one.id}
        )
        for one in session.scalars(query)
    }


def _goal(session: Session, course: Course) -> Goal:
    n_right, n, n_ready = session.execute(
        select(
            func.coalesce(func.sum(Recorded.n_right), 0),
            func.count(),
            func.count(Recorded.n_right),
        ).where(*_today(course.id))
    ).one()
    return Goal(
        n_right=n_right or 0,
        goal=course.goal_compressions,
        n_sessions=n,
        n_waiting=n - n_ready,
        what_counts=WHAT_COUNTS,
    )


def _race(session: Session, course: Course, roster: Sequence[Person]) -> list[Racer]:
    """Rank those who opted in among themselves; of the others nothing is asked for."""
    racing = [person for person in roster if person.races and person.learner_id]
    best = dict(
        session.execute(
            select(Recorded.learner_id, func.max(Recorded.score_pct))
            .where(*_today(course.id), Recorded.learner_id.in_(p.learner_id for p in racing))
            .group_by(Recorded.learner_id)
        )
        .tuples()
        .all()
    )
    rows = [
        Racer(
            person_id=person.id,
            name=person.name,
            learner_id=str(person.learner_id),
            best_pct=best.get(str(person.learner_id)),
        )
        for person in racing
    ]
    return sorted(rows, key=lambda row: (-(row.best_pct or -1.0), row.name))
