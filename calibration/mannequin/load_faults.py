"""Names what is wrong with masses on the cells.

Takes stations and the cells' nominal places, gives words for a cell that is dead, cells whose
cables are exchanged, a mass on another cell or place than said, or of another weight. Leaves
fitting to `loads`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calibration.mannequin.loads import ON_PLATE, Applied, LoadModel, LoadStation, fit_loads
from calibration.mannequin.station import N_CELLS
from mr.errors import CalibrationError
from mr.types import FloatArray, IntArray

DEAD_COUNTS = 10.0
"""Under the heaviest mass; a hundredth of the converter's range is no force cell."""
DEAD_SHARE = 0.1
"""Of what most cells move under theirs."""
ALIKE_SHARE = 0.08
"""Cells of one make bend alike to that."""
WILD_SIGMAS = 5.0
SUSPECTS = 6
MASS_WRONG_SHARE, MASS_WRONG_N = 0.02, 2.0
"""The cells must tell a force to 2 % (issue 6): a mass that is off by more is no scatter."""
PLACE_WRONG_M = 0.003
"""The cells must tell a place to 3 mm (issue 6)."""


def require_cells(
    stations: Sequence[LoadStation],
    zero_counts: FloatArray,
    nominal_xy_m: FloatArray,
    gravity_m_s2: float,
    what: str,
) -> None:
    """Refuse dead cells, exchanged cables, and masses on another cell than said.

    Raises
    ------
    CalibrationError
        Which, and what to do.
    """
    singles = [s for s in stations if s.cell != ON_PLATE and s.mass_kg > 0]
    applied = Applied.of(singles, zero_counts, gravity_m_s2)
    moved = np.zeros((N_CELLS, N_CELLS))
    for k in range(N_CELLS):
        mine = np.flatnonzero(applied.cell == k)
        if not len(mine):
            raise CalibrationError(
                f"{what}: no mass lay on cell {k} alone: lay the masses on each cell"
            )
        moved[k] = applied.counts[mine[np.argmax(applied.force_n[mine])]]
    most = moved.max(axis=0)
    for k in range(N_CELLS):
        if most[k] < max(DEAD_COUNTS, DEAD_SHARE * float(np.median(most))):
            raise CalibrationError(
                f"{what}: cell {k} is dead: under all masses it moves by {most[k]:.1f} counts, "
                f"most cells by {np.median(most):.0f}: check its cable, then begin again"
            )
    felt = moved.argmax(axis=1).astype(np.int64)
    if (felt != np.arange(N_CELLS)).any() and len(set(felt.tolist())) == N_CELLS:
        plates = [s for s in stations if s.cell == ON_PLATE and s.mass_kg > 0]
        _name_the_exchange(felt, Applied.of(plates, zero_counts, gravity_m_s2), nominal_xy_m, what)
    heard = applied.counts.argmax(axis=1)
    for station, said, channel in zip(singles, applied.cell, heard, strict=True):
        if channel != said:
            raise CalibrationError(
                f"{what}, {station.step}: cell {channel} moved most, not cell {said:.0f}: lay the "
                f"mass on cell {said:.0f} alone and read it again"
            )


def require_heaviest(stations: Sequence[LoadStation], applied: Applied, what: str) -> None:
    """Refuse a heaviest mass that only its own cell knows of.

    No other station loads a cell as much, so the fit would follow a wrong one. But the four
    cells are of one make: from their second heaviest mass to the heaviest they gain alike.

    Raises
    ------
    CalibrationError
        Which mass, and what it probably was.
    """
    gains, last = np.full(N_CELLS, np.nan), np.zeros(N_CELLS, dtype=int)
    for k in range(N_CELLS):
        mine = np.flatnonzero(applied.cell == k)
        rising = mine[np.argsort(applied.force_n[mine])]
        if len(rising) < 2:
            continue
        last[k] = rising[-1]
        each = applied.counts[rising[-2:], k] / applied.force_n[rising[-2:]]
        gains[k] = each[1] / each[0]
    for k in range(N_CELLS):
        usual = float(np.nanmedian(np.delete(gains, k)))
        if abs(gains[k] / usual - 1.0) > ALIKE_SHARE:
            station = stations[int(last[k])]
            kg = station.mass_kg * gains[k] / usual
            raise CalibrationError(
                f"{what}, {station.step}: by what the other cells read about {kg:.0f} kg lay "
                f"there, not {station.mass_kg:g}: another mass, or mistyped? Read it again"
            )


