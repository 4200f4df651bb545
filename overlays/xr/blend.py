"""How the overlay meets the real world: chosen from what the runtime offers.

Takes the offered blend modes by name, gives one choice that says what the learner will
see; leaves asking the runtime to `overlays.xr.openxr`. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

BlendName = Literal["ALPHA_BLEND", "ADDITIVE", "OPAQUE"]

MEANING: dict[BlendName, str] = {
    "ALPHA_BLEND": "the overlay lies on the headset's own camera picture",
    "ADDITIVE": "the overlay is added to the light seen through the headset's glass",
    "OPAQUE": "the runtime offers no view of the real room: the overlay lies on black",
}
"""In order of preference; dark rims cannot be seen on an additive display."""


@dataclass(frozen=True, slots=True)
class BlendChoice:
    """The mode in use, and in words what it means."""

    name: BlendName
    meaning: str

    @property
    def shows_room(self) -> bool:
        """Whether the learner sees the real mannequin behind the overlay."""
        return self.name != "OPAQUE"


def choose_blend(offered: Sequence[str]) -> BlendChoice:
    """Take the best of the offered modes, by the order of `MEANING`.

    Raises
    ------
    ValueError
        When nothing known is offered; OpenXR promises at least one mode.
    """
    for name, meaning in MEANING.items():
        if name in offered:
            return BlendChoice(name, meaning)
    raise ValueError(f"no known blend mode among {list(offered)}")
