"""The hands-off timer: seconds without compressions, while the session runs."""

from __future__ import annotations

from mr.types import Phase
from overlays.cues.context import Context
from overlays.cues.count import BIG_PX
from overlays.cues.tile import UNIT_PX, Box, ground, word
from overlays.primitives import PanelItem, Text
from overlays.theme import Level


def tile(context: Context, box: Box) -> list[PanelItem]:
    """Draw the timer on the panel; it takes the place of the count."""
    snapshot, messages, theme = context.snapshot, context.messages, context.theme
    level: Level = "hint" if snapshot.phase is Phase.VENTILATING else "warning"
    x_px, y_px = box.x_px + box.width_px / 2, box.y_px + 130
    number = messages.number(int(snapshot.hands_off_s))
    items = ground(context, box, messages("hands_off.title"))
    items += [
        Text(x_px, y_px, number, BIG_PX, theme.level(level), "center", bold=True),
        Text(x_px, y_px + 30, messages("hands_off.seconds"), UNIT_PX, theme.muted, "center"),
    ]
    breathing = snapshot.phase is Phase.VENTILATING
    return items + word(
        context, box, level, messages("count.breaths" if breathing else "hands_off.word")
    )
