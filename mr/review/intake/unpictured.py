"""Pictures whose consent was withdrawn: taken out of the recording, which stays otherwise.

Finds such recordings, has each written anew without them, and puts the new file in the old one's
place; what was measured stays as it was. A kill leaves the old file or the new one, and what is
left over is removed at the next start. The rig's signature is of the file as it came, whose hash is
kept for it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.recording.rewrite import WITHOUT_COLOR, without_pictures
from mr.review.archive import Archive
from mr.review.care.erase import finish
from mr.review.intake.catalogue import IS_OLDER
from mr.review.intake.uploads import sha256_of
from mr.review.people.consent import WITH_PICTURES, video_withdrawn
from mr.review.store.audit import note
from mr.review.store.erasures import Erasing
from mr.review.store.sessions import Film, Job, Recorded

Rewrite = Callable[[Path, Path], str]
"""Writes a recording anew without its pictures, whole or not at all; gives the new SHA-256."""


def rewritten(path: Path, out: Path) -> str:
    """Write a recording anew without its pictures; gives its SHA-256."""
    without_pictures(path, out)
    return sha256_of(out)


def withdrawn(archive: Archive) -> list[tuple[str, str]]:
    """Give the sessions whose pictures are to go: their id and their recording's hash."""
    with archive.database.reading() as session:
        found = session.scalars(select(Recorded).where(*_still_pictured()))
        return [(r.id, r.sha256) for r in found if video_withdrawn(session, r.learner_id)]


def take_out_pictures(archive: Archive, session_id: str, sha256: str, rewrite: Rewrite) -> bool:
    """Take the pictures out of one recording; tells whether that was still wanted.

    Raises
    ------
    RecordingError
        When the file cannot be read, or there is no room for another one.
    """
    part = archive.upload_path(f"without-pictures-{session_id}")
    part.unlink(missing_ok=True)  # of a kill
    try:
        new_sha256 = rewrite(archive.recording_path(sha256), part)
        with archive.database.writing() as session:
            recorded = _wanted(session, session_id, sha256)
            if recorded is None:
                return False
            recorded.size_bytes = part.stat().st_size
            archive.take_in(part, new_sha256)
            _note_new_file(session, recorded, new_sha256)
    finally:
        part.unlink(missing_ok=True)
    finish(archive)
    return True


def _still_pictured() -> tuple[ColumnElement[bool], ...]:
    # What is being analysed is left in its place until that is done.
    return (
        Recorded.storage_level >= WITH_PICTURES,
        Recorded.state != "waiting",
        ~exists().where(Job.session_id == Recorded.id),
    )


def _wanted(session: Session, session_id: str, sha256: str) -> Recorded | None:
    query = select(Recorded).where(
        Recorded.id == session_id, Recorded.sha256 == sha256, *_still_pictured()
    )
    recorded = session.scalars(query).first()
    if recorded is None or not video_withdrawn(session, recorded.learner_id):
        return None
    return recorded


def _note_new_file(session: Session, recorded: Recorded, new_sha256: str) -> None:
    about = f"session:{recorded.id}"
    session.add(
        Erasing(about=about, begun_utc=wall_now_utc(), recordings=[recorded.sha256], uploads=[])
    )
    film = session.get(Film, recorded.id)
    if film is not None:
        session.delete(film)
    recorded.pictured_sha256 = recorded.pictured_sha256 or recorded.sha256
    recorded.sha256, recorded.storage_level = new_sha256, WITHOUT_COLOR
    session.add(Job(session_id=recorded.id, priority=IS_OLDER))  # an analysis names the level
    note(session, "system", "pictures.erased", about, sha256=new_sha256)
