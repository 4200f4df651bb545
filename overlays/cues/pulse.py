"""The metronome's pulse: a thin ring outside the target that lights up with each click.

For eyes that are on the hands; the click is heard, too. It is small and goes out smoothly:
nothing large flashes, and nothing faster than `overlays.beat.FASTEST_CPM`.
"""

from __future__ import annotations

from overlays.cues import ring
from overlays.cues.context import Context
from overlays.primitives import Registered, Ring
from overlays.theme import fade

RADIUS_M = ring.RADIUS_M + 0.020
WIDTH_M = 0.006
LIT_SHARE = 0.4
"""It has gone out after this share of a beat: at 110 /min after 0.2 s. Source: ours."""


def registered(context: Context) -> list[Registered]:
    """Draw the pulse, if it is lit at this part of the beat."""
    if context.beat is None or context.beat >= LIT_SHARE:
        return []
    theme, light = context.theme, 1.0 - context.beat / LIT_SHARE
    centre, width_m = (0.0, 0.0, 0.0), WIDTH_M * (0.4 + 0.6 * light)
    rim_m = width_m + 2 * theme.casing_width_m
    return [
        Ring(centre, RADIUS_M, rim_m, fade(theme.casing, theme.casing[3] * light)),
        Ring(centre, RADIUS_M, width_m, fade(theme.text, light)),
    ]
