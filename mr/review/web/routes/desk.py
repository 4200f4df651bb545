"""A rig's desk: a learner signs in beside the rig, begins, sees the result, and is signed out.

A device is a rig's desk when an instructor made it one (`at_desk`); a learner signs in there by
pin or badge and may then begin and end their own session on this rig, and on no other.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from mr.config import Attempt, Mode
from mr.review.live.messages import Ack, Start, Stop
from mr.review.people import logins
from mr.review.people.badges import PIN_DIGITS, member_by_badge, member_by_pin
from mr.review.people.logins import SignedIn
from mr.review.store.audit import note
from mr.review.store.courses import Course, Membership
from mr.review.store.desks import Desk
from mr.review.store.people import Person
from mr.review.store.rigs import EnrolledRig
from mr.review.store.sessions import Recorded
from mr.review.web import at_desk
from mr.review.web.asking import COOKIE, Me, Running, actor, not_yours
from mr.review.web.at_desk import AtDesk, DeskHere
from mr.review.web.commanding import HowToTrain, say, start_of
from mr.review.web.refusals import Refused
from mr.review.web.routes.entry import WhoAmI, count_try, signed_in_as
from mr.review.web.routes.live import rig_of_mine
from mr.review.web.state import Review

router = APIRouter(prefix="/desk", tags=["desk"])


class DeskPage(BaseModel):
    """What a rig's desk shows before anybody signs in: no names."""

    rig_id: str
    rig: str
    course: str
    mode: Mode
    guideline: str
    attempt: Attempt
    duration_s: float | None
    presence: Literal["never", "here", "lost"]
    rig_state: str
    """ready, starting, training, finishing, refused; empty: it has not said."""
    words: str
    recording_id: str | None
    """Of the session that goes on."""


class DeskSignIn(BaseModel):
    """By pin, or by a badge's token."""

    pin: str | None = Field(default=None, pattern=rf"^\d{{{PIN_DIGITS}}}$")
    badge: str | None = Field(default=None, min_length=10, max_length=64)


class DeskResult(BaseModel):
    """What the session of who is signed in came to, as soon as that is known."""

    state: Literal["coming", "waiting", "ready", "failed"]
    """coming: the rig has not sent it yet; waiting: it is being analysed."""
    session_id: str | None = None
    why_failed: str = ""
    score_pct: float | None = None
    score_low_pct: float | None = None
    score_high_pct: float | None = None
    n_compressions: int | None = None
    n_right: int | None = None
    mean_depth_mm: float | None = None
    mean_rate_cpm: float | None = None
    release_in_target_pct: float | None = None


def _sign_out(session: Session, review: Review, token: str | None) -> None:
    """End whatever login this device has."""
    me = logins.who(session, token)
    if me is not None:
        logins.sign_out(session, me.token_sha256)
        note(session, actor(me), "sign-out")


@router.post("/{rig_id}/device", status_code=201)
def make(rig_id: str, me: Me, review: Running, response: Response) -> None:
    """Make this device the rig's desk, as its class's instructor, who is signed out by it."""
    rig_of_mine(review, me, rig_id)
    with review.archive.database.writing() as session:
        rig = session.get_one(EnrolledRig, rig_id)
        token = at_desk.make_desk(session, rig, me.person_id)
        note(session, actor(me), "desk.made", f"rig:{rig_id}", course=rig.course_id)
        logins.sign_out(session, me.token_sha256)
        note(session, actor(me), "sign-out", by="desk")
    at_desk.set_cookie(response, review, token)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


@router.delete("/{rig_id}/device", status_code=204)
def end_desks(rig_id: str, me: Me, review: Running) -> None:
    """End all of a rig's desks."""
    rig_of_mine(review, me, rig_id)
    with review.archive.database.writing() as session:
        session.execute(delete(Desk).where(Desk.rig_id == rig_id))
        note(session, actor(me), "desk.ended", f"rig:{rig_id}")


@router.get("/{rig_id}")
def desk(rig_id: str, desk: AtDesk, review: Running) -> DeskPage:
    """Show a rig's desk to its own device."""
    status = review.hub.status(rig_id)
    with review.archive.database.reading() as session:
        rig = session.get_one(EnrolledRig, rig_id)
        course = session.get_one(Course, desk.course_id)
        return DeskPage(
            rig_id=rig.id,
            rig=rig.name,
            course=course.title,
            mode=Mode(course.mode),
            guideline=course.guideline,
            attempt=Attempt(course.attempt),
            duration_s=course.duration_s,
            presence=review.hub.presence(rig_id)[0],
            rig_state="" if status is None else status.state,
            words="" if status is None else status.words,
            recording_id=None if status is None else status.recording_id,
        )


