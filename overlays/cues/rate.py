"""Rate: a dial with the target band, a needle, the number and its word."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from overlays.cues.context import Context, side_of
from overlays.cues.tile import NUMBER_PX, UNIT_PX, Box, ground, judged
from overlays.primitives import Arc, Color, Line, PanelItem, Text

LOW_CPM, HIGH_CPM = 60.0, 160.0
"""The dial's ends."""
_SWING_RAD = float(np.radians(112.0))


def _angle_rad(rate_cpm: float) -> float:
    """Give the dial's angle, clockwise from 12 o'clock; beyond its ends it stays there."""
    share = np.clip((rate_cpm - LOW_CPM) / (HIGH_CPM - LOW_CPM), 0.0, 1.0)
    return float((2 * share - 1) * _SWING_RAD)


def tile(context: Context, box: Box) -> list[PanelItem]:
    """Draw the dial on the panel."""
    snapshot, messages, theme = context.snapshot, context.messages, context.theme
    targets = snapshot.targets
    target = messages(
        "rate.target",
        low=messages.number(targets.rate_low_cpm),
        high=messages.number(targets.rate_high_cpm),
    )
    dial = _Dial(box.x_px + box.width_px / 2, box.y_px + 132, 78.0)
    low_rad, high_rad = _angle_rad(targets.rate_low_cpm), _angle_rad(targets.rate_high_cpm)
    items = ground(context, box, messages("rate.title"), target)
    items += [
        dial.arc(-_SWING_RAD, _SWING_RAD, theme.track),
        dial.arc(low_rad, high_rad, theme.band),
        dial.tick(low_rad, 12.0, 3.0, theme.good),
        dial.tick(high_rad, 12.0, 3.0, theme.good),
    ]
    side = side_of(snapshot.rate_cpm, targets.rate_low_cpm, targets.rate_high_cpm)
    if snapshot.rate_cpm is not None:
        rad = _angle_rad(snapshot.rate_cpm)
        items.append(dial.tick(rad, 15.0, 13.0, theme.tile))
        items.append(dial.tick(rad, 15.0, 7.0, theme.level(context.level_of(side))))
    number = messages.number(snapshot.rate_cpm)
    items += [
        Text(dial.x_px, dial.y_px + 12, number, NUMBER_PX, theme.text, "center", bold=True),
        Text(dial.x_px, dial.y_px + 37, messages("rate.unit"), UNIT_PX, theme.muted, "center"),
    ]
    return items + judged(context, box, side, "rate", {"low": "▼", "high": "▲"})


@dataclass(frozen=True, slots=True)
class _Dial:
    """A dial on the panel, in px."""

    x_px: float
    y_px: float
    radius_px: float

    def arc(self, from_rad: float, to_rad: float, color: Color) -> Arc:
        """Draw a part of the dial's scale."""
        return Arc(self.x_px, self.y_px, self.radius_px, from_rad, to_rad - from_rad, 17.0, color)

    def tick(self, rad: float, half_px: float, width_px: float, color: Color) -> Line:
        """Draw a stroke across the scale at an angle."""
        sin, cos = float(np.sin(rad)), float(np.cos(rad))
        inner_px, outer_px = self.radius_px - half_px, self.radius_px + half_px
        return Line(
            self.x_px + inner_px * sin,
            self.y_px - inner_px * cos,
            self.x_px + outer_px * sin,
            self.y_px - outer_px * cos,
            width_px,
            color,
        )
