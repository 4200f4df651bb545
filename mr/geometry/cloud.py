"""Points of a surface with their outward normals, and how they are kept in a text file.

Takes arrays, gives a `Cloud` and back; leaves measuring one to `calibration.mannequin.surface` and
fitting one to `mr.tracking.registration`.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass

import numpy as np

from mr.types import FloatArray

MAX_CLOUD_POINTS = 200_000
"""A chest has some thousands; more would fill the memory of who reads a hostile rig."""
POINT_STEP_M = 2e-5
"""Step of a packed coordinate: sixteen bits reach ±0.65 m."""
NORMAL_STEP = 1.0 / 127.0


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """A surface as points (n, 3) m and unit normals (n, 3) that point out of it."""

    points_m: FloatArray
    normals: FloatArray

    def __len__(self) -> int:
        """Tell the number of points."""
        return len(self.points_m)

    def subset(self, keep: FloatArray | slice) -> Cloud:
        """Give the points that a mask, an index or a slice picks."""
        return Cloud(self.points_m[keep], self.normals[keep])


def pack_cloud(cloud: Cloud) -> str:
    """Write a cloud as base64 text, to 0.02 mm and half a degree.

    Raises
    ------
    ValueError
        When a point lies farther than 0.65 m from the origin.
    """
    steps = np.rint(cloud.points_m / POINT_STEP_M)
    if steps.size and np.abs(steps).max() > np.iinfo(np.int16).max:
        raise ValueError("a point lies more than 0.65 m from the origin")
    turns = np.rint(cloud.normals / NORMAL_STEP)
    # Column by column: neighbours are then alike, and it packs smaller.
    raw = steps.astype("<i2").T.tobytes() + turns.astype("i1").T.tobytes()
    return base64.b64encode(zlib.compress(raw, 9)).decode("ascii")


def unpack_cloud(text: str) -> Cloud:
    """Read a cloud from `pack_cloud`'s text.

    Raises
    ------
    ValueError
        When the text is damaged.
    """
    unpack = zlib.decompressobj()
    try:
        raw = unpack.decompress(base64.b64decode(text, validate=True), 9 * MAX_CLOUD_POINTS)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"packed points are damaged ({error})") from error
    if not unpack.eof:
        raise ValueError(f"packed points are damaged (cut, or more than {MAX_CLOUD_POINTS})")
    n, left = divmod(len(raw), 9)
    if left or n == 0:
        raise ValueError(f"packed points are damaged ({len(raw)} bytes are no whole points)")
    points = np.frombuffer(raw[: 6 * n], dtype="<i2").reshape(3, n).T * POINT_STEP_M
    normals = np.frombuffer(raw[6 * n :], dtype="i1").reshape(3, n).T.astype(np.float64)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    if not np.all(length > 0.9 / NORMAL_STEP):
        raise ValueError("packed points are damaged (a normal has no direction)")
    return Cloud(np.ascontiguousarray(points), np.ascontiguousarray(normals / length))
