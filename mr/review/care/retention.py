"""How long sessions are kept: as long as the house says, or less where their learner asked so.

Takes the time, gives what is due, and erases it. Runs each day in the background, and when an
admin says so.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.review.archive import Archive
from mr.review.care.erase import erase_sessions, finish
from mr.review.store.audit import note
from mr.review.store.erasures import Erasing
from mr.review.store.people import Person
from mr.review.store.sessions import Recorded, Upload
from mr.review.store.settings import RETENTION_DAYS, get_setting

UPLOADS_WAIT = timedelta(days=30)
AT_ONCE = 50
"""So many sessions go in one transaction: others are not kept waiting for long."""


def due(session: Session, now: datetime) -> Select[str]:
    """Select the ids of the sessions that are older than they may be, the oldest first."""
    house_days: int | None = get_setting(session, RETENTION_DAYS)
    too_old: list[ColumnElement[bool]] = [false()]
    if house_days is not None:
        too_old.append(Recorded.made_utc < now - timedelta(days=house_days))
    shorter = select(Person.keep_days).where(Person.keep_days.is_not(None)).distinct()
    for days in session.scalars(shorter):
        theirs = select(Person.learner_id).where(Person.keep_days == days)
        before = now - timedelta(days=days or 0)
        too_old.append(and_(Recorded.learner_id.in_(theirs), Recorded.made_utc < before))
    return select(Recorded.id).where(or_(*too_old)).order_by(Recorded.made_utc)


def how_many_due(archive: Archive) -> int:
    """Count what the next run erases."""
    with archive.database.reading() as session:
        query = due(session, wall_now_utc()).order_by(None).subquery()
        return session.scalar(select(func.count()).select_from(query)) or 0


def keep_to_retention(archive: Archive, actor: str = "system") -> int:
    """Erase what is older than it may be; gives how many sessions that were."""
    n, now = 0, wall_now_utc()
    _give_up_uploads(archive, now)
    finish(archive)
    while True:
        with archive.database.reading() as session:
            ids = session.scalars(due(session, now).limit(AT_ONCE)).all()
        if not ids:
            break
        n += erase_sessions(archive, ids, actor, why="retention")
    if n:
        with archive.database.writing() as session:
            note(session, actor, "retention.kept", n_sessions=n)
    return n


def _give_up_uploads(archive: Archive, now: datetime) -> None:
    """Let go of what was half sent long ago: its sender has it, and begins anew."""
    old = select(Upload).where(Upload.state == "open", Upload.made_utc < now - UPLOADS_WAIT)
    with archive.database.writing() as session:
        uploads = session.scalars(old).all()
        if uploads:
            ids = [upload.id for upload in uploads]
            session.add(Erasing(about="upload", begun_utc=now, recordings=[], uploads=ids))
        for upload in uploads:
            session.delete(upload)
