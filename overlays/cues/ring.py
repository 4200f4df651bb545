"""The target ring on the sternum: where the hands belong.

Whole with a tick when the hand lies in it; dashed when the hand is off, with an arrow from
behind the hand towards the centre ("move here"); whole with a cross when no hand is there
("hands here"); and plain while nothing is known. No part of the arrow lies on the hand.
"""

from __future__ import annotations

import numpy as np

from mr.types import FloatArray
from overlays.cues import strip
from overlays.cues.context import Context
from overlays.primitives import Registered
from overlays.theme import SYMBOLS

RADIUS_M = 0.066
"""More than a hand (98 mm wide with its mask): the ring is seen at both of its sides."""
HEEL_M = 0.042
"""Radius of the heel of a hand, to stay clear of. Half of a hand's breadth of 85 mm (ours)."""
ARROW_M = 0.075


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
        ring = strip.dashed_ring(theme, RADIUS_M, theme.warning)
        arrow = _arrow(context, np.array(snapshot.hand_offset_mm) / 1000.0)
        return [*ring, *arrow]
    items: list[Registered] = []
    items += strip.ring(theme, RADIUS_M, theme.neutral if off is None else theme.good)
    if snapshot.hands == "off":
        items += _cross(context)
    return items


def words(context: Context) -> str:
    """Say what the ring says; empty while nothing is known."""
    off = hand_is_off(context)
    if off:
        return context.messages("ring.move")
    if off is False:
        return f"{SYMBOLS['good']} {context.messages('ring.good')}"
    return context.messages("ring.here") if context.snapshot.hands == "off" else ""


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


def _arrow(context: Context, offset_m: FloatArray) -> list[Registered]:
    """Point from behind the hand over it to the centre: on the hand it would cover it."""
    theme = context.theme
    hand = np.array([offset_m[0], offset_m[1], 0.0])
    away = hand / np.linalg.norm(hand)
    # an arrow of fixed length: a short offset needs as clear an arrow as a long one
    tip = hand + away * (HEEL_M + 0.008)
    side = np.array([-away[1], away[0], 0.0])
    return [*strip.arrow(theme, tip + away * ARROW_M, tip, side, theme.warning)]
