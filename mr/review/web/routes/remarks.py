"""What people said to a session: annotations afterwards, bookmarks while it ran."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import func, select

from mr.clock.host import wall_now_utc
from mr.corrections import DAY_S
from mr.review.store.audit import note
from mr.review.store.people import Person
from mr.review.store.sessions import Annotation, Bookmark
from mr.review.web.asking import (
    Me,
    Running,
    actor,
    not_yours,
    session_judged,
    session_seen,
    subject_of,
)
from mr.review.web.refusals import Refused
from mr.review.web.routes.sessions import Id

router = APIRouter(prefix="/sessions", tags=["remarks"])
MOST = 500
"""Annotations of one session."""


def _words(text: str) -> str:
    text = text.strip()
    if not text or not all(c.isprintable() or c == "\n" for c in text):
        raise ValueError("write some words, without control characters")
    return text


class NewAnnotation(BaseModel):
    """Words to a session."""

    text: Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_words)]
    t_s: float | None = Field(default=None, ge=-DAY_S, le=DAY_S, allow_inf_nan=False)
    """On the time axis of the original analysis; null: to the whole session."""


class AnnotationRow(BaseModel):
    """Words that somebody wrote to a session."""

    id: str
    by: str | None
    made_utc: datetime
    t_s: float | None
    text: str
    mine: bool


class BookmarkRow(BaseModel):
    """What an observer tapped while the learner trained."""

    id: str
    by: str | None
    at_utc: datetime
    elapsed_s: float | None
    """Since the session began; null: it had not."""
    what: str
    text: str


@router.get("/{session_id}/annotations")
def said_to_session(session_id: str, me: Me, review: Running) -> list[AnnotationRow]:
    """List the annotations of a session, in the order of its time."""
    with review.archive.database.reading() as session:
        recorded = session_seen(session, review, me, session_id)
        found = session.execute(
            select(Annotation, Person.name)
            .outerjoin(Person, Person.id == Annotation.by_person_id)
            .where(Annotation.session_id == recorded.id)
            .order_by(Annotation.t_s.is_not(None), Annotation.t_s, Annotation.made_utc)
        )
        return [
            AnnotationRow(
                id=a.id,
                by=name,
                made_utc=a.made_utc,
                t_s=a.t_s,
                text=a.text,
                mine=a.by_person_id == me.person_id,
            )
            for a, name in found
        ]


@router.post("/{session_id}/annotations", status_code=201)
def annotate(session_id: str, given: NewAnnotation, me: Me, review: Running) -> AnnotationRow:
    """Write to a session, as its class's instructor."""
    with review.archive.database.writing() as session:
        recorded = session_judged(session, review, me, session_id)
        query = select(func.count()).where(Annotation.session_id == recorded.id)
        if (session.scalar(query) or 0) >= MOST:
            raise Refused(409, "not-so", f"a session has at most {MOST} annotations")
        row = Annotation(
            session_id=recorded.id,
            by_person_id=me.person_id,
            made_utc=wall_now_utc(),
            t_s=given.t_s,
            text=given.text,
        )
        session.add(row)
        session.flush()
        note(session, actor(me), "annotation.made", f"session:{session_id}",
             subject_of(session, recorded), annotation=row.id)  # fmt: skip
        by = session.get_one(Person, me.person_id).name
        return AnnotationRow(
            id=row.id, by=by, made_utc=row.made_utc, t_s=row.t_s, text=row.text, mine=True
        )


@router.delete("/{session_id}/annotations/{annotation_id}", status_code=204)
def remove(session_id: str, annotation_id: Id, me: Me, review: Running) -> None:
    """Remove one's own annotation."""
    with review.archive.database.writing() as session:
        recorded = session_seen(session, review, me, session_id)
        found = session.get(Annotation, annotation_id)
        mine = found is not None and found.by_person_id == me.person_id
        if found is None or not mine or found.session_id != recorded.id:
            session.close()
            raise not_yours(review, me, f"annotation:{annotation_id}")
        session.delete(found)
        note(session, actor(me), "annotation.removed", f"session:{session_id}",
             subject_of(session, recorded), annotation=annotation_id)  # fmt: skip


@router.get("/{session_id}/bookmarks")
def bookmarks(session_id: str, me: Me, review: Running) -> list[BookmarkRow]:
    """List what an observer tapped in a session."""
    with review.archive.database.reading() as session:
        recorded = session_seen(session, review, me, session_id)
        found = session.execute(
            select(Bookmark, Person.name)
            .outerjoin(Person, Person.id == Bookmark.by_person_id)
            .where(Bookmark.recording_id == recorded.recording_id)
            .order_by(Bookmark.at_utc, Bookmark.id)
        )
        return [
            BookmarkRow(
                id=b.id,
                by=name,
                at_utc=b.at_utc,
                elapsed_s=b.elapsed_s,
                what=b.what,
                text=b.text,
            )
            for b, name in found
        ]
