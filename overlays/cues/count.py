"""The count: compressions so far, or within the cycle where breaths are given."""

from __future__ import annotations

from mr.types import Phase
from overlays.cues.context import Context
from overlays.cues.tile import Box, ground, word
from overlays.primitives import Arc, PanelItem, Text

BIG_PX = 66.0


def cycle_of(mode: str) -> tuple[int, int] | None:
    """Give compressions and breaths of a cycle, as in ``30:2``, or None without cycles."""
    pushes, colon, breaths = mode.partition(":")
    if colon and pushes.isdecimal() and breaths.isdecimal():
        return int(pushes), int(breaths)
    return None


def tile(context: Context, box: Box) -> list[PanelItem]:
    """Draw the count on the panel, with the cycle's ring around it where there is one."""
    snapshot, messages, theme = context.snapshot, context.messages, context.theme
    cycle = cycle_of(snapshot.mode)
    target = messages("count.of", n=cycle[0]) if cycle else ""
    items = ground(context, box, messages("count.title"), target)
    x_px, y_px = box.x_px + box.width_px / 2, box.y_px + 114
    if cycle:
        share = min(1.0, snapshot.n_in_cycle / max(1, cycle[0]))
        items.append(Arc(x_px, y_px, 62.0, 0.0, 6.2831853, 11.0, theme.track))
        items.append(Arc(x_px, y_px, 62.0, 0.0, 6.2831853 * share, 11.0, theme.neutral))
    number = messages.number(snapshot.n_in_cycle if cycle else snapshot.n_compressions)
    size_px = BIG_PX if len(number) <= 3 else BIG_PX * 0.8
    if cycle:
        size_px *= 0.85
    baseline_px = y_px + 0.36 * size_px
    items.append(Text(x_px, baseline_px, number, size_px, theme.text, "center", bold=True))
    breathing = snapshot.phase is Phase.VENTILATING
    return items + word(
        context, box, "neutral", messages("count.breaths" if breathing else "count.word")
    )
