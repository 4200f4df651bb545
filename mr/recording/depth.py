"""Depth images packed without loss: which depths there are, and by how many they step.

Takes counts (H, W), gives bytes, and the counts again. A stereo camera tells depth in steps
of disparity, so a picture of 0.4 million pixels holds about a thousand different counts.
Packed are these counts in order (its *levels*), and for each pixel by how many levels it
lies above its left neighbour: small numbers of which zstd makes half of what it makes of
the counts themselves (docs/decisions/0015-depth-pictures.md has the measurements).

The bytes: ``u16 height, u16 width, u32 n_levels``, little-endian, then a zstd frame of
``n_levels`` levels (u16), one byte a pixel, row by row: the low byte of its step, and one
more a pixel: what is lacking to the step in 256s when the low byte is read as signed. A
row's first pixel steps from level 0; steps are added modulo 65536.
"""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt
import zstandard

from mr.errors import RecordingError

CountsArray = npt.NDArray[np.uint16]

ZSTD_LEVEL = 1
"""Level 3 takes twice the time for nothing."""
_HEAD = struct.Struct("<HHI")
MAX_PX = 1 << 25
"""33 million pixels; no depth camera has a tenth of them."""
DAMAGED = "a depth picture in the recording cannot be unpacked: the file is damaged"


def pack_depth(counts: CountsArray) -> bytes:
    """Pack a depth image (H, W) of uint16.

    Raises
    ------
    RecordingError
        When it is no image, or larger than 65535 pixels along a side or `MAX_PX` in all.
    """
    if counts.ndim != 2 or max(counts.shape) > 0xFFFF or counts.size > MAX_PX:
        raise RecordingError(f"a depth image of shape {counts.shape} cannot be packed")
    counts = np.ascontiguousarray(counts, np.uint16)
    present = np.zeros(1 << 16, np.bool_)
    present[counts] = True
    levels = np.flatnonzero(present).astype("<u2")
    level_of = (np.cumsum(present, dtype=np.uint32) - 1).astype(np.uint16)
    level = np.take(level_of, counts)
    step = level.copy()
    np.subtract(level[:, 1:], level[:, :-1], out=step[:, 1:])
    low = step.astype(np.uint8)
    high = ((step + np.uint16(128)) >> np.uint16(8)).astype(np.uint8)
    packed = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True).compress(
        b"".join((levels.tobytes(), low.tobytes(), high.tobytes()))
    )
    return _HEAD.pack(*counts.shape, len(levels)) + packed


def unpack_depth(data: bytes) -> CountsArray:
    """Give a packed depth image again, (H, W) uint16, to the last bit.

    Raises
    ------
    RecordingError
        When the bytes are not as they were packed.
    """
    try:
        height, width, n_levels = _HEAD.unpack_from(data)
        n_px, packed = height * width, data[_HEAD.size :]
        # What it will be is known before memory is taken for it.
        if n_px > MAX_PX or zstandard.frame_content_size(packed) != 2 * (n_levels + n_px):
            raise RecordingError(DAMAGED)
        plain = zstandard.ZstdDecompressor().decompress(packed)
    except (struct.error, zstandard.ZstdError) as error:
        raise RecordingError(DAMAGED) from error
    levels = np.frombuffer(plain, "<u2", n_levels)
    low = np.frombuffer(plain, np.int8, n_px, 2 * n_levels)
    high = np.frombuffer(plain, np.uint8, n_px, 2 * n_levels + n_px)
    step = low.astype(np.uint16)  # the sign goes on into the high byte, modulo 65536
    step += high.astype(np.uint16) << np.uint16(8)
    level = np.cumsum(step.reshape(height, width), axis=1, dtype=np.uint16)
    if level.size and int(level.max()) >= n_levels:
        raise RecordingError(DAMAGED)
    return np.asarray(np.take(levels, level), np.uint16)
