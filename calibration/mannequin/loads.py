"""The four force cells as one: their curves, crosstalk and places, by known masses.

Takes masses laid on single cells and at places of a stiff plate, with what all four cells read,
gives what a rig needs to tell the force and where it acts; leaves naming mistakes to
`load_faults`.

What a plate's stiffness makes of a mass is not known and not asked for: a station on the plate
says what the cells carry in all, and the two moments; one on a single cell says what each
carries. A force is a smooth curve of its cell's counts, mixed by the crosstalk.

Ref: six-component balances are calibrated by such a matrix with terms of higher order (AIAA
R-091-2020); here the terms of higher order are the curves, and each cell's own scale is in its
curve, so that the matrix's diagonal is 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import BSpline
from scipy.optimize import least_squares

from calibration.mannequin.station import AIRWAY, CELLS, N_CELLS, mean_of
from mr.types import BoolArray, FloatArray

MASS_SHARE_SIGMA = 1e-3
"""Shop weights, class M3 or better: 0.1 %."""
PLACE_SIGMA_M = 5e-4
"""A mass on a plate with engraved places: 0.5 mm."""
SIDE_SHARE_SIGMA = 1e-3
"""What of a mass on one cell others may carry: the skin, a cable."""
FLOOR_N = 0.1
"""What a cell does not repeat, and its curve between levels."""
ARM_M = 0.057
"""From the middle to a cell, for the moments' floor."""
KNOT_SHARES = (0.0, 0.25, 1.0)
"""Of a cell's range in counts: cubic pieces; cells bend most under light loads."""
DEGREE = 3
N_SHAPES = len(KNOT_SHARES) + DEGREE - 2
"""Coefficients of a curve that is 0 at rest."""
ON_PLATE = -1
N_MIXED = N_CELLS * (N_CELLS - 1)
_OFF_DIAGONAL = ~np.eye(N_CELLS, dtype=bool)


@dataclass(frozen=True, slots=True, eq=False)
class LoadStation:
    """A mass, on one cell or at a place of the plate, read for a second."""

    step: str
    cell: int
    """0 … 3; -1: on the plate, or nothing at all."""
    mass_kg: float
    x_m: float
    """Of the mass on the plate, in the mannequin's frame."""
    y_m: float
    plate_kg: float
    """Of the plate, in the middle of all cells; 0 when it does not lie there."""
    held_out: bool
    """It tests the fit and is no part of it."""
    counts: FloatArray
    """(n, 6)."""


@dataclass(frozen=True, slots=True, eq=False)
class Applied:
    """Stations as numbers, (n,) each."""

    cell: FloatArray
    force_n: FloatArray
    moment_nm: FloatArray
    """(n, 2) force times place."""
    counts: FloatArray
    """(n, 4) above the cells' zeros."""
    zero_counts: FloatArray
    """(4,)."""

    @staticmethod
    def of(
        stations: Sequence[LoadStation], zero_counts: FloatArray, gravity_m_s2: float
    ) -> Applied:
        """Turn masses into forces and moments."""
        mass_n = np.array([s.mass_kg for s in stations]) * gravity_m_s2
        place_m = np.array([[s.x_m, s.y_m] for s in stations]).reshape(-1, 2)
        plate_n = np.array([s.plate_kg for s in stations]) * gravity_m_s2
        counts = np.array([cell_counts(s) for s in stations]).reshape(-1, N_CELLS)
        return Applied(
            np.array([s.cell for s in stations], dtype=np.float64),
            mass_n + plate_n,
            mass_n[:, None] * place_m,
            counts - zero_counts,
            zero_counts,
        )

    def part(self, these: BoolArray) -> Applied:
        """Give some of them."""
        return Applied(
            self.cell[these],
            self.force_n[these],
            self.moment_nm[these],
            self.counts[these],
            self.zero_counts,
        )


