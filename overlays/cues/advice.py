"""The one line of advice: what to do now, in words, with its shape and colour.

What is said is the coach's choice; this draws it. Without a cue the line is empty.
"""

from __future__ import annotations

from overlays.cues.context import Context
from overlays.cues.count import cycle_of
from overlays.cues.tile import Box
from overlays.primitives import PanelItem, Rect, Text
from overlays.theme import SYMBOLS

SIZE_PX = 42.0
SYMBOLS_BY_CUE = {
    "push_deeper": "▼",
    "push_less": "▲",
    "let_it_rise": "▲",
    "faster": "▲",
    "slower": "▼",
}
"""Cues that have a direction; the others show the shape of their severity."""


def text_of(context: Context, key: str) -> str:
    """Give the advice of a cue in the reader's words."""
    cycle = cycle_of(context.snapshot.mode)
    if key == "breathe" and cycle and cycle[1] > 1:
        return context.messages("cue.breathe_n", n=cycle[1])
    return context.messages(f"cue.{key}")


def line(context: Context, box: Box) -> list[PanelItem]:
    """Draw the line of advice."""
    theme, snapshot = context.theme, context.snapshot
    cue = snapshot.cue
    items: list[PanelItem] = [
        Rect(box.x_px, box.y_px, box.width_px, box.height_px, theme.tile, 14.0)
    ]
    if cue is None:
        return items
    color, side_px = theme.level(cue.severity), box.height_px
    symbol = SYMBOLS_BY_CUE.get(cue.key, SYMBOLS[cue.severity])
    baseline_px = box.y_px + box.height_px / 2 + 0.36 * SIZE_PX
    middle_px = box.x_px + side_px / 2 + 4
    return [
        *items,
        Rect(box.x_px, box.y_px, side_px + 8, box.height_px, color, 14.0),
        Text(middle_px, baseline_px, symbol, SIZE_PX, theme.ink, "center", bold=True),
        Text(
            box.x_px + side_px + 30,
            baseline_px,
            text_of(context, cue.key),
            SIZE_PX,
            theme.text,
            bold=True,
        ),
    ]
