"""The bare chest beside pressing hands: how far it goes down, with no skin in between.

Takes the points of one depth frame after another, gives how far cells of the chest lie
under the place where they lay before the hands came, and with the rig's bending of the
chest the depth at the compression point. Leaves measuring that bending to
`calibration.mannequin.bending` and what to make of the depth to `mr.fusion.softness`.

Many cells, because a stereo camera's error that stays while nothing moves is alike over a
centimetre: only the mean over much of the chest is better than the hand itself. Each cell
is held against its own rest, because the chest is curved, and hands, arms and their stereo
shadows leave now these cells and now those to be seen.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mr.geometry.poses import difference
from mr.rig import BENDING_CELL_M as CELL_M
from mr.rig import BENDING_COLUMNS as COLUMNS
from mr.rig import BENDING_ROWS as ROWS
from mr.tracking.surface import ChestView, Points
from mr.types import FloatArray, Pose

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
GAP_S = 0.3
"""After a longer time without a look at the bare chest nothing is known of what was between."""
SAME_PLACE = np.repeat([3e-3, 5e-4], 3)
"""Change of the mannequin's pose (rad, m) that a rest may be old by: half a millimetre."""


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
        self._pose: Pose | None = None
        """Where the mannequin was believed to lie then."""
        self._away_ns: tuple[int, int] | None = None
        """Since when, and when last, the bare chest was seen away from its rest."""

    def learn(self, view: ChestView, points: Points, t_ns: int) -> None:
        """Take in a look at the bare chest: no hand and no arm is near."""
        if not self._same_place(view):
            self._forget()
        height_m, n = _heights(points, HIGH_M)
        seen = n > 0
        known = seen & np.isfinite(self._rest_m)
        if known.any():
            risen_m = float(np.average((height_m - self._rest_m)[known], weights=n[known]))
            if abs(risen_m) > RISEN_M and not self._stays(t_ns):
                return
        self._away_ns = None
        elapsed_s = 0.0 if self._t_ns is None else max(0, t_ns - self._t_ns) * 1e-9
        if elapsed_s > GAP_S:
            elapsed_s = 0.0  # hands were on it, and one look says no more than one look
        self._t_ns, self._pose = t_ns, view.pose
        self._seen_s += elapsed_s
        first = elapsed_s / self._seen_s if self._seen_s > 0 else 0.0
        share = max(first, 1.0 - math.exp(-elapsed_s / REST_S))
        self._rest_n += share * (n - self._rest_n)
        new = seen & ~np.isfinite(self._rest_m)
        self._rest_m[known] += share * (height_m - self._rest_m)[known]
        self._rest_m[new] = height_m[new]

    def cells(self, view: ChestView, points: Points, back_m: float) -> Cells | None:
        """Give how far each cell lies under its rest; None while no rest is known here.

        Parameters
        ----------
        back_m
            Height of the back of the hand.
        """
        if self._t_ns is None or not self._same_place(view):
            return None
        height_m, n = _heights(points, min(HIGH_M, back_m - UNDER_BACK_M))
        whole = n >= np.maximum(LEAST_POINTS, LEAST_SHARE * self._rest_n)
        return Cells(np.where(whole, self._rest_m - height_m, np.nan), n)

    def _stays(self, t_ns: int) -> bool:
        """Tell whether the chest has lain away from its rest for so long that it stays there."""
        since_ns, last_ns = self._away_ns or (t_ns, t_ns)
        if (t_ns - last_ns) * 1e-9 > GAP_S:
            since_ns = t_ns
        self._away_ns = (since_ns, t_ns)
        if (t_ns - since_ns) * 1e-9 < PATIENCE_S:
            return False
        self._forget()
        return True

    def _same_place(self, view: ChestView) -> bool:
        if self._pose is None or self._pose is view.pose:
            return True
        return bool((np.abs(difference(view.pose, self._pose)) < SAME_PLACE).all())

    def _forget(self) -> None:
        self._rest_m[:], self._rest_n[:] = np.nan, 0.0
        self._seen_s, self._t_ns, self._pose, self._away_ns = 0.0, None, None, None


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


def _heights(points: Points, high_m: float) -> tuple[FloatArray, FloatArray]:
    """Give each cell's mean height up to a bound, NaN without a point, and its points."""
    across, along = np.float32(0.5 * COLUMNS * CELL_M), np.float32(0.5 * ROWS * CELL_M)
    # NaN compares False: pixels without depth are never inside.
    mask = (points.z > LOW_M) & (points.z < high_m)
    mask &= np.abs(points.x) < across
    mask &= np.abs(points.y) < along
    at = np.flatnonzero(mask)
    x, y, z = (np.take(v, at) for v in (points.x, points.y, points.z))
    column = ((x + across) / np.float32(CELL_M)).astype(np.intp)
    row = ((y + along) / np.float32(CELL_M)).astype(np.intp)
    cell = np.minimum(row, ROWS - 1) * COLUMNS + np.minimum(column, COLUMNS - 1)
    n = np.bincount(cell, minlength=ROWS * COLUMNS).astype(np.float64)
    total_m = np.bincount(cell, z, minlength=ROWS * COLUMNS)
    return np.divide(total_m, n, out=np.full(ROWS * COLUMNS, np.nan), where=n > 0), n
