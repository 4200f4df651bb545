"""The force cells' procedure: from stations to what a rig holds of them.

Takes masses on single cells and on a stiff plate, gives four curves, their crosstalk and the
cells' places, and how far masses that were held out are missed; leaves the fit to `loads` and
mistakes to `load_faults`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from calibration.mannequin.cells import STANDARD_GRAVITY_M_S2
from calibration.mannequin.load_faults import require_cells, require_heaviest, require_masses
from calibration.mannequin.loads import (
    MASS_SHARE_SIGMA,
    ON_PLATE,
    PLACE_SIGMA_M,
    Applied,
    LoadModel,
    LoadStation,
    cell_counts,
    fit_loads,
)
from calibration.mannequin.station import CELLS, N_CELLS, Step, unfit
from calibration.record import BudgetLine, Check, Plot, Record, line, points, sha256_of
from mr.errors import CalibrationError
from mr.rig import Curve
from mr.types import FloatArray

Four = tuple[Curve, Curve, Curve, Curve]
Places = tuple[tuple[float, float], ...]
KNOTS = 33
"""Of a cell's curve in the rig file: straight pieces miss the cubic by less than 0.05 N."""
FORCE_LIMIT, PLACE_LIMIT_M = 0.02, 0.003
"""Issue 6."""
CROSSTALK_LIMIT = 0.05
"""Load cells under a plate that moves freely have 1 or 2 %."""
ZERO_DRIFT_N = 1.0
LEAST_MASSES, LEAST_PLACES = 4, 5
MIXED_LEAST, MIXED_SIGMAS = 0.002, 3.0
"""Crosstalk that is smaller, or not clear, is left out of the rig."""
MASSES_KG = (5.0, 10.0, 20.0, 40.0)
PLATE_KG = 0.8
GRID_X_M, GRID_Y_M = (-0.030, 0.0, 0.030), (-0.040, 0.0, 0.040)
INNER_X_M, INNER_Y_M = 0.015, 0.020


