"""A table of numbers in a text file, as arrays.

Takes the path of a file whose first row names its columns, gives a `CsvTable`. Leaves what
the columns mean to `csv_names`. The whole text is read by NumPy's parser first; only where
that stumbles is it read cell by cell, to say which line is wrong, or to take in what it
does not know (quotes, blank rows).
"""

from __future__ import annotations

import csv
import math
import os
import re
import stat
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mr.errors import RecordingError
from mr.recording.harmless import harmless
from mr.types import FloatArray

MAX_NUMBER = 1e16
"""No column holds larger ones, not even microseconds since 1970."""
MAX_BYTES = 512 << 20
"""An hour at 1000 samples a second with ten columns is some 300 MiB."""
MAX_CELLS = 64_000_000
"""That hour is 36 million; all the numbers of a file are in memory at once, 8 bytes each."""
MAX_COLUMNS = 1000
CHUNK = 1 << 20
WORD = re.compile(r"\S+")
QUOTED = re.compile(r'"[^"]*"')
COMMA_DECIMALS = (";", "\t")
"""Where columns are parted by these, a comma is a decimal sign."""


@dataclass(frozen=True, slots=True, eq=False)
class CsvTable:
    """The columns of a file in its own words."""

    path: Path
    header_line: int
    names: tuple[str, ...]
    values: FloatArray
    """(rows, columns); NaN where a cell is empty or says so."""
    lines: Sequence[int]
    """The line in the file of each row."""
    decimal_comma: bool
    faults: Mapping[int, RecordingError] = field(default_factory=dict)
    """By column: its first cell that is no finite number, in the order of reading; it is NaN in
    `values`. Whoever needs the column raises it."""


def bad_line(path: Path, line: int, what: str, cure: str) -> RecordingError:
    """Name a file's line, what is wrong with it and what to do."""
    return RecordingError(f"{path}, line {line}: {what}: {cure}")


def read_csv_table(path: Path) -> CsvTable:
    """Read a text file of numbers below a header row.

    A byte-order mark, CRLF line ends and blank lines are understood; cells are parted by
    commas, semicolons, tabs, bars or spaces.

    Raises
    ------
    RecordingError
        When the file is missing, empty, no text, too large, or a row has too few cells.
    """
    try:
        text = _read_text(path)
        head = next((line for line in _lines(text) if line.strip()), "")
        if not head:
            raise RecordingError(f"{path}: the file is empty: it needs a header row and data")
        delimiter = _delimiter(head)
        _check_size(path, text, head, delimiter)
        quick = _read_at_once(path, text, delimiter) if '"' not in text else None
        return quick or _read_by_cell(path, text, delimiter)
    except MemoryError as error:
        raise RecordingError(
            f"{path}: too large for this computer's memory: cut it into sessions"
        ) from error


def _lines(text: str) -> Iterator[str]:
    """Give the lines one after another: a list of all would take more room than the numbers."""
    start = 0
    while start <= len(text):
        end = text.find("\n", start + CHUNK)
        end = len(text) if end < 0 else end
        yield from text[start:end].split("\n")
        start = end + 1


def _check_size(path: Path, text: str, head: str, delimiter: str) -> None:
    """Refuse a table that no motion needs, before room is made for its numbers."""
    spaced = delimiter == " "
    n_columns = sum(1 for _ in WORD.finditer(head)) if spaced else 1 + head.count(delimiter)
    if n_columns > MAX_COLUMNS and '"' not in head:
        raise _too_wide(path, 1 + text.count("\n", 0, text.index(head)), n_columns)
    if (1 + text.count("\n")) * n_columns > MAX_CELLS:
        raise RecordingError(
            f"{path}: more than {MAX_CELLS // 10**6} million cells: cut it into sessions, or "
            "leave out columns"
        )


def _too_wide(path: Path, line: int, n_columns: int) -> RecordingError:
    return bad_line(path, line, f"{n_columns} columns", "is this the header row?")


def _read_text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig") as file:
            if stat.S_ISREG((info := os.fstat(file.fileno())).st_mode):
                if info.st_size <= MAX_BYTES:
                    return file.read()
            elif len(text := file.read(MAX_BYTES + 1)) <= MAX_BYTES:  # a pipe has no size
                return text
        raise RecordingError(f"{path}: larger than 512 MiB: cut it into sessions")
    except FileNotFoundError as error:
        raise RecordingError(f"{path}: there is no such file: give a CSV file's path") from error
    except UnicodeDecodeError as error:
        raise RecordingError(
            f"{path}: not a UTF-8 text file: save it as CSV UTF-8, or give a recording (.mcap)"
        ) from error
    except OSError as error:
        raise RecordingError(
            f"{path}: cannot read this file ({error.strerror or error}): give a CSV file's path"
        ) from error


