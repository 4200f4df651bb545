"""An instructor's or a learner's word to a rig: made of what was asked and what the class is.

Takes who is to train and what is left to the class, gives the rig's answer; leaves who may ask to
the routes.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from mr.config import Attempt, Mode
from mr.errors import DeviceError
from mr.review.live.messages import Ack, Mark, Shock, Start, Stop
from mr.review.store.courses import Course, Membership
from mr.review.store.people import Person
from mr.review.web.refusals import Refused
from mr.review.web.state import Review
from mr.types import GuidanceLevel

AWAY = "rig-away"
"""The code of a refusal: the rig is not here, or did not answer."""


class HowToTrain(BaseModel):
    """A session to begin; what is left out is the class's."""

    mode: Mode | None = None
    guideline: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")] | None = None
    attempt: Attempt | None = None
    level: GuidanceLevel | None = None
    duration_s: float | None = Field(default=None, ge=5, le=3600)
    """Null, when it is said: until it is stopped."""
    rescuers: int = Field(default=1, ge=1, le=2)


def start_of(session: Session, course_id: str, person_id: str, given: HowToTrain) -> Start:
    """Make the word that begins a session of somebody of a class."""
    course, person = session.get_one(Course, course_id), session.get(Person, person_id)
    if person is None or session.get(Membership, (course_id, person_id)) is None:
        raise Refused(422, "invalid", "this is nobody of the rig's class")
    if course.ended_utc is not None:
        raise Refused(409, "ended", "this class has ended: begin it again, or another one")
    says_how_long = "duration_s" in given.model_fields_set
    return Start.model_validate(
        {
            "learner_id": person.learner_id,
            "mode": given.mode or course.mode,
            "guideline": given.guideline or course.guideline,
            "attempt": given.attempt or course.attempt,
            "level": given.level,
            "duration_s": given.duration_s if says_how_long else course.duration_s,
            "rescuers": given.rescuers,
            "course_id": course_id,
        }
    )


async def say(review: Review, rig_id: str, word: Start | Stop | Shock | Mark) -> Ack:
    """Say it to the rig (`Refused` when it is away, or does not do it)."""
    try:
        ack = await review.hub.command(rig_id, word)
    except DeviceError as error:
        raise Refused(503, AWAY, str(error)) from error
    if not ack.ok:
        raise Refused(409, "rig-refuses", ack.words or "the rig does not do this now")
    return ack
