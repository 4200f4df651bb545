"""Who was erased after a backup was made is erased again when it is restored.

Takes what a restore kept aside, whose database knows who was erased, and the review that was made
of the backup; erases there what came back. Where nothing was there before (a disk that died), the
backup is all that is known: erase again by hand whoever asked since.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import select

from mr.clock.host import wall_now_utc
from mr.review.archive import Archive
from mr.review.care.erase import LastAdminError, erase_person, erase_sessions
from mr.review.care.restore import Restored
from mr.review.store.database import Database
from mr.review.store.erasures import Erased
from mr.review.store.people import Person
from mr.review.store.sessions import Recorded

ACTOR = "system"
KEYS_AT_ONCE = 500
"""A database takes only so many values in one statement."""


@dataclass(frozen=True, slots=True)
class ErasedAgain:
    """What was erased again."""

    n: int = 0
    """People and sessions."""
    left: tuple[str, ...] = ()
    """Ids of who could not be: an admin without whom nobody runs the house."""


def erased_before(restored: Restored, url: str | None) -> list[str]:
    """Give the keys of what the review that was replaced had erased; older ones knew none."""
    if restored.kept_schema is not None and url is not None:
        place, schema = url, restored.kept_schema
    elif restored.kept_folder is not None and (restored.kept_folder / "review.db").exists():
        place, schema = f"sqlite:///{restored.kept_folder / 'review.db'}", None
    else:
        return []
    with closing(Database(place)) as database, database.engine.connect() as connection:
        if not sa.inspect(connection).has_table(Erased.__tablename__, schema):
            return []
        table = sa.table(Erased.__tablename__, sa.column("key"), schema=schema)
        return list(connection.scalars(select(table.c.key)))


def erase_again(archive: Archive, keys: list[str]) -> ErasedAgain:
    """Erase the people and the recordings of these keys, and remember that they are."""
    n, left = 0, list[str]()
    for some in _some(keys):
        with archive.database.writing() as session:
            for key in some:
                session.merge(Erased(key=key, at_utc=wall_now_utc()))
            people = session.scalars(select(Person.id).where(Person.learner_id.in_(some))).all()
        for person_id in people:
            try:
                n += erase_person(archive, person_id, ACTOR)
            except LastAdminError:
                left.append(person_id)
        with archive.database.reading() as session:
            recorded = select(Recorded.id).where(
                Recorded.sha256.in_(some)
                | Recorded.recording_id.in_(some)
                | Recorded.learner_id.in_(some)
            )
            sessions = session.scalars(recorded).all()
        for ids in _some(list(sessions)):
            n += erase_sessions(archive, ids, ACTOR, "was erased after the backup")
    return ErasedAgain(n, tuple(left))


def _some(every: list[str]) -> Iterator[list[str]]:
    for k in range(0, len(every), KEYS_AT_ONCE):
        yield every[k : k + KEYS_AT_ONCE]
