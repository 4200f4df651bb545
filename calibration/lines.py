"""Logs beside a rig file: one JSON object a line, appended whole.

Takes an entry and a path, has the line on the disk before it returns; gives the entries back,
with words for lines that cannot be read. Leaves what is logged to `calibration.service` and
`calibration.drift_log`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from mr.config import Model, Strict, parse
from mr.errors import CalibrationError, ConfigError


def append_line(path: Path, entry: Strict, what: str, cure: str) -> None:
    """Append an entry; `what` names the log, `cure` says what is lost and what to do.

    Raises
    ------
    CalibrationError
        When it cannot be written.
    """
    line = json.dumps(entry.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)
    try:
        with path.open("a+b") as file:
            # A line that a power cut tore stays torn, and does not swallow the next one.
            if file.tell() > 0:
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    file.write(b"\n")
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise CalibrationError(f"{path}: cannot write {what} ({error.strerror}): {cure}") from error


def read_lines(
    path: Path, kind: type[Model], what: str
) -> tuple[tuple[Model, ...], tuple[str, ...]]:
    """Give the entries in their order, and words for lines that are none.

    Raises
    ------
    CalibrationError
        When the log is there and cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return (), ()
    except OSError as error:
        raise CalibrationError(
            f"{path}: cannot read {what} ({error.strerror}): make it readable"
        ) from error
    entries, damaged = [], []
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            entries.append(parse(kind, json.loads(text), f"{path}, line {number}"))
        except (ValueError, ConfigError):
            damaged.append(f"{path}, line {number}: not an entry, it is left out")
    return tuple(entries), tuple(damaged)
