"""A mount as a picture: depth in false colours, the boxes that matter, what hides the chest.

Takes a depth frame, where the chest is seen and the report, gives one picture with the
verdict in words beside it; leaves showing and saving it to the command.
"""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import numpy.typing as npt

from mr.geometry.camera import Camera
from mr.tracking.mount import MountReport
from mr.tracking.mount_facts import Verdict
from mr.tracking.mount_view import ARMS_BOX_M, CHEST_BOX_M, Box, MountView
from mr.types import DepthFrame, FloatArray
from overlays.primitives import Color, Line, PanelItem, Rect, Text
from overlays.render.painter import canvas_over, paint_items, shape
from overlays.theme import DEFAULT, fade

Picture = npt.NDArray[np.uint8]
"""(H, W, 3) uint8, blue-green-red."""

SCALE = 1.25
SHEET_PX = 470
LEGEND_PX = 40
NEARER_M, FARTHER_M = 0.55, 0.40
"""Depths shown in colours, before and behind the chest."""
MIDDLE_M = 0.8
NO_DEPTH = (40, 34, 30)
HIDES: Color = (1.0, 0.1, 0.9, 1.0)
WHITE: Color = (1.0, 1.0, 1.0, 1.0)
DARK: Color = (0.0, 0.0, 0.0, 0.75)
ARMS_INK: Color = (0.80, 0.90, 1.0, 0.9)
LOOKS: dict[Verdict, tuple[str, Color]] = {
    "good": ("✓", DEFAULT.good),
    "usable": ("!", DEFAULT.hint),
    "bad": ("✗", DEFAULT.warning),
    "unknown": ("–", DEFAULT.muted),
}
WORDS: dict[Verdict, str] = {
    "good": "GOOD",
    "usable": "USABLE",
    "bad": "BAD",
    "unknown": "NOT KNOWN",
}


def draw_mount(
    frame: DepthFrame, camera: Camera, view: MountView | None, report: MountReport, name: str
) -> Picture:
    """Draw what the camera sees, with the report beside it, (H', W', 3) uint8."""
    chest_m = report.facts.place.distance_m if report.facts.place else report.facts.middle_m
    span = _span(chest_m or MIDDLE_M)
    seen = false_colours(frame, span)
    if view is not None:
        _hatch(seen, frame, view)
    height_px, width_px = (round(SCALE * side) for side in frame.depth_counts.shape)
    pixels = np.zeros((height_px + LEGEND_PX, width_px + SHEET_PX, 4), dtype=np.uint8)
    size = (width_px, height_px)
    pixels[:height_px, :width_px, :3] = cv2.resize(seen, size, interpolation=cv2.INTER_NEAREST)
    pixels[..., 3] = 255
    surface, canvas = canvas_over(pixels, "bgra", opaque=True)
    items = [*_sheet(report, name, width_px, height_px + LEGEND_PX)]
    items += _legend(height_px, width_px, span)
    if view is not None:
        items += _boxes(camera, view)
    items += _aim(width_px / 2, height_px / 2)
    paint_items(canvas, tuple(items))
    surface.flushAndSubmit()
    return cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR).astype(np.uint8, copy=False)


def _span(chest_m: float) -> tuple[float, float]:
    return max(0.15, chest_m - NEARER_M), chest_m + FARTHER_M


def false_colours(frame: DepthFrame, span_m: tuple[float, float]) -> Picture:
    """Colour depth from near (red) to far (blue); dark where there is none."""
    low, high = span_m
    depth_m = frame.depth_counts.astype(np.float32) * np.float32(frame.m_per_count)
    share = np.clip((high - depth_m) / (high - low), 0.0, 1.0)
    colours = np.asarray(_turbo((share * 255).astype(np.uint8)))
    colours[frame.depth_counts == 0] = NO_DEPTH
    return colours.astype(np.uint8, copy=False)


