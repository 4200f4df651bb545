"""What people said after a backup was made still holds when it is restored.

Takes what a restore kept aside, whose database knows who was erased and who withdrew a consent, and
the review that was made of the backup; erases there what came back, and writes the withdrawals down
again. Where nothing was there before (a disk that died), the backup is all that is known: do again
by hand what somebody asked for since.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, select

from mr.clock.host import wall_now_utc
from mr.review.archive import Archive
from mr.review.care.erase import LastAdminError, erase_person, erase_sessions
from mr.review.care.restore import Restored
from mr.review.people.consent import Kind, agreed, say
from mr.review.store.base import Utc
from mr.review.store.database import Database
from mr.review.store.erasures import Erased
from mr.review.store.people import Consent, Person
from mr.review.store.sessions import Recorded

ACTOR = "system"
KEYS_AT_ONCE = 500
"""A database takes only so many values in one statement."""


class Withdrawal(NamedTuple):
    """A consent that was withdrawn."""

    person_id: str
    kind: Kind
    by_person_id: str


@dataclass(frozen=True, slots=True)
class SaidSince:
    """What a backup does not know."""

    erased: list[str] = field(default_factory=list)
    """Keys of people and recordings."""
    withdrawn: list[Withdrawal] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DoneAgain:
    """What was done again."""

    n: int = 0
    """People and sessions that were erased."""
    n_withdrawn: int = 0
    """Consents that were withdrawn."""
    left: tuple[str, ...] = ()
    """Ids of who could not be: an admin without whom nobody runs the house."""


def said_since(restored: Restored, url: str | None) -> SaidSince:
    """Give what the review that was replaced had erased, and who had withdrawn what since."""
    if restored.kept_schema is not None and url is not None:
        place, schema = url, restored.kept_schema
    elif restored.kept_folder is not None and (restored.kept_folder / "review.db").exists():
        place, schema = f"sqlite:///{restored.kept_folder / 'review.db'}", None
    else:
        return SaidSince()
    with closing(Database(place)) as database, database.engine.connect() as connection:
        return SaidSince(
            _erased(connection, schema),
            _withdrawn(connection, schema, restored.manifest.made_utc),
        )


def _erased(connection: Connection, schema: str | None) -> list[str]:
    """Give what was erased; an older review knew none."""
    if not sa.inspect(connection).has_table(Erased.__tablename__, schema):
        return []
    table = sa.table(Erased.__tablename__, sa.column("key"), schema=schema)
    return list(connection.scalars(select(table.c.key)))


def _withdrawn(connection: Connection, schema: str | None, since_utc: datetime) -> list[Withdrawal]:
    """Give the newest word of everybody who said it since, where it is a no."""
    if not sa.inspect(connection).has_table(Consent.__tablename__, schema):
        return []
    names = ("id", "person_id", "kind", "given", "by_person_id")
    table = sa.table(
        Consent.__tablename__, *(sa.column(name) for name in names), sa.column("at_utc", Utc()),
        schema=schema,
    )  # fmt: skip
    said = connection.execute(select(table).where(table.c.at_utc > since_utc).order_by(table.c.id))
    newest = {(row.person_id, row.kind): row for row in said}
    return [
        Withdrawal(person_id, kind, row.by_person_id)
        for (person_id, kind), row in newest.items()
        if not row.given
    ]


def do_again(archive: Archive, since: SaidSince) -> DoneAgain:
    """Erase the people and the recordings again, and write the withdrawals down again."""
    n, left = _erase_again(archive, since.erased)
    n_withdrawn = 0
    with archive.database.writing() as session:
        for each in since.withdrawn:
            if session.get(Person, each.person_id) and agreed(session, each.person_id, each.kind):
                say(session, each.person_id, each.kind, False, each.by_person_id)
                n_withdrawn += 1
    return DoneAgain(n, n_withdrawn, left)


def _erase_again(archive: Archive, keys: list[str]) -> tuple[int, tuple[str, ...]]:
    """Erase what these keys name, and remember that it is; gives how many, and who is left."""
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
    return n, tuple(left)


def _some(every: list[str]) -> Iterator[list[str]]:
    for k in range(0, len(every), KEYS_AT_ONCE):
        yield every[k : k + KEYS_AT_ONCE]
