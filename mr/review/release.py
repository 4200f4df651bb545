"""What is left at a release, by the one criterion that judged it: displacement or force.

Takes an analysis' targets, gives a `Release`; leaves its look to the report and the plots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Release:
    """Where an analysis keeps what is left, and how much may be."""

    name: str
    """``release_depth`` or ``release_force``."""
    unit: str
    most: float

    @property
    def key(self) -> str:
        """Name the value in a compression's row."""
        return f"{self.name}_{self.unit.lower()}"

    @property
    def sigma_key(self) -> str:
        """Name its sigma there."""
        return f"{self.name}_sigma_{self.unit.lower()}"

    @property
    def limit(self) -> str:
        """Say how much may be left."""
        return f"at most {self.most:g} {self.unit}"


def release_of(targets: Json) -> Release:
    """Give the criterion that a profile names."""
    if targets["recoil_criterion"] == "force" and targets["release_max_n"] is not None:
        return Release("release_force", "N", targets["release_max_n"])
    return Release("release_depth", "mm", targets["release_max_mm"])