def _name_the_exchange(
    felt: IntArray, plates: Applied, nominal_xy_m: FloatArray, what: str
) -> None:
    """Tell exchanged cables from masses that were laid on the wrong cells.

    Masses on the plate know nothing of who takes which cell for which: on its side a cell
    carries more.
    """
    off = np.flatnonzero(felt != np.arange(N_CELLS))
    names = " and ".join(str(k) for k in off)
    pairs = ", ".join(f"masses on cell {k} move channel {felt[k]}" for k in off)
    if len(plates.counts) >= 3:
        total = plates.counts.sum(axis=1, keepdims=True)
        place_m = plates.moment_nm / plates.force_n[:, None]
        lean = np.linalg.lstsq(
            np.column_stack([np.ones(len(place_m)), place_m]), plates.counts / total, rcond=None
        )[0][1:].T
        right = np.sum(lean[off] * nominal_xy_m[off])
        crossed = np.sum(lean[felt[off]] * nominal_xy_m[off])
        if right > crossed:
            raise CalibrationError(
                f"{what}: {pairs}, but masses on the plate say that the cables are right: cells "
                f"{names} were taken for each other; lay their masses again by the drawing"
            )
    raise CalibrationError(
        f"{what}: cells {names} are swapped: {pairs}: exchange their cables, then begin again"
    )


def require_masses(
    stations: Sequence[LoadStation],
    applied: Applied,
    model: LoadModel,
    nominal_xy_m: FloatArray,
    what: str,
) -> None:
    """Refuse a station that all others speak against.

    Each suspect is left out in turn; the one without which the rest fits best is it.

    Raises
    ------
    CalibrationError
        Which mass, and what the others make of it.
    """
    wild = np.abs(model.left).max(axis=1)
    if wild.max() < WILD_SIGMAS:
        return
    suspects = np.argsort(wild)[::-1][:SUSPECTS]
    every = np.arange(len(wild))
    trials = [fit_loads(applied.part(every != k), nominal_xy_m) for k in suspects]
    best = int(np.argmin([float(np.sum(t.left**2)) for t in trials]))
    k, trial = int(suspects[best]), trials[best]
    forces_n = trial.forces_n(applied.counts[[k]])[0]
    said_n, seen_n = float(applied.force_n[k]), float(forces_n.sum())
    step = stations[k].step
    if abs(seen_n - said_n) > max(MASS_WRONG_SHARE * said_n, MASS_WRONG_N):
        kg = (stations[k].mass_kg + stations[k].plate_kg) * seen_n / said_n
        raise CalibrationError(
            f"{what}, {step}: by all other masses {kg:.1f} kg lay there, not "
            f"{stations[k].mass_kg + stations[k].plate_kg:.1f}: another mass, or mistyped? Read it "
            "again"
        )
    if stations[k].cell == ON_PLATE:
        seen_m = forces_n @ trial.xy_m / seen_n
        said_m = applied.moment_nm[k] / said_n
        if np.linalg.norm(seen_m - said_m) > PLACE_WRONG_M:
            share = stations[k].mass_kg / (stations[k].mass_kg + stations[k].plate_kg)
            x, y = 1000 * seen_m / share  # the plate itself lies in the middle
            raise CalibrationError(
                f"{what}, {step}: by all other masses it lay at ({x:+.0f}, {y:+.0f}) mm, not "
                f"({1000 * stations[k].x_m:+.0f}, {1000 * stations[k].y_m:+.0f}): another place, "
                "or mistyped? Read it again"
            )
