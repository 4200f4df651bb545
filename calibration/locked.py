"""One program at a time: a lock on a folder that its holder's death releases.

Takes a folder, holds a lock file in it; leaves what is done meanwhile to the caller. Windows
lacks the kind of lock that dies with its holder: there nothing is locked, and what is written is
still whole and still refused when it is based on an older file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mr.errors import CalibrationError

NAME = ".lock"


@contextmanager
def locked(folder: Path, what: str) -> Iterator[None]:
    """Hold a folder's lock; makes the folder.

    Parameters
    ----------
    folder
        Where the lock file lies; it stays there.
    what
        What is being done, for the refusal: "saving rig.toml".

    Raises
    ------
    CalibrationError
        When another program holds it.
    OSError
        When the folder cannot be written in.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / NAME, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _take(handle, what)
        yield
    finally:
        os.close(handle)


def _take(handle: int, what: str) -> None:
    if sys.platform == "win32":
        return
    import fcntl  # noqa: PLC0415 -- not there on Windows

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CalibrationError(
            f"another program is {what} just now: wait for it or end it, then try again"
        ) from error
