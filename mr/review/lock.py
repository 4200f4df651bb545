"""One server for one data folder: a lock of the operating system, which no kill leaves behind.

Takes a folder, gives a lock while the block lasts; the file tells others where the server that
holds it is found. PostgreSQL's own lock stands beside it (`Database.alone`): two folders may name
one database.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mr.errors import ConfigError

LOCK_FILE = "lock"
FAR = 1 << 30
"""Where the locked byte is: Windows lets nobody read a locked one, and the address comes first."""


class InUseError(ConfigError):
    """Another process works on this archive alone."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that is held."""

    number: int

    def tell(self, address: str) -> None:
        """Let others know where the server is found."""
        os.truncate(self.number, 0)
        os.pwrite(self.number, address.encode(), 0)


@contextmanager
def the_only_one(folder: Path) -> Iterator[Lock]:
    """Work on a folder alone; makes it when it is not there.

    Raises
    ------
    InUseError
        When another process does.
    ConfigError
        When the folder cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        number = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(
            f"{folder}: cannot keep the review there ({error.strerror}): choose another "
            "place with --data"
        ) from error
    try:
        try:
            lock(number)
        except OSError as error:
            where = address_of(folder)
            raise InUseError(
                f"{folder}: a review works there already{where and f' ({where})'}: use that one, "
                "or end it first"
            ) from error
        held = Lock(number)
        held.tell("")
        yield held
    finally:
        os.close(number)


def address_of(folder: Path) -> str:
    """Tell where the server of a folder was last found; empty: it said nothing."""
    try:
        return (folder / LOCK_FILE).read_text(encoding="utf-8")
    except OSError:
        return ""


def lock(number: int) -> None:
    """Lock an open file until it is closed or the process ends, however that happens."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415

        os.lseek(number, FAR, os.SEEK_SET)
        msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415

        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
