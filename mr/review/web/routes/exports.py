"""What leaves the review as a file; each export says what was edited in it, and is in the audit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from mr.review.exports.class_print import class_pdf
from mr.review.exports.export import Approval, Editor, Export, PastSession, Remark
from mr.review.exports.learner_print import learner_pdf
from mr.review.exports.sheets import compressions_csv, sessions_csv
from mr.review.exports.workbook import workbook_xlsx
from mr.review.intake.catalogue import analysis_text
from mr.review.people.access import is_own
from mr.review.people.consent import WITH_PICTURES, video_allowed
from mr.review.people.logins import SignedIn
from mr.review.printed import NoPdf
from mr.review.store.audit import note
from mr.review.store.courses import Course, Membership
from mr.review.store.people import Person
from mr.review.store.sessions import Analysis, Annotation, Corrected, Recorded
from mr.review.web.asking import (
    Me,
    Running,
    Staff,
    actor,
    class_taught,
    not_yours,
    session_seen,
    subject_of,
)
from mr.review.web.refusals import Refused
from mr.review.web.routes.sessions import Id, analysis_row
from mr.review.web.state import Review

router = APIRouter(tags=["exports"])
Format = Literal["csv", "xlsx", "pdf", "json", "mcap"]
Names = Annotated[bool, Query()]
"""Whether the learners' names are to stand in it; else their random ids."""
KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "json": "application/json",
    "mcap": "application/octet-stream",
}
PAST = 40
"""So many of a learner's other sessions go into a print."""
EXPORTS_A_MINUTE = 20
"""So many sheets one person may ask for: a print takes a second of a core."""


@router.get("/sessions/{session_id}/export.{kind}", response_class=Response)
def export_session(
    session_id: str,
    kind: Format,
    me: Me,
    review: Running,
    analysis_id: Annotated[Id | None, Query()] = None,
    names: Names = True,
) -> Response:
    """Give a session as a file: the analysis that counts, or another one; the recording as it is.

    The recording (``mcap``) holds what was measured, which no correction changes. Without `names`
    the learner's random id stands where the name would.
    """
    if kind != "mcap":
        _not_too_often(review, me.person_id)
    with review.archive.database.reading() as session:
        recorded = session_seen(session, review, me, session_id)
        row = None if kind == "mcap" else analysis_row(session, recorded, analysis_id)
        past = kind == "pdf"
        given = None
        if row is not None:
            given = export_of(session, review, recorded, row, past=past, names=names)
        text = None if row is None else analysis_text(row)
        subject = subject_of(session, recorded)
        pictures = recorded.storage_level >= WITH_PICTURES and not is_own(me, recorded)
        if kind == "mcap" and pictures and not video_allowed(session, recorded.learner_id):
            raise Refused(409, "pictures", "its pictures may not be shown: nobody agrees to them")
    edited = row is not None and row.correction_id is not None
    name = f"session-{session_id}{'-edited' if edited else ''}.{kind}"
    if given is None:
        path = review.archive.recording_path(recorded.sha256)
        if not path.is_file():
            raise Refused(404, "no-recording", "this recording's file is not kept any more")
        answer: Response = FileResponse(path, media_type=KINDS[kind], filename=name)
    else:
        answer = _attached(_written(given, kind, text or b""), kind, name)
    with review.archive.database.writing() as session:
        note(session, actor(me), "session.exported", f"session:{session_id}", subject,
             format=kind, names=names, analysis=None if row is None else row.id)  # fmt: skip
    return answer


@router.get("/classes/{course_id}/sheet.pdf", response_class=Response)
def class_sheet(course_id: str, me: Staff, review: Running, names: Names = True) -> Response:
    """Give a class as one page: each learner by the newest of their sessions in it."""
    _not_too_often(review, me.person_id)
    with review.archive.database.reading() as session:
        title = _taught(session, review, me, course_id)
        exports = _newest_of_each(session, review, course_id, names)
    _require_some(exports)
    try:
        data = class_pdf(title, exports)
    except NoPdf as error:
        raise Refused(501, "no-pdf", str(error)) from error
    with review.archive.database.writing() as session:
        note(session, actor(me), "class.exported", f"class:{course_id}", format="pdf", names=names)
    return _attached(data, "pdf", f"class-{course_id}.pdf")


@router.get("/classes/{course_id}/sessions.csv", response_class=Response)
def class_csv(course_id: str, me: Staff, review: Running, names: Names = True) -> Response:
    """Give every session of a class that is analysed, one a row, the oldest first."""
    _not_too_often(review, me.person_id)
    with review.archive.database.reading() as session:
        _taught(session, review, me, course_id)
        found = session.execute(
            select(Recorded, Analysis)
            .join(Analysis, Analysis.id == Recorded.analysis_id)
            .where(Recorded.course_id == course_id, Recorded.state == "ready")
            .order_by(Recorded.made_utc, Recorded.id)
        )
        exports = [
            export_of(session, review, recorded, row, past=False, trace=False, names=names)
            for recorded, row in found
        ]
    _require_some(exports)
    data = sessions_csv(exports).encode()
    with review.archive.database.writing() as session:
        note(session, actor(me), "class.exported", f"class:{course_id}", format="csv", names=names)
    return _attached(data, "csv", f"class-{course_id}.csv")