def _turbo(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    # The map's ends are nearly black; its middle nine tenths are told apart at a glance.
    squeezed = (18 + grey.astype(np.float32) * (220 / 255)).astype(np.uint8)
    return np.asarray(cv2.applyColorMap(squeezed, cv2.COLORMAP_TURBO), dtype=np.uint8)


def _hatch(picture: Picture, frame: DepthFrame, view: MountView) -> None:
    """Hatch what hides the chest; no depth has this colour."""
    rays = view.chest
    hidden = rays.hidden_mask(frame)
    if not hidden.any():
        return
    mask = np.zeros(picture.shape[:2], dtype=np.uint8)
    mask[rays.rows, rays.columns] = hidden
    mask = np.asarray(cv2.dilate(mask, np.ones((2, 2), np.uint8), anchor=(0, 0)), dtype=np.uint8)
    y, x = np.nonzero(mask)
    stripe = (x + y) % 12 < 7
    picture[y[stripe], x[stripe]] = tuple(round(255 * c) for c in HIDES[2::-1])
    picture[y[~stripe], x[~stripe]] //= 3


def _boxes(camera: Camera, view: MountView) -> list[PanelItem]:
    """Draw both boxes, named."""
    drawn: list[PanelItem] = []
    for box, color, width_px, word in (
        (ARMS_BOX_M, ARMS_INK, 1.5, "forearms"),
        (CHEST_BOX_M, WHITE, 3.0, "chest"),
    ):
        corners_px = SCALE * camera.project(view.pose.apply(_corners(box)))
        if not np.isfinite(corners_px).all():
            continue
        for a, b in _edges():
            (x0, y0), (x1, y1) = corners_px[a], corners_px[b]
            drawn.append(Line(x0, y0, x1, y1, width_px + 2.5, DARK))
            drawn.append(Line(x0, y0, x1, y1, width_px, color))
        x, y = corners_px[:, 0].max() + 8, corners_px[:, 1].mean() + 6
        drawn += _tag(float(x), float(y), word, color)
    return drawn


def _corners(box: Box) -> FloatArray:
    return np.array(list(itertools.product(*box)))


def _edges() -> list[tuple[int, int]]:
    """Pair the corners of a box that differ in one coordinate."""
    pairs = itertools.combinations(range(8), 2)
    return [(a, b) for a, b in pairs if (a ^ b).bit_count() == 1]


def _tag(x_px: float, y_px: float, text: str, color: Color) -> list[PanelItem]:
    _, width_px = shape(text, 17.0, True)
    plate = Rect(x_px - 5, y_px - 17, width_px + 10, 23, DARK, 4)
    return [plate, Text(x_px, y_px, text, 17.0, color, bold=True)]


def _aim(x: float, y: float) -> list[PanelItem]:
    """Mark the picture's middle."""
    arms = ((-14, 0, -5, 0), (5, 0, 14, 0), (0, -14, 0, -5), (0, 5, 0, 14))
    return [
        Line(x + a, y + b, x + c, y + d, width, color)
        for width, color in ((5.0, DARK), (2.0, WHITE))
        for a, b, c, d in arms
    ]


def _legend(top_px: int, width_px: int, span_m: tuple[float, float]) -> list[PanelItem]:
    """Say what the colours mean, below the picture."""
    low, high = span_m
    base = top_px + 26.0
    items: list[PanelItem] = [Rect(0, top_px, width_px, LEGEND_PX, DEFAULT.tile)]
    items.append(Text(14, base, f"{low:.2f} m", 16, DEFAULT.text))
    ramp = _turbo(np.linspace(255, 0, 60).astype(np.uint8)[None])[0]
    for k, (blue, green, red) in enumerate(ramp.astype(float) / 255):
        items.append(Rect(80 + 3 * k, top_px + 11, 3.5, 18, (red, green, blue, 1.0)))
    items.append(Text(268, base, f"{high:.2f} m", 16, DEFAULT.text))
    grey = (NO_DEPTH[2] / 255, NO_DEPTH[1] / 255, NO_DEPTH[0] / 255, 1.0)
    items += [Rect(372, top_px + 9, 24, 22, DEFAULT.muted), Rect(374, top_px + 11, 20, 18, grey)]
    items.append(Text(404, base, "no depth", 16, DEFAULT.text))
    items.append(Rect(512, top_px + 11, 22, 18, HIDES))
    items.append(Text(542, base, "hides the chest", 16, DEFAULT.text))
    return items


def _sheet(report: MountReport, name: str, left_px: int, height_px: int) -> list[PanelItem]:
    """Write the verdict and every item beside the picture."""
    x = left_px + 16.0
    mark, color = LOOKS[report.verdict]
    items: list[PanelItem] = [
        Rect(left_px, 0, SHEET_PX, height_px, fade(DEFAULT.sheet, 1.0)),
        Rect(left_px, 0, SHEET_PX, 52, color),
        Text(x, 37, f"{mark} {WORDS[report.verdict]}", 30, DEFAULT.ink, bold=True),
    ]
    y = 74.0
    for line in broken(report.advice or "leave it there", 17, SHEET_PX - 32, True):
        items.append(Text(x, y, line, 17, DEFAULT.text, bold=True))
        y += 21
    y += 4
    for item in report.items:
        mark, color = LOOKS[item.verdict]
        items.append(Text(x, y + 14, mark, 16, color, bold=True))
        items.append(Text(x + 22, y + 14, item.label, 13, DEFAULT.muted))
        lines = broken(item.found, 15, SHEET_PX - 54, False)
        for k, line in enumerate(lines):
            items.append(Text(x + 22, y + 31 + 17 * k, line, 15, DEFAULT.text))
        y += 21 + 17 * len(lines)
    items.append(Text(x, height_px - 10.0, name, 12, DEFAULT.muted))
    return items


def broken(text: str, size_px: float, width_px: float, bold: bool) -> list[str]:
    """Break a text into lines of a width, between words."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and shape(longer, size_px, bold)[1] > width_px:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