def cell_counts(station: LoadStation) -> FloatArray:
    """Average what the four cells read, (4,)."""
    return mean_of(station.counts[:, CELLS[0] : AIRWAY]).counts


@dataclass(frozen=True, slots=True, eq=False)
class LoadModel:
    """What the masses say of the cells."""

    shapes: FloatArray
    """(4, N_SHAPES) coefficients of the curves, in N."""
    mixed: FloatArray
    """(4, 4) crosstalk with a diagonal of 1."""
    xy_m: FloatArray
    """(4, 2)."""
    most_counts: FloatArray
    """(4,) where the curves end, above the zeros."""
    covariance: FloatArray
    """Of the free parameters: shapes, then crosstalk if it was free, then places."""
    left: FloatArray
    """(n, 4) residuals in sigmas; a plate's fourth is 0."""
    free_mixed: bool

    def forces_n(self, counts: FloatArray) -> FloatArray:
        """Tell what each cell carries, (n, 4), from counts above zero."""
        each = np.column_stack(
            [
                _basis(counts[:, k], float(self.most_counts[k])) @ self.shapes[k]
                for k in range(N_CELLS)
            ]
        )
        return np.asarray(each @ self.mixed.T)

    def curve_n(self, k: int, counts: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give cell k's curve (n,) and its one-sigma, at counts above zero."""
        rows = _basis(counts, float(self.most_counts[k]))
        part = slice(k * N_SHAPES, (k + 1) * N_SHAPES)
        variance = np.einsum("ni,ij,nj->n", rows, self.covariance[part, part], rows)
        return rows @ self.shapes[k], np.sqrt(variance)

    @property
    def mixed_sigma(self) -> FloatArray:
        """One-sigma of the crosstalk, (4, 4); 0 where it was not free."""
        sigma = np.zeros((N_CELLS, N_CELLS))
        if self.free_mixed:
            start = N_CELLS * N_SHAPES
            sigma[_OFF_DIAGONAL] = np.sqrt(np.diag(self.covariance))[start : start + N_MIXED]
        return sigma

    @property
    def xy_sigma_m(self) -> FloatArray:
        """One-sigma of the places, (4, 2)."""
        return np.asarray(np.sqrt(np.diag(self.covariance))[-2 * N_CELLS :].reshape(N_CELLS, 2))


def fit_loads(applied: Applied, nominal_xy_m: FloatArray, *, free_mixed: bool = True) -> LoadModel:
    """Fit curves, crosstalk and places together; sigmas grow with what does not fit.

    Without crosstalk the curves take in what a cell gives to others, so that the force in all
    cells is right, and the places what that does to the moments.
    """
    most = applied.counts.max(axis=0)
    bases = np.stack([_basis(applied.counts[:, k], float(most[k])) for k in range(N_CELLS)])
    start = np.concatenate(
        [
            *(_start(bases[k], applied, k) for k in range(N_CELLS)),
            np.zeros(N_MIXED if free_mixed else 0),
            nominal_xy_m.ravel(),
        ]
    )
    sigma = _sigmas(applied)
    if not free_mixed:
        sigma[applied.cell >= 0] = np.hypot(MASS_SHARE_SIGMA * applied.force_n, FLOOR_N)[
            applied.cell >= 0, None
        ] * np.array([1.0, np.inf, np.inf, np.inf])

    def left(p: FloatArray) -> FloatArray:
        shapes, mixed, xy_m = _parts(p, free_mixed)
        forces_n = np.einsum("kni,ki->nk", bases, shapes) @ mixed.T
        return np.asarray((_misses(forces_n, xy_m, applied, each=free_mixed) / sigma).ravel())

    scale = np.concatenate(
        [
            np.full(N_CELLS * N_SHAPES, 100.0),
            np.full(N_MIXED if free_mixed else 0, 0.01),
            np.full(2 * N_CELLS, 0.001),
        ]
    )
    found = least_squares(left, start, x_scale=scale, method="trf", xtol=1e-10)
    shapes, mixed, xy_m = _parts(found.x, free_mixed)
    n_rows = int((np.isfinite(sigma) & (sigma < np.inf)).sum())
    excess = max(1.0, float(found.fun @ found.fun) / max(n_rows - len(found.x), 1))
    jacobian = np.asarray(found.jac, dtype=np.float64)
    covariance = np.asarray(np.linalg.pinv(jacobian.T @ jacobian) * excess, dtype=np.float64)
    return LoadModel(
        shapes, mixed, xy_m, most, covariance, found.fun.reshape(-1, N_CELLS), free_mixed
    )


def _parts(p: FloatArray, free_mixed: bool) -> tuple[FloatArray, FloatArray, FloatArray]:
    n = N_CELLS * N_SHAPES
    mixed = np.eye(N_CELLS)
    if free_mixed:
        mixed[_OFF_DIAGONAL] = p[n : n + N_MIXED]
    return p[:n].reshape(N_CELLS, N_SHAPES), mixed, p[-2 * N_CELLS :].reshape(N_CELLS, 2)


def _basis(counts: FloatArray, most: float) -> FloatArray:
    """Give the shapes that are 0 at rest, (n, N_SHAPES); straight beyond both ends."""
    inner = np.array(KNOT_SHARES) * most
    knots = np.concatenate([np.full(DEGREE, inner[0]), inner, np.full(DEGREE, inner[-1])])
    within = np.clip(counts, 0.0, most)
    rows = BSpline.design_matrix(within, knots, DEGREE).toarray()
    ends = np.array([0.0, most])
    slopes = BSpline(knots, np.eye(len(inner) + DEGREE - 1), DEGREE).derivative()(ends)
    rows = rows + np.where(counts[:, None] < 0.0, slopes[0], slopes[1]) * (counts - within)[:, None]
    return np.asarray(rows[:, 1:], dtype=np.float64)


def _start(basis: FloatArray, applied: Applied, k: int) -> FloatArray:
    mine = applied.cell == k
    return np.asarray(np.linalg.lstsq(basis[mine], applied.force_n[mine], rcond=None)[0])


def _misses(forces_n: FloatArray, xy_m: FloatArray, applied: Applied, *, each: bool) -> FloatArray:
    """Give (n, 4): of a plate the force, two moments and nothing; of a single cell the force in
    all at its own place, and what the others carry at theirs.

    `each` False: of a single cell, too, the force in all only.
    """
    single = applied.cell >= 0
    rows = np.flatnonzero(single)
    alone = forces_n.copy()
    if each:  # what others take is missing on the cell itself: the sum is known best
        alone[rows, applied.cell[rows].astype(int)] = (forces_n.sum(axis=1) - applied.force_n)[rows]
    on_plate = np.column_stack(
        [
            forces_n.sum(axis=1) - applied.force_n,
            forces_n @ xy_m - applied.moment_nm,
            np.zeros(len(forces_n)),
        ]
    )
    return np.where(single[:, None], alone if each else on_plate, on_plate)


def _sigmas(applied: Applied) -> FloatArray:
    """Give one-sigma of what `_misses` gives; infinite for a plate's nothing."""
    force_n = applied.force_n
    mass_n = np.hypot(MASS_SHARE_SIGMA * force_n, FLOOR_N)
    sigma = np.tile(np.hypot(SIDE_SHARE_SIGMA * force_n, FLOOR_N)[:, None], (1, N_CELLS))
    rows = np.flatnonzero(applied.cell >= 0)
    sigma[rows, applied.cell[rows].astype(int)] = mass_n[rows]
    moment = np.hypot(
        np.hypot(PLACE_SIGMA_M * force_n, FLOOR_N * ARM_M)[:, None],
        MASS_SHARE_SIGMA * applied.moment_nm,
    )
    on_plate = np.column_stack([mass_n, moment, np.full(len(force_n), np.inf)])
    return np.where((applied.cell >= 0)[:, None], sigma, on_plate)
