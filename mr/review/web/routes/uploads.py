"""Recordings come in: offered by hash and size, sent in pieces, resumed where they broke off.

A rig signs its requests; an instructor, a technician or an admin brings a file by hand.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from mr.review.intake.uploads import (
    PIECE_BYTES,
    SHA256,
    DiskFullError,
    Offer,
    Progress,
    Sender,
    WrongOffsetError,
)
from mr.review.live.signing import require_recording
from mr.review.store.courses import Course
from mr.review.web.asking import Running, actor, class_taught, signed_in
from mr.review.web.refusals import NotThere, Refused
from mr.review.web.signed import AskingRig, SigningRig
from mr.review.web.state import Review

router = APIRouter(prefix="/uploads", tags=["uploads"])
OFFERS_PER_MINUTE = 120
"""Of one rig or person; a class brings its recordings of an hour at once."""
MAY_BRING = ("instructor", "technician", "admin")


class OfferIn(BaseModel):
    """A recording that somebody wants to send."""

    sha256: str = Field(pattern=SHA256)
    size: int = Field(gt=0)
    """Bytes."""
    recording_id: str | None = Field(default=None, max_length=40)
    """What its head says; a rig has to tell it, for it signs it."""
    name: str | None = Field(default=None, min_length=1, max_length=200)
    course_id: str | None = Field(default=None, max_length=64)
    signature: str | None = Field(default=None, max_length=128)
    """A rig's, of its id, the recording's id and the hash."""


class UploadOut(BaseModel):
    """How far an upload is."""

    upload_id: str
    state: Literal["open", "done", "refused"]
    offset: int
    complete: bool
    session_id: str | None
    why_refused: str


def sender_of(request: Request, review: Running, rig: SigningRig) -> Sender:
    """Tell who sends: a rig that signed, or a person who may."""
    if rig is not None:
        return Sender(f"rig:{rig.id}", rig_id=rig.id)
    me = signed_in(request, review)
    if me.role not in MAY_BRING:
        raise Refused(403, "role", f"recordings are brought by: {', '.join(MAY_BRING)}")
    return Sender(actor(me), person_id=me.person_id)


SentBy = Annotated[Sender, Depends(sender_of)]


def _class_of(
    given: OfferIn, request: Request, review: Review, rig: AskingRig | None
) -> str | None:
    """Tell to which class a recording comes: one that is, and that its sender may say."""
    with review.archive.database.reading() as session:
        if rig is not None:
            said = given.course_id or rig.course_id
            return said if said and session.get(Course, said) is not None else None
        if given.course_id is not None:
            class_taught(session, review, signed_in(request, review), given.course_id)
        return given.course_id


def _out(progress: Progress | None, upload_id: str) -> UploadOut:
    if progress is None:
        raise NotThere(f"upload:{upload_id}", noted="refused.upload")
    return UploadOut(
        upload_id=progress.upload_id,
        state=progress.state,
        offset=progress.offset,
        complete=progress.state == "done",
        session_id=progress.session_id,
        why_refused=progress.why_refused,
    )


@router.post("")
def offer(
    given: OfferIn, sender: SentBy, rig: SigningRig, review: Running, request: Request
) -> UploadOut:
    """Offer a recording; the answer says from which byte on it is to be sent."""
    if not review.allowed("offer", sender.actor, OFFERS_PER_MINUTE):
        words = f"at most {OFFERS_PER_MINUTE} recordings a minute: wait a minute and go on"
        raise Refused(429, "too-often", words)
    if rig is not None:
        require_recording(
            rig.public_key, rig.id, given.recording_id or "", given.sha256, given.signature or ""
        )
    offered = Offer(
        sha256=given.sha256,
        size_bytes=given.size,
        name=given.name or f"{given.recording_id or 'recording'}.mcap",
        course_id=_class_of(given, request, review, rig),
        recording_id=given.recording_id,
        signature=None if rig is None else given.signature,
    )
    try:
        begun = review.uploads.begin(sender, offered)
    except DiskFullError as error:
        raise Refused(507, "disk-full", str(error)) from error
    if begun.state == "done":
        review.worker.tell()
    return _out(begun, "")


@router.get("/{upload_id}")
def progress(upload_id: str, sender: SentBy, review: Running) -> UploadOut:
    """Tell how far an upload is."""
    return _out(review.uploads.progress(sender, upload_id), upload_id)


@router.patch("/{upload_id}")
async def append(
    upload_id: str,
    request: Request,
    sender: SentBy,
    review: Running,
    upload_offset: Annotated[int, Header(ge=0)],
) -> UploadOut:
    """Send a piece: its bytes are the body. The last one, or an empty one, ends the upload."""
    data = await request.body()
    if len(data) > PIECE_BYTES:
        raise Refused(413, "too-large", f"a piece has at most {PIECE_BYTES} bytes")
    try:
        done = await run_in_threadpool(
            review.uploads.append, sender, upload_id, upload_offset, data
        )
    except WrongOffsetError as error:
        raise Refused(409, "offset", str(error)) from error
    except DiskFullError as error:
        raise Refused(507, "disk-full", str(error)) from error
    if done is not None and done.state == "done":
        review.worker.tell()
    return _out(done, upload_id)
