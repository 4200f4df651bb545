"""The bare chest beside pressing hands: how far it goes down, with no skin in between.

Takes the points of one depth frame after another, gives how far cells of the chest lie
under the place where they lay before the hands came, and with the rig's bending of the
chest the depth at the compression point. Leaves measuring that bending to
`calibration.bending` and what to make of the depth to `mr.fusion.softness`.

Many cells, because a stereo camera's error that stays while nothing moves is alike over a
centimetre: only the mean over much of the chest is better than the hand itself. Each cell
is held against its own rest, because the chest is curved, and hands, arms and their stereo
shadows leave now these cells and now those to be seen.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mr.errors import CalibrationError
from mr.rig import Bending
from mr.tracking.surface import ChestView, Points
from mr.types import FloatArray

CELL_M = 0.020
ROWS, COLUMNS = 14, 10
"""Cells along the midline, from the belly on, and across; the compression point is amid them."""
LOW_M, HIGH_M = -0.120, 0.030
"""Heights at which the chest can be there."""
UNDER_BACK_M = 0.030
"""The chest lies at least so far under the back of two stacked hands; fingers may not."""
LEAST_SHARE = 0.7
"""A cell shows so many of the points that it shows at rest, or something lies over it."""
LEAST_POINTS = 8
BENDS = 0.25
"""Cells that go down by less of the depth tell more of noise than of depth."""
ANCHOR = 0.6
"""The cells that the others are held against go down by at least so much of it."""
SCATTER_M, SCATTERS = 0.004, 3.0
"""Cells farther off than this, and than so many spreads of all, are covered by a finger."""
LEAST_WEIGHT = 60.0
"""Sum over the cells' points of their share's square: about a tenth of what is seen at best."""
REST_S = 1.0
"""Time constant of the rest: a look at a cell of the bare chest scatters by millimetres."""
RISEN_M = 0.002
"""A chest that lies farther from its rest breathes, or the mannequin was moved."""
PATIENCE_S = 3.0
"""It lay there for so long: that is its rest now. No breath is as long."""


class Cells(NamedTuple):
    """What one frame shows of the chest beside the hands; both (ROWS * COLUMNS,)."""

    under_m: FloatArray
    """How far each cell lies under its rest; NaN where it is hidden, or its rest unknown."""
    n: FloatArray
    """Points that it rests on."""


class Beside(NamedTuple):
    """Depth of the chest at the compression point, told by the chest beside the hands."""

    depth_m: float
    sigma_m: float
    """Noise of this one value."""


class BareChest:
    """Knows where the resting chest lies in one camera's picture; looks come in order."""

    def __init__(self) -> None:
        self._rest_m: FloatArray = np.full(ROWS * COLUMNS, np.nan)
        self._rest_n: FloatArray = np.zeros(ROWS * COLUMNS)
        self._seen_s = 0.0
        self._t_ns: int | None = None
        self._away_ns: int | None = None
        """Since when the bare chest has not lain at its rest."""

    def learn(self, points: Points, t_ns: int) -> None:
        """Take in a look at the bare chest: no hand and no arm is near."""
        height_m, n = _heights(points, HIGH_M)
        seen = n > 0
        known = seen & np.isfinite(self._rest_m)
        if known.any():
            risen_m = float(np.average((height_m - self._rest_m)[known], weights=n[known]))
            if abs(risen_m) > RISEN_M and not self._stays(t_ns):
                return
        self._away_ns = None
        elapsed_s = 0.0 if self._t_ns is None else max(0, t_ns - self._t_ns) * 1e-9
        self._t_ns = t_ns
        self._seen_s += min(elapsed_s, REST_S)
        first = elapsed_s / self._seen_s if self._seen_s > 0 else 1.0
        share = max(first, 1.0 - math.exp(-elapsed_s / REST_S))
        self._rest_n += share * (n - self._rest_n)
        new = seen & ~np.isfinite(self._rest_m)
        self._rest_m[known] += share * (height_m - self._rest_m)[known]
        self._rest_m[new] = height_m[new]

    def cells(self, points: Points, back_m: float) -> Cells | None:
        """Give how far each cell lies under its rest; None while no rest is known.

        Parameters
        ----------
        back_m
            Height of the back of the hand.
        """
        if self._t_ns is None:
            return None
        height_m, n = _heights(points, min(HIGH_M, back_m - UNDER_BACK_M))
        whole = n >= np.maximum(LEAST_POINTS, LEAST_SHARE * self._rest_n)
        return Cells(np.where(whole, self._rest_m - height_m, np.nan), n)

    def _stays(self, t_ns: int) -> bool:
        """Tell whether the chest has lain away from its rest for so long that it stays there."""
        if self._away_ns is None:
            self._away_ns = t_ns
        if (t_ns - self._away_ns) * 1e-9 < PATIENCE_S:
            return False
        self._rest_m[:], self._seen_s, self._t_ns = np.nan, 0.0, None
        return True