@dataclass(frozen=True, slots=True, eq=False)
class CellsResult:
    """The four force cells."""

    curves: Four
    crosstalk: tuple[tuple[float, ...], ...] | None
    """(4, 4), diagonal 1: force on each cell (row) from what the curves say (column); None: not
    asked for, or none that is clear."""
    crosstalk_most: float
    """The greatest share that one cell feels of another one's force, written or not."""
    crosstalk_sigma: float
    cell_xy_in_mannequin_m: tuple[
        tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]
    ]
    xy_sigma_m: FloatArray
    """(4, 2)."""
    zero_drift_n: float
    """The greatest, of one cell, between readings without a mass."""
    force_off: FloatArray
    """(n,) share by which the held-out stations' force is missed; of all if none was held out."""
    place_off_m: FloatArray
    """(m,) the same for the places of those on the plate."""
    held_out: bool
    fitted_force_n: FloatArray
    fitted_off_n: FloatArray
    """(k,) what the fit leaves at its own stations, in all cells together."""
    n_stations: int
    inputs_sha256: str

    def record(self, subject: str) -> Record:
        """Say it with its limits."""
        which = "masses not used in the fit" if self.held_out else "masses of the fit itself"
        checks = (
            Check(
                item=f"force, worst of {len(self.force_off)} {which}",
                value=100 * float(np.abs(self.force_off).max()),
                unit="%",
                high=100 * FORCE_LIMIT,
                why="ours: a force beyond 2 % is no scatter of cells: seat the plate, weigh again",
            ),
            Check(
                item=f"centre of pressure, worst of {len(self.place_off_m)} {which}",
                value=1000 * float(self.place_off_m.max()),
                unit="mm",
                high=1000 * PLACE_LIMIT_M,
                why="ours: a hand off its place by 3 mm is to be seen: look at the plate's places",
            ),
            Check(
                item="zero of a cell, drift meanwhile",
                value=self.zero_drift_n,
                unit="N",
                high=ZERO_DRIFT_N,
                why="hands count as on from 8 N on, with four cells: let the cells warm up",
            ),
            Check(
                item="crosstalk, greatest of one cell on another",
                value=100 * self.crosstalk_most,
                unit="%",
                sigma=100 * self.crosstalk_sigma,
                high=100 * CROSSTALK_LIMIT,
                why="above: the cells share their load; see that nothing bridges them",
            ),
            *(
                Check(item=f"cell {k}, {axis}", value=1000 * v, unit="mm", sigma=1000 * sigma)
                for k in range(N_CELLS)
                for axis, v, sigma in zip(
                    "xy", self.cell_xy_in_mannequin_m[k], self.xy_sigma_m[k], strict=True
                )
            ),
        )
        notes = [] if self.held_out else ["no mass was held out: the fit judges itself"]
        if self.crosstalk is None:
            notes.append("crosstalk is in the curves and places, not written by itself")
        return Record(
            procedure="cells",
            subject=subject,
            checks=checks,
            budget=(
                BudgetLine(
                    source="masses",
                    sigma=100 * MASS_SHARE_SIGMA,
                    unit="%",
                    how="stated: shop weights, 0.1 %",
                ),
                BudgetLine(
                    source="places of masses",
                    sigma=1000 * PLACE_SIGMA_M,
                    unit="mm",
                    how="stated: a plate with engraved places",
                ),
                *(
                    BudgetLine(
                        source=f"curve of cell {k}",
                        sigma=curve.sigma,
                        unit="N",
                        how="measured: covariance of the fit",
                    )
                    for k, curve in enumerate(self.curves)
                ),
            ),
            plots=self._plots(),
            n_samples=self.n_stations,
            inputs_sha256={"cell_stations": self.inputs_sha256},
            notes=tuple(notes),
        )

    def _plots(self) -> tuple[Plot, ...]:
        at_m = np.array(self.cell_xy_in_mannequin_m)
        return (
            Plot(
                title="What the fit leaves of each mass",
                x_label="force, N",
                y_label="left, N",
                series=(points("stations", self.fitted_force_n, self.fitted_off_n),),
            ),
            Plot(
                title="Curves of the cells",
                x_label="counts",
                y_label="force, N",
                series=tuple(
                    line(f"cell {k}", c.counts, c.values) for k, c in enumerate(self.curves)
                ),
            ),
            Plot(
                title="Where the cells are, seen from above",
                x_label="x to the mannequin's left, mm",
                y_label="y to its head, mm",
                series=tuple(
                    points(f"cell {k}", [1000 * x], [1000 * y]) for k, (x, y) in enumerate(at_m)
                ),
                equal=True,
            ),
        )


