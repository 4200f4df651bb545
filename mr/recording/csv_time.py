"""The time column of another system's table.

Takes a column as it was written, gives seconds that increase from row to row, with which
rows they belong to and what had to be assumed, in words. Mended are times that stand twice
and rows that changed places with their neighbours; a clock that runs back is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mr.errors import RecordingError
from mr.recording.csv_table import CsvTable, bad_line
from mr.types import FloatArray

PER_S = {"s": 1.0, "ms": 1e3, "us": 1e6}
MIN_DURATION_S = 1.0
MAX_STEP_S = 0.1
"""Slower than 10 samples a second, the peak of a compression is missed by over 10 %."""
MIN_STEP_S = 0.0005
"""Quicker than 2000 samples a second no chest is sampled: the unit is another one."""
MAX_T_S = 9e9
"""Nanoseconds of this many seconds still are whole numbers of 64 bits."""
MAX_BACK_S = 0.25
"""Rows that changed places lie closer together than what counts as a loss of signal."""
MAX_ODD = 0.02
"""Share of rows at odds with their neighbours above which the column is not believed."""
MAX_TWICE = 0.2
"""Share of times that stand twice above which the column has too few digits."""


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """When each row was measured."""

    t_s: FloatArray
    """(n,), increasing."""
    rows: npt.NDArray[np.intp]
    """(n,) which row of the table each time belongs to."""
    assumptions: tuple[str, ...]


def understand_time(table: CsvTable, column: int, unit: str | None) -> Times:
    """Bring a time column into seconds and into order.

    Raises
    ------
    RecordingError
        When a time is missing, runs back, is too coarse or too short, or its unit cannot be
        told.
    """
    raw = table.values[:, column]
    missing = np.flatnonzero(np.isnan(raw))
    name = table.names[column]
    if missing.size:
        line = table.lines[int(missing[0])]
        raise bad_line(table.path, line, f"{name} is empty", "remove the row or give its time")
    said: list[str] = []
    known = unit or _unit_of(table, name, raw, said)
    t_s = np.rint(raw * (1e9 / PER_S[known])) / 1e9  # whole nanoseconds, as everywhere
    far = np.flatnonzero(np.abs(t_s) > MAX_T_S)
    if far.size:
        k = int(far[0])
        what = f"{name} is {t_s[k]:g} s, which no clock shows"
        raise bad_line(table.path, table.lines[k], what, "mend the row")
    rows = np.arange(len(t_s))
    t_s, rows = _in_order(table, name, t_s, rows, said)
    t_s, rows = _once(table, name, t_s, rows, said)
    _check_pace(table, name, t_s, said)
    return Times(t_s, rows, tuple(said))


def _unit_of(table: CsvTable, name: str, raw: FloatArray, said: list[str]) -> str:
    """Tell the unit of time by how far apart the rows are."""
    step = float(np.median(np.abs(np.diff(raw))))
    for unit, per_s in PER_S.items():
        if MIN_STEP_S * per_s <= step <= MAX_STEP_S * per_s:
            said.append(f"{name} is in {unit} (rows are {step:.3g} apart)")
            return unit
    raise RecordingError(
        f"{table.path}: {name} has no unit, and its rows are {step:.3g} apart: "
        "name it t_s and give it in seconds"
    )


def _in_order(
    table: CsvTable, name: str, t_s: FloatArray, rows: npt.NDArray[np.intp], said: list[str]
) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """Sort rows that changed places; refuse a clock that began anew."""
    late_s = np.maximum.accumulate(t_s) - t_s
    odd = np.flatnonzero(late_s > 0)
    if not odd.size:
        return t_s, rows
    if late_s.max() > MAX_BACK_S or odd.size > MAX_ODD * len(t_s):
        k = int(np.flatnonzero(np.diff(t_s) < 0)[0]) + 1
        what = f"{name} goes from {t_s[k - 1]:.10g} to {t_s[k]:.10g} s"
        cure = "time must increase from row to row; sort the rows, or cut the file there"
        raise bad_line(table.path, table.lines[k], what, cure)
    word = "1 row was" if odd.size == 1 else f"{odd.size} rows were"
    said.append(f"{word} out of order (by {1e3 * late_s.max():.0f} ms at most) and sorted")
    order = np.argsort(t_s, kind="stable")
    return t_s[order], rows[order]


def _once(
    table: CsvTable, name: str, t_s: FloatArray, rows: npt.NDArray[np.intp], said: list[str]
) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """Keep the first row of each time."""
    new = np.concatenate(([True], np.diff(t_s) > 0))
    n_twice = int(len(new) - new.sum())
    if not n_twice:
        return t_s, rows
    if n_twice > MAX_TWICE * len(t_s):
        raise RecordingError(
            f"{table.path}: {n_twice} of {len(t_s)} rows have the same {name} as the row before: "
            "write time with more digits"
        )
    word = "1 row repeats" if n_twice == 1 else f"{n_twice} rows repeat"
    said.append(f"{word} a time and {'was' if n_twice == 1 else 'were'} left out")
    return t_s[new], rows[new]


def _check_pace(table: CsvTable, name: str, t_s: FloatArray, said: list[str]) -> None:
    steps_s = np.diff(t_s)
    step_s = float(np.median(steps_s))
    if step_s > MAX_STEP_S:
        raise RecordingError(
            f"{table.path}: rows are {step_s:g} s apart, too slow for compressions: "
            f"{name} is in seconds (divide milliseconds by 1000), at least 10 rows a second"
        )
    if t_s[-1] - t_s[0] < MIN_DURATION_S:
        raise RecordingError(
            f"{table.path}: {t_s[-1] - t_s[0]:g} s are too short: give at least "
            f"{MIN_DURATION_S:g} s, with {name} in seconds"
        )
    early_s, late_s = np.quantile(steps_s, [0.05, 0.95])
    if late_s > 1.5 * early_s and late_s - early_s > 0.002:
        said.append(
            f"rows are unevenly spaced ({1e3 * early_s:.0f} to {1e3 * late_s:.0f} ms apart); "
            "each counts at its own time"
        )
