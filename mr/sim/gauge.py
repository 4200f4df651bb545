"""A chest that a gauge block stops, and a technician who presses harder than that.

Takes a script whose strokes go deeper than the block, gives a script that ends on it and the
mannequin's converters under it; leaves who presses to `calibration.simulated`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mr.sim.plant import Plant
from mr.sim.script import Script
from mr.types import FloatArray

EXCESS_N = 60.0
"""What hands press beyond the spring once the block holds them."""
EXCESS_BY_M = 0.0005


@dataclass(frozen=True, slots=True)
class BlockedScript(Script):
    """A script whose chest goes no deeper than a block."""

    block_m: float = 0.050

    def chest_depth_m(self, t_s: FloatArray | float) -> FloatArray:
        """Tell the chest's depth at instants of any shape, positive into the chest."""
        return np.minimum(Script.chest_depth_m(self, t_s), self.block_m)

    def beyond_m(self, t_s: FloatArray | float) -> FloatArray:
        """Tell how much deeper the hands would go without the block."""
        return np.maximum(Script.chest_depth_m(self, t_s) - self.block_m, 0.0)


class BlockedPlant(Plant):
    """Converters of a mannequin whose block lies under its cells: they feel all the hands do."""

    def force_n(self, t_s: FloatArray | float) -> FloatArray:
        """Tell the true force on the chest, in N."""
        script = self._script
        assert isinstance(script, BlockedScript)
        share = np.minimum(script.beyond_m(t_s) / EXCESS_BY_M, 1.0)
        return super().force_n(t_s) + EXCESS_N * share
