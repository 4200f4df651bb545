"""Whether a whole recording may come into the catalogue: consent to its pictures, and erasure.

Takes its head, raises with the reason in words where it may not.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mr.errors import RecordingError
from mr.review.intake.accept import Accepted
from mr.review.people.consent import WITH_PICTURES, video_allowed
from mr.review.store.erasures import Erased
from mr.review.store.settings import VIDEO_ALLOWED, get_setting


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