def depth_beside(cells: Cells, bending: FloatArray, view: ChestView) -> Beside | None:
    """Give the depth that the cells' bending fits best; None when too little is seen.

    Parameters
    ----------
    bending
        (ROWS * COLUMNS,) share of the depth that each cell goes down; 0 where not known.
    """
    use = np.isfinite(cells.under_m) & (bending > BENDS)
    anchors = use & (bending > ANCHOR)
    if not anchors.any():
        return None
    depth_m = float(np.median(cells.under_m[anchors] / bending[anchors]))
    for _ in range(2):
        off_m = np.abs(cells.under_m - bending * depth_m)
        spread_m = 1.4826 * float(np.median(off_m[use]))
        kept = use & (off_m < max(SCATTER_M, SCATTERS * spread_m))
        weight = cells.n[kept] * bending[kept]
        total = float((weight * bending[kept]).sum())
        if total < LEAST_WEIGHT:
            return None
        depth_m = float((weight * cells.under_m[kept]).sum()) / total
    return Beside(depth_m, view.height_sigma_m(view.far_m, int(total)))


def bending_of(rig_bending: Bending) -> FloatArray:
    """Give a rig's bending as `depth_beside` takes it.

    Raises
    ------
    CalibrationError
        When it was measured on other cells.
    """
    size = (len(rig_bending.shares), len(rig_bending.shares[0]), rig_bending.cell_m)
    if size != (ROWS, COLUMNS, CELL_M):
        raise CalibrationError(
            f"the rig's bending has {size[0]} x {size[1]} cells of {1e3 * size[2]:.0f} mm, "
            f"{ROWS} x {COLUMNS} of {1e3 * CELL_M:.0f} mm are looked at: calibrate again, or "
            "leave it out of the rig file"
        )
    return np.array(rig_bending.shares, dtype=np.float64).reshape(-1)


def _heights(points: Points, high_m: float) -> tuple[FloatArray, FloatArray]:
    """Give each cell's mean height up to a bound, NaN without a point, and its points."""
    x = points.x + np.float32(0.5 * COLUMNS * CELL_M)
    y = points.y + np.float32(0.5 * ROWS * CELL_M)
    across, along = np.float32(COLUMNS * CELL_M), np.float32(ROWS * CELL_M)
    # NaN compares False: pixels without depth are never inside.
    mask = (
        (x >= 0) & (x < across) & (y >= 0) & (y < along) & (points.z > LOW_M) & (points.z < high_m)
    )
    column, row = ((v[mask] / np.float32(CELL_M)).astype(np.intp) for v in (x, y))
    cell = np.minimum(row, ROWS - 1) * COLUMNS + np.minimum(column, COLUMNS - 1)
    n = np.bincount(cell, minlength=ROWS * COLUMNS).astype(np.float64)
    total_m = np.bincount(cell, points.z[mask], minlength=ROWS * COLUMNS)
    return np.divide(total_m, n, out=np.full(ROWS * COLUMNS, np.nan), where=n > 0), n
