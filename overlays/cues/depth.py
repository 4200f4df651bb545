"""Depth: a bar beside the chest and its twin on the panel.

Both fill downward from the resting chest: the target is a band between two strong
lines, the present depth a fill, the last peak a pointer with its number. The resting chest
is a line of its own at the top of the registered bar, and a pointer says how far the chest
came up to it: recoil is seen where depth is. Advice on depth or release shows as a double
arrow beside the registered bar.
"""

from __future__ import annotations

import numpy as np

from mr.types import FloatArray, Targets
from overlays.cues import strip
from overlays.cues.context import Context, side_of
from overlays.cues.tile import NUMBER_PX, PAD_PX, UNIT_PX, Box, ground, judged
from overlays.primitives import Color, Label, Line, PanelItem, Polygon, Rect, Registered, Text
from overlays.theme import SYMBOLS, Theme

FULL_MM = 80.0
"""The bar's whole range."""
LENGTH_M = 0.20
WIDTH_M = 0.026
OFFSET_M = 0.150
"""From the compression point to the bar, to the reader's right, along the chest."""
_APART_MM = 13.0
"""Two pointers nearer than this would write one over the other: then the deeper one speaks."""
_ADVICE = {"push_deeper": (1.0, 46.0), "push_less": (-1.0, 46.0), "let_it_rise": (-1.0, 14.0)}
"""Cue → direction of the double arrow (1 is down) and the depth it stands at, in mm."""


def _band(targets: Targets) -> tuple[float, float]:
    high_mm = FULL_MM if targets.depth_high_mm is None else targets.depth_high_mm
    return min(targets.depth_low_mm, FULL_MM), min(high_mm, FULL_MM)


def _share(depth_mm: float) -> float:
    return min(max(depth_mm / FULL_MM, 0.0), 1.0)


class _Sheet:
    """The flat sheet the registered bar is drawn on: it faces the reader."""

    def __init__(self, context: Context) -> None:
        self.right, self.up = context.viewer.axes(np.zeros(3))
        flat = np.array([self.right[0], self.right[1], 0.0])
        length = float(np.linalg.norm(flat))
        flat = flat / length if length > 0.1 else np.array([1.0, 0.0, 0.0])
        self.top = flat * OFFSET_M + self.up * (LENGTH_M / 2)

    def at(self, across_m: float, depth_mm: float, more_m: float = 0.0) -> FloatArray:
        """Give the point `across_m` to the right at a depth, `more_m` further down."""
        down_m = _share(depth_mm) * LENGTH_M + more_m
        return np.asarray(self.top + self.right * across_m - self.up * down_m)

    def box(
        self, half_m: float, from_mm: float, to_mm: float, rim_m: float = 0.0
    ) -> tuple[tuple[float, float, float], ...]:
        """Give the corners of the part of the bar between two depths."""
        wide_m = half_m + rim_m
        return strip.points(
            np.array(
                [
                    self.at(-wide_m, from_mm, -rim_m),
                    self.at(wide_m, from_mm, -rim_m),
                    self.at(wide_m, to_mm, rim_m),
                    self.at(-wide_m, to_mm, rim_m),
                ]
            )
        )


def registered(context: Context) -> list[Registered]:
    """Draw the bar beside the chest, turned to the reader."""
    theme, snapshot = context.theme, context.snapshot
    sheet, half_m = _Sheet(context), WIDTH_M / 2
    low_mm, high_mm = _band(snapshot.targets)
    items: list[Registered] = [
        Polygon(sheet.box(half_m, 0.0, FULL_MM, 2 * theme.casing_width_m), theme.casing),
        Polygon(sheet.box(half_m, 0.0, FULL_MM), theme.track),
        Polygon(sheet.box(half_m, low_mm, high_mm), theme.band),
    ]
    if snapshot.depth_mm is not None:
        fill = sheet.box(half_m * 0.62, 0.0, max(0.0, snapshot.depth_mm))
        items.append(Polygon(fill, theme.neutral))
    for edge_mm in (low_mm, high_mm):
        edge = np.array([sheet.at(-half_m - 0.006, edge_mm), sheet.at(half_m + 0.006, edge_mm)])
        items += strip.line(theme, edge, 0.004, theme.good)
    rest = np.array([sheet.at(-half_m - 0.014, 0.0), sheet.at(half_m + 0.006, 0.0)])
    items += strip.line(theme, rest, 0.005, theme.text)
    items += _peak(context, sheet)
    items += _release(context, sheet)
    items += _chevrons(context, sheet)
    return items


def _peak(context: Context, sheet: _Sheet) -> list[Registered]:
    """Point at the last peak and write its number."""
    theme, snapshot = context.theme, context.snapshot
    if snapshot.last_depth_mm is None:
        at = sheet.at(_POINTER_M + 0.018, sum(_band(snapshot.targets)) / 2)
        unknown = context.messages("panel.unknown")
        return [Label(strip.points(at[None])[0], unknown, 0.022, theme.text, "left")]
    depth_mm = snapshot.last_depth_mm
    side = side_of(depth_mm, snapshot.targets.depth_low_mm, snapshot.targets.depth_high_mm)
    color = theme.level(context.level_of(side))
    text = context.messages("depth.peak", depth=context.messages.number(depth_mm))
    return _pointer(theme, sheet, depth_mm, text, color)


