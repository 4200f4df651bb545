"""Who was erased after a backup was made is erased again when it is restored.

Takes what a restore kept aside, whose database knows who was erased, and the review that was made
of the backup; erases there what came back. Where nothing was there before (a disk that died), the
backup is all that is known: erase again by hand whoever asked since.
"""

from __future__ import annotations

from contextlib import closing

import sqlalchemy as sa
from sqlalchemy import select

from mr.review.archive import Archive
from mr.review.care.erase import erase_person, erase_sessions
from mr.review.care.restore import Restored
from mr.review.store.database import Database
from mr.review.store.erasures import Erased
from mr.review.store.people import Person
from mr.review.store.sessions import Recorded

ACTOR = "system"


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


def erase_again(archive: Archive, keys: list[str]) -> int:
    """Erase the people and the recordings of these keys; gives how many people and sessions."""
    if not keys:
        return 0
    with archive.database.reading() as session:
        people = session.scalars(select(Person.id).where(Person.learner_id.in_(keys))).all()
        recorded = select(Recorded.id).where(
            Recorded.sha256.in_(keys) | Recorded.learner_id.in_(keys)
        )
        sessions = session.scalars(recorded).all()
    n = sum(erase_person(archive, person_id, ACTOR) for person_id in people)
    return n + erase_sessions(archive, sessions, ACTOR, "was erased after the backup")
