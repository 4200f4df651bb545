"""What a running review has kept: its database, opened beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select

from mr.review.store.audit import AuditEntry
from mr.review.store.database import Database
from mr.review.store.tables import METADATA
from tests.web.servers import Running

TABLES = METADATA.tables
"""All of them: each knows what it refers to."""


@contextmanager
def kept(review: Running) -> Iterator[Database]:
    """Open the database of a review."""
    database = Database(review.database or f"sqlite:///{review.folder / 'review.db'}")
    try:
        yield database
    finally:
        database.close()


def audited(review: Running) -> list[tuple[str, str, str]]:
    """Give who did what to what, in order."""
    with kept(review) as database, database.reading() as session:
        query = select(AuditEntry).order_by(AuditEntry.seq)
        return [(each.actor, each.action, each.about) for each in session.scalars(query)]
