"""A command on a terminal of its own, with a person before it who reads and types."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from contextlib import suppress
from typing import Self

ROWS = 30
LIMIT_S = 300.0
"""For a command that hangs only: on a busy machine each takes as long as it takes."""
GLANCE_S = 0.02
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """A command that has a terminal to itself.

    Nothing here waits for longer than `LIMIT_S`: a command that goes on is a failure with
    the last of what it wrote.
    """

    def __init__(self, command: list[str], environment: dict[str, str], columns: int) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-c", TAKE_TERMINAL, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self.out = ""
        """All that it wrote so far, as a terminal gets it."""

    @property
    def text(self) -> str:
        """What it wrote so far, without what moves the cursor and sets colours."""
        return ESCAPES.sub("", self.out).replace("\r", "")

    def read(self, seconds: float = GLANCE_S) -> bool:
        """Take in what comes within some time; tells whether anybody may still write."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if not select.select([self._master], [], [], left)[0]:
                return True
            try:
                chunk = os.read(self._master, 1 << 16)
            except OSError:  # how Linux says that nobody has it open any more
                return False
            self.out += self._decode(chunk)
        return True

    def wait_for(self, pattern: str) -> None:
        """Read until a pattern was written."""
        until = time.monotonic() + LIMIT_S
        while not re.search(pattern, self.text):
            over = self.process.poll() is not None or time.monotonic() > until
            self.read()
            assert not over or re.search(pattern, self.text), f"no {pattern!r}: {self.text[-3000:]}"

    def type(self, keys: str) -> None:
        """Press keys; control characters do what a terminal does with them."""
        os.write(self._master, keys.encode())

    def end(self) -> int:
        """Wait for the command's end; gives its exit code."""
        until = time.monotonic() + LIMIT_S
        while self.process.poll() is None:
            assert time.monotonic() < until, f"it goes on: {self.text[-3000:]}"
            self.read()
        # Its last words are there, in pieces; a child that it left behind may keep it open.
        until = time.monotonic() + 1.0
        while self.read() and time.monotonic() < until:
            pass
        return self.process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        """End what is left of it."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, 9)
        self.process.wait()
        os.close(self._master)
