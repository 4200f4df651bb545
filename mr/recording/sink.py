"""A file that grows only by whole flushes.

Takes bytes, gives a file that holds everything up to the last flush that succeeded: a
flush that fails (a full disk) is taken back. Leaves the meaning of the bytes to `writer`.
"""

from __future__ import annotations

import os
from pathlib import Path

_SPILL_BYTES = 8 << 20


class Sink:
    """An exclusively made file; raises OSError as the system does."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb", buffering=0)
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._flushed_bytes = 0

    def tell(self) -> int:
        """Tell the position in the file, with what waits."""
        return self._flushed_bytes + self._waiting_bytes

    def write(self, data: bytes) -> int:
        """Take bytes; they wait for a flush, unless there are very many."""
        self._waiting.append(bytes(data))
        self._waiting_bytes += len(data)
        if self._waiting_bytes > _SPILL_BYTES:
            self.flush()
        return len(data)

    def flush(self) -> None:
        """Hand what waits to the operating system: all of it, or nothing."""
        view = memoryview(b"".join(self._waiting))
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError:
            self._file.truncate(self._flushed_bytes)
            raise
        self._flushed_bytes += self._waiting_bytes
        self._waiting, self._waiting_bytes = [], 0

    def sync(self) -> None:
        """Make what was flushed survive a loss of power."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let go of the file; what waits is given up."""
        self._file.close()
