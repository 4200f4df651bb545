"""A backup becomes a review again: all of it, or nothing.

Takes a backup and an empty place, gives a review there, of this software's version. The folder is
made beside its place and moved there when it is whole; PostgreSQL's tables come in one transaction,
which ends after that. Where something is to be replaced, it is kept aside first: the folder by
another name, PostgreSQL's tables in another schema.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from mr.clock.host import wall_now_utc
from mr.errors import ConfigError
from mr.review.archive import recording_place
from mr.review.care.backup import Backup, Told, open_backup, untold
from mr.review.care.manifest import SECRET, BackupError, Manifest, recording_part
from mr.review.care.portable import put_lines, settle_counters, tables_of
from mr.review.lock import LOCK_FILE, the_only_one
from mr.review.store import schema
from mr.review.store.audit import note
from mr.review.store.database import Database


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back, and where what stood there before is now."""

    manifest: Manifest
    kept_folder: Path | None
    kept_schema: str | None


def restore(
    path: Path, folder: Path, url: str | None = None, *, replace: bool = False, told: Told = untold
) -> Restored:
    """Put a backup into a folder, and into PostgreSQL where its URL is given.

    Raises
    ------
    BackupError
        When the backup is damaged, or of a newer version.
    ConfigError
        When the place is not empty and nothing is to be replaced, or cannot be used.
    """
    with open_backup(path) as backup, ExitStack() as alone:
        backup.check(told)
        if not schema.is_known(backup.manifest.version):
            raise BackupError(
                f"{path}: its tables are of version {backup.manifest.version}, which a newer mrcpr "
                "made: use that one"
            )
        is_used = _is_used(folder)
        if is_used:
            if not replace:
                raise ConfigError(
                    f"{folder}: is not empty: give another place, or --replace, which keeps what "
                    "is there aside"
                )
            alone.enter_context(the_only_one(folder))
        with _beside(folder) as fresh:
            _put_files(backup, fresh, told)
            with closing(Database(url or f"sqlite:///{fresh / 'review.db'}")) as database:
                if database.is_sqlite:
                    _fill_file(backup, database, told)
                    return Restored(backup.manifest, _swap(fresh, folder), None)
                alone.enter_context(database.alone())
                return _fill_server(backup, database, fresh, folder, replace=replace, told=told)


def _fill_file(backup: Backup, database: Database, told: Told) -> None:
    with database.all_or_nothing() as connection:
        _fill(backup, connection, told)


def _fill_server(
    backup: Backup, database: Database, fresh: Path, folder: Path, *, replace: bool, told: Told
) -> Restored:
    database.require_reachable()
    kept = None
    swapped = False
    try:
        with database.all_or_nothing() as connection:
            kept_schema = _set_aside(connection, replace=replace)
            _fill(backup, connection, told)
            kept = _swap(fresh, folder)
            swapped = True
    except BaseException:
        if swapped:  # the database did not keep its part
            folder.rename(fresh)
            if kept is not None:
                kept.rename(folder)
        raise
    return Restored(backup.manifest, kept, kept_schema)


def _is_used(folder: Path) -> bool:
    if not folder.exists():
        return False
    if not folder.is_dir():
        raise ConfigError(f"{folder}: a file is in the way: choose another place")
    return any(path.name != LOCK_FILE for path in folder.iterdir())


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """Make a folder beside another one's place; what is left in it at the end goes."""
    prefix = f".{folder.name}.restoring-"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        for left in folder.parent.glob(f"{prefix}*"):  # of a restore that was killed
            shutil.rmtree(left)
        fresh = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
        try:
            yield fresh
        finally:
            if fresh.exists():
                shutil.rmtree(fresh)
    except OSError as error:
        raise ConfigError(
            f"{folder}: nothing can be restored there ({error.strerror}): free some room, or "
            "choose another place"
        ) from error


def _put_files(backup: Backup, fresh: Path, told: Told) -> None:
    (fresh / "uploads").mkdir(mode=0o700)
    (fresh / "recordings").mkdir(mode=0o700)
    recordings = backup.recordings()
    for k, sha256 in enumerate(recordings):
        told("recordings", k, len(recordings))
        place = recording_place(fresh, sha256)
        place.parent.mkdir(exist_ok=True, mode=0o700)
        _put(backup, recording_part(sha256), place)
    _put(backup, SECRET, fresh / "secret")


def _put(backup: Backup, name: str, place: Path) -> None:
    with place.open("xb") as file:
        place.chmod(0o600)
        for piece in backup.pieces(name):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _set_aside(connection: Connection, *, replace: bool) -> str | None:
    """Leave an empty schema; gives the name under which the one from before is kept."""
    if not sa.inspect(connection).get_table_names():
        return None
    if not replace:
        raise ConfigError(
            "--database: is not empty: give another one, or --replace, which keeps its tables "
            "in another schema"
        )
    name = connection.scalar(sa.text("SELECT current_schema()"))
    kept = f"before_{wall_now_utc():%Y%m%d_%H%M%S}"
    connection.execute(sa.text(f'ALTER SCHEMA "{name}" RENAME TO {kept}'))
    connection.execute(sa.text(f'CREATE SCHEMA "{name}"'))
    return kept


def _fill(backup: Backup, connection: Connection, told: Told) -> None:
    manifest = backup.manifest
    schema.bring_to(connection, manifest.version)
    tables = {table.name: table for table in tables_of(connection)}
    if set(tables) != set(manifest.rows):
        raise BackupError(f"{backup.path}: its tables are not those of its version")
    for k, (name, table) in enumerate(tables.items()):
        told("the database", k, len(tables))
        try:
            n = put_lines(connection, table, backup.lines(name))
        except (ValueError, TypeError) as error:
            raise BackupError(f"{backup.path}: table {name} cannot be read: {error}") from error
        if n != manifest.rows[name]:
            raise BackupError(f"{backup.path}: table {name} has {n} rows, not as the manifest says")
    settle_counters(connection, tables.values())
    schema.bring_to(connection)
    with Session(bind=connection) as session:
        made = manifest.made_utc.isoformat(timespec="seconds")
        note(session, "system", "restored", backup_made_utc=made)
        session.commit()  # ends the session; the connection's transaction goes on


def _swap(fresh: Path, folder: Path) -> Path | None:
    """Move a whole folder to its place; gives where what was there is kept."""
    kept = None
    if folder.exists() and _is_used(folder):
        kept = folder.with_name(f"{folder.name}.before-{wall_now_utc():%Y%m%d-%H%M%S}")
        folder.rename(kept)
    elif folder.exists():
        shutil.rmtree(folder)
    fresh.rename(folder)
    return kept