def _delimiter(head: str) -> str:
    head = QUOTED.sub('""', head)
    return next((sign for sign in ";\t,|" if sign in head), " " if " " in head.strip() else ",")


def _read_at_once(path: Path, text: str, delimiter: str) -> CsvTable | None:
    """Read all numbers in one go; None where the slow way must look."""
    n_blank = len(text) - len(text.lstrip("\n"))
    head, _, body = text[n_blank:].partition("\n")
    commas = delimiter in COMMA_DECIMALS and "," in body
    body = body.rstrip("\n").replace(",", ".") if commas else body.rstrip("\n")
    if delimiter != " ":
        body = _with_gaps_named(body, delimiter)
    n_rows = 1 + body.count("\n")
    if not body or body.startswith("\n") or "\n\n" in body:
        return None
    try:
        separator = None if delimiter == " " else delimiter
        values = np.loadtxt(_lines(body), delimiter=separator, ndmin=2, comments=None)
    except ValueError:
        return None
    names = _plain(head.split(separator))
    empty = bool(np.isnan(values).all(axis=1).any())
    if values.shape != (n_rows, len(names)) or empty or np.nanmax(np.abs(values)) > MAX_NUMBER:
        return None
    first = n_blank + 2
    return CsvTable(path, first - 1, names, values, range(first, first + n_rows), commas)


def _plain(cells: Sequence[str]) -> tuple[str, ...]:
    """Make names harmless on a terminal."""
    return tuple(harmless(cell.strip()) for cell in cells)


def _with_gaps_named(body: str, delimiter: str) -> str:
    """Write NaN into empty cells."""
    gap = delimiter + delimiter
    for _ in range(2):  # the second one of two gaps side by side is seen the second time
        body = body.replace(gap, f"{delimiter}nan{delimiter}")
    body = body.replace(f"{delimiter}\n", f"{delimiter}nan\n")
    body = body.replace(f"\n{delimiter}", f"\nnan{delimiter}")
    body = f"nan{body}" if body.startswith(delimiter) else body
    return f"{body}nan" if body.endswith(delimiter) else body


def _read_by_cell(path: Path, text: str, delimiter: str) -> CsvTable:
    lined = (line + "\n" for line in _lines(text))
    reader = csv.reader(lined, delimiter=delimiter, skipinitialspace=delimiter == " ")
    commas = delimiter in COMMA_DECIMALS
    names: tuple[str, ...] = ()
    header_line, used = 0, False
    lines, values = array("q"), array("d")
    faults: dict[int, RecordingError] = {}
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            line = reader.line_num
            if not names:
                names, header_line = _plain(row), line
                if len(names) > MAX_COLUMNS:
                    raise _too_wide(path, line, len(names))
                continue
            if len(row) != len(names):
                what = f"{len(row)} cells where the header has {len(names)}"
                raise bad_line(path, line, what, "is the file cut, or a decimal comma in it?")
            lines.append(line)
            for j, cell in enumerate(row):
                try:
                    value = _number(path, line, names[j], cell.strip(), decimal_comma=commas)
                except RecordingError as error:
                    faults.setdefault(j, error)
                    value = math.nan
                values.append(value)
                used = used or (commas and "," in cell)
    except csv.Error as error:
        cure = "save it again as a plain CSV"
        raise bad_line(path, reader.line_num, f"{error}", cure) from error
    if not names:
        raise RecordingError(f"{path}: the file is empty: it needs a header row and data")
    table = np.array(values, np.float64).reshape(len(lines), len(names))
    return CsvTable(path, header_line, names, table, lines, used, faults)


def _number(path: Path, line: int, name: str, cell: str, *, decimal_comma: bool) -> float:
    if not cell:
        return math.nan
    try:
        if "_" in cell:
            raise ValueError  # 4_1 is a number to Python alone
        value = float(cell.replace(",", ".", 1) if decimal_comma else cell)
    except ValueError as error:
        raise bad_line(path, line, f"{name} is {cell[:30]!r}", "write a number") from error
    if math.isinf(value):
        what = f"{name} is {cell[:30]}, not a finite number"
        raise bad_line(path, line, what, "remove the row; any cell but its time may be empty")
    if abs(value) > MAX_NUMBER:
        raise bad_line(path, line, f"{name} is {cell[:30]}, which is too large", "mend the row")
    return value
