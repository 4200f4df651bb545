"""The standard streams, as a command needs them.

Takes the three that the shell gave; puts an empty one in the place of one that is closed,
another character in the place of one that a stream lacks, and words for an output that cannot be
written. Leaves ending the command to `main`.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from typing import Any

from mr.errors import MrError

PLAIN = {"−": "-", "–": "-"}
"""What stands for a minus sign and a dash where a stream has ASCII or a code page."""
PLAIN_NAME = "mrcpr.plain"


class OutputError(MrError):
    """Standard output that cannot be written."""


class _Told(io.RawIOBase):
    """Standard output, whose errors are told apart from those of any other file."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._stream = stream  # it closes its file when nothing holds it any more
        self._raw: Any = getattr(stream.buffer, "raw", stream.buffer)

    def write(self, data: Any, /) -> int | None:
        try:
            n: int | None = self._raw.write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(
                f"cannot write the output ({error.strerror or error}): "
                "free some space, or send it elsewhere"
            ) from error
        return n

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return bool(self._raw.isatty())

    def fileno(self) -> int:
        return int(self._raw.fileno())


def prepare_streams() -> None:
    """Make the standard streams fit to print on; once, before anything is printed."""
    for name, how in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed: the next file would get its number
            setattr(sys, name, open(os.devnull, how, encoding="utf-8"))  # noqa: SIM115, PTH123
    codecs.register_error(PLAIN_NAME, _plain)
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors=PLAIN_NAME)
    if isinstance(out := sys.stdout, io.TextIOWrapper):
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(_Told(out)),
            encoding=out.encoding,
            errors=PLAIN_NAME,
            line_buffering=out.line_buffering,
            write_through=out.write_through,
        )


def drop_output() -> None:
    """Send what is still to be printed nowhere: nobody can read it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Stand in for characters that a stream lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(PLAIN.get(c, "?") for c in error.object[error.start : error.end]), error.end
