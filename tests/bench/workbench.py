"""A workbench whose gauge blocks are not quite what is written on them.

Takes a rig, gives the same with the chest's curve measured anew by blocks that are each off, as
much as `calibration.mannequin.chest` says that they are; leaves all other curves as they were.
"""

from __future__ import annotations

import numpy as np

from calibration.mannequin.chest import BLOCK_SIGMA_M, fit_chest_curve
from calibration.simulated.quick import BLOCKS_MM, READINGS
from mr.rig import Rig
from mr.sim.plant import Bench


def seated(rig: Rig, seed: int) -> Rig:
    """Give the rig whose chest was calibrated with drawn blocks; the unloaded chest needs none."""
    if rig.mannequin is None:
        return rig
    rng, bench = np.random.default_rng([seed, 0x5EA7]), Bench(seed)
    off_mm = 1e3 * BLOCK_SIGMA_M * rng.standard_normal(len(BLOCKS_MM)) * (BLOCKS_MM > 0)
    true_mm = np.repeat(BLOCKS_MM + off_mm, READINGS)
    counts = np.array([bench.gauge_block_counts(float(d)) for d in true_mm], dtype=np.float64)
    chest = fit_chest_curve(np.repeat(BLOCKS_MM, READINGS) / 1000.0, counts)
    mannequin = rig.mannequin.model_copy(update={"chest_depth_m": chest})
    return rig.model_copy(update={"mannequin": mannequin})
