"""A plain colour that a streaming program replaces by its camera picture.

Takes a colour's name, gives the key and how far other colours are from it; leaves
drawing to `overlays.render.gl`. Pure.

A keyer lets through what is near the key in chroma, whatever its brightness. A soft edge
would be a mixture of overlay and key: partly let through, and a rim in the key's colour
where it is not. So nothing is mixed: a pixel is the overlay's or the key's.
"""

from __future__ import annotations

import os
import re

import numpy as np

from mr.errors import ConfigError
from mr.types import FloatArray
from overlays.primitives import Color

KEY: Color = (1.0, 0.0, 1.0, 1.0)
"""Magenta: the pure hue that is farthest from all of the themes' (tests hold it)."""

KEY_VARIABLE = "MRCPR_CHROMA_KEY"
"""Names another key as #rrggbb, for a streaming program that has a fixed one."""

TOLERANCE = 0.42
"""Chroma distance within which a keyer may let a colour through.

Virtual Desktop users report 37 % similarity and 5 % smoothness
(github.com/McFredward/Demeo_GreenScreen); read as in OBS's chroma key filter, where both
are distances in the Cb-Cr plane. The program's own formula is not published.
"""

_CHROMA_OF_RGB = np.array([[-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
"""Cb and Cr of R'G'B', ITU-R BT.601 (the matrix of JPEG and of OBS's filter)."""


def key_color(text: str | None = None) -> Color:
    """Read a key colour as #rrggbb, from `text` or else from the environment.

    Raises
    ------
    ConfigError
        When it is not one.
    """
    text = os.environ.get(KEY_VARIABLE) if text is None else text
    if not text:
        return KEY
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ConfigError(f"{KEY_VARIABLE}: {text!r} is not a colour: write it as #ff00ff")
    r, g, b = (int(text[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return (r, g, b, 1.0)


def chroma_distance(rgb: FloatArray, key: Color) -> FloatArray:
    """Give (…) distances in the Cb-Cr plane of sRGB values (…, 3), 0 … 1, to the key."""
    away = (np.asarray(rgb, dtype=np.float64) - np.array(key[:3])) @ _CHROMA_OF_RGB.T
    distance: FloatArray = np.linalg.norm(away, axis=-1)
    return distance
