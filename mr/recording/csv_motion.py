"""Motion of the chest from another system's CSV file.

Takes a file with a header row of `t_s` and either `depth_mm` (positive into the chest from
the unloaded zero) or `depth_au` (same direction, unknown scale and offset), optionally
`force_n`, `hand_x_mm`, `hand_y_mm`, `airway_ml`; gives a `CsvMotion`. Understands other
names, units, signs and small faults of the time column where they can be told without doubt,
and says in words what it assumed. Leaves cutting it into compressions to `mr.metrics`. Every
bad file is one error: which file, which line, what is wrong, what to do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mr.blocks import ChestBlock
from mr.errors import RecordingError
from mr.recording.csv_depth import Sign, Unit, understand_depth
from mr.recording.csv_names import columns_of
from mr.recording.csv_table import CsvTable, read_csv_table
from mr.recording.csv_time import understand_time
from mr.types import FloatArray

MIN_ROWS = 20
MIN_SIGMA_MM = 0.001
BLOCK = 8192
"""So many samples are made at once."""


@dataclass(frozen=True, slots=True, eq=False)
class CsvMotion:
    """What a CSV file says; all arrays have shape (n,).

    For `depth_au` depth stays in the file's own unit, with an unknown zero: judge it by
    `MetricsConfig.for_uncalibrated` alone, which reports no depth at all. `sigma` is the
    noise seen in the depth column, in its own unit; a bias of the other system's calibration
    cannot be seen in a file and is not in it.
    """

    path: Path
    calibrated: bool
    """True: `depth` is in mm. False: in arbitrary units with an unknown offset."""
    t_s: FloatArray
    depth: FloatArray
    sigma: float
    optional: dict[str, FloatArray]
    """Columns that need not be there; NaN where a cell is empty."""
    assumptions: tuple[str, ...]
    """What the file does not say and was taken to be so, in words."""

    def block(self) -> ChestBlock:
        """Give the motion as columns; depth in m (in its own unit without a scale)."""
        t_ns = np.rint(self.t_s * 1e9).astype(np.int64)
        since_s = (t_ns - t_ns[0]) * 1e-9  # the same, wherever the file's clock began
        per_m = 1000.0 if self.calibrated else 1.0
        sigma_m = max(self.sigma, MIN_SIGMA_MM if self.calibrated else 0.0) / per_m
        n, unknown = len(t_ns), np.full(len(t_ns), np.nan)
        hand_mm = [self.optional.get(key, unknown) for key in ("hand_x_mm", "hand_y_mm")]
        hand_m = np.column_stack(hand_mm) / 1000.0
        hand_m[np.isnan(hand_m).any(axis=1)] = np.nan
        return ChestBlock(
            sources=("csv",),
            t_ns=t_ns,
            t_sigma_ns=np.full(n, _time_sigma_ns(since_s)),
            depth_m=self.depth / per_m,
            velocity_m_s=np.gradient(self.depth, since_s) / per_m,
            sigma_m=np.full(n, sigma_m),
            zero_known=np.full(n, self.calibrated),
            force_n=self.optional.get("force_n", unknown),
            hand_offset_m=hand_m,
            hand_sigma_m=unknown,
            hands=np.zeros(n, np.int64),
            airway_ml=self.optional.get("airway_ml", unknown),
            chest_rise_m=unknown,
        )

    def blocks(self) -> Iterator[ChestBlock]:
        """Give the motion by blocks of `BLOCK` samples."""
        whole = self.block()
        for k in range(0, len(whole), BLOCK):
            yield whole.part(slice(k, k + BLOCK))


def read_csv_motion(path: Path, unit: Unit | None = None, sign: Sign | None = None) -> CsvMotion:
    """Read a CSV file of chest motion.

    Parameters
    ----------
    path
        The file.
    unit, sign
        What the file does not say, or says wrongly: the unit of depth ("au": unknown), and
        whether depth grows into the chest or out of it. None: as the file says or shows.

    Raises
    ------
    RecordingError
        When the file is missing, empty, no text, has a wrong header, a cell that is no
        number, time that runs back, too little data, or a unit or sign that cannot be told.
    """
    table = read_csv_table(path)
    columns = columns_of(path, table.header_line, table.names)
    needed = {columns.time, columns.depth, *columns.optional.values()}
    for k, fault in table.faults.items():
        if k in needed:
            raise fault
    said = list(columns.assumptions)
    if table.decimal_comma:
        said.append("a comma is the decimal sign")
    if len(table.values) < MIN_ROWS:
        raise _too_few(path, len(table.values))
    table, gap = _without_gaps(table, columns.depth)
    time = understand_time(table, columns.time, columns.time_unit)
    raw = table.values[time.rows, columns.depth]
    depth = understand_depth(path, time.t_s, raw, columns.depth_unit, unit, sign)
    optional = {key: table.values[time.rows, k] for key, k in columns.optional.items()}
    assumptions = (*said, *gap, *time.assumptions, *depth.assumptions)
    sigma = _noise(depth.values)
    return CsvMotion(path, depth.calibrated, time.t_s, depth.values, sigma, optional, assumptions)


def _too_few(path: Path, n: int) -> RecordingError:
    have = "1 row of data is" if n == 1 else f"{n} rows of data are"
    return RecordingError(f"{path}: {have} too few: it needs {MIN_ROWS} at least")


def _without_gaps(table: CsvTable, depth: int) -> tuple[CsvTable, list[str]]:
    """Leave out rows without a depth: nothing was measured there."""
    seen = np.flatnonzero(np.isfinite(table.values[:, depth]))
    n_gap = len(table.values) - len(seen)
    if not n_gap:
        return table, []
    if len(seen) < MIN_ROWS:
        raise _too_few(table.path, len(seen))
    kept = replace(table, values=table.values[seen], lines=[table.lines[k] for k in seen.tolist()])
    word = "1 row has" if n_gap == 1 else f"{n_gap} rows have"
    return kept, [f"{word} no depth: nothing was measured there"]


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
