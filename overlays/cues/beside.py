"""The notes beside the ring: what the ring says, and what counts now.

A column of lines at the reader's left of the ring, along the mannequin, where no arm comes
from and the depth bar is not. While compressing: the count in the cycle; in a pause: the
seconds without pushing, or the breaths that were given.
"""

from __future__ import annotations

import itertools

import numpy as np

from mr.types import FloatArray, Phase
from overlays.cues import ring, strip
from overlays.cues.context import Context
from overlays.cues.count import cycle_of
from overlays.guidance import Shown
from overlays.primitives import Color, Label, Registered

WORDS_M = 0.017
NUMBER_M = 0.026
"""Cap heights: seen from a kneeling learner's eyes 1.1 and 1.7 degrees."""
_GAP_M = 0.024
_LINE_M = 1.75
"""From line to line, by the cap heights' mean."""


def registered(context: Context, may: Shown) -> list[Registered]:
    """Write the column."""
    lines = _lines(context, may)
    right, up = context.viewer.axes(np.zeros(3))
    at: FloatArray = -right * (ring.RADIUS_M + _GAP_M + context.theme.ring_width_m)
    heights = [height_m for _, height_m, _ in lines]
    steps = [_LINE_M * (a + b) / 2 for a, b in itertools.pairwise(heights)]
    at = at + up * (sum(steps) / 2)
    items: list[Registered] = []
    for k, (text, height_m, color) in enumerate(lines):
        items.append(Label(strip.points(at[None])[0], text, height_m, color, "right"))
        at = at - up * (steps[k] if k < len(steps) else 0.0)
    return items


def _lines(context: Context, may: Shown) -> list[tuple[str, float, Color]]:
    """Give texts, cap heights and colours, from top to bottom."""
    if context.pausing:
        lines = _pause(context)
    elif context.snapshot.phase in (Phase.COMPRESSING, Phase.VENTILATING):
        lines = [_place(context), *_going_on(context, may)]
    else:
        lines = [_place(context)]
    return [line for line in lines if line[0]]


def _place(context: Context) -> tuple[str, float, Color]:
    return ring.words(context), WORDS_M, context.theme.text


def _pause(context: Context) -> list[tuple[str, float, Color]]:
    """Write the timer, and the breaths where they are due."""
    snapshot, messages, theme = context.snapshot, context.messages, context.theme
    breathing = in_breath_pause(context)
    color = theme.hint if breathing else theme.warning
    seconds = messages("beside.timer", seconds=messages.number(int(snapshot.hands_off_s)))
    lines = [(seconds, NUMBER_M, color)]
    if breathing:
        return [*lines, (breaths_given(context), WORDS_M, theme.text)]
    return [_place(context), *lines, (messages("hands_off.word"), WORDS_M, theme.text)]


def _going_on(context: Context, may: Shown) -> list[tuple[str, float, Color]]:
    """Write the count in the cycle; the dense look has the rate, and counts without cycles."""
    snapshot, messages, theme = context.snapshot, context.messages, context.theme
    lines: list[tuple[str, float, Color]] = []
    cycle = cycle_of(snapshot.mode)
    if cycle and context.density != "calm":
        count = messages("beside.count", n=snapshot.n_in_cycle, of=cycle[0])
        lines.append((count, NUMBER_M, theme.text))
    elif context.density == "dense":
        lines.append((messages.number(snapshot.n_compressions), NUMBER_M, theme.text))
    if may.values and context.density == "dense" and snapshot.rate_cpm is not None:
        rate = messages("beside.rate", rate=messages.number(snapshot.rate_cpm))
        lines.append((rate, WORDS_M, theme.text))
    return lines


def in_breath_pause(context: Context) -> bool:
    """Tell whether this pause is for breaths: due in this mode, or being given."""
    snapshot, cycle = context.snapshot, cycle_of(context.snapshot.mode)
    due = cycle is not None and snapshot.n_in_cycle >= cycle[0]
    return snapshot.phase is Phase.VENTILATING or due or snapshot.n_breaths > 0


def breaths_given(context: Context) -> str:
    """Say how many of the cycle's breaths were given."""
    snapshot, messages = context.snapshot, context.messages
    cycle = cycle_of(snapshot.mode)
    if cycle is None:
        return messages("count.breaths")
    given = min(snapshot.n_breaths, cycle[1])
    return messages("beside.breaths", n=given, of=cycle[1])
