"""What an observer sees and sensors cannot: tapped live, with the session's time, undone at will.

A mark that was undone is taken out here; the recording, to which nothing is ever done, says that
it was made and undone. One that is tapped while the rig is away is kept here all the same.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from mr.clock.host import wall_now_utc
from mr.review.live.messages import Mark
from mr.review.people import access
from mr.review.people.logins import SignedIn
from mr.review.store.audit import note
from mr.review.store.sessions import Bookmark
from mr.review.web.asking import Me, Running, actor, not_yours
from mr.review.web.commanding import AWAY, say
from mr.review.web.refusals import Refused
from mr.review.web.routes.live import rig_of_mine
from mr.review.web.state import Review

router = APIRouter(prefix="/live", tags=["live"])
UNDONE_WITHIN = timedelta(minutes=1)


class MarkIn(BaseModel):
    """What an observer tapped."""

    what: str = Field(pattern=r"^[a-z0-9-]{1,24}$")
    text: str = Field(default="", max_length=500)


class MarkOut(BaseModel):
    """One mark that is kept."""

    id: str
    recording_id: str
    at_utc: datetime
    elapsed_s: float | None
    what: str
    text: str
    mine: bool
    """Whether who asks made it, and so may undo it."""


def _out(kept: Bookmark, me: SignedIn) -> MarkOut:
    return MarkOut(
        id=kept.id,
        recording_id=kept.recording_id,
        at_utc=kept.at_utc,
        elapsed_s=kept.elapsed_s,
        what=kept.what,
        text=kept.text,
        mine=kept.by_person_id == me.person_id,
    )


async def _place(review: Review, rig_id: str, what: str) -> tuple[str, float | None]:
    """Tell a rig of a mark, and learn in which session it lies, and where (s).

    A rig that is away cannot say so: then it is what follows from what it told last, and the
    mark is on the server alone. What an observer saw does not come again.
    """
    last_told = review.hub.session(rig_id)
    try:
        ack = await say(review, rig_id, Mark(key=what))
    except Refused as refused:
        if refused.code != AWAY or last_told is None:
            raise
        return last_told
    if ack.recording_id is None:
        raise Refused(409, "no-session", "no session is running on this rig")
    return ack.recording_id, ack.elapsed_s


@router.post("/rigs/{rig_id}/mark", status_code=201)
async def mark(rig_id: str, given: MarkIn, me: Me, review: Running) -> MarkOut:
    """Keep what an observer saw, with the session's time; the words stay on the server."""
    rig = await run_in_threadpool(rig_of_mine, review, me, rig_id)
    at_utc = wall_now_utc()
    recording_id, elapsed_s = await _place(review, rig_id, given.what)
    kept = Bookmark(
        recording_id=recording_id,
        rig_id=rig_id,
        course_id=rig.course_id,
        by_person_id=me.person_id,
        at_utc=at_utc,
        elapsed_s=elapsed_s,
        what=given.what,
        text=given.text,
    )

    def write() -> MarkOut:
        with review.archive.database.writing() as session:
            session.add(kept)
            session.flush()
            note(session, actor(me), "bookmark", f"rig:{rig_id}", what=given.what)
            return _out(kept, me)

    return await run_in_threadpool(write)


@router.get("/rigs/{rig_id}/marks")
def marks(rig_id: str, recording_id: str, me: Me, review: Running) -> list[MarkOut]:
    """List the marks of one of a rig's sessions, in their order."""
    rig = rig_of_mine(review, me, rig_id)
    query = (
        select(Bookmark)
        .where(
            Bookmark.rig_id == rig_id,
            Bookmark.recording_id == recording_id,
            Bookmark.course_id == rig.course_id,
        )
        .order_by(Bookmark.at_utc, Bookmark.id)
    )
    with review.archive.database.reading() as session:
        return [_out(each, me) for each in session.scalars(query)]


def _taken_out(review: Review, me: SignedIn, mark_id: str) -> MarkOut | None:
    """Take a mark out; gives it when the rig should be told, too."""
    with review.archive.database.writing() as session:
        kept = session.get(Bookmark, mark_id)
        taught = kept is not None and kept.course_id and access.teaches(session, me, kept.course_id)
        if kept is None or not taught or kept.by_person_id != me.person_id:
            session.close()
            raise not_yours(review, me, f"bookmark:{mark_id[:16]}")
        if wall_now_utc() - kept.at_utc > UNDONE_WITHIN:
            raise Refused(409, "too-late", "a mark is undone within a minute: write a note instead")
        gone = _out(kept, me)
        session.delete(kept)
        note(session, actor(me), "bookmark.undone", f"rig:{kept.rig_id}", what=kept.what)
    still = review.hub.state(kept.rig_id).recording_id == gone.recording_id
    return gone if still else None


@router.delete("/rigs/{rig_id}/marks/{mark_id}", status_code=204)
async def undo(rig_id: str, mark_id: str, me: Me, review: Running) -> None:
    """Undo a mark that one made a moment ago."""
    await run_in_threadpool(rig_of_mine, review, me, rig_id)
    gone = await run_in_threadpool(_taken_out, review, me, mark_id)
    if gone is not None:
        with suppress(Refused):  # the session may have ended: then its recording keeps the mark
            await say(review, rig_id, Mark(key=f"undo-{gone.what}"))
