"""All that is kept about somebody, as one zip: for themselves, to read and to take along.

Takes a person, gives the zip's bytes piece by piece as it is made; at no time is more than one
analysis, or one piece of a recording, in memory. Of others it holds random ids, and
the names of those who wrote down a consent.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from mr import DISCLAIMER
from mr.clock.host import wall_now_utc
from mr.review.archive import Archive
from mr.review.intake.catalogue import analysis_text
from mr.review.people.consent import said_by
from mr.review.store.audit import AuditEntry
from mr.review.store.base import Table
from mr.review.store.courses import Course, Membership
from mr.review.store.erasures import ErasureAsked
from mr.review.store.people import Login, Person
from mr.review.store.sessions import Analysis, Annotation, Bookmark, Corrected, Recorded, Upload

PIECE_BYTES = 1 << 20
AUDIT_AT_ONCE = 500
SECRETS = {"password_hash", "token_sha256", "csrf", "pin_hmac", "badge_sha256"}
"""What only the server may know, even of oneself."""
UNREADABLE = {"json_zstd", "pyramid"}
"""Kept packed: what is in it stands in files of its own."""
README = """What this server keeps about you
================================

person.json            your account, what you agreed to, your classes, your sign-ins and uploads
audit.json             what was done with your data and what you did: when, by whom, what
sessions/ID/           one folder a session:
  session.json         its entry in the catalogue, notes and corrections, observers' taps
  analysis-ID.json     what was computed from it (mrcpr.analysis/2), with each version kept;
                       analysis-ID-edited.json: with an instructor's correction
  recording.mcap       the recording itself, as it came; `mrcpr analyze` and any MCAP reader open it

Times are UTC. Names stand in person.json only; everything else has random ids.
Made {made}. {disclaimer}
"""


class _Pieces(io.RawIOBase):
    """What a zip writes, until it is taken."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """Give what was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def own_data(archive: Archive, person_id: str) -> Iterator[bytes]:
    """Give all about somebody as a zip, piece by piece."""
    out, database = _Pieces(), archive.database
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        readme = README.format(made=f"{wall_now_utc():%Y-%m-%d %H:%M} UTC", disclaimer=DISCLAIMER)
        made.writestr("README.txt", readme)
        with database.reading() as session:
            made.writestr("person.json", _text(_person(session, person_id)))
            sessions = _sessions_of(session, person_id)
        yield out.taken()
        for session_id in sessions:
            yield from _session_files(archive, made, out, session_id)
        yield from _audit(archive, made, out, person_id, sessions)
    yield out.taken()


def _session_files(
    archive: Archive, made: zipfile.ZipFile, out: _Pieces, session_id: str
) -> Iterator[bytes]:
    with archive.database.reading() as session:
        recorded = session.get(Recorded, session_id)
        if recorded is None:
            return  # erased meanwhile
        folder = f"sessions/{recorded.recording_id}"
        made.writestr(f"{folder}/session.json", _text(_session(session, recorded)))
        of_it = select(Analysis.id).where(Analysis.session_id == session_id)
        analyses = session.scalars(of_it).all()
        path = archive.recording_path(recorded.sha256)
    # Whoever takes the zip may stand still at each piece: no connection is held over one.
    for analysis_id in analyses:
        with archive.database.reading() as session:
            row = session.get(Analysis, analysis_id)
            text = None if row is None else analysis_text(row)
        if row is not None and text is not None:
            edited = "" if row.correction_id is None else "-edited"
            made.writestr(f"{folder}/analysis-{analysis_id}{edited}.json", text)
            yield out.taken()
    if path.exists():
        yield from _stored(made, out, path, f"{folder}/recording.mcap")


def _stored(made: zipfile.ZipFile, out: _Pieces, path: Path, name: str) -> Iterator[bytes]:
    """Put a file in as it is: a recording is compressed already."""
    info = zipfile.ZipInfo(name, date_time=wall_now_utc().timetuple()[:6])
    with path.open("rb") as file, made.open(info, "w", force_zip64=True) as into:
        while piece := file.read(PIECE_BYTES):
            into.write(piece)
            yield out.taken()


def _audit(
    archive: Archive, made: zipfile.ZipFile, out: _Pieces, person_id: str, sessions: list[str]
) -> Iterator[bytes]:
    mine, last, before = f"person:{person_id}", 0, "["
    concerns = or_(
        AuditEntry.subject == person_id,
        AuditEntry.about == mine,
        AuditEntry.actor == mine,
        AuditEntry.about.in_([f"session:{each}" for each in sessions]),
    )
    with made.open("audit.json", "w") as into:
        while True:
            page = select(AuditEntry).where(concerns, AuditEntry.seq > last)
            with archive.database.reading() as session:
                query = page.order_by(AuditEntry.seq).limit(AUDIT_AT_ONCE)
                rows = [(entry.seq, _row(entry)) for entry in session.scalars(query)]
            for seq, row in rows:
                last = seq
                into.write(f"{before}\n{json.dumps(row)}".encode())
                before = ","
            yield out.taken()
            if len(rows) < AUDIT_AT_ONCE:
                break
        into.write(b"[]\n" if before == "[" else b"\n]\n")
    yield out.taken()


def _sessions_of(session: Session, person_id: str) -> list[str]:
    theirs = (
        select(Recorded.id)
        .join(Person, Person.learner_id == Recorded.learner_id)
        .where(Person.id == person_id)
        .order_by(Recorded.made_utc)
    )
    return list(session.scalars(theirs))


def _person(session: Session, person_id: str) -> dict[str, Any]:
    person = session.get_one(Person, person_id)
    classes = select(Course, Membership).join(Membership, Membership.course_id == Course.id)
    asked = session.get(ErasureAsked, person_id)
    return {
        "person": _row(person),
        "consents": [c._asdict() for c in said_by(session, person_id)],
        "classes": [
            {"title": course.title, **_row(member)}
            for course, member in session.execute(classes.where(Membership.person_id == person_id))
        ],
        "sign_ins": _rows(session, Login, Login.person_id == person_id),
        "uploads": _rows(session, Upload, Upload.person_id == person_id),
        "erasure_asked": None if asked is None else _row(asked),
    }


def _session(session: Session, recorded: Recorded) -> dict[str, Any]:
    of_it = recorded.id
    tapped = Bookmark.recording_id == recorded.recording_id
    return {
        "session": _row(recorded),
        "annotations": _rows(session, Annotation, Annotation.session_id == of_it),
        "corrections": _rows(session, Corrected, Corrected.session_id == of_it),
        "bookmarks": _rows(session, Bookmark, tapped),
    }


def _rows(session: Session, table: type[Table], condition: Any) -> list[dict[str, Any]]:
    return [_row(row) for row in session.scalars(select(table).where(condition))]


def _row(row: Table) -> dict[str, Any]:
    columns = [c.key for c in row.__mapper__.column_attrs if c.key not in SECRETS | UNREADABLE]
    return {key: _plain(getattr(row, key)) for key in columns}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _text(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=2, default=_plain, ensure_ascii=False) + "\n"
