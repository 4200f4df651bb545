"""Motion of the chest from another system's CSV file.

Takes a file with a header row of `t_s` and either `depth_mm` (positive into the chest from
the unloaded zero) or `depth_au` (same direction, unknown scale and offset), optionally
`force_n`, `hand_x_mm`, `hand_y_mm`, `airway_ml`; gives a `CsvMotion`. Leaves cutting it
into compressions to `mr.metrics`. Every bad file is one error: which file, which line,
what is wrong, what to do.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mr.errors import RecordingError
from mr.types import ChestSample, FloatArray, Stamp

OPTIONAL = ("force_n", "hand_x_mm", "hand_y_mm", "airway_ml")
KNOWN = ("t_s", "depth_mm", "depth_au", *OPTIONAL)
MIN_ROWS = 20
MIN_DURATION_S = 1.0
MAX_STEP_S = 0.1
"""Slower than 10 samples a second, the peak of a compression is missed by over 10 %."""
MAX_DEPTH_MM = 200.0
MAX_NUMBER = 1e12
"""No column holds larger ones, not even seconds since 1970."""
MIN_SIGMA_MM = 0.001


@dataclass(frozen=True, slots=True, eq=False)
class CsvMotion:
    """What a CSV file says; all arrays have shape (n,).

    The depth of `samples` is in metres for `depth_mm`. For `depth_au` it stays in the file's
    own unit, with an unknown zero: judge it by `MetricsConfig.for_uncalibrated` alone, which
    reports no depth at all. `sigma` is the noise seen in the depth column, in its own unit; a
    bias of the other system's calibration cannot be seen in a file and is not in it.
    """

    path: Path
    calibrated: bool
    """True: `depth` is in mm. False: in arbitrary units with an unknown offset."""
    t_s: FloatArray
    depth: FloatArray
    sigma: float
    samples: tuple[ChestSample, ...]


def read_csv_motion(path: Path) -> CsvMotion:
    """Read a CSV file of chest motion.

    A byte-order mark, CRLF line ends, blank lines at the end, and semicolons (with a
    decimal point or comma) are understood.

    Raises
    ------
    RecordingError
        When the file is missing, empty, no text, has a wrong header, a cell that is no
        finite number, time that does not increase, too little data, or a wrong unit.
    """
    text = _read_text(path)
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise _bad(path, reader.line_num, f"{error}", "save it again as a plain CSV") from error
    if not rows:
        raise RecordingError(f"{path}: the file is empty: it needs a header row and data")
    names = _header(path, rows[0])
    lines = [line for line, _ in rows[1:]]
    columns = _columns(path, names, rows[1:], decimal_comma=delimiter == ";")
    t_s = np.array(columns["t_s"], dtype=np.float64)
    _check_time(path, t_s, lines)
    unit = "depth_mm" if "depth_mm" in columns else "depth_au"
    depth = np.array(columns[unit], dtype=np.float64)
    if unit == "depth_mm":
        _check_depth(path, depth)
    sigma = _noise(depth)
    calibrated = unit == "depth_mm"
    samples = _samples(t_s, depth, sigma, columns, calibrated=calibrated)
    return CsvMotion(path, calibrated, t_s, depth, sigma, samples)


def _bad(path: Path, line: int, what: str, cure: str) -> RecordingError:
    return RecordingError(f"{path}, line {line}: {what}: {cure}")


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
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


def _delimiter(text: str) -> str:
    first = text.lstrip().splitlines()[0] if text.strip() else ""
    return ";" if ";" in first else "\t" if "\t" in first else ","


def _header(path: Path, row: tuple[int, list[str]]) -> list[str]:
    line, cells = row
    names = [cell.strip() for cell in cells]
    need = "the header row names t_s and either depth_mm or depth_au"
    depths = {"depth_mm", "depth_au"} & set(names)
    unknown = [name for name in names if name not in KNOWN]
    twice = [name for name in names if names.count(name) > 1]
    if "t_s" not in names or not depths:
        missing = "t_s" if "t_s" not in names else "depth_mm or depth_au"
        shown = ", ".join(names)[:60]
        raise _bad(path, line, f"no column {missing} in the header ({shown})", need)
    if len(depths) == 2:
        raise _bad(path, line, "both depth_mm and depth_au", "keep the calibrated one")
    if twice:
        raise _bad(path, line, f"column {twice[0]} stands twice", "remove one of them")
    if unknown:
        cure = f"remove it or name it one of {', '.join(KNOWN)}"
        raise _bad(path, line, f"unknown column {unknown[0][:40]!r}", cure)
    if ("hand_x_mm" in names) != ("hand_y_mm" in names):
        raise _bad(path, line, "only one of hand_x_mm and hand_y_mm", "give both or none")
    return names


def _columns(
    path: Path, names: list[str], rows: list[tuple[int, list[str]]], *, decimal_comma: bool
) -> dict[str, list[float | None]]:
    columns: dict[str, list[float | None]] = {name: [] for name in names}
    for line, cells in rows:
        if len(cells) != len(names):
            what = f"{len(cells)} cells where the header has {len(names)}"
            raise _bad(path, line, what, "is the file cut, or a decimal comma in it?")
        for name, cell in zip(names, cells, strict=True):
            columns[name].append(_number(path, line, name, cell.strip(), decimal_comma))
    if len(rows) < MIN_ROWS:
        raise RecordingError(
            f"{path}: {len(rows)} rows of data are too few: it needs {MIN_ROWS} at least"
        )
    return columns


def _number(path: Path, line: int, name: str, cell: str, decimal_comma: bool) -> float | None:
    if not cell:
        if name in OPTIONAL:
            return None
        raise _bad(path, line, f"{name} is empty", "remove the row: a gap is not a zero")
    try:
        value = float(cell.replace(",", ".", 1) if decimal_comma else cell)
    except ValueError as error:
        raise _bad(path, line, f"{name} is {cell[:30]!r}", "write a number") from error
    if not math.isfinite(value):
        cure = "leave the cell empty" if name in OPTIONAL else "remove the row"
        raise _bad(path, line, f"{name} is {cell[:30]}, not a finite number", cure)
    if abs(value) > MAX_NUMBER:
        raise _bad(path, line, f"{name} is {cell[:30]}, which is too large", "mend the row")
    return value


def _check_time(path: Path, t_s: FloatArray, lines: Sequence[int]) -> None:
    steps_s = np.diff(t_s)
    back = np.flatnonzero(steps_s <= 0)
    if back.size:
        k = int(back[0]) + 1
        what = f"t_s goes from {t_s[k - 1]:g} to {t_s[k]:g}"
        raise _bad(path, lines[k], what, "time must increase from row to row; sort the rows")
    step_s = float(np.median(steps_s))
    if step_s > MAX_STEP_S:
        raise RecordingError(
            f"{path}: rows are {step_s:g} s apart, too slow for compressions: "
            "t_s is in seconds (divide milliseconds by 1000), at least 10 rows a second"
        )
    if t_s[-1] - t_s[0] < MIN_DURATION_S:
        raise RecordingError(
            f"{path}: {t_s[-1] - t_s[0]:g} s are too short: give at least {MIN_DURATION_S:g} s, "
            "with t_s in seconds"
        )


def _check_depth(path: Path, depth_mm: FloatArray) -> None:
    low, high = float(depth_mm.min()), float(depth_mm.max())
    seen = f"depth_mm runs from {low:g} to {high:g}"
    if max(high, -low) > MAX_DEPTH_MM:
        raise RecordingError(
            f"{path}: {seen}, deeper than any chest: convert it to mm, or name it depth_au"
        )
    if -low > 15 and high < -low / 4:
        raise RecordingError(
            f"{path}: {seen}, out of the chest: change its sign, depth is positive into the chest"
        )
    if 0.02 <= high - low <= 0.15 and high <= 0.15:
        raise RecordingError(
            f"{path}: {seen}, which looks like metres: multiply it by 1000, or name it depth_au"
        )


def _noise(depth: FloatArray) -> float:
    """Estimate one-sigma of white noise from third differences, which a chest's motion lacks.

    The median keeps the few steep samples out; a column written with few digits is no
    better than its smallest step.
    """
    third = np.diff(depth, n=3)
    white = float(np.median(np.abs(third))) / 0.6745 / math.sqrt(20.0)
    steps = np.abs(np.diff(depth))
    moved = steps[steps > 0]
    quantum = float(moved.min()) / math.sqrt(12.0) if moved.size else 0.0
    return max(white, quantum)


def _time_sigma_ns(t_s: FloatArray) -> int:
    """Take what time lacks to an even pace as its rounding, when it is that small."""
    even = np.polynomial.Polynomial.fit(np.arange(len(t_s)), t_s, 1)
    rms_s = float(np.sqrt(np.mean((t_s - even(np.arange(len(t_s)))) ** 2)))
    step_s = float(np.median(np.diff(t_s)))
    return round(1e9 * rms_s) if rms_s < step_s / 2 else 0


def _samples(
    t_s: FloatArray,
    depth: FloatArray,
    sigma: float,
    columns: dict[str, list[float | None]],
    *,
    calibrated: bool,
) -> tuple[ChestSample, ...]:
    n = len(t_s)
    nothing: list[float | None] = [None] * n
    t_ns = np.rint(t_s * 1e9).astype(np.int64).tolist()
    sigma_ns = _time_sigma_ns(t_s)
    per_m = 1000.0 if calibrated else 1.0
    sigma_m = max(sigma, MIN_SIGMA_MM if calibrated else 0.0) / per_m
    rows = zip(
        t_ns,
        (depth / per_m).tolist(),
        (np.gradient(depth, t_s) / per_m).tolist(),
        columns.get("force_n", nothing),
        columns.get("hand_x_mm", nothing),
        columns.get("hand_y_mm", nothing),
        columns.get("airway_ml", nothing),
        strict=True,
    )
    return tuple(
        ChestSample(
            Stamp(t, sigma_ns),
            depth_m,
            velocity_m_s,
            sigma_m,
            ("csv",),
            zero_known=calibrated,
            force_n=force_n,
            hand_offset_m=None if x is None or y is None else (x / 1000.0, y / 1000.0),
            airway_ml=airway_ml,
        )
        for t, depth_m, velocity_m_s, force_n, x, y, airway_ml in rows
    )
