"""The database's content as lines of JSON: the same from SQLite and from PostgreSQL.

Takes a connection, gives the rows of its tables, one a line; and puts such lines into the tables of
either database. Tables are read as they are there, not as this software has them, so a database of
an older version is kept as what it is. Leaves files to `backup` and `restore`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Connection, MetaData, Table

VERSION_TABLE = "alembic_version"
SHORT_LIVED = frozenset({"login", "used_nonce", "film"})
"""Not kept: who signed in before a restore signs in again, and films are drawn again."""
AT_ONCE = 500


def tables_of(connection: Connection) -> list[Table]:
    """Read which tables there are; what others refer to comes first."""
    found = MetaData()
    found.reflect(connection)
    left_out = SHORT_LIVED | {VERSION_TABLE}
    return [table for table in found.sorted_tables if table.name not in left_out]


def lines_of(connection: Connection, table: Table) -> Iterator[bytes]:
    """Give a table's rows, each as one line of JSON."""
    query = sa.select(table).order_by(*table.primary_key.columns)
    rows = connection.execute(query, execution_options={"yield_per": AT_ONCE})
    columns = list(table.columns)
    for row in rows:
        said = {c.name: _told(value) for c, value in zip(columns, row, strict=True)}
        yield json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def put_lines(connection: Connection, table: Table, lines: Iterable[bytes]) -> int:
    """Put rows into a table; gives how many they were.

    Raises
    ------
    ValueError
        When a line is no row of this table.
    """
    n = 0
    for some in _batches(lines):
        rows = [_row(table, json.loads(line)) for line in some]
        connection.execute(sa.insert(table), rows)
        n += len(rows)
    return n


def settle_counters(connection: Connection, tables: Iterable[Table]) -> None:
    """Let PostgreSQL number new rows after those that were put in; SQLite does by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        for column in table.primary_key.columns:
            if column.server_default is not None and isinstance(column.type, sa.Integer):
                newest = connection.scalar(sa.select(sa.func.max(column)))
                if newest is not None:
                    counter = sa.func.pg_get_serial_sequence(f'"{table.name}"', column.name)
                    connection.execute(sa.select(sa.func.setval(counter, newest)))


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    coming = iter(lines)
    while some := list(islice(coming, AT_ONCE)):
        yield some


def _told(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    return value


def _row(table: Table, said: Any) -> dict[str, Any]:
    if not isinstance(said, dict) or set(said) != set(table.columns.keys()):
        raise ValueError(f"no row of table {table.name}")
    return {c.name: _meant(c, said[c.name]) for c in table.columns}


def _meant(column: Column[Any], value: Any) -> Any:
    kind = column.type
    if isinstance(kind, sa.JSON):
        return sa.null() if value is None and column.nullable else value
    if value is None:
        return None
    if isinstance(kind, sa.LargeBinary):
        return base64.b64decode(value, validate=True)
    if isinstance(kind, sa.DateTime):
        return datetime.fromisoformat(value)
    return value
