"""Plain words in the headset, for whoever wears it while something else than training goes on.

Takes the newest words, gives a scene with them on the panel; leaves what to say to the caller.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

from mr.types import HandJoints, Pose
from overlays.primitives import Panel, PanelItem, Rect, Scene, Text
from overlays.theme import DEFAULT, Theme
from overlays.xr.composed import Composed, Standing
from overlays.xr.passthrough import Passthrough
from overlays.xr.placement import default_xr_from_mannequin

WIDTH_PX = 1024
SIZE_PX, LINE_PX, RIM_PX = 44.0, 60.0, 28.0
LETTERS_N = 38
"""On one line: bold letters of this size are 0.6 of it wide."""


class Words:
    """Composes frames with words alone.

    Parameters
    ----------
    read : callable
        Gives the newest words; must not wait.
    theme : Theme
        Colours.
    """

    def __init__(self, read: Callable[[], str], theme: Theme = DEFAULT) -> None:
        self._read, self._theme, self._standing = read, theme, Standing()
        self.measured_ns: int | None = None
        self.predicted = False

    def compose(
        self,
        display_ns: int,
        xr_from_head: Pose,
        hands: Sequence[HandJoints],
        passthrough: Passthrough,
    ) -> Composed:
        """Give the words as they are now, before the wearer."""
        del hands
        scene = Scene(display_ns, (), self.panel(self._read()))
        in_space = passthrough.in_space
        place = default_xr_from_mannequin()
        return self._standing.stand(scene, place, xr_from_head, in_space=in_space)

    def panel(self, words: str) -> Panel:
        """Set words in lines on a sheet as high as they need."""
        lines = textwrap.wrap(words, LETTERS_N) or [""]
        height_px = round(2 * RIM_PX + LINE_PX * len(lines))
        items: list[PanelItem] = [
            Rect(0.0, 0.0, float(WIDTH_PX), float(height_px), self._theme.sheet, 22.0)
        ]
        for k, line in enumerate(lines):
            baseline_px = RIM_PX + LINE_PX * (k + 0.5) + 0.36 * SIZE_PX
            color = self._theme.text
            items.append(Text(WIDTH_PX / 2, baseline_px, line, SIZE_PX, color, "center", bold=True))
        return Panel(WIDTH_PX, height_px, tuple(items))
