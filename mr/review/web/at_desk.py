"""Which device is a rig's desk: a cookie of its own, good for one rig, one class, one day.

Gives `AtDesk`, as `asking` gives `Me`. A pin is short, so that it is taken at a desk only, and a
desk is made by an instructor of the class.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy import delete
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.review.people.logins import sha256_of
from mr.review.store.courses import Course
from mr.review.store.desks import Desk
from mr.review.store.rigs import EnrolledRig
from mr.review.web.asking import Running
from mr.review.web.noted import Refusal, client
from mr.review.web.refusals import Refused
from mr.review.web.state import Review

COOKIE = "mrcpr_desk"
PATH = "/api"
HOLDS = timedelta(hours=12)
NO_DESK = (
    "this device is not this rig's desk: an instructor of the class opens this page, signs in and "
    "makes it the desk"
)


@dataclass(frozen=True, slots=True)
class DeskHere:
    """The desk that a device is."""

    rig_id: str
    course_id: str
    token_sha256: str


def make_desk(session: Session, rig: EnrolledRig, by_person_id: str) -> str:
    """Make a desk of a rig that serves a class; gives the token for the cookie."""
    if rig.course_id is None:
        raise Refused(409, "no-class", "give this rig to a class first")
    token, now = secrets.token_urlsafe(32), wall_now_utc()
    session.execute(delete(Desk).where(Desk.expires_utc < now))
    session.add(
        Desk(
            token_sha256=sha256_of(token),
            rig_id=rig.id,
            course_id=rig.course_id,
            made_by=by_person_id,
            made_utc=now,
            expires_utc=now + HOLDS,
        )
    )
    return token


def set_cookie(response: Response, review: Review, token: str) -> None:
    """Make this device the desk."""
    response.set_cookie(
        COOKIE,
        token,
        httponly=True,
        samesite="strict",
        secure=review.secure,
        path=PATH,
        max_age=int(HOLDS.total_seconds()),
    )


def desk_of(session: Session, token: str | None) -> DeskHere | None:
    """Tell which desk a token makes a device; None: none, or no longer."""
    desk = None if not token else session.get(Desk, sha256_of(token))
    if desk is None or desk.expires_utc <= wall_now_utc():
        return None
    rig, course = session.get(EnrolledRig, desk.rig_id), session.get(Course, desk.course_id)
    served = rig is not None and rig.revoked_utc is None and rig.course_id == desk.course_id
    if not served or course is None or course.ended_utc is not None:
        return None
    return DeskHere(desk.rig_id, desk.course_id, desk.token_sha256)


def at_desk(rig_id: str, request: Request, review: Running) -> DeskHere:
    """Give the desk of the rig in the path (`Refused` when this device is not its desk)."""
    token = request.cookies.get(COOKIE)
    with review.archive.database.reading() as session:
        desk = desk_of(session, token)
    if desk is not None and desk.rig_id == rig_id:
        return desk
    if token:
        refusal = Refusal("refused.desk", about=f"rig:{rig_id}")
        review.noted.note(refusal, client(request))
    raise Refused(403, "no-desk", NO_DESK)


AtDesk = Annotated[DeskHere, Depends(at_desk)]
