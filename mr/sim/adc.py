"""What a simulated mannequin's converters read.

Gives the `AdcSource` protocol that the simulated chest fulfils, and a table of counts
for tests; leaves physics to the simulator and bytes to `mr.sim.mannequin`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

Counts = tuple[int, tuple[int, int, int, int], int]
"""Chest, four force cells and airway, as the converters read them."""

COUNTS_HEADER = ("chest", "force0", "force1", "force2", "force3", "airway")
US_PER_S = 1_000_000


class AdcSource(Protocol):
    """Anything that can be sampled like the mannequin's converters."""

    def counts_at(self, t_s: float) -> Counts:
        """Read all converters at `t_s`, true seconds since the device started."""
        ...


@dataclass(frozen=True, slots=True)
class TableAdc:
    """Counts out of a table of constant rate; the last row is held for ever.

    The row at an instant is the nearest one (halves go up), in whole microseconds, which
    is the rule of the firmware's host board too (``firmware/boards/host``).
    """

    rows: tuple[Counts, ...]
    rows_per_s: int

    def counts_at(self, t_s: float) -> Counts:
        """Read the row nearest to `t_s`."""
        t_us = round(t_s * US_PER_S)
        k = (t_us * self.rows_per_s + US_PER_S // 2) // US_PER_S
        return self.rows[min(k, len(self.rows) - 1)]

    def write_csv(self, path: Path) -> None:
        """Write the table as the host board reads it with ``--counts``."""
        with path.open("w", newline="", encoding="ascii") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COUNTS_HEADER)
            writer.writerows((chest, *force, airway) for chest, force, airway in self.rows)