def measure_cells(
    stations: Sequence[LoadStation],
    nominal_xy_m: FloatArray,
    *,
    gravity_m_s2: float = STANDARD_GRAVITY_M_S2,
    with_crosstalk: bool = False,
    what: str = "cells",
) -> CellsResult:
    """Fit curves, crosstalk and places of the four cells.

    Parameters
    ----------
    stations
        Some without any mass; four masses or more on each cell alone; five or more at places
        of the plate. Those held out test the result.
    nominal_xy_m
        (4, 2) the cells' places by the mannequin's drawing.
    gravity_m_s2
        Of the place: it differs from the standard's by up to 0.3 %.
    with_crosstalk
        Write it into the rig. Force and centre of pressure do not need it: what a cell gives to
        others is then in the curves and the places. What each cell carries alone does, and the
        mannequin itself cannot keep it.

    Raises
    ------
    CalibrationError
        When stations are missing or unfit, a cell is dead, cells are swapped, or one mass is
        not what or where it is said to be; named.
    """
    for station in stations:
        trouble = unfit(station.counts, CELLS)
        if trouble:
            raise CalibrationError(f"{what}, {station.step}: {trouble}")
    bare = [s for s in stations if s.mass_kg == 0.0 and s.plate_kg == 0.0]
    if not bare:
        raise CalibrationError(f"{what}: no reading without a mass and plate: read that too")
    zeros = np.array([cell_counts(s) for s in bare])
    zero = zeros.mean(axis=0)
    laden = [s for s in stations if s.mass_kg + s.plate_kg > 0.0]
    used = [s for s in laden if not s.held_out]
    tests = [s for s in laden if s.held_out and s.mass_kg > 0.0] or used
    require_cells(used, zero, nominal_xy_m, gravity_m_s2, what)
    _require_enough(used, what)
    applied = Applied.of(used, zero, gravity_m_s2)
    model = fit_loads(applied, nominal_xy_m)
    require_masses(used, applied, model, nominal_xy_m, what)
    require_heaviest(used, applied, what)
    mixed_off = np.abs(model.mixed - np.eye(N_CELLS))
    most = np.unravel_index(int(mixed_off.argmax()), mixed_off.shape)
    mixed_sigma = float(model.mixed_sigma[most])
    clear = mixed_off - MIXED_SIGMAS * model.mixed_sigma
    if not with_crosstalk or clear.max() < MIXED_LEAST:
        model = fit_loads(applied, nominal_xy_m, free_mixed=False)
    slope_n = np.array([float(model.curve_n(k, np.array([1.0]))[0][0]) for k in range(N_CELLS)])
    force_off, place_off_m = _missed(model, Applied.of(tests, zero, gravity_m_s2))
    mixed = tuple(tuple(float(v) for v in row) for row in model.mixed)
    xy = [(float(x), float(y)) for x, y in model.xy_m]
    return CellsResult(
        curves=_curves(model, zero, what),
        crosstalk=mixed if model.free_mixed else None,
        crosstalk_most=float(mixed_off.max()),
        crosstalk_sigma=mixed_sigma,
        cell_xy_in_mannequin_m=(xy[0], xy[1], xy[2], xy[3]),
        xy_sigma_m=model.xy_sigma_m,
        zero_drift_n=float((np.ptp(zeros, axis=0) * slope_n).max()),
        force_off=force_off,
        place_off_m=place_off_m,
        held_out=tests is not used,
        fitted_force_n=applied.force_n,
        fitted_off_n=model.forces_n(applied.counts).sum(axis=1) - applied.force_n,
        n_stations=len(stations),
        inputs_sha256=sha256_of([s.counts for s in stations]),
    )


def _require_enough(used: Sequence[LoadStation], what: str) -> None:
    for k in range(N_CELLS):
        n = len({s.mass_kg for s in used if s.cell == k and s.mass_kg > 0})
        if n < LEAST_MASSES:
            raise CalibrationError(
                f"{what}: {n} different masses on cell {k} alone, {LEAST_MASSES} are needed"
            )
    places = np.array([(s.x_m, s.y_m) for s in used if s.cell == ON_PLATE and s.mass_kg > 0])
    n = len(np.unique(places, axis=0)) if len(places) else 0
    if n < LEAST_PLACES or np.linalg.matrix_rank(places - places.mean(axis=0)) < 2:
        raise CalibrationError(
            f"{what}: masses at {n} places of the plate, {LEAST_PLACES} that are not in one line "
            "are needed to tell where the cells are"
        )


def _missed(model: LoadModel, applied: Applied) -> tuple[FloatArray, FloatArray]:
    """Tell by which share each force is missed, and by how much each place on the plate."""
    forces_n = model.forces_n(applied.counts)
    total_n = forces_n.sum(axis=1)
    plate = applied.cell == ON_PLATE
    seen_m = (forces_n @ model.xy_m)[plate] / total_n[plate, None]
    said_m = applied.moment_nm[plate] / applied.force_n[plate, None]
    return total_n / applied.force_n - 1.0, np.linalg.norm(seen_m - said_m, axis=1)


