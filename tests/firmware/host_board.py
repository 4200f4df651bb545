"""Builds the firmware's host board and runs it, for every test that wants real firmware.

Tests in this folder get it by the fixtures of conftest.py beside it. A test elsewhere
loads this file by its path (tests are no package), see ``load`` in that conftest.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

FIRMWARE = Path(__file__).parents[2] / "firmware"
PROGRAM = "mrcpr-host-board"


def build_host_board(build: Path, *make_variables: str) -> Path:
    """Build the host board into `build` with make and give the program's path."""
    done = subprocess.run(
        ["make", "-C", str(FIRMWARE), f"BUILD={build}", *make_variables],
        capture_output=True,
        text=True,
        check=False,
        env={k: v for k, v in os.environ.items() if not k.startswith("MAKE")},
    )
    if done.returncode != 0:
        raise RuntimeError(f"the host board does not build:\n{done.stdout}\n{done.stderr}")
    return build / PROGRAM


class HostBoard:
    """The host board on a pseudo-terminal; `port` is the path to open.

    Leaving the context, or `unplug`, ends the program, and with it the terminal. The path of
    a terminal that has gone is given to the next one that anybody opens, a test beside this
    one too: whoever looks for the board after that is given a `link` that leads to it alone.
    """

    def __init__(self, program: Path, *options: str, link: Path | None = None) -> None:
        self._command = [str(program), *options]
        self._link = link
        self._process: subprocess.Popen[str] | None = None
        self.port = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def start(self) -> None:
        """Start the program and learn the path of its port."""
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.port = self._process.stdout.readline().strip()
        if self._link is not None:
            self._link.symlink_to(self.port)
            self.port = str(self._link)

    def unplug(self) -> None:
        """End the program; whoever has the port open finds the device gone."""
        if self._process is not None:
            if self._link is not None:
                self._link.unlink()
            self._process.kill()
            self._process.communicate()
            self._process = None

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.unplug()


def run_lockstep(program: Path, script: str, *options: str) -> bytes:
    """Run a lockstep script through the board and give the bytes it sent."""
    done = subprocess.run(
        [str(program), "--pace", "lockstep", *options],
        input=script.encode(),
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode())
    return done.stdout
