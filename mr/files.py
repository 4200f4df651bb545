"""Files that are whole or not there at all, and what is at a path.

Takes bytes and a path; a reader never sees half a file, and a failure leaves nothing
behind. A symlink stays one: its target is written. What is there and is no regular file (a
device, a pipe) stays, too: the bytes go straight into it. Leaves the words of an error to the
caller, who knows what the file is.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def write_whole(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a file beside its place and move it there; makes its folder.

    A private one can be read by its owner only, at no instant by others.

    Raises
    ------
    OSError
        When it cannot be written; what stood there before is unharmed.
    """
    with whole_file(path, private=private) as file:
        file.write(data)


@contextmanager
def whole_file(path: Path, *, private: bool = False) -> Iterator[IO[bytes]]:
    """Give a file to write in, which is in its place when the block ends without an error.

    A private one can be read by its owner only, at no instant by others.

    Raises
    ------
    OSError
        When it cannot be written; what stood there before is unharmed.
    """
    if _is_no_regular_file(path):
        with path.open("wb") as file:  # a folder cannot be opened so
            yield file
        return
    place = Path(os.path.realpath(path))
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        if not private:
            temporary.chmod(0o666 & ~_umask())
        temporary.replace(place)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def is_there(path: Path) -> bool:
    """Tell whether something is at a path; no where that cannot be seen.

    `Path.exists` raises there: in a folder without access rights, with too long a name.
    """
    return os.path.exists(path)  # noqa: PTH110


def is_folder(path: Path) -> bool:
    """Tell whether a folder is at a path; no where that cannot be seen."""
    return os.path.isdir(path)  # noqa: PTH112


def _is_no_regular_file(path: Path) -> bool:
    """Tell whether a device, a pipe or a folder is there; a loop of links is an error."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _umask() -> int:
    """Tell which rights a new file does not get; asking means setting it twice."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
