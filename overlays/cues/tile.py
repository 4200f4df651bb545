"""The tile: the frame that the panel's widgets share.

Takes a box in px, gives its ground, its title, its big number and its word with a
shape; leaves the picture in its middle to each cue.
"""

from __future__ import annotations

from dataclasses import dataclass

from overlays.cues.context import Context, Side
from overlays.primitives import PanelItem, Rect, Text
from overlays.theme import SYMBOLS, Level

LEAST_PX = 21.0
"""No text on the panel is smaller: in the headset its capitals are then 0.5 degrees high, seen
from a kneeling learner's eyes (`overlays.xr.placement`). Ref: at least 16, better 20 to 22
minutes of arc (ISO 9241-3); at least 0.35 to 0.4 degrees in a headset (Microsoft, "Typography"
for mixed reality); half a degree is read with glasses and while moving (ours)."""
TITLE_PX = 21.0
WORD_PX = 21.0
NUMBER_PX = 50.0
UNIT_PX = 21.0
PAD_PX = 16.0
HEAD_PAD_PX = 11.0
EM_WIDTH = 0.60
"""Width of an average character by its size; a cautious guess, for shortening text."""
BOLD_EM_WIDTH = 0.68


@dataclass(frozen=True, slots=True)
class Box:
    """A place on the panel, in px."""

    x_px: float
    y_px: float
    width_px: float
    height_px: float

    @property
    def right_px(self) -> float:
        """Its right edge."""
        return self.x_px + self.width_px

    @property
    def bottom_px(self) -> float:
        """Its lower edge."""
        return self.y_px + self.height_px


def shorten(text: str, size_px: float, width_px: float, bold: bool = False) -> str:
    """Cut a text that would not fit into `width_px`, marking the cut."""
    most_n = max(2, int(width_px / ((BOLD_EM_WIDTH if bold else EM_WIDTH) * size_px)))
    return text if len(text) <= most_n else text[: most_n - 1].rstrip() + "…"


def ground(context: Context, box: Box, title: str, target: str = "") -> list[PanelItem]:
    """Draw the tile itself, its title at the left and its target at the right."""
    theme = context.theme
    baseline_px = box.y_px + PAD_PX + 15
    items: list[PanelItem] = [
        Rect(box.x_px, box.y_px, box.width_px, box.height_px, theme.tile, 14.0),
        Text(box.x_px + HEAD_PAD_PX, baseline_px, title, TITLE_PX, theme.text, bold=True),
    ]
    if target:
        right_px = box.right_px - HEAD_PAD_PX
        items.append(Text(right_px, baseline_px, target, LEAST_PX, theme.muted, "right"))
    return items


def word(context: Context, box: Box, level: Level, text: str, symbol: str = "") -> list[PanelItem]:
    """Draw the word at the tile's foot, on its level's colour, with its shape before it."""
    theme = context.theme
    height_px = 36.0
    x_px, y_px = box.x_px + 10, box.bottom_px - height_px - 10
    width_px = box.width_px - 20
    middle_px = x_px + width_px / 2
    if level == "neutral":
        plain = shorten(text, LEAST_PX, width_px)
        return [Text(middle_px, y_px + 25, plain, LEAST_PX, theme.muted, "center")]
    fits = shorten(f"{symbol or SYMBOLS[level]} {text}", WORD_PX, width_px - 8, bold=True)
    return [
        Rect(x_px, y_px, width_px, height_px, theme.level(level), 9.0),
        Text(middle_px, y_px + 25, fits, WORD_PX, theme.ink, "center", bold=True),
    ]


def judged(
    context: Context, box: Box, side: Side, key: str, symbols: dict[Side, str]
) -> list[PanelItem]:
    """Draw the word for a value's place in its band; unknown and history are said as such.

    `key` is the group in the catalogue, `symbols` the shapes of the places that have one.
    """
    if side == "unknown":
        return word(context, box, "neutral", context.why_unknown())
    if context.pausing:
        return word(context, box, "neutral", context.messages("panel.before"))
    text = context.messages(f"{key}.{side}")
    return word(context, box, context.level_of(side), text, symbols.get(side, ""))
