"""How a learner wants to see things: theme, brightness and density.

Gives `Look`, which is chosen before a session and stays; leaves colours to
`overlays.theme` and what a level of guidance shows to `overlays.guidance`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

from mr.errors import ConfigError
from overlays.theme import DEFAULT, THEMES, Theme, dimmed

Density = Literal["calm", "normal", "dense"]
"""How much is shown at once: calm leaves out what is heard or said in words anyway, dense
writes count and rate beside the ring, too."""
DENSITIES: tuple[Density, ...] = ("calm", "normal", "dense")

LEAST_BRIGHTNESS = 0.6
"""Much darker, and small text falls below a contrast of 4.5 (WCAG 2.2), and levels look alike;
tests/unit/overlays/test_theme.py holds both for every theme."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a learner has chosen; `theme_seen` is what the cues draw with."""

    theme: Theme = DEFAULT
    brightness: float = 1.0
    """Share of the theme's light, `LEAST_BRIGHTNESS` … 1."""
    density: Density = "normal"

    def __post_init__(self) -> None:
        if not LEAST_BRIGHTNESS <= self.brightness <= 1.0:
            raise ConfigError(
                f"brightness {self.brightness:g}: give {LEAST_BRIGHTNESS:g} to 1; "
                "for less light turn down the headset's own brightness"
            )
        if self.density not in DENSITIES:
            raise ConfigError(f"density {self.density!r}: choose one of {', '.join(DENSITIES)}")

    @property
    def theme_seen(self) -> Theme:
        """The theme at the chosen brightness."""
        return self.theme if self.brightness == 1.0 else _dimmed(self.theme, self.brightness)


_dimmed = functools.lru_cache(maxsize=8)(dimmed)


def look_named(theme: str = "default", brightness: float = 1.0, density: str = "normal") -> Look:
    """Make a look of what somebody typed.

    Raises
    ------
    ConfigError
        When there is no such theme or density, or the brightness is out of bounds.
    """
    if theme not in THEMES:
        raise ConfigError(f"no theme {theme!r}: choose one of {', '.join(THEMES)}")
    if density not in DENSITIES:
        raise ConfigError(f"no density {density!r}: choose one of {', '.join(DENSITIES)}")
    chosen = next(known for known in DENSITIES if known == density)
    return Look(THEMES[theme], brightness, chosen)
