"""The panel and single labels as pictures, for any renderer.

Takes a `Panel` or a line of text, gives premultiplied RGBA pixels; leaves where they
are shown to the mirror and to the headset.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from overlays.primitives import Color, Panel
from overlays.render.painter import CAP_HEIGHT_EM, canvas_over, paint_items, paint_of, shape
from overlays.theme import fade


def draw_panel(panel: Panel, scale: float = 1.0) -> npt.NDArray[np.uint8]:
    """Draw a panel.

    Returns
    -------
    ndarray, (H, W, 4) uint8
        Premultiplied RGBA, top row first; `scale` pixels for each px of the panel.
    """
    size = (round(panel.height_px * scale), round(panel.width_px * scale), 4)
    pixels = np.zeros(size, dtype=np.uint8)
    surface, canvas = canvas_over(pixels)
    canvas.scale(scale, scale)
    paint_items(canvas, panel.items)
    surface.flushAndSubmit()
    return pixels


def draw_label(text: str, cap_height_px: float, color: Color) -> npt.NDArray[np.uint8]:
    """Draw one line of text with a dark rim on nothing, tightly cut, for a billboard.

    Returns
    -------
    ndarray, (H, W, 4) uint8
        Premultiplied RGBA; the anchor of the label is the middle of the picture.
    """
    size_px = cap_height_px / CAP_HEIGHT_EM
    rim_px = max(2.0, 0.22 * size_px)
    blob, width_px = shape(text, size_px, True)
    pixels = np.zeros(
        (math.ceil(1.3 * size_px + rim_px), math.ceil(width_px + 2 * rim_px), 4), dtype=np.uint8
    )
    surface, canvas = canvas_over(pixels)
    x_px, y_px = rim_px, pixels.shape[0] / 2 + cap_height_px / 2
    canvas.drawTextBlob(blob, x_px, y_px, paint_of(rim_of(color), rim_px, round_ends=True))
    canvas.drawTextBlob(blob, x_px, y_px, paint_of(color))
    surface.flushAndSubmit()
    return pixels


RIM: Color = (0.02, 0.03, 0.04, 0.88)
"""The dark rim of text that stands on the picture."""


def rim_of(color: Color) -> Color:
    """Give the rim of text of a colour: faint where the text is."""
    return fade(RIM, RIM[3] * color[3])