def _member(session: Session, review: Review, desk: DeskHere, given: DeskSignIn) -> Person | None:
    member: Membership | None = None
    if given.pin is not None:
        member = member_by_pin(session, review.archive.secret, desk.course_id, given.pin)
    elif given.badge is not None:
        member = member_by_badge(session, given.badge)
    if member is None or member.course_id != desk.course_id:
        return None
    person = session.get(Person, member.person_id)
    return None if person is None or person.disabled else person


@router.post("/{rig_id}/sign-in")
def sign_in(
    rig_id: str,
    given: DeskSignIn,
    desk: AtDesk,
    review: Running,
    request: Request,
    response: Response,
) -> WhoAmI:
    """Sign in at a rig's desk, and so take the rig."""
    count_try(review, request, f"desk:{desk.token_sha256}")
    if not review.may_guess("pin", desk.token_sha256):
        words = "too many wrong pins here: an instructor makes this device the desk again"
        raise Refused(429, "too-often", words)
    with review.archive.database.writing() as session:
        person = _member(session, review, desk, given)
        if person is not None:
            _take(session, review, rig_id, person)
            _sign_out(session, review, request.cookies.get(COOKIE))
            return signed_in_as(session, review, response, person, logins.AT_DESK)
        note(session, "nobody", "sign-in.failed", f"rig:{rig_id}", by="desk")
    review.missed("pin", desk.token_sha256)
    raise Refused(403, "wrong", "no learner of this class has this pin or badge: try again")


def _take(session: Session, review: Review, rig_id: str, person: Person) -> None:
    """Give a rig to who signed in at its desk; somebody is at one rig at a time."""
    state = review.hub.state(rig_id)
    if review.hub.is_training(rig_id) and state.learner_id not in {"", person.learner_id}:
        raise Refused(409, "busy", "somebody trains on this rig now: wait until they have finished")
    session.execute(
        update(EnrolledRig)
        .where(EnrolledRig.learner_person_id == person.id, EnrolledRig.id != rig_id)
        .values(learner_person_id=None)
    )
    session.get_one(EnrolledRig, rig_id).learner_person_id = person.id
    note(session, f"person:{person.id}", "rig.taken", f"rig:{rig_id}", person.id)


def at_own_rig(rig_id: str, desk: AtDesk, me: Me, review: Running) -> SignedIn:
    """Tell who trains here: signed in at this desk, and the rig is theirs."""
    with review.archive.database.reading() as session:
        rig = session.get_one(EnrolledRig, rig_id)
        own = me.by == logins.AT_DESK and rig.learner_person_id == me.person_id
    if not own:
        raise not_yours(review, me, f"rig:{rig_id}")
    return me


AtOwnRig = Annotated[SignedIn, Depends(at_own_rig)]


@router.post("/{rig_id}/start")
async def start(rig_id: str, desk: AtDesk, me: AtOwnRig, review: Running) -> Ack:
    """Begin one's own session, as the class is set."""

    def word() -> Start:
        with review.archive.database.reading() as session:
            return start_of(session, desk.course_id, me.person_id, HowToTrain())

    ack = await say(review, rig_id, await run_in_threadpool(word))

    def write() -> None:
        with review.archive.database.writing() as session:
            note(session, actor(me), "rig.started", f"rig:{rig_id}", me.person_id,
                 recording=ack.recording_id)  # fmt: skip

    await run_in_threadpool(write)
    return ack


@router.post("/{rig_id}/stop")
async def stop(rig_id: str, desk: AtDesk, me: AtOwnRig, review: Running) -> Ack:
    """End one's own session."""
    if review.hub.state(rig_id).learner_id not in {"", me.learner_id}:
        raise await run_in_threadpool(not_yours, review, me, f"rig:{rig_id}")
    ack = await say(review, rig_id, Stop())

    def write() -> None:
        with review.archive.database.writing() as session:
            note(session, actor(me), "rig.stopped", f"rig:{rig_id}")

    await run_in_threadpool(write)
    return ack


@router.get("/{rig_id}/result")
def result(rig_id: str, recording_id: str, desk: AtDesk, me: Me, review: Running) -> DeskResult:
    """Tell what one's own session came to."""
    with review.archive.database.reading() as session:
        found = session.scalars(
            select(Recorded).where(
                Recorded.recording_id == recording_id, Recorded.learner_id == me.learner_id
            )
        ).first()
        if found is None:
            return DeskResult(state="coming")
        shown = set(DeskResult.model_fields) - {"session_id"}
        return DeskResult.model_validate(
            {name: getattr(found, name) for name in shown} | {"session_id": found.id}
        )
