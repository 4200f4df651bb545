"""The database: SQLite in one file with no set-up, or PostgreSQL by its URL.

Takes a URL, gives transactions: `reading` for what changes nothing, `writing` for what does. Both
databases get the same statements. SQLite runs in WAL mode, so that readers never wait for the
writer, and a writer takes its lock at the begin, so that two of them queue and do not fail. Leaves
its tables' versions to `mr.review.store.schema`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.orm import Session

from mr.errors import ConfigError
from mr.review.lock import InUseError

BUSY_S = 30.0
"""So long a writer waits for another one before it gives up."""
WRITES = "mrcpr_writes"
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")
"""With secure_delete what is erased is overwritten in the file, too."""
SERVER_LOCK = 0x6D726371
"""PostgreSQL's advisory lock of whoever works with the database alone."""


def words_of(error: SQLAlchemyError) -> str:
    """Say what a database refused, without the values that it was asked about."""
    refused = error.orig if isinstance(error, DBAPIError) else error
    return str(refused).strip().partition("\n")[0]


def open_engine(url: str) -> Engine:
    """Make an engine for a database's URL; connects to nothing yet.

    Raises
    ------
    ConfigError
        When the URL is none, or its driver is not installed.
    """
    url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    try:
        made = sqlalchemy.make_url(url)
        if made.get_backend_name() == "sqlite":
            return _sqlite(url)
        if made.get_backend_name() == "postgresql":
            return sqlalchemy.create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"--database: PostgreSQL's driver is not installed ({error.name}): "
            "pip install 'mrcpr[postgres]'"
        ) from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigError(
            "--database: not a database's URL: write sqlite:///FILE or postgresql://USER@HOST/NAME"
        ) from error
    raise ConfigError(
        f"--database: {made.get_backend_name()} is not supported: use sqlite or postgresql"
    )


def _sqlite(url: str) -> Engine:
    engine = sqlalchemy.create_engine(url, connect_args={"timeout": BUSY_S})

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # `_began` says how each transaction begins
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _began(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


class Database:
    """One open database; close it with `close`."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        self._writer = self.engine.execution_options(**{WRITES: True})

    @property
    def is_sqlite(self) -> bool:
        """Tell whether it is one file."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one state of the database; what it changes is thrown away."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session whose changes are kept, all or none, when the block ends well."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def one_state(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database, however long it reads."""
        with self.engine.connect() as connection:
            if not self.is_sqlite:  # SQLite's readers always do
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def all_or_nothing(self) -> Iterator[Connection]:
        """Give a connection whose changes, of tables too, are kept when the block ends well."""
        with self._writer.begin() as connection:
            yield connection

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be PostgreSQL's only server or care-taker of this database; SQLite's folder is locked.

        Raises
        ------
        InUseError
            When another process is.
        """
        if self.is_sqlite:
            yield
            return
        connection = self.engine.connect()
        try:
            asked = sqlalchemy.text(f"SELECT pg_try_advisory_lock({SERVER_LOCK})")
            if not connection.scalar(asked):
                raise InUseError(
                    "--database: another review works with this database already: end it first"
                )
            connection.commit()
            yield
        finally:
            connection.invalidate()  # closes it, and so frees the lock, even if it is broken
            connection.close()

    def require_reachable(self) -> None:
        """Raise `ConfigError` when it cannot be opened."""
        try:
            with self.reading() as session:
                session.execute(sqlalchemy.text("SELECT 1"))
        except OperationalError as error:
            words = str(error.orig).strip().splitlines()[0]
            raise ConfigError(
                f"--database: cannot be opened ({words}): is it running, and may you use it?"
            ) from error

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
