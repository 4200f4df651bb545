"""The steps of the tables: what they come to, and what a database of an older version keeps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from mr.clock.host import wall_now_utc
from mr.errors import ConfigError
from mr.review.archive import Archive
from mr.review.store import schema
from mr.review.store.database import WRITES, Database
from mr.review.store.people import Person
from mr.review.store.tables import METADATA

OLDER = "0001"


@pytest.fixture
def older(tmp_path: Path) -> Iterator[Database]:
    """A database of an older version, with somebody in it."""
    archive = Archive.open(tmp_path, None)
    with archive.database.engine.execution_options(**{WRITES: True}).begin() as connection:
        schema.bring_to(connection, OLDER)
    with archive.database.writing() as session:
        session.add(Person(name="Lena", role="learner", created_utc=wall_now_utc()))
    yield archive.database
    archive.close()


def missing(database: Database) -> list[str]:
    """Name what the models have and the tables lack, or the other way."""
    with database.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), METADATA)
    return [f"{what[0]} {what[1].name}" for what in found]


def test_the_steps_come_to_the_tables_that_are_worked_with(older: Database) -> None:
    assert missing(older) == ["add_index ix_session_course_id_score_pct_id"]
    with pytest.raises(ConfigError, match=r"of version 0001 .* `mrcpr review upgrade`"):
        schema.require_newest(older)
    assert schema.upgrade(older)
    assert missing(older) == []
    schema.require_newest(older)
    with older.reading() as session:
        assert [person.name for person in session.query(Person)] == ["Lena"]
    assert not schema.upgrade(older), "it is of the newest version"
