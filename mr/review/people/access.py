"""Who may see and do what: the one place where it is decided.

Takes who asks and what they ask for, gives yes or no, or the query that finds only what they may
see. A class's instructor sees that class only; a learner their own sessions; a technician rigs and
no learner's session; an admin everything. What somebody may not see is answered as if it were not
there, so that ids cannot be tried.
"""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.orm import Session

from mr.review.people.logins import SignedIn
from mr.review.store.courses import Course, Membership
from mr.review.store.people import Person
from mr.review.store.sessions import Recorded

Role = Literal["learner", "instructor", "technician", "admin"]


def taught_by(me: SignedIn) -> Select[Any]:
    """Select the ids of the classes that somebody teaches."""
    return select(Membership.course_id).where(
        Membership.person_id == me.person_id, Membership.role == "instructor"
    )


def attended_by(me: SignedIn) -> Select[Any]:
    """Select the ids of the classes that somebody is in, as whatever."""
    return select(Membership.course_id).where(Membership.person_id == me.person_id)


def sessions_seen_by(me: SignedIn, *, in_order: bool = False) -> ColumnElement[bool]:
    """Give the condition on `Recorded` that leaves what somebody may see.

    With `in_order` it is for a page of a list that is walked in its order: written so that no index
    serves it, for SQLite would gather all that one may see by two of them, and sort that.
    """
    if me.role == "admin":
        return true()
    own = false() if me.learner_id is None else Recorded.learner_id == me.learner_id
    if me.role == "instructor":
        course_id = Recorded.course_id.concat("") if in_order else Recorded.course_id
        return or_(own, course_id.in_(taught_by(me)))
    return own


def may_see_session(session: Session, me: SignedIn, recorded: Recorded) -> bool:
    """Tell whether somebody may open a session."""
    return is_own(me, recorded) or may_judge_session(session, me, recorded)


def may_judge_session(session: Session, me: SignedIn, recorded: Recorded) -> bool:
    """Tell whether somebody may annotate, correct and assign a session, as its instructor."""
    return me.role == "admin" or (
        recorded.course_id is not None and teaches(session, me, recorded.course_id)
    )


def is_own(me: SignedIn, recorded: Recorded) -> bool:
    """Tell whether it is somebody's own session: seen, and never approved, by themselves."""
    return me.learner_id is not None and recorded.learner_id == me.learner_id


def teaches(session: Session, me: SignedIn, course_id: str) -> bool:
    """Tell whether somebody may run a class: its instructor, or an admin."""
    if me.role == "admin":
        return session.get(Course, course_id) is not None
    member = session.get(Membership, (course_id, me.person_id))
    return me.role == "instructor" and member is not None and member.role == "instructor"


def is_in(session: Session, me: SignedIn, course_id: str) -> bool:
    """Tell whether somebody may see a class at all."""
    return teaches(session, me, course_id) or (
        session.get(Membership, (course_id, me.person_id)) is not None
    )


def classes_seen_by(me: SignedIn) -> ColumnElement[bool]:
    """Give the condition on `Course` that leaves what somebody may see."""
    return true() if me.role == "admin" else Course.id.in_(attended_by(me))


def people_seen_by(me: SignedIn) -> ColumnElement[bool]:
    """Give the condition on `Person` that leaves what somebody may see."""
    if me.role == "admin":
        return true()
    own = Person.id == me.person_id
    if me.role == "instructor":
        in_mine = select(Membership.person_id).where(Membership.course_id.in_(taught_by(me)))
        return or_(own, Person.id.in_(in_mine))
    return own


def may_see_person(session: Session, me: SignedIn, person_id: str) -> bool:
    """Tell whether somebody may open a learner's page."""
    found = select(Person.id).where(Person.id == person_id, people_seen_by(me))
    return session.scalars(found).first() is not None