def _release(context: Context, sheet: _Sheet) -> list[Registered]:
    """Point at what was left at the last release, and say whether the chest came fully up."""
    snapshot, messages, theme = context.snapshot, context.messages, context.theme
    left_mm = snapshot.last_release_mm
    peak_mm = snapshot.last_depth_mm
    if (
        left_mm is None
        or context.pausing
        or (peak_mm is not None and peak_mm - left_mm < _APART_MM)
    ):
        return []
    side = side_of(left_mm, -np.inf, snapshot.targets.release_max_mm)
    level = context.level_of(side)
    if side == "high":
        text = messages("recoil.left", left=messages.number(left_mm))
    else:
        text = messages("recoil.up")
    if level != "neutral":
        text = f"{'▲' if side == 'high' else SYMBOLS['good']} {text}"
    return _pointer(theme, sheet, max(0.0, left_mm), text, theme.level(level))


_POINTER_M = WIDTH_M / 2 + 0.008
"""From the bar's middle to the tips of its pointers."""


def _pointer(
    theme: Theme, sheet: _Sheet, depth_mm: float, text: str, color: Color
) -> list[Registered]:
    """Draw a pointer at a depth, at the bar's right, with its words."""
    corners = [(0.0, 0.0), (0.018, -0.011), (0.018, 0.011)]
    rim_m = theme.casing_width_m
    rim = [(-1.7 * rim_m, 0.0), (0.018 + 1.3 * rim_m, -0.011 - 2.3 * rim_m)]
    rim.append((rim[1][0], -rim[1][1]))
    anchor = strip.points(sheet.at(_POINTER_M + 0.028, depth_mm)[None])[0]
    return [
        _triangle(sheet, rim, _POINTER_M, depth_mm, theme.casing),
        _triangle(sheet, corners, _POINTER_M, depth_mm, color),
        Label(anchor, text, 0.018, theme.text, "left"),
    ]


def _triangle(
    sheet: _Sheet,
    corners: list[tuple[float, float]],
    x_m: float,
    depth_mm: float,
    color: Color,
) -> Polygon:
    at = np.array([sheet.at(x_m + x, depth_mm, y) for x, y in corners])
    return Polygon(strip.points(at), color)


def _chevrons(context: Context, sheet: _Sheet) -> list[Registered]:
    """Show which way to change, when the advice is about depth or release."""
    cue = context.snapshot.cue
    if cue is None or cue.key not in _ADVICE:
        return []
    way, depth_mm = _ADVICE[cue.key]
    items: list[Registered] = []
    for step in (-1.0, 1.0):
        middle_m = 0.011 * step
        x_m = -WIDTH_M / 2 - 0.034
        at = np.array(
            [
                sheet.at(x_m - 0.018, depth_mm, middle_m - 0.008 * way),
                sheet.at(x_m, depth_mm, middle_m + 0.008 * way),
                sheet.at(x_m + 0.018, depth_mm, middle_m - 0.008 * way),
            ]
        )
        items += strip.line(context.theme, at, 0.008, context.theme.level(cue.severity))
    return items


def tile(context: Context, box: Box) -> list[PanelItem]:
    """Draw the bar, the last peak's number and its word on the panel."""
    snapshot, messages = context.snapshot, context.messages
    targets = snapshot.targets
    target = (
        messages("depth.target_from", low=messages.number(targets.depth_low_mm))
        if targets.depth_high_mm is None
        else messages(
            "depth.target",
            low=messages.number(targets.depth_low_mm),
            high=messages.number(targets.depth_high_mm),
        )
    )
    items = ground(context, box, messages("depth.title"), target)
    items += _panel_bar(context, box)
    side = side_of(snapshot.last_depth_mm, targets.depth_low_mm, targets.depth_high_mm)
    right_px, middle_px = box.right_px - PAD_PX, box.y_px + 128
    items += [
        Text(
            right_px,
            middle_px,
            messages.number(snapshot.last_depth_mm),
            NUMBER_PX,
            context.theme.text,
            "right",
            bold=True,
        ),
        Text(
            right_px, middle_px + 28, messages("depth.unit"), UNIT_PX, context.theme.muted, "right"
        ),
    ]
    return items + judged(context, box, side, "depth", {"low": "▼", "high": "▲"})


def _panel_bar(context: Context, box: Box) -> list[PanelItem]:
    theme, snapshot = context.theme, context.snapshot
    x_px, y_px, width_px = box.x_px + PAD_PX + 4, box.y_px + 46, 44.0
    height_px = box.height_px - 46 - 58
    low_mm, high_mm = _band(snapshot.targets)
    low_px, high_px = (y_px + _share(v) * height_px for v in (low_mm, high_mm))
    items: list[PanelItem] = [
        Rect(x_px, y_px, width_px, height_px, theme.track, 6.0),
        Rect(x_px, low_px, width_px, high_px - low_px, theme.band),
    ]
    if snapshot.depth_mm is not None:
        now_px = _share(snapshot.depth_mm) * height_px
        items.append(Rect(x_px + 10, y_px, width_px - 20, now_px, theme.neutral, 3.0))
    items += [
        Line(x_px - 5, edge_px, x_px + width_px + 5, edge_px, 3.0, theme.good)
        for edge_px in (low_px, high_px)
    ]
    if snapshot.last_depth_mm is not None:
        peak_px = y_px + _share(snapshot.last_depth_mm) * height_px
        side = side_of(
            snapshot.last_depth_mm, snapshot.targets.depth_low_mm, snapshot.targets.depth_high_mm
        )
        items.append(
            Text(x_px + width_px + 8, peak_px + 9, "◀", 26.0, theme.level(context.level_of(side)))
        )
    return items
