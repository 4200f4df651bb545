"""The background work: recordings are analysed one after another, in processes of their own.

Takes jobs from the database, gives analyses to it. A job stays in the database until its analysis
is kept, so a kill loses nothing: what was running runs again. A recording that breaks its process
is tried again once and then told as failed; nobody waits for it.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

import mr
from mr.errors import MrError
from mr.review.archive import Archive
from mr.review.care.retention import keep_to_retention
from mr.review.intake.analysed import Analyse, Analysed
from mr.review.intake.catalogue import IS_OLDER, Packed, keep_analysis, let_count, packed
from mr.review.intake.child import BrokeOffError, Child, leave_signals_to_the_server
from mr.review.intake.editing import let_correction_count
from mr.review.store.audit import note
from mr.review.store.database import words_of
from mr.review.store.sessions import Analysis, Corrected, Job, Recorded

TRIES = 2
TASKS_EACH = 50
DAY_S = 24 * 3600.0
AWAY_S = 2.0
"""So long the worker waits before it asks a database again that did not answer."""
LOG = logging.getLogger("mr.review")


@dataclass(frozen=True, slots=True)
class _Task:
    job_id: int
    session_id: str
    sha256: str
    name: str
    correction_id: str | None
    corrections: dict[str, Any] | None


class Worker:
    """Works through the jobs in a thread; use it as a context manager."""

    def __init__(self, archive: Archive, analyse: Analyse) -> None:
        self._archive, self._analyse = archive, analyse
        self._news = threading.Event()
        self._end = threading.Event()
        self._idle = threading.Event()
        self._child = Child(TASKS_EACH)
        self._thread = threading.Thread(target=self._run, name="review-worker", daemon=True)

    def __enter__(self) -> Worker:
        """Take up what was left, and begin."""
        self._take_up()
        with self._archive.database.writing() as session:
            self._queue_older(session)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._end.set()
        self._news.set()
        self._child.kill()  # a job is kept until it is done: it will run again
        self._thread.join()

    def tell(self) -> None:
        """Say that there is something to do."""
        self._idle.clear()
        self._news.set()

    def wait_idle(self, limit_s: float) -> bool:
        """Wait until nothing is left to do; tells whether that came to be."""
        return self._idle.wait(limit_s)

    def _queue_older(self, session: Session) -> None:
        """Recompute what another version of the software analysed; the old counts until then."""
        software = f"mrcpr {mr.__version__}"
        older = session.scalars(
            select(Recorded.id)
            .join(Analysis, Analysis.id == Recorded.analysis_id)
            .where(
                Analysis.software != software,
                ~exists().where(Job.session_id == Recorded.id),
            )
        )
        session.add_all(Job(session_id=each, priority=IS_OLDER) for each in older)

    def _take_up(self) -> None:
        """Let what broke off run again."""
        with self._archive.database.writing() as session:
            session.execute(update(Job).values(state="waiting"))

    def _run(self) -> None:
        leave_signals_to_the_server()
        is_away = False
        tidied_s = -DAY_S
        while not self._end.is_set():
            try:
                if is_away:
                    self._take_up()
                    is_away = False
                if time.monotonic() - tidied_s >= DAY_S:
                    tidied_s = time.monotonic()
                    self._tidy()
                self._step()
            except SQLAlchemyError as error:
                LOG.error("background work waits for the database: %s", words_of(error))
                is_away = True
                self._end.wait(AWAY_S)

    def _step(self) -> None:
        self._news.clear()
        if self._end.is_set():
            return  # that was the news
        task = self._next()
        if task is None:
            self._idle.set()
            self._news.wait(5.0)
            return
        self._idle.clear()
        self._work(task)

    def _tidy(self) -> None:
        """End erasures that a kill left half-way, and erase what is older than it may be."""
        try:
            keep_to_retention(self._archive)
        except (OSError, SQLAlchemyError):
            LOG.exception("what is due was not erased; it is tried again tomorrow")

    def _next(self) -> _Task | None:
        with self._archive.database.writing() as session:
            job = session.scalars(
                select(Job).where(Job.state == "waiting").order_by(Job.priority, Job.id).limit(1)
            ).first()
            if job is None:
                return None
            job.state, job.tries = "running", job.tries + 1
            recorded = session.get_one(Recorded, job.session_id)
            counted = job.correction_id
            if counted is None and recorded.edited and recorded.analysis_id is not None:
                counted = session.get_one(Analysis, recorded.analysis_id).correction_id
            corrected = None if counted is None else session.get(Corrected, counted)
            return _Task(
                job.id,
                recorded.id,
                recorded.sha256,
                recorded.source_name,
                None if corrected is None else corrected.id,
                None if corrected is None else dict(corrected.corrections),
            )

    def _work(self, task: _Task) -> None:
        path = self._archive.recording_path(task.sha256)
        try:
            made = self._child.run(self._analyse, path, task.name, task.corrections)
            self._keep(task, made, packed(made))
        except SQLAlchemyError:
            raise  # the job is there still: `_run` waits for the database
        except MrError as error:
            self._fail(task, str(error))
        except BrokeOffError:
            if not self._end.is_set():
                self._again(task, "its analysis broke off")
        except Exception:
            if self._end.is_set():
                return
            LOG.exception("a recording's analysis failed: session %s", task.session_id)
            self._fail(task, "an internal fault; the server's log has it")

    def _keep(self, task: _Task, made: Analysed, ready: Packed) -> None:
        with self._archive.database.writing() as session:
            recorded = session.get(Recorded, task.session_id)
            job = session.get(Job, task.job_id)
            if recorded is None or job is None or recorded.sha256 != task.sha256:
                return  # erased, or replaced by its whole recording, meanwhile
            row = keep_analysis(session, recorded, made, ready, task.correction_id)
            corrected = (
                None if task.correction_id is None else session.get(Corrected, task.correction_id)
            )
            self._let_it_count(session, recorded, row, corrected, made)
            note(session, "system", "analysed", f"session:{recorded.id}", software=row.software)
            session.delete(job)

    @staticmethod
    def _let_it_count(
        session: Session,
        recorded: Recorded,
        row: Analysis,
        corrected: Corrected | None,
        made: Analysed,
    ) -> None:
        """Let an analysis count, unless something else came to count while it was computed."""
        counted_before = corrected is not None and corrected.state == "counts"
        if counted_before or (corrected is None and not recorded.edited):
            let_count(recorded, row, made.analysis)
        elif corrected is not None and corrected.state == "waiting":
            if corrected.approved_by is None:
                corrected.state = "proposed"
            else:
                let_correction_count(session, recorded, corrected)

    def _again(self, task: _Task, why: str) -> None:
        with self._archive.database.writing() as session:
            job = session.get(Job, task.job_id)
            tried_enough = job is None or job.tries >= TRIES
            if job is not None and not tried_enough:
                job.state = "waiting"
        if tried_enough:
            self._fail(task, f"{why}, {TRIES} times")

    def _fail(self, task: _Task, why: str) -> None:
        """Tell that it failed; an analysis from before goes on counting."""
        with self._archive.database.writing() as session:
            recorded, job = session.get(Recorded, task.session_id), session.get(Job, task.job_id)
            corrected = (
                None if task.correction_id is None else session.get(Corrected, task.correction_id)
            )
            if corrected is not None and corrected.state != "counts":
                corrected.state, corrected.why_failed = "failed", why
            elif recorded is not None and recorded.analysis_id is None:
                recorded.state, recorded.why_failed = "failed", why
            if recorded is not None:
                note(session, "system", "analysis.failed", f"session:{recorded.id}")
            if job is not None:
                session.delete(job)
