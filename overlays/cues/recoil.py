"""Release: did the chest come fully up between two compressions?

Shows the chest's line against its resting height, magnified, with the millimetres left
and the word. Recoil is a first-class cue: learners with feedback on depth and rate
alone lean more.

Ref: PMC3162914 (spoken correction raised incomplete release).
"""

from __future__ import annotations

import numpy as np

from overlays.cues.context import Context, side_of
from overlays.cues.tile import NUMBER_PX, PAD_PX, UNIT_PX, Box, ground, judged
from overlays.primitives import Line, PanelItem, Rect, Text

FULL_MM = 20.0
"""Residual depth at the gauge's lower end."""


def tile(context: Context, box: Box) -> list[PanelItem]:
    """Draw the release gauge on the panel."""
    snapshot, messages, theme = context.snapshot, context.messages, context.theme
    max_mm = snapshot.targets.release_max_mm
    target = messages("recoil.target", max=messages.number(max_mm))
    items = ground(context, box, messages("recoil.title"), target)
    x_px, y_px, width_px = box.x_px + PAD_PX + 4, box.y_px + 56, 92.0
    height_px = box.height_px - 56 - 62
    items += [
        Rect(x_px, y_px, width_px, height_px, theme.track, 6.0),
        Rect(x_px, y_px, width_px, height_px * min(1.0, max_mm / FULL_MM), theme.band),
        Line(x_px - 5, y_px, x_px + width_px + 5, y_px, 3.0, theme.good),
    ]
    left_mm = snapshot.last_release_mm
    side = side_of(left_mm, -np.inf, max_mm)
    if left_mm is not None:
        share = float(np.clip(left_mm / FULL_MM, 0.0, 1.0))
        chest_px = y_px + share * (height_px - 8) + 4
        color = theme.level(context.level_of(side))
        items.append(Line(x_px + 8, chest_px, x_px + width_px - 8, chest_px, 9.0, color))
        items += _arrow(x_px + width_px / 2, chest_px, y_px, color) if side == "high" else []
    right_px, middle_px = box.right_px - PAD_PX, box.y_px + 128
    number = messages.number(left_mm)
    items += [
        Text(right_px, middle_px, number, NUMBER_PX, theme.text, "right", bold=True),
        Text(right_px, middle_px + 28, messages("recoil.unit"), UNIT_PX, theme.muted, "right"),
    ]
    return items + judged(context, box, side, "recoil", {"high": "▲"})


def _arrow(
    x_px: float, from_px: float, to_px: float, color: tuple[float, float, float, float]
) -> list[PanelItem]:
    """Draw an arrow from the chest up to its resting height, where there is room for one."""
    if from_px - to_px < 24:
        return []
    tip_px = to_px + 6
    return [
        Line(x_px, from_px, x_px, tip_px + 2, 5.0, color),
        Line(x_px - 12, tip_px + 12, x_px, tip_px, 5.0, color),
        Line(x_px + 12, tip_px + 12, x_px, tip_px, 5.0, color),
    ]
