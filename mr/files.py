"""Files that are whole or not there at all.

Takes bytes and a path; a reader never sees half a file, and a failure leaves nothing
behind. Leaves the words of an error to the caller, who knows what the file is.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file beside its place and move it there; makes its folder.

    Raises
    ------
    OSError
        When it cannot be written; what stood there before is unharmed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    """Tell which rights a new file does not get; asking means setting it twice."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
