"""Draws primitives of the panel with Skia, antialiased, on the CPU.

Takes panel items and a canvas, gives pixels; leaves the meaning of the items to
`overlays.cues`. The font is DejaVu Sans out of matplotlib's data (a bare machine has
no fonts at all); it is found by path, matplotlib itself is not imported.
"""

from __future__ import annotations

import functools
import importlib.util
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import skia

from mr.errors import ConfigError
from overlays.primitives import Arc, Color, Line, PanelItem, Rect, Text

CAP_HEIGHT_EM = 0.729
"""Height of DejaVu Sans's capitals by its size."""


def font_path(bold: bool) -> Path:
    """Find the font's file.

    Raises
    ------
    ConfigError
        When matplotlib, which carries it, is not installed or has lost it.
    """
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    spec = importlib.util.find_spec("matplotlib")
    folders = list(spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        path = Path(folder) / "mpl-data" / "fonts" / "ttf" / name
        if path.is_file():
            return path
    raise ConfigError(
        f"overlays: font {name} not found: it comes with matplotlib, "
        "install it again with `pip install --force-reinstall matplotlib`"
    )


@functools.cache
def _typeface(bold: bool) -> Any:
    path = font_path(bold)
    # A manager of its own: the default one asks fontconfig, which warns on many systems.
    typeface = skia.FontMgr.New_Custom_Empty().makeFromFile(str(path))
    if typeface is None:
        raise ConfigError(f"overlays: {path} is no font: install matplotlib again")
    return typeface


@functools.lru_cache(maxsize=1024)
def shape(text: str, size_px: float, bold: bool) -> tuple[Any, float]:
    """Shape one line of text once: gives its (non-empty) blob and its width in px."""
    font = skia.Font(_typeface(bold), size_px)
    font.setEdging(skia.Font.Edging.kAntiAlias)
    font.setSubpixel(True)
    return skia.TextBlob.MakeFromString(text or " ", font), float(font.measureText(text))


def paint_of(color: Color, stroke_px: float = 0.0, round_ends: bool = False) -> Any:
    """Make an antialiased paint: a fill, or a stroke of a width in px."""
    paint = skia.Paint(Color4f=skia.Color4f(*color), AntiAlias=True)
    if stroke_px > 0:
        paint.setStyle(skia.Paint.kStroke_Style)
        paint.setStrokeWidth(stroke_px)
    if round_ends:
        paint.setStrokeCap(skia.Paint.kRound_Cap)
        paint.setStrokeJoin(skia.Paint.kRound_Join)
    return paint


def canvas_over(
    pixels: npt.NDArray[np.uint8], order: str = "rgba", opaque: bool = False
) -> tuple[Any, Any]:
    """Lay a canvas over an array (H, W, 4) uint8; gives (surface, canvas).

    The array must be contiguous and outlive the surface; drawing writes into it,
    premultiplied. `order` is ``rgba`` or ``bgra``.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 4:
        raise ValueError(f"pixels must be (H, W, 4) uint8, not {pixels.shape} {pixels.dtype}")
    if not pixels.flags.c_contiguous:
        raise ValueError("pixels must be contiguous")
    kind = skia.kRGBA_8888_ColorType if order == "rgba" else skia.kBGRA_8888_ColorType
    alpha = skia.kOpaque_AlphaType if opaque else skia.kPremul_AlphaType
    info = skia.ImageInfo.Make(pixels.shape[1], pixels.shape[0], kind, alpha)
    surface = skia.Surface.MakeRasterDirect(info, pixels, pixels.strides[0])
    return surface, surface.getCanvas()


def text_left_px(item: Text) -> float:
    """Give where the text begins: its anchor, less its width as its alignment says."""
    _, width_px = shape(item.text, item.size_px, item.bold)
    return item.x_px - {"left": 0.0, "center": 0.5, "right": 1.0}[item.align] * width_px


def paint_items(canvas: Any, items: tuple[PanelItem, ...]) -> None:
    """Draw panel items in order."""
    for item in items:
        if isinstance(item, Rect):
            box = skia.Rect.MakeXYWH(item.x_px, item.y_px, item.width_px, item.height_px)
            canvas.drawRoundRect(box, item.radius_px, item.radius_px, paint_of(item.color))
        elif isinstance(item, Line):
            paint = paint_of(item.color, item.width_px, round_ends=True)
            canvas.drawLine(item.x0_px, item.y0_px, item.x1_px, item.y1_px, paint)
        elif isinstance(item, Arc):
            _paint_arc(canvas, item)
        else:
            blob, _ = shape(item.text, item.size_px, item.bold)
            canvas.drawTextBlob(blob, text_left_px(item), item.y_px, paint_of(item.color))


def _paint_arc(canvas: Any, arc: Arc) -> None:
    r_px = arc.radius_px
    box = skia.Rect.MakeXYWH(arc.x_px - r_px, arc.y_px - r_px, 2 * r_px, 2 * r_px)
    # skia counts degrees clockwise from 3 o'clock
    start_deg, sweep_deg = math.degrees(arc.start_rad) - 90.0, math.degrees(arc.sweep_rad)
    canvas.drawArc(box, start_deg, sweep_deg, False, paint_of(arc.color, arc.width_px))
