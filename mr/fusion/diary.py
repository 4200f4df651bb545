"""What a smoother needs to know of each camera's looks, written down as fusion uses them.

Takes looks in the order in which fusion used them, keeps them; leaves smoothing to
`mr.fusion.smoother`. A live session keeps none.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mr.blocks import ChestBlock
from mr.fusion.lesson import Belief, Look
from mr.types import ChestObservation


@dataclass(frozen=True, slots=True)
class Led:
    """A look that was the motion, and what its camera believed then."""

    seen: ChestObservation
    t_s: float
    depth_m: float
    belief: Belief


@dataclass(frozen=True, slots=True)
class Left:
    """Hands were off the chest."""

    t_s: float


Entry = Look | Led | Left


@dataclass(slots=True)
class Diary:
    """The entries of each camera, in order of time."""

    motion: list[ChestBlock] = field(default_factory=list)
    """What fusion made of all sources; who runs fusion writes it down."""
    n_judged: int = 0
    """So many of its samples, the first ones, were judged: what is after the stop is not."""
    t0_ns: int = 0
    """The instant from which their seconds count."""
    entries: dict[str, list[Entry]] = field(default_factory=dict)

    def note(self, camera_id: str, entry: Entry) -> None:
        """Write one entry down."""
        self.entries.setdefault(camera_id, []).append(entry)
