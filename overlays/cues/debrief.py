"""The debrief after a cycle: three numbers with their words, and one lesson.

Takes the digest of the last cycle (`mr.types.CycleDigest`), gives a sheet of its own, for
the pause after it and for the end. Means alone hide a scatter, so each number stands beside
the share of compressions that were on target.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mr.types import CycleDigest, Phase
from overlays.cues.context import Context, Side, side_of
from overlays.cues.tile import Box
from overlays.guidance import Shown
from overlays.primitives import Panel, PanelItem, Rect, Text
from overlays.theme import SYMBOLS, Level

WIDTH_PX, HEIGHT_PX = 660, 356
SHOWN_S = 12.0
"""So long after a cycle's end, at most: two breaths take about 8 s. Source: ours."""
EVEN_PCT = 80.0
"""With a smaller share on target a mean within its band is called uneven. Source: ours."""
SMALL_PX = 22.5
"""This sheet stands a little farther away than the panel."""
_MARGIN_PX, _ROW_PX = 18.0, 64.0
_ARROWS: dict[Side, str] = {"low": "▼", "high": "▲"}


@dataclass(frozen=True, slots=True)
class _Row:
    key: str
    value: float | None
    side: Side
    share_pct: float | None


def panel(context: Context, shown: Shown) -> Panel | None:
    """Draw the debrief, or nothing when it is not its time."""
    cycle = context.snapshot.cycle
    if cycle is None or not _is_due(context, shown, cycle):
        return None
    theme, messages = context.theme, context.messages
    width_px = WIDTH_PX - 2 * _MARGIN_PX
    items: list[PanelItem] = [
        Rect(0.0, 0.0, float(WIDTH_PX), float(HEIGHT_PX), theme.sheet, 22.0),
        Text(_MARGIN_PX + 4, 46.0, _title(context, cycle), 30.0, theme.text, bold=True),
        Text(
            WIDTH_PX - _MARGIN_PX - 4,
            46.0,
            messages("debrief.count", n=cycle.n_compressions),
            24.0,
            theme.muted,
            "right",
        ),
    ]
    for k, row in enumerate(_rows(context, cycle)):
        box = Box(_MARGIN_PX, 64.0 + k * (_ROW_PX + 6), width_px, _ROW_PX)
        items += _draw_row(context, box, row)
    items += _lesson(context, Box(_MARGIN_PX, 274.0, width_px, 66.0), cycle)
    return Panel(WIDTH_PX, HEIGHT_PX, tuple(items))


def _is_due(context: Context, shown: Shown, cycle: CycleDigest) -> bool:
    if shown.debrief == "never":
        return False
    if context.snapshot.phase is Phase.FINISHED:
        return True
    age_s = (context.snapshot.t_ns - cycle.ended_ns) / 1e9
    return shown.debrief == "cycles" and context.pausing and age_s <= SHOWN_S


def _title(context: Context, cycle: CycleDigest) -> str:
    if context.snapshot.phase is Phase.FINISHED:
        return context.messages("debrief.last")
    return context.messages("debrief.title", n=cycle.index + 1)


def _rows(context: Context, cycle: CycleDigest) -> tuple[_Row, ...]:
    t = context.snapshot.targets
    depth = side_of(cycle.depth_mm, t.depth_low_mm, t.depth_high_mm)
    rate = side_of(cycle.rate_cpm, t.rate_low_cpm, t.rate_high_cpm)
    release = side_of(cycle.release_mm, -np.inf, t.release_max_mm)
    return (
        _Row("recoil", cycle.release_mm, release, cycle.release_in_target_pct),
        _Row("depth", cycle.depth_mm, depth, cycle.depth_in_target_pct),
        _Row("rate", cycle.rate_cpm, rate, cycle.rate_in_target_pct),
    )


def _judge(context: Context, row: _Row) -> tuple[Level, str]:
    """Give the level and the words of a row, its shape included."""
    messages = context.messages
    if row.side == "unknown":
        return "neutral", messages("panel.not_measured")
    uneven = row.share_pct is not None and row.share_pct < EVEN_PCT
    if row.side == "good" and uneven:
        return "hint", f"{SYMBOLS['hint']} {messages('debrief.uneven')}"
    level: Level = "good" if row.side == "good" else "warning"
    shape = _ARROWS.get(row.side, SYMBOLS[level])
    return level, f"{shape} {messages(f'{row.key}.{row.side}')}"


def _draw_row(context: Context, box: Box, row: _Row) -> list[PanelItem]:
    """Draw a name, a mean, the word for it, and the share on target with its bar."""
    theme, messages = context.theme, context.messages
    level, words = _judge(context, row)
    base_px, x_px = box.y_px + 41, box.x_px
    value, unit = messages.number(row.value), messages(f"{row.key}.unit")
    items: list[PanelItem] = [
        Rect(x_px, box.y_px, box.width_px, box.height_px, theme.tile, 12.0),
        Text(x_px + 14, base_px, messages(f"{row.key}.title"), 23.0, theme.text, bold=True),
        Text(x_px + 244, base_px, value, 32.0, theme.text, "right", bold=True),
        Text(x_px + 250, base_px, unit, SMALL_PX, theme.muted),
    ]
    plate = Box(x_px + 308, box.y_px + 12, 190.0, 40.0)
    middle_px = plate.x_px + plate.width_px / 2
    if level == "neutral":
        items.append(Text(middle_px, base_px - 1, words, SMALL_PX, theme.muted, "center"))
    else:
        color = theme.level(level)
        items.append(Rect(plate.x_px, plate.y_px, plate.width_px, plate.height_px, color, 9.0))
        items.append(Text(middle_px, base_px - 1, words, SMALL_PX, theme.ink, "center", bold=True))
    return items + _share(context, Box(x_px + 512, box.y_px + 8, 98.0, 48.0), row)


def _share(context: Context, box: Box, row: _Row) -> list[PanelItem]:
    """Draw the share on target as a bar below its number."""
    if row.share_pct is None:
        return []
    theme, messages = context.theme, context.messages
    share = messages("debrief.share", share=messages.number(row.share_pct))
    filled_px = box.width_px * min(1.0, max(0.0, row.share_pct / 100.0))
    bar_px = box.bottom_px - 12
    return [
        Text(box.right_px, box.y_px + 24, share, 23.0, theme.text, "right", bold=True),
        Rect(box.x_px, bar_px, box.width_px, 10.0, theme.track, 5.0),
        Rect(box.x_px, bar_px, filled_px, 10.0, theme.neutral, 5.0),
    ]


def _lesson(context: Context, box: Box, cycle: CycleDigest) -> list[PanelItem]:
    """Write the one lesson; nothing where too little was measured to say one."""
    if not cycle.lesson:
        return []
    theme = context.theme
    level: Level = "good" if cycle.lesson == "lesson_good" else "hint"
    words = context.messages(f"cue.{cycle.lesson}")
    return [
        Rect(box.x_px, box.y_px, box.width_px, box.height_px, theme.tile, 12.0),
        Rect(box.x_px, box.y_px, 58.0, box.height_px, theme.level(level), 12.0),
        Text(box.x_px + 29, box.y_px + 43, SYMBOLS[level], 30.0, theme.ink, "center", bold=True),
        Text(box.x_px + 76, box.y_px + 43, words, 28.0, theme.text, bold=True),
    ]
