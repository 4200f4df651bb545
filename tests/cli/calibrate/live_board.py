"""The host board, real firmware, with converters that read what a test lays on them.

Takes rows of counts, lets the board read them from now on; leaves what they mean to the test.
"""

from __future__ import annotations

import mmap
import os
import struct
import subprocess
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tests.firmware.host_board import FIRMWARE, HostBoard, build_host_board

HERE = Path(__file__).parent
ROWS_MOST, CHANNELS = 4096, 6
HEAD = struct.Struct("=II")
RESTING = (74, 31, 27, 38, 22, 512)


def build_live_board(build: Path) -> Path:
    """Build the host board with live converters; gives the program's path."""
    build.mkdir(parents=True, exist_ok=True)
    object_file = build / "live_counts.o"
    includes = [f"-I{FIRMWARE / name}" for name in ("protocol", "core", "boards/host")]
    subprocess.run(
        ["gcc", "-std=c11", "-D_GNU_SOURCE", "-O2", *includes, "-c", "-o", str(object_file),
         str(HERE / "live_counts.c")],
        check=True,
    )  # fmt: skip
    return build_host_board(build, "CC=gcc", f"LDFLAGS=-Wl,--wrap=host_table_at {object_file}")


class LiveBoard:
    """A mannequin on a pseudo-terminal, on which things can be laid."""

    def __init__(self, program: Path, folder: Path, serial: str) -> None:
        self._folder = folder
        folder.mkdir(parents=True)
        path = folder / "counts"
        path.write_bytes(bytes(HEAD.size + 2 * ROWS_MOST * CHANNELS))
        self._stack = ExitStack()
        self._program, self._serial, self._path = program, serial, path
        self._change = 0
        self.port = str(folder / "ttyMANNEQUIN")

    def lay(self, rows: npt.ArrayLike) -> None:
        """Let the converters read rows of counts (n, 6) at 200 a second from now on."""
        table = np.atleast_2d(np.rint(np.asarray(rows))).astype("<i2")
        assert table.shape[1] == CHANNELS and len(table) <= ROWS_MOST
        self._change += 1
        data = table.tobytes()
        self._file[HEAD.size : HEAD.size + len(data)] = data
        self._file[4:8] = struct.pack("=I", len(table))
        self._file[0:4] = struct.pack("=I", self._change)

    def start(self) -> None:
        """Plug it in."""
        self._board: Any = HostBoard(self._program, "--serial", self._serial, link=Path(self.port))
        os.environ["LIVE_COUNTS"] = str(self._path)
        try:
            self._board.start()
        finally:
            del os.environ["LIVE_COUNTS"]

    def unplug(self) -> None:
        """Pull its cable."""
        self._board.unplug()

    def __enter__(self) -> Self:
        file = self._stack.enter_context(self._path.open("r+b"))
        self._file = self._stack.enter_context(mmap.mmap(file.fileno(), 0))
        self.lay(RESTING)
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.unplug()
        self._stack.close()
