"""A class in figures: how scores, depths, rates, recoil and flow are spread; who is to practise.

Takes a class and which of its sessions count, gives histograms and a line a learner. Sessions of
another guideline or mode than asked for are not mixed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from mr.review.people.progress import due_after
from mr.review.store.courses import Membership
from mr.review.store.people import Person
from mr.review.store.sessions import Recorded

Which = Literal["newest", "best", "all"]


@dataclass(frozen=True, slots=True)
class Measured:
    """One number of sessions whose spread is shown."""

    key: str
    label: str
    unit: str
    from_: float
    to: float
    step: float


MEASURED = (
    Measured("score_pct", "Score", "%", 0, 100, 10),
    Measured("mean_depth_mm", "Mean depth", "mm", 20, 70, 5),
    Measured("mean_rate_cpm", "Mean rate", "/min", 80, 140, 10),
    Measured("release_in_target_pct", "Released fully", "%", 0, 100, 10),
    Measured("ccf_pct", "Chest compression fraction", "%", 0, 100, 10),
)


@dataclass(frozen=True, slots=True)
class Spread:
    """A histogram: the first bin takes what is below it, too, the last what is above."""

    key: str
    label: str
    unit: str
    edges: list[float]
    counts: list[int]
    median: float | None
    n: int


@dataclass(frozen=True, slots=True)
class LearnerFigures:
    """One learner of a class."""

    person_id: str
    name: str
    learner_id: str | None
    n_sessions: int
    last_utc: datetime | None
    due_utc: datetime | None
    needs_practice: bool
    newest_id: str | None
    newest_pct: float | None
    newest_low_pct: float | None
    newest_high_pct: float | None
    best_id: str | None
    best_pct: float | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which sessions of a class count."""

    course_id: str
    guideline_id: str
    mode: str
    which: Which = "newest"
    attempt: str | None = None
    since: datetime | None = None


def spreads(session: Session, asked: Asked) -> list[Spread]:
    """Give how the numbers of a class are spread."""
    columns = [getattr(Recorded, m.key) for m in MEASURED]
    if asked.which == "all":
        query = select(*columns).where(*_conditions(asked))
    else:
        chosen = _chosen(asked, asked.which).subquery()
        query = select(*columns).join(chosen, chosen.c.id == Recorded.id).where(chosen.c.place == 1)
    found = [tuple(row) for row in session.execute(query)]
    rows = np.array(found, dtype=float).reshape(-1, len(MEASURED))
    return [_spread(m, rows[:, i]) for i, m in enumerate(MEASURED)]


def learners(session: Session, asked: Asked, now: datetime) -> list[LearnerFigures]:
    """Give each learner's newest and best session, and who needs practice, by name."""
    last = (
        select(
            Recorded.learner_id,
            func.count().label("n"),
            func.max(Recorded.made_utc).label("last_utc"),
        )
        .where(Recorded.course_id == asked.course_id)
        .group_by(Recorded.learner_id)
        .subquery()
    )
    people = session.execute(
        select(Person, last.c.n, last.c.last_utc)
        .join(Membership, Membership.person_id == Person.id)
        .outerjoin(last, last.c.learner_id == Person.learner_id)
        .where(Membership.course_id == asked.course_id, Membership.role == "learner")
        .order_by(Person.name, Person.id)
    ).all()
    newest, best = _firsts(session, asked, "newest"), _firsts(session, asked, "best")
    return [
        _learner(p, n or 0, last_utc, newest.get(p.learner_id), best.get(p.learner_id), now)
        for p, n, last_utc in people
    ]


def _conditions(asked: Asked) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        Recorded.course_id == asked.course_id,
        Recorded.guideline_id == asked.guideline_id,
        Recorded.mode == asked.mode,
        # So written that no index of all that is ready is taken, as SQLite otherwise does.
        Recorded.state.concat("") == "ready",
    ]
    if asked.attempt is not None:
        found.append(Recorded.attempt == asked.attempt)
    if asked.since is not None:
        found.append(Recorded.made_utc >= asked.since)
    return found


def _chosen(asked: Asked, which: Which) -> Select[tuple[str, int]]:
    """Select sessions with their place among the same learner's: 1 is the one that counts."""
    order = (
        (Recorded.made_utc.desc(), Recorded.id)
        if which == "newest"
        else (Recorded.score_pct.desc().nulls_last(), Recorded.made_utc.desc(), Recorded.id)
    )
    place = func.row_number().over(partition_by=Recorded.learner_id, order_by=order)
    return select(Recorded.id, place.label("place")).where(*_conditions(asked))


def _firsts(session: Session, asked: Asked, which: Which) -> dict[str | None, Recorded]:
    chosen = _chosen(asked, which).subquery()
    query = select(Recorded).join(chosen, chosen.c.id == Recorded.id).where(chosen.c.place == 1)
    return {r.learner_id: r for r in session.scalars(query)}


def _spread(m: Measured, column: np.ndarray) -> Spread:
    values = column[np.isfinite(column)]
    edges = np.arange(m.from_, m.to + m.step / 2, m.step)
    inside = np.clip(values, m.from_, np.nextafter(m.to, m.from_))
    counts, _ = np.histogram(inside, edges)
    return Spread(
        key=m.key,
        label=m.label,
        unit=m.unit,
        edges=edges.tolist(),
        counts=counts.tolist(),
        median=float(np.median(values)) if values.size else None,
        n=int(values.size),
    )


def _learner(
    person: Person,
    n: int,
    last_utc: datetime | None,
    newest: Recorded | None,
    best: Recorded | None,
    now: datetime,
) -> LearnerFigures:
    due_utc = due_after(last_utc)
    return LearnerFigures(
        person_id=person.id,
        name=person.name,
        learner_id=person.learner_id,
        n_sessions=n,
        last_utc=last_utc,
        due_utc=due_utc,
        needs_practice=due_utc is None or due_utc < now,
        newest_id=None if newest is None else newest.id,
        newest_pct=None if newest is None else newest.score_pct,
        newest_low_pct=None if newest is None else newest.score_low_pct,
        newest_high_pct=None if newest is None else newest.score_high_pct,
        best_id=None if best is None else best.id,
        best_pct=None if best is None else best.score_pct,
    )
