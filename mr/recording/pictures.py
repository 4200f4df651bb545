"""Pictures as the image formats of others: JPEG for colour, PNG for depth of older recordings.

Takes arrays, gives bytes, and the reverse; leaves depth as it is written now to `depth`.
OpenCV is loaded with the first picture: most recordings hold none.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mr.errors import RecordingError

JPEG_QUALITY = 80


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


def image(data: bytes) -> npt.NDArray[Any]:
    """Unpack an image of either kind (`RecordingError` when it is damaged)."""
    import cv2  # noqa: PLC0415

    unpacked = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if unpacked is None:
        raise RecordingError("an image in the recording cannot be unpacked: the file is damaged")
    return np.asarray(unpacked)