def _curves(model: LoadModel, zero: FloatArray, what: str) -> Four:
    """Write the curves down as straight pieces, closer where a cell bends most."""
    curves = []
    for k in range(N_CELLS):
        counts = float(model.most_counts[k]) * np.linspace(0.0, 1.0, KNOTS) ** 1.5
        values, _ = model.curve_n(k, counts)
        _, sigmas = model.curve_n(k, np.linspace(0.0, float(model.most_counts[k]), KNOTS))
        if (np.diff(values) <= 0).any():
            raise CalibrationError(
                f"{what}: the curve of cell {k} turns back under more force: check that it does "
                "not touch its stop, and lay its masses again"
            )
        curves.append(
            Curve(
                counts=tuple(float(c) for c in counts + zero[k]),
                values=tuple(float(v) for v in values),
                sigma=float(np.sqrt(np.mean(sigmas**2))),
            )
        )
    return curves[0], curves[1], curves[2], curves[3]


@dataclass(frozen=True, slots=True)
class _Load:
    """What a step lays on."""

    name: str
    ask: str
    cell: int = ON_PLATE
    mass_kg: float = 0.0
    x_m: float = 0.0
    y_m: float = 0.0
    plate_kg: float = 0.0
    held_out: bool = False
    optional: bool = False
    moves: tuple[int, ...] = field(default=CELLS)

    def step(self) -> Step[LoadStation]:
        def make(t_s: FloatArray, counts: FloatArray) -> LoadStation:
            del t_s
            return LoadStation(
                self.name,
                self.cell,
                self.mass_kg,
                self.x_m,
                self.y_m,
                self.plate_kg,
                self.held_out,
                counts,
            )

        return Step(
            self.name, self.ask, make, lambda s: unfit(s.counts, CELLS), self.moves, self.optional
        )


def cells_plan(
    masses_kg: Sequence[float] = MASSES_KG, plate_kg: float = PLATE_KG
) -> tuple[Step[LoadStation], ...]:
    """Plan masses on each cell, then on the plate, then some that test the result.

    The single cells come first: a swapped cable shows at once.
    """
    loads = [_Load("nothing, at first", "take everything off the cells", moves=())]
    loads += [
        _Load(f"cell {k}, {m:g} kg", f"lay {m:g} kg on cell {k} alone", k, m)
        for k in range(N_CELLS)
        for m in masses_kg
    ]
    loads.append(_Load("nothing, after the cells", "take everything off the cells"))
    heavy, middle, light = masses_kg[-1], masses_kg[-2], masses_kg[-3]
    loads += [_plate(m, 0.0, 0.0, plate_kg) for m in (masses_kg[0], middle, heavy)]
    loads += [
        _plate(light if x and y else middle, x, y, plate_kg)
        for x in GRID_X_M
        for y in GRID_Y_M
        if x or y
    ]
    inner = [(x, y) for x in (-INNER_X_M, INNER_X_M) for y in (-INNER_Y_M, INNER_Y_M)]
    loads += [_plate(heavy, x, y, plate_kg) for x, y in inner]
    tests = ((light, 0.010, 0.030), (heavy + middle, 0.0, 0.0), (middle, -0.020, -0.010))
    loads += [_plate(m, x, y, plate_kg, held_out=True) for m, x, y in tests]
    loads.append(_Load("nothing, at last", "take everything off the cells, the plate too"))
    return tuple(load.step() for load in loads)


def _plate(
    mass_kg: float, x_m: float, y_m: float, plate_kg: float, *, held_out: bool = False
) -> _Load:
    place = f"({1000 * x_m:+.0f}, {1000 * y_m:+.0f}) mm"
    name = f"{'test: ' if held_out else ''}plate, {mass_kg:g} kg at {place}"
    ask = f"lay {mass_kg:g} kg on the plate at {place} (x to the mannequin's left, y to its head)"
    return _Load(name, ask, ON_PLATE, mass_kg, x_m, y_m, plate_kg, held_out, optional=held_out)
