"""Everything that a review keeps in one file: made while the server runs, checked when written.

Takes an archive, gives a zip file: each table as lines of JSON, each recording as it is, the
server's secret, and at its end a manifest with the SHA-256 of all of them. One format for both
databases, so a backup of SQLite can be restored into PostgreSQL and back, needs no program of
theirs, and can be read by anybody in ten years. It holds personal data: only its owner may read it.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy import Connection

import mr
from mr.clock.host import wall_now_utc
from mr.errors import ConfigError
from mr.files import is_there, whole_file
from mr.review.archive import Archive
from mr.review.care.manifest import (
    MANIFEST,
    PARTS,
    SECRET,
    SUFFIX,
    BackupError,
    Manifest,
    Part,
    recording_part,
    table_part,
)
from mr.review.care.portable import lines_of, tables_of
from mr.review.store.schema import version_at

PIECE_BYTES = 1 << 20
BEGAN = (1980, 1, 1, 0, 0, 0)
"""A zip's parts have a date; the manifest says when it was made."""


class Told(Protocol):
    """Hears how far the work has come."""

    def __call__(self, words: str, done: int, total: int) -> None:
        """Take what is being done, and how much of how much is done."""
        ...


def untold(words: str, done: int, total: int) -> None:
    """Hear it and say nothing."""


def write_backup(archive: Archive, out: Path, told: Told = untold) -> Manifest:
    """Write a backup and read it again; a server may go on meanwhile.

    Raises
    ------
    ConfigError
        When it cannot be written there.
    BackupError
        When what was written is not what is read.
    """
    if is_there(out):
        raise ConfigError(f"{out}: is there already: give the backup another name")
    try:
        with whole_file(out, private=True) as file:
            while not _Writing(archive, file, told).all():
                file.seek(0)
                file.truncate()
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ConfigError(
            f"{out}: the backup cannot be written ({error.strerror}): free some room, or give "
            "another place"
        ) from error
    try:
        with open_backup(out) as backup:
            backup.check(told)
            return backup.manifest
    except BackupError:
        out.unlink(missing_ok=True)
        raise


@dataclass(slots=True)
class _Writing:
    archive: Archive
    file: IO[bytes]
    told: Told
    parts: dict[str, Part] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    def all(self) -> bool:
        """Write it; tells whether it is of one state: else a recording was written anew amid it."""
        with zipfile.ZipFile(self.file, "w", zipfile.ZIP_DEFLATED) as out:
            with self.archive.database.one_state() as connection:
                version, rows, recorded = self._tables(out, connection)
                named = list(connection.scalars(sa.select(recorded.c.sha256)))
            self._recordings(out, named)
            self._part(out, SECRET, [self.archive.secret])
            manifest = Manifest(
                made_utc=wall_now_utc(),
                software=f"mrcpr {mr.__version__}",
                version=version,
                rows=rows,
                missing=self.missing,
                damaged=self.damaged,
                parts=self.parts,
            )
            out.writestr(_info(MANIFEST), manifest.model_dump_json(indent=2))
        return not self._written_anew(recorded)

    def _written_anew(self, recorded: sa.Table) -> bool:
        """Tell whether what is missing has lost its pictures, and is there by another hash."""
        if not self.missing or "pictured_sha256" not in recorded.c:
            return False
        with self.archive.database.one_state() as connection:
            anew = sa.select(recorded.c.id).where(recorded.c.pictured_sha256.in_(self.missing))
            return connection.scalars(anew.limit(1)).first() is not None

    def _tables(
        self, out: zipfile.ZipFile, connection: Connection
    ) -> tuple[str, dict[str, int], sa.Table]:
        version = version_at(connection)
        if version is None:
            raise ConfigError("the database is empty: there is nothing to back up")
        tables, rows = tables_of(connection), {}
        for k, table in enumerate(tables):
            self.told("the database", k, len(tables))
            lines = _Counted(lines_of(connection, table))
            self._part(out, table_part(table.name), lines)
            rows[table.name] = lines.n
        (recorded,) = (table for table in tables if table.name == "session")
        return version, rows, recorded

    def _recordings(self, out: zipfile.ZipFile, named: list[str]) -> None:
        for k, sha256 in enumerate(sorted(named)):
            self.told("recordings", k, len(named))
            try:
                file = self.archive.recording_path(sha256).open("rb")
            except FileNotFoundError:
                self.missing.append(sha256)
                continue
            with file:
                name = recording_part(sha256)
                self._part(out, name, pieces_of(file), zipfile.ZIP_STORED)
            if self.parts[name].sha256 != sha256:
                self.damaged.append(sha256)

    def _part(
        self,
        out: zipfile.ZipFile,
        name: str,
        pieces: Iterable[bytes],
        packed: int = zipfile.ZIP_DEFLATED,
    ) -> None:
        digest, size = hashlib.sha256(), 0
        with out.open(_info(name, packed), "w", force_zip64=True) as part:
            for piece in pieces:
                part.write(piece)
                digest.update(piece)
                size += len(piece)
        self.parts[name] = Part(sha256=digest.hexdigest(), size_bytes=size)


