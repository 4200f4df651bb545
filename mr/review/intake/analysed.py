"""What the review asks of whoever analyses a recording, which is not its own work.

The composition root hands in a function that satisfies `Analyse`; it runs in a process of its own,
so it and what it takes and gives can be pickled.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from mr.types import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Analysed:
    """What a recording came to."""

    analysis: dict[str, Any]
    """``mrcpr.analysis/2``."""
    t_s: FloatArray
    """(N,) from the same instant as all times of the analysis."""
    depth_mm: FloatArray
    sigma_mm: FloatArray


class Analyse(Protocol):
    """Analyses a recording (`MrError` when it cannot be)."""

    def __call__(self, path: Path, name: str, corrections: dict[str, Any] | None) -> Analysed:
        """Analyse the file at `path`, which came as `name`; with corrections, if there are any."""
        ...
