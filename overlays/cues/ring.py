"""The target ring on the sternum: where the hands belong.

Whole with a tick when the hand lies in it, dashed with an arrow towards its centre when
the hand is off ("move here"), whole with a cross when no hand is there ("hands here"),
and plain while nothing is known.
"""

from __future__ import annotations

import numpy as np

from mr.types import FloatArray
from overlays.cues import strip
from overlays.cues.context import Context
from overlays.primitives import Color, Label, Registered
from overlays.theme import SYMBOLS

RADIUS_M = 0.058
"""A little more than the heel of a hand, so that the ring is seen around it."""


def hand_is_off(context: Context) -> bool | None:
    """Say whether the hand lies outside the target, or None when that is not known."""
    snapshot = context.snapshot
    if snapshot.hands != "on" or snapshot.hand_offset_mm is None:
        return None
    return float(np.hypot(*snapshot.hand_offset_mm)) > snapshot.targets.hand_offset_max_mm


def registered(context: Context) -> list[Registered]:
    """Draw the ring around the mannequin's origin."""
    theme, snapshot = context.theme, context.snapshot
    off = hand_is_off(context)
    if off and snapshot.hand_offset_mm is not None:
        return _towards_centre(context, np.array(snapshot.hand_offset_mm) / 1000.0)
    items: list[Registered] = []
    items += strip.ring(theme, RADIUS_M, theme.neutral if off is None else theme.good)
    if snapshot.hands == "off":
        items += _cross(context)
        items.append(_label(context, context.messages("ring.here"), theme.text))
    elif off is False:
        items.append(_label(context, SYMBOLS["good"], theme.good, height_m=0.026))
    return items


def _cross(context: Context) -> list[Registered]:
    """Mark the centre while no hand hides it."""
    arm_m, theme = 0.016, context.theme
    ends = np.array([[arm_m, 0.0, 0.0], [0.0, arm_m, 0.0]])
    strokes = [
        stroke
        for end in ends
        for stroke in strip.line(
            theme, np.array([-end, end]), 0.7 * theme.ring_width_m, theme.neutral
        )
    ]
    return [*sorted(strokes, key=lambda stroke: stroke.color != theme.casing)]


def _towards_centre(context: Context, offset_m: FloatArray) -> list[Registered]:
    theme = context.theme
    ring = strip.dashed_ring(theme, RADIUS_M, theme.warning)
    hand = np.array([offset_m[0], offset_m[1], 0.0])
    away = hand / np.linalg.norm(hand)
    # an arrow of fixed length: a short offset needs as clear an arrow as a long one
    tail, tip = away * (RADIUS_M + 0.070), away * 0.006
    side = np.array([-away[1], away[0], 0.0])
    arrow = strip.arrow(theme, tail, tip, side, theme.warning)
    label = _label(context, context.messages("ring.move"), theme.text, clear_of=away)
    return [*ring, *arrow, label]


def _label(
    context: Context,
    text: str,
    color: Color,
    *,
    clear_of: FloatArray | None = None,
    height_m: float = 0.017,
) -> Label:
    """Write above the ring as the reader sees it, or below where an arrow comes from above."""
    _, up = context.viewer.axes(np.zeros(3))
    flat = np.array([up[0], up[1], 0.0])
    length = float(np.linalg.norm(flat))
    flat = flat / length if length > 0.3 else np.array([0.0, 1.0, 0.0])
    below = clear_of is not None and float(flat @ clear_of) > 0
    anchor = flat * (RADIUS_M + 0.032) * (-1.0 if below else 1.0)
    return Label(strip.points(anchor[None])[0], text, height_m, color)
