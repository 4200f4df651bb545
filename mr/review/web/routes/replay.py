"""A session in step with time: its trace at any zoom, its film, its analyses."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel
from sqlalchemy import select

from mr.review.intake.films import film_of
from mr.review.store.people import Person
from mr.review.store.sessions import Analysis, Corrected
from mr.review.web.asking import Me, Running, session_seen
from mr.review.web.refusals import Refused
from mr.review.web.routes.sessions import Id, analysis_row, tell_of_look

router = APIRouter(prefix="/sessions", tags=["sessions"])
Instant = Annotated[float, Query(allow_inf_nan=False)]


class Rows(Response):
    """Rows of float32; what they are is in `mr.review.pyramid`."""

    media_type = "application/octet-stream"


class AnalysisRow(BaseModel):
    """One analysis of a session: the original, or one with corrections."""

    id: str
    software: str
    made_utc: datetime
    counts: bool
    correction_id: str | None
    by: str | None
    """The name of who corrected; null: the original."""
    reason: str | None
    state: str | None


class FilmOut(BaseModel):
    """Whether there is a film of a session; without one, `why` says why."""

    ready: bool
    why: str
    begins_s: float | None
    """Its first frame's instant on the time axis of the original analysis."""


@router.get("/{session_id}/trace", response_class=Rows)
def trace(
    session_id: str,
    me: Me,
    review: Running,
    from_s: Instant,
    to_s: Instant,
    points: Annotated[int, Query(ge=2, le=20_000)] = 2000,
    analysis_id: Annotated[Id | None, Query()] = None,
) -> Rows:
    """Give a stretch of the depth trace: rows of (t_s, low_mm, high_mm, sigma_mm), float32.

    Times count from the start of the analysis that is asked for.
    """
    with review.archive.database.reading() as session:
        recorded = session_seen(session, review, me, session_id)
        pyramid = review.traces.of(analysis_row(session, recorded, analysis_id))
    tell_of_look(review, me, recorded)
    window = pyramid.window(from_s, to_s, points)
    exact = "1" if window.exact else "0"
    return Rows(window.to_bytes(), headers={"X-Rows": str(len(window.t_s)), "X-Exact": exact})


@router.get("/{session_id}/analyses")
def analyses(session_id: str, me: Me, review: Running) -> list[AnalysisRow]:
    """List what a session came to, the newest first: by which software, corrected by whom."""
    with review.archive.database.reading() as session:
        recorded = session_seen(session, review, me, session_id)
        found = session.execute(
            select(Analysis, Corrected, Person.name)
            .outerjoin(Corrected, Corrected.id == Analysis.correction_id)
            .outerjoin(Person, Person.id == Corrected.by_person_id)
            .where(Analysis.session_id == recorded.id)
            .order_by(Analysis.made_utc.desc(), Analysis.id)
        )
        return [
            AnalysisRow(
                id=row.id,
                software=row.software,
                made_utc=row.made_utc,
                counts=row.id == recorded.analysis_id,
                correction_id=row.correction_id,
                by=name,
                reason=None if corrected is None else corrected.reason,
                state=None if corrected is None else corrected.state,
            )
            for row, corrected, name in found
        ]


@router.get("/{session_id}/film")
def film(session_id: str, me: Me, review: Running) -> FilmOut:
    """Tell whether there is a film of a session."""
    with review.archive.database.reading() as session:
        recorded = session_seen(session, review, me, session_id)
        found = film_of(session, recorded)
    return FilmOut(ready=found.ready, why=found.why, begins_s=found.begins_s)


@router.get("/{session_id}/film.webm", response_class=FileResponse)
def film_file(session_id: str, me: Me, review: Running) -> FileResponse:
    """Give the film, or the part of it that is asked for."""
    with review.archive.database.reading() as session:
        recorded = session_seen(session, review, me, session_id)
        found = film_of(session, recorded)
    path = review.archive.film_path(recorded.sha256)
    if not (found.ready and path.is_file()):
        raise Refused(404, "no-film", found.why or "there is no film of this session")
    tell_of_look(review, me, recorded)
    return FileResponse(path, media_type="video/webm")
