"""The four force cells, by known masses.

Takes masses laid on one cell after the other and the counts read, gives four curves from
counts to newtons; leaves where the cells sit to the mannequin's drawing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from calibration.mannequin.curves import fit_monotone_curve
from mr.errors import CalibrationError
from mr.rig import Curve
from mr.types import FloatArray

STANDARD_GRAVITY_M_S2 = 9.80665
N_CELLS = 4
MASS_SHARE_SIGMA = 1e-3
"""Shop weights and a level plate: 0.1 % of the heaviest."""
CROSSTALK_SHARE = 0.5
"""More than this of the loaded cell's change on another one is a mass in the wrong place."""


def fit_cell_curves(
    cell: npt.NDArray[np.int64],
    mass_kg: FloatArray,
    counts: FloatArray,
    gravity_m_s2: float = STANDARD_GRAVITY_M_S2,
) -> tuple[Curve, Curve, Curve, Curve]:
    """Fit the curves of all four cells.

    Parameters
    ----------
    cell
        (n,) the loaded cell, 0 to 3.
    mass_kg
        (n,) what lies on it; 0 must be among each cell's.
    counts
        (n, 4) readings of all cells.

    Raises
    ------
    CalibrationError
        When a cell has no readings, another cell than the named one was loaded, or the
        counts do not follow the masses.
    """
    curves = []
    for k in range(N_CELLS):
        mine = cell == k
        if not mine.any():
            raise CalibrationError(f"force cell {k}: no readings: lay the masses on it too")
        loads_kg, read = mass_kg[mine], counts[mine]
        _require_loaded(k, loads_kg, read)
        reference_n = MASS_SHARE_SIGMA * float(loads_kg.max()) * gravity_m_s2
        curves.append(
            fit_monotone_curve(
                loads_kg * gravity_m_s2, read[:, k], reference_n, f"force cell {k}", "N"
            )
        )
    return curves[0], curves[1], curves[2], curves[3]


def _require_loaded(k: int, loads_kg: FloatArray, counts: FloatArray) -> None:
    """Find the cell that really moved: the commonest mistake is a mass on the wrong one."""
    bare = loads_kg == 0.0
    if not bare.any():
        raise CalibrationError(f"force cell {k}: no reading without a mass: read it unloaded too")
    moved = np.abs(counts[loads_kg == loads_kg.max()].mean(axis=0) - counts[bare].mean(axis=0))
    other = int(np.argmax(np.where(np.arange(N_CELLS) == k, -1.0, moved)))
    if moved[other] > CROSSTALK_SHARE * moved[k]:
        raise CalibrationError(
            f"force cell {k}: cell {other} moved by {moved[other]:.0f} counts while this one moved "
            f"by {moved[k]:.0f}: lay the masses on one cell at a time"
        )
