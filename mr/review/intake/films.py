"""Films of sessions: drawn once, behind everything else, where pictures were kept and agreed to.

Takes recordings of the storage level that keeps pictures, gives `.webm` files in the archive. What
is to be drawn is found by asking the database, so a consent that comes later counts, too; and a
film whose consent was withdrawn is removed, and so are the recording's pictures. Films have a
process of their own: no analysis waits for one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import exists, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.errors import MrError
from mr.review.archive import Archive
from mr.review.intake.child import BrokeOffError, Child, leave_signals_to_the_server
from mr.review.intake.unpictured import rewritten, take_out_pictures, withdrawn
from mr.review.people.consent import WITH_PICTURES, video_allowed
from mr.review.store.audit import note
from mr.review.store.database import words_of
from mr.review.store.sessions import Film, Recorded

LOG = logging.getLogger("mr.review")
LOOK_EVERY_S = 20.0
TASKS_EACH = 10
AGAIN_S = 3600.0
"""What could not be taken out is tried again then: a full disk passes."""


class Draw(Protocol):
    """Draws a recording's film (`MrError` when it cannot be); runs in a process of its own."""

    def __call__(self, path: Path, film: Path) -> float:
        """Draw the film of the recording at `path` into `film`, whole or not at all.

        Gives the instant of its first frame on the time axis of the original analysis (s).
        """
        ...


@dataclass(frozen=True, slots=True)
class FilmState:
    """Whether there is a film, and why there is none."""

    ready: bool
    why: str = ""
    begins_s: float | None = None
    """Its first frame's instant on the time axis of the original analysis."""


def film_of(session: Session, recorded: Recorded) -> FilmState:
    """Tell whether a session's film may be shown and is there."""
    if recorded.storage_level < WITH_PICTURES:
        erased = "its pictures were erased: the consent to them was withdrawn"
        kept_none = "no pictures were kept of this session"
        return FilmState(False, kept_none if recorded.pictured_sha256 is None else erased)
    if not video_allowed(session, recorded.learner_id):
        return FilmState(False, "nobody agreed to pictures of this learner")
    film = session.get(Film, recorded.id)
    if film is None or film.sha256 != recorded.sha256:
        return FilmState(False, "the film is being drawn: look again in some minutes")
    return FilmState(not film.why_failed, film.why_failed, film.begins_s)


class Filming:
    """Draws what is to be drawn, in a thread; use it as a context manager."""

    def __init__(self, archive: Archive, draw: Draw) -> None:
        self._archive, self._draw = archive, draw
        self._end = threading.Event()
        self._child = Child(TASKS_EACH)
        self._failed_s: dict[str, float] = {}
        """When the pictures of a recording could not be taken out."""
        self._thread = threading.Thread(target=self._run, name="review-films", daemon=True)

    def __enter__(self) -> Filming:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._end.set()
        self._child.kill()  # a film is there whole or not at all: it is drawn anew
        self._thread.join()

    def _run(self) -> None:
        leave_signals_to_the_server()
        while not self._end.is_set():
            is_more = False
            try:
                is_more = self._look()
            except SQLAlchemyError as error:
                LOG.error("films wait for the database: %s", words_of(error))
            except OSError as error:
                LOG.error("a film's file cannot be removed now: %s", error.strerror)
            if not is_more:
                self._end.wait(LOOK_EVERY_S)

    def _look(self) -> bool:
        """Remove what may not be kept, and draw one film; tells whether there may be more to do."""
        remove_withdrawn(self._archive)
        for session_id, sha256 in withdrawn(self._archive):
            if time.monotonic() - self._failed_s.get(sha256, -AGAIN_S) >= AGAIN_S:
                self._take_out(session_id, sha256)
        for session_id, sha256 in wanted_films(self._archive):
            if self._end.is_set():
                return False
            self._one(session_id, sha256)
            return True
        return False

    def _take_out(self, session_id: str, sha256: str) -> None:
        def rewrite(path: Path, out: Path) -> str:
            return self._child.run(rewritten, path, out)

        try:
            take_out_pictures(self._archive, session_id, sha256, rewrite)
        except SQLAlchemyError:
            raise  # that waits for the database
        except Exception as error:
            if self._end.is_set():
                return
            self._failed_s[sha256] = time.monotonic()
            is_known = isinstance(error, (MrError, OSError, BrokeOffError))
            LOG.error(
                "session %s keeps its pictures, locked, and it is tried again in an hour: %s",
                session_id, error, exc_info=not is_known,
            )  # fmt: skip

    def _one(self, session_id: str, sha256: str) -> None:
        place = self._archive.film_path(sha256)
        place.unlink(missing_ok=True)  # of a crash before the database knew it
        why, begins_s = "", None
        try:
            begins_s = self._child.run(self._draw, self._archive.recording_path(sha256), place)
        except MrError as error:
            why = str(error)
        except BrokeOffError:
            why = "drawing it broke off"
        except Exception:
            if not self._end.is_set():
                LOG.exception("a film failed: session %s", session_id)
            why = "an internal fault; the server's log has it"
        if not self._end.is_set():
            keep_film(self._archive, session_id, sha256, why, begins_s)


def wanted_films(archive: Archive) -> Iterator[tuple[str, str]]:
    """Give the sessions to be filmed, the newest first: their id and their recording's hash."""
    with archive.database.reading() as session:
        query = (
            select(Recorded)
            .where(
                Recorded.storage_level >= WITH_PICTURES,
                Recorded.state == "ready",
                ~exists().where(Film.session_id == Recorded.id, Film.sha256 == Recorded.sha256),
            )
            .order_by(Recorded.made_utc.desc(), Recorded.id)
        )
        found = [
            (r.id, r.sha256) for r in session.scalars(query) if video_allowed(session, r.learner_id)
        ]
    yield from found


def keep_film(
    archive: Archive, session_id: str, sha256: str, why_failed: str, begins_s: float | None
) -> None:
    """Write down what became of a film; one of a session that is gone meanwhile is removed."""
    with archive.database.writing() as session:
        recorded = session.get(Recorded, session_id)
        if recorded is None or recorded.sha256 != sha256:
            archive.film_path(sha256).unlink(missing_ok=True)
            return
        old = session.get(Film, session_id)
        if old is not None:
            session.delete(old)
            session.flush()
        session.add(
            Film(
                session_id=session_id,
                sha256=sha256,
                made_utc=wall_now_utc(),
                begins_s=begins_s,
                why_failed=why_failed,
            )
        )
        note(session, "system", "film.failed" if why_failed else "film.made",
             f"session:{session_id}")  # fmt: skip


def remove_withdrawn(archive: Archive) -> int:
    """Remove the films that nobody agrees to any more; gives how many they were."""
    with archive.database.reading() as session:
        kept = session.execute(
            select(Film, Recorded.learner_id).join(Recorded, Recorded.id == Film.session_id)
        )
        gone = [f for f, learner_id in kept if not video_allowed(session, learner_id)]
    for film in gone:
        archive.film_path(film.sha256).unlink(missing_ok=True)
        with archive.database.writing() as session:
            row = session.get(Film, film.session_id)
            if row is None:
                continue  # erased meanwhile
            session.delete(row)
            note(session, "system", "film.removed", f"session:{film.session_id}")
    return len(gone)
