"""Pictures as the image formats of others: JPEG for colour, PNG for depth of older recordings.

Takes arrays, gives bytes, and the reverse; leaves depth as it is written now to `depth`.
OpenCV is loaded with the first picture: most recordings hold none.
"""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
import numpy.typing as npt

from mr.errors import RecordingError

JPEG_QUALITY = 80
MAX_PX = 1 << 25
"""33 million pixels: what a picture will be is known before memory is taken for it."""
PNG = b"\x89PNG\r\n\x1a\n"
JPEG_MARK = 0xFF
JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Marks behind which a JPEG says how large it is."""


def jpeg(bgr: npt.NDArray[np.uint8]) -> bytes:
    """Pack a colour image (H, W, 3), with losses."""
    import cv2  # noqa: PLC0415

    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    done, data = cv2.imencode(".jpg", np.ascontiguousarray(bgr, np.uint8), quality)
    if not done:
        raise RecordingError(f"a colour image of shape {bgr.shape} cannot be packed")
    return data.tobytes()


def png16(depth_counts: npt.NDArray[np.uint16]) -> bytes:
    """Pack a depth image (H, W) without loss."""
    import cv2  # noqa: PLC0415

    done, data = cv2.imencode(".png", np.ascontiguousarray(depth_counts, np.uint16))
    if not done:
        raise RecordingError(f"a depth image of shape {depth_counts.shape} cannot be packed")
    return data.tobytes()


def _n_px(data: bytes) -> int:
    """Tell how many pixels a PNG or a JPEG says that it has; 0 where it does not say."""
    if data.startswith(PNG):
        return math.prod(struct.unpack_from(">II", data, 16)) if len(data) >= 24 else 0
    at = 2
    while at + 9 <= len(data) and data[at] == JPEG_MARK:
        mark, (length,) = data[at + 1], struct.unpack_from(">H", data, at + 2)
        if mark in JPEG_FRAMES:
            return math.prod(struct.unpack_from(">HH", data, at + 5))
        at += 2 + length
    return 0


def image(data: bytes) -> npt.NDArray[Any]:
    """Unpack an image of either kind (`RecordingError` when it is damaged or too large)."""
    import cv2  # noqa: PLC0415

    unpacked = None
    if 0 < _n_px(data) <= MAX_PX:
        unpacked = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if unpacked is None:
        raise RecordingError("an image in the recording cannot be unpacked: the file is damaged")
    return np.asarray(unpacked)