class _Counted:
    """Passes lines on, and knows how many have gone by."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines, self.n = lines, 0

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            self.n += 1
            yield line


def _info(name: str, packed: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, BEGAN)
    info.compress_type, info.external_attr = packed, 0o600 << 16
    return info


def pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    """Read a file piece by piece."""
    while piece := file.read(PIECE_BYTES):
        yield piece


@contextmanager
def open_backup(path: Path) -> Iterator[Backup]:
    """Open a backup to read in.

    Raises
    ------
    BackupError
        When it is none, or cut off.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise BackupError(f"{path}: cannot be read ({error.strerror})") from error
    with file:
        try:
            zipped = zipfile.ZipFile(file)
            text = zipped.read(MANIFEST)
        except (zipfile.BadZipFile, KeyError, EOFError, OSError, NotImplementedError) as error:
            raise BackupError(
                f"{path}: is no backup (*{SUFFIX}), or was cut off: take another one"
            ) from error
        try:
            manifest = Manifest.model_validate_json(text)
        except ValidationError as error:
            raise BackupError(
                f"{path}: its manifest is damaged, or of a newer mrcpr: take another one"
            ) from error
        yield Backup(path, zipped, manifest)


@dataclass(frozen=True, slots=True)
class Backup:
    """An open backup."""

    path: Path
    zipped: zipfile.ZipFile
    manifest: Manifest

    def check(self, told: Told = untold) -> None:
        """Read all of it (`BackupError` names the first part that is not what it was)."""
        parts = self.manifest.parts
        inside = [name for name in self.zipped.namelist() if name != MANIFEST]
        wanted = {SECRET, *map(table_part, self.manifest.rows)}
        strange = set(inside) ^ set(parts) | {n for n in parts if not PARTS.fullmatch(n)}
        strange |= wanted - set(parts)
        if strange or len(inside) != len(parts):
            raise BackupError(f"{self.path}: its parts are not those of its manifest: take another")
        for k, name in enumerate(parts):
            told("checking", k, len(parts))
            for _ in self.pieces(name):
                pass

    def pieces(self, name: str) -> Iterator[bytes]:
        """Read a part; at its end it is known whether it was whole."""
        part, digest, size = self.manifest.parts[name], hashlib.sha256(), 0
        try:
            with self.zipped.open(name) as file:
                for piece in pieces_of(file):
                    digest.update(piece)
                    size += len(piece)
                    if size > part.size_bytes:
                        break
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise self._damaged(name) from error
        if size != part.size_bytes or digest.hexdigest() != part.sha256:
            raise self._damaged(name)

    def lines(self, table: str) -> Iterator[bytes]:
        """Read a table's rows."""
        begun = b""
        for piece in self.pieces(table_part(table)):
            *whole, begun = (begun + piece).split(b"\n")
            yield from whole
        if begun:
            raise self._damaged(table_part(table))

    def recordings(self) -> list[str]:
        """Give the SHA-256 of all recordings in it, as the catalogue names them."""
        parts = (Path(name) for name in self.manifest.parts if name.startswith("recordings/"))
        return [part.stem for part in parts]

    def _damaged(self, name: str) -> BackupError:
        return BackupError(f"{self.path}: {name} is damaged: take another backup")