def _taught(session: Session, review: Review, me: SignedIn, course_id: str) -> str:
    """Give the title of a class that one teaches."""
    class_taught(session, review, me, course_id)
    course = session.get(Course, course_id)
    if course is None:
        session.close()
        raise not_yours(review, me, f"class:{course_id}")
    return course.title


def _require_some(exports: Sequence[Export]) -> None:
    if not exports:
        raise Refused(409, "not-so", "nobody of this class has a session that is analysed")


def _not_too_often(review: Review, person_id: str) -> None:
    if not review.allowed("export", person_id, EXPORTS_A_MINUTE):
        words = f"at most {EXPORTS_A_MINUTE} exports a minute: wait a minute and try again"
        raise Refused(429, "too-often", words)


def _attached(data: bytes, kind: Format, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=KINDS[kind], headers=headers)


def _written(given: Export, kind: Format, text: bytes) -> bytes:
    if kind == "csv":
        return compressions_csv([given]).encode()
    if kind == "xlsx":
        return workbook_xlsx(given)
    if kind == "pdf":
        try:
            return learner_pdf(given)
        except NoPdf as error:
            raise Refused(501, "no-pdf", str(error)) from error
    return text


def export_of(
    session: Session, review: Review, recorded: Recorded, row: Analysis, *, past: bool = True,
    trace: bool = True, names: bool = True,
) -> Export:  # fmt: skip
    """Put together what leaves the house of a session; `past`: with the learner's other ones."""
    analysis = json.loads(analysis_text(row))
    offset_s = analysis.get("corrected", {}).get("offset_s", 0.0)
    person = session.scalars(select(Person).where(Person.learner_id == recorded.learner_id)).first()
    course = session.get(Course, recorded.course_id) if recorded.course_id else None
    return Export(
        analysis=analysis,
        who=person.name if person is not None and names else recorded.learner_id,
        course="" if course is None else course.title,
        trace=review.traces.of(row).samples() if trace else None,
        remarks=_remarks(session, recorded, offset_s),
        editor=_editor(session, row),
        approval=_approval(session, recorded, row),
        others=_others(session, recorded) if past else (),
    )


def _remarks(session: Session, recorded: Recorded, offset_s: float) -> tuple[Remark, ...]:
    """Give the annotations, at their instants in the analysis that is exported."""
    found = session.execute(
        select(Annotation, Person.name)
        .outerjoin(Person, Person.id == Annotation.by_person_id)
        .where(Annotation.session_id == recorded.id)
        .order_by(Annotation.t_s, Annotation.made_utc)
    )
    return tuple(
        Remark(a.text, name or "somebody who left", None if a.t_s is None else a.t_s - offset_s)
        for a, name in found
    )


def _editor(session: Session, row: Analysis) -> Editor | None:
    """Give who corrected what is exported; what and why is in the analysis itself."""
    corrected = None if row.correction_id is None else session.get(Corrected, row.correction_id)
    if corrected is None:
        return None
    person = session.get(Person, corrected.by_person_id)
    by = "somebody who left" if person is None else person.name
    if corrected.state != "counts":
        by += f" (this correction is {corrected.state}, it does not count)"
    return Editor(by, corrected.made_utc.isoformat())


def _approval(session: Session, recorded: Recorded, row: Analysis) -> Approval | None:
    """Give who stands for the result, where it is this one."""
    if recorded.approved_by is None or recorded.approved_utc is None:
        return None
    if row.id != recorded.analysis_id:
        return None
    person = session.get(Person, recorded.approved_by)
    by = "somebody who left" if person is None else person.name
    return Approval(by, recorded.approved_utc.isoformat())


def _others(session: Session, recorded: Recorded) -> tuple[PastSession, ...]:
    """Give the learner's other sessions of the same class, the oldest first."""
    query = (
        select(Recorded, Analysis)
        .join(Analysis, Analysis.id == Recorded.analysis_id)
        .where(
            Recorded.learner_id == recorded.learner_id,
            Recorded.course_id == recorded.course_id,
            Recorded.id != recorded.id,
            Recorded.made_utc <= recorded.made_utc,
            Recorded.state == "ready",
        )
        .order_by(Recorded.made_utc.desc())
        .limit(PAST)
    )
    past = []
    for other, row in session.execute(query):
        analysis = json.loads(analysis_text(row))
        low, high = other.score_low_pct, other.score_high_pct
        past.append(
            PastSession(
                made_utc=other.made_utc.isoformat(),
                score_pct=other.score_pct,
                interval_pct=None if low is None or high is None else (low, high),
                attempt=other.attempt,
                mode=other.mode,
                guideline_sha256=analysis["guideline"]["sha256"],
                simulated=analysis["source"]["simulated"],
                edited=other.edited,
            )
        )
    return tuple(reversed(past))


def _newest_of_each(session: Session, review: Review, course_id: str, names: bool) -> list[Export]:
    learners = session.scalars(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.course_id == course_id, Membership.role == "learner")
        .order_by(Person.name, Person.id)
    )
    exports = []
    for person in learners:
        recorded = session.scalars(
            select(Recorded)
            .where(
                Recorded.learner_id == person.learner_id,
                Recorded.course_id == course_id,
                Recorded.state == "ready",
            )
            .order_by(Recorded.made_utc.desc())
            .limit(1)
        ).first()
        row = session.get(Analysis, recorded.analysis_id) if recorded is not None else None
        if recorded is not None and row is not None:
            exports.append(export_of(session, review, recorded, row, names=names))
    return exports
