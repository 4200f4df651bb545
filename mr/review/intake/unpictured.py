"""Pictures whose consent was withdrawn: taken out of the recording, which stays otherwise.

Finds such recordings a day after the withdrawal (until then what is there is locked: a slip, or
somebody with a found badge, destroys nothing), has each written anew without pictures, and puts the
new file in the old one's place; what was measured stays. A kill leaves the old file or the new one,
and what is left over is removed at the next start. The rig's signature is of the file as it came,
whose hash is kept for it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Select, delete, exists, select
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.recording.rewrite import WITHOUT_COLOR, without_pictures
from mr.review.archive import Archive
from mr.review.care.erase import finish
from mr.review.intake.catalogue import IS_OLDER
from mr.review.intake.uploads import DiskFullError, sha256_of
from mr.review.people.consent import WITH_PICTURES, newest_word
from mr.review.store.audit import hold, note
from mr.review.store.erasures import Erasing
from mr.review.store.people import Consent, Person
from mr.review.store.sessions import Film, Job, Recorded, Upload

GRACE = timedelta(days=1)
Rewrite = Callable[[Path, Path], str]
"""Writes a recording anew without its pictures, whole or not at all; gives the new SHA-256."""


def rewritten(path: Path, out: Path) -> str:
    """Write a recording anew without its pictures; gives its SHA-256."""
    without_pictures(path, out)
    return sha256_of(out)


def withdrawn(archive: Archive) -> list[tuple[str, str]]:
    """Give the sessions whose pictures are to go: their id and their recording's hash."""
    with archive.database.reading() as session:
        return [(session_id, sha256) for session_id, sha256 in session.execute(_withdrawn())]


def take_out_pictures(archive: Archive, session_id: str, sha256: str, rewrite: Rewrite) -> bool:
    """Take the pictures out of one recording; tells whether that was still wanted.

    Raises
    ------
    RecordingError
        When the file cannot be read or written anew.
    DiskFullError
        When there is no room for another one.
    """
    path, part = archive.recording_path(sha256), archive.upload_path(f"unpictured-{session_id}")
    part.unlink(missing_ok=True)  # of a kill
    if not archive.has_room(path.stat().st_size):
        raise DiskFullError("the server's disk has no room for a recording that is written anew")
    try:
        new_sha256 = rewrite(path, part)
        try:
            is_done = _put_in_place(archive, session_id, sha256, part, new_sha256)
        except BaseException:
            archive.put_back(part, new_sha256)
            raise
    finally:
        part.unlink(missing_ok=True)
    finish(archive)
    return is_done


def _withdrawn() -> Select[str, str]:
    """Select those of learners who said no after it came, and left it so.

    What is being analysed is left in its place until that is done.
    """
    return (
        select(Recorded.id, Recorded.sha256)
        .join(Person, Person.learner_id == Recorded.learner_id)
        .join(Consent, Consent.id == newest_word("video"))
        .where(
            Recorded.storage_level >= WITH_PICTURES,
            Recorded.state != "waiting",
            ~exists().where(Job.session_id == Recorded.id),
            Consent.given.is_(False),
            Consent.at_utc > Recorded.received_utc,
            Consent.at_utc <= wall_now_utc() - GRACE,
        )
    )


def _put_in_place(
    archive: Archive, session_id: str, sha256: str, part: Path, new_sha256: str
) -> bool:
    size_bytes = part.stat().st_size
    with archive.database.writing() as session:
        hold(session)  # nobody erases it, or has it computed anew, between
        wanted = _withdrawn().where(Recorded.id == session_id, Recorded.sha256 == sha256)
        if session.execute(wanted).first() is None:
            return False
        recorded = session.get_one(Recorded, session_id)
        archive.take_in(part, new_sha256)
        _let_go(session, recorded)
        recorded.pictured_sha256 = sha256
        recorded.sha256, recorded.size_bytes = new_sha256, size_bytes
        recorded.storage_level = WITHOUT_COLOR
        session.add(Job(session_id=session_id, priority=IS_OLDER))  # an analysis names the level
        note(session, "system", "pictures.erased", f"session:{session_id}", sha256=new_sha256)
    return True


def _let_go(session: Session, recorded: Recorded) -> None:
    """Write down that the old file goes, and what of it is on its way in from somebody else."""
    half_sent = session.scalars(
        select(Upload.id).where(Upload.sha256 == recorded.sha256, Upload.state == "open")
    ).all()
    session.execute(delete(Upload).where(Upload.id.in_(half_sent)))
    session.execute(delete(Film).where(Film.session_id == recorded.id))
    session.add(
        Erasing(
            about=f"session:{recorded.id}",
            begun_utc=wall_now_utc(),
            recordings=[recorded.sha256],
            uploads=list(half_sent),
        )
    )
