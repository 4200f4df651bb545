"""Erasing: a person with all about them, or single sessions; what is gone stays gone.

Takes who or what, removes their rows in one transaction that also writes down which files are
still to go, then removes these. A kill before the transaction's end leaves everything, one after
it leaves files that no row names; `finish` removes them at the next start. The audit chain stays
whole: it holds ids only, and says that something was erased, by whom and why.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.errors import MrError
from mr.review.archive import Archive
from mr.review.store.audit import hold, note
from mr.review.store.erasures import Erased, Erasing
from mr.review.store.people import Person
from mr.review.store.sessions import Bookmark, Recorded, Upload


class LastAdminError(MrError):
    """The last admin cannot be erased: nobody could run the house."""


def erase_person(archive: Archive, person_id: str, actor: str) -> bool:
    """Erase somebody, their sessions and recordings; tells whether there was such a person.

    Raises
    ------
    LastAdminError
        When nobody else is an admin.
    """
    with archive.database.writing() as session:
        hold(session)  # no file is put in another's place between
        person = session.get(Person, person_id)
        if person is None:
            return False
        _keep_an_admin(session, person)
        theirs = select(Recorded).where(Recorded.learner_id == person.learner_id)
        recorded = session.scalars(theirs).all()
        uploads = session.scalars(select(Upload.id).where(Upload.person_id == person_id)).all()
        _erase_rows(session, recorded, f"person:{person_id}", uploads)
        session.execute(delete(Bookmark).where(Bookmark.by_person_id == person_id))
        if person.learner_id is not None:
            session.merge(Erased(key=person.learner_id, at_utc=wall_now_utc()))
        session.delete(person)  # logins, consents, memberships, uploads and wishes go with them
        about = f"person:{person_id}"
        note(session, actor, "person.erased", about, person_id, n_sessions=len(recorded))
    finish(archive)
    return True


def erase_sessions(archive: Archive, ids: Sequence[str], actor: str, why: str) -> int:
    """Erase sessions with their recordings; gives how many there were."""
    with archive.database.writing() as session:
        hold(session)  # no file is put in another's place between
        recorded = session.scalars(select(Recorded).where(Recorded.id.in_(ids))).all()
        hashes = [sha256 for each in recorded for sha256 in _hashes(each)]
        half_sent = select(Upload.id).where(Upload.sha256.in_(hashes))
        uploads = session.scalars(half_sent).all()
        for each in recorded:
            subject = session.scalar(select(Person.id).where(Person.learner_id == each.learner_id))
            about = f"session:{each.id}"
            note(session, actor, "session.erased", about, subject or "", why=why)
        if recorded:
            _erase_rows(session, recorded, f"session:{recorded[0].id}", uploads)
    finish(archive)
    return len(recorded)


def _hashes(recorded: Recorded) -> list[str]:
    """Give a recording's SHA-256: as it is, and as it was before its pictures were taken out."""
    return [sha256 for sha256 in (recorded.sha256, recorded.pictured_sha256) if sha256]


def _erase_rows(
    session: Session, recorded: Sequence[Recorded], about: str, uploads: Sequence[str] = ()
) -> None:
    """Remove the rows of sessions, and write down which files are to go after them."""
    now = wall_now_utc()
    session.add(
        Erasing(
            about=about,
            begun_utc=now,
            recordings=[each.sha256 for each in recorded],
            uploads=list(uploads),
        )
    )
    for each in recorded:
        session.execute(delete(Bookmark).where(Bookmark.recording_id == each.recording_id))
        session.execute(delete(Upload).where(Upload.sha256.in_(_hashes(each))))
        for key in (*_hashes(each), each.recording_id):  # a repaired file has another hash
            session.merge(Erased(key=key, at_utc=now))
        session.delete(each)  # analyses, corrections, annotations and jobs go with it
    session.flush()


def _keep_an_admin(session: Session, person: Person) -> None:
    others = select(Person.id).where(
        Person.role == "admin", ~Person.disabled, Person.id != person.id
    )
    if person.role == "admin" and session.scalars(others).first() is None:
        raise LastAdminError("this is the last admin: make another one first")


def finish(archive: Archive) -> int:
    """Remove the files of what was erased; gives how many erasures were brought to their end."""
    with archive.database.reading() as session:
        begun = session.scalars(select(Erasing)).all()
    for each in begun:
        paths = [archive.recording_path(sha256) for sha256 in each.recordings]
        paths += [archive.film_path(sha256) for sha256 in each.recordings]
        paths += [archive.upload_path(upload_id) for upload_id in each.uploads]
        for path in paths:
            path.unlink(missing_ok=True)
        with archive.database.writing() as session:
            session.execute(delete(Erasing).where(Erasing.id == each.id))
            note(session, "system", "erased", each.about, n_files=len(paths))
    if archive.database.is_sqlite:
        # Each day, too: where somebody read just then, what was erased is still in the log.
        with archive.database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    return len(begun)
