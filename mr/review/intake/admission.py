"""Whether a whole recording may come into the catalogue, and into which class.

Takes its head, raises with the reason in words where it may not: consent to its pictures, erasure.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mr.errors import RecordingError
from mr.review.intake.accept import Accepted
from mr.review.people.consent import WITH_PICTURES, video_allowed
from mr.review.store.courses import Membership
from mr.review.store.erasures import Erased
from mr.review.store.people import Person
from mr.review.store.rigs import EnrolledRig
from mr.review.store.settings import VIDEO_ALLOWED, get_setting


def class_for(session: Session, learner_id: str, rig_id: str, said: str | None) -> str | None:
    """Tell into which class a rig's recording comes: the one it says, where it has to do with it.

    That is the class that the rig serves, or one of the recording's learner (a rig may have gone to
    another class since). Anything else is in no class: an admin gives it to somebody.
    """
    if said is None or session.get_one(EnrolledRig, rig_id).course_id == said:
        return said
    is_learners = select(Membership.course_id).where(
        Membership.course_id == said,
        Membership.person_id == Person.id,
        Person.learner_id == learner_id,
    )
    return session.scalars(is_learners).first()


def require_admissible(session: Session, file: Accepted, name: str) -> None:
    """Let a recording in, or say why not.

    Raises
    ------
    RecordingError
        When it, or its learner, was erased; or it holds pictures that nobody agreed to.
    """
    learner_id = file.learner_id
    keys = {
        file.sha256: "this recording was",
        file.recording_id: "this recording was",
        learner_id: "its learner's data were",
    }
    for key, what in keys.items():
        erased = session.scalars(select(Erased).where(Erased.key == key)).first()
        if erased is not None:
            raise RecordingError(
                f"{name}: {what} erased here on {erased.at_utc:%Y-%m-%d}, so it is not taken in "
                "again: erase it at the rig, too"
            )
    if file.storage_level < WITH_PICTURES or video_allowed(session, learner_id):
        return
    if not get_setting(session, VIDEO_ALLOWED):
        why = "this house keeps no video: record at level 1 or 2, or let an admin allow it"
    else:
        why = "its learner has not agreed to video: record at level 1 or 2, or ask them first"
    raise RecordingError(f"{name}: it holds pictures (storage level {file.storage_level}); {why}")
