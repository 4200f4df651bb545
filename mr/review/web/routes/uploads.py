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
from mr.review.web.asking import Running, actor, class_taught, signed_in
from mr.review.web.refusals import NotThere, Refused

router = APIRouter(prefix="/uploads", tags=["uploads"])
MAY_BRING = ("instructor", "technician", "admin")


class OfferIn(BaseModel):
    """A recording that somebody wants to send."""

    sha256: str = Field(pattern=SHA256)
    size_bytes: int = Field(gt=0)
    name: str = Field(min_length=1, max_length=200)
    course_id: str | None = Field(default=None, max_length=16)
    signature: str | None = Field(default=None, max_length=128)


class UploadOut(BaseModel):
    """How far an upload is."""

    upload_id: str
    state: Literal["open", "done", "refused"]
    offset: int
    session_id: str | None
    why_refused: str


def sender_of(request: Request, review: Running) -> Sender:
    """Tell who sends: a person who may."""
    me = signed_in(request, review)
    if me.role not in MAY_BRING:
        raise Refused(403, "role", f"recordings are brought by: {', '.join(MAY_BRING)}")
    return Sender(actor(me), person_id=me.person_id)


SentBy = Annotated[Sender, Depends(sender_of)]


def _out(progress: Progress | None, upload_id: str) -> UploadOut:
    if progress is None:
        raise NotThere(f"upload:{upload_id}")
    return UploadOut.model_validate(progress, from_attributes=True)


@router.post("")
def offer(given: OfferIn, sender: SentBy, review: Running, request: Request) -> UploadOut:
    """Offer a recording; the answer says from which byte on it is to be sent."""
    if given.course_id is not None:
        me = signed_in(request, review)
        with review.archive.database.reading() as session:
            class_taught(session, review, me, given.course_id)
    try:
        return _out(review.uploads.begin(sender, Offer(**given.model_dump())), "")
    except DiskFullError as error:
        raise Refused(507, "disk-full", str(error)) from error


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
