"""One thing that `mrcpr doctor` looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "missing", "warning", "absent"]
"""``missing`` is needed and not there; ``absent`` is optional or not plugged in."""


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, what was found, and how to get it right (empty when it is)."""

    name: str
    state: State
    found: str
    cure: str = ""
