"""The means of the unloaded mannequin, as ``firmware/core/zero.c`` takes them."""

from __future__ import annotations

from mr.sim.adc import Counts
from mr.wire import AIRWAY_UNKNOWN, ZERO_AIRWAY_UNKNOWN, ZeroBlock

ZERO_SAMPLES = 256
SPREAD_MAX_COUNTS = 8
"""Between the chest's least and most."""


class Averaging:
    """Sums over samples that come one by one."""

    def __init__(self) -> None:
        self.samples = 0
        self._sums = [0] * 6
        self._least_chest, self._most_chest = 0xFFFF, 0
        self._airway_unknown = False

    def add(self, counts: Counts) -> None:
        """Take one sample in."""
        chest, force, airway = counts
        self.samples += 1
        self._sums = [a + b for a, b in zip(self._sums, (chest, *force, airway), strict=True)]
        self._least_chest = min(self._least_chest, chest)
        self._most_chest = max(self._most_chest, chest)
        self._airway_unknown |= airway == AIRWAY_UNKNOWN

    @property
    def moved(self) -> bool:
        """The chest did: these samples are no zero."""
        return self._most_chest - self._least_chest > SPREAD_MAX_COUNTS

    @property
    def full(self) -> bool:
        """All samples are in."""
        return self.samples == ZERO_SAMPLES

    def means(self) -> ZeroBlock:
        """Give the rounded means; halves go up, and what does not fit stops at the most."""
        per_16th = ZERO_SAMPLES // 16
        means = [(total + per_16th // 2) // per_16th for total in self._sums]
        chest, force0, force1, force2, force3 = (min(mean, 0xFFFF) for mean in means[:5])
        airway = ZERO_AIRWAY_UNKNOWN if self._airway_unknown else means[5]
        return ZeroBlock(self.samples, chest, force0, force1, force2, force3, airway)
