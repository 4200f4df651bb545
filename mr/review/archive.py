"""Where the review keeps its things: one folder, and the database.

Takes a folder, gives the database in it (or the one whose URL is given), the server's secret, and
recordings and their films by their SHA-256. A recording comes into its place whole, by a rename,
before the catalogue names it; what a crash left half-way is swept away at the next start.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from mr.errors import ConfigError
from mr.files import write_whole
from mr.review.store import tables  # noqa: F401 -- whoever opens an archive knows every table
from mr.review.store.audit import hold
from mr.review.store.database import Database
from mr.review.store.sessions import Film, Recorded, Upload

SPARE_BYTES = 256 * 1024 * 1024
"""So much of the disk is left to the database."""
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Archive:
    """One review's folder and database."""

    folder: Path
    database: Database
    secret: bytes
    """Keys what must not be guessed from a copy of the database alone: pins."""

    @staticmethod
    def open(folder: Path, url: str | None = None) -> Archive:
        """Open or make an archive; its tables may still be of another version.

        Raises
        ------
        ConfigError
            When the folder cannot be used, or the database cannot be opened.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for name in ("recordings", "uploads", "films"):
                (folder / name).mkdir(exist_ok=True, mode=0o700)
            secret = _secret(folder / "secret")
        except OSError as error:
            raise ConfigError(
                f"{folder}: cannot keep the review there ({error.strerror}): choose another "
                "place with --data"
            ) from error
        database = Database(url or _own_database(folder))
        database.require_reachable()
        return Archive(folder, database, secret)

    def recording_path(self, sha256: str) -> Path:
        """Give the place of a recording."""
        return recording_place(self.folder, sha256)

    def film_path(self, sha256: str) -> Path:
        """Give the place of a recording's film."""
        return self.folder / "films" / f"{sha256}.webm"

    def upload_path(self, upload_id: str) -> Path:
        """Give the place of what has come of an upload so far."""
        return self.folder / "uploads" / f"{upload_id}.part"

    def has_room(self, size_bytes: int) -> bool:
        """Tell whether so much more may be kept; some of the disk is left to the database."""
        return shutil.disk_usage(self.folder).free >= size_bytes + SPARE_BYTES

    def put_back(self, part: Path, sha256: str) -> None:
        """Move a file that was taken in back, unless the catalogue names it."""
        with self.database.reading() as session:
            named = session.scalars(select(Recorded.id).where(Recorded.sha256 == sha256)).first()
        place = self.recording_path(sha256)
        if named is None and place.exists():
            place.replace(part)

    def take_in(self, part: Path, sha256: str) -> Path:
        """Move a whole file, which is on the disk already (`settle`), to its place."""
        place = self.recording_path(sha256)
        place.parent.mkdir(exist_ok=True, mode=0o700)
        part.replace(place)
        if os.name == "posix":  # the name, too, is on the disk before the catalogue says it
            folder = os.open(place.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return place

    @staticmethod
    def settle(part: Path) -> None:
        """Have a file's bytes on the disk; takes its time, so not while the database is held."""
        with part.open("rb+") as file:
            os.fsync(file.fileno())

    def sweep(self) -> int:
        """Remove files that the catalogue does not name; gives how many they were."""
        with self.database.writing() as session:
            hold(session)  # a recording that comes in now is named before this goes on
            kept = set(session.scalars(select(Recorded.sha256)))
            filmed = set(session.scalars(select(Film.sha256).where(Film.why_failed == "")))
            coming = set(session.scalars(select(Upload.id).where(Upload.state == "open")))
            stray = [p for p in self.recordings() if p.stem not in kept]
            stray += [p for p in (self.folder / "uploads").iterdir() if p.stem not in coming]
            stray += [p for p in (self.folder / "films").iterdir() if p.stem not in filmed]
            for path in stray:
                path.unlink()
        return len(stray)

    def recordings(self) -> Iterator[Path]:
        """Give the files of all recordings that lie here, named by the catalogue or not."""
        yield from (path for path in (self.folder / "recordings").glob("*/*") if path.is_file())

    def close(self) -> None:
        """Close the database."""
        self.database.close()


def recording_place(folder: Path, sha256: str) -> Path:
    """Give the place of a recording in a review's folder."""
    return folder / "recordings" / sha256[:2] / f"{sha256}.mcap"


def _own_database(folder: Path) -> str:
    """Give the URL of the folder's own database, a file that only its owner may read."""
    path = folder / "review.db"
    try:
        path.touch(mode=0o600)
        path.chmod(0o600)
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot keep the review there ({error.strerror}): choose another place with "
            "--data"
        ) from error
    return f"sqlite:///{path}"


def _secret(path: Path) -> bytes:
    if not path.exists():
        write_whole(path, secrets.token_bytes(SECRET_BYTES), private=True)
    found = path.read_bytes()
    if len(found) != SECRET_BYTES:
        raise ConfigError(f"{path}: is not the server's secret any more: restore a backup")
    return found
