"""Triangles for the registered primitives of a scene.

Takes primitives in the mannequin's frame (m) and where the viewer's eye is, gives flat
lists of coloured triangles in the same frame; leaves text, projection and pixels to
`overlays.render.gl`. Pure numpy: no graphics library is needed to test it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mr.types import FloatArray
from overlays.primitives import Color, Label, Polygon, Polyline, Registered, Ring

RING_SEGMENTS = 96
"""Chord error of a 50 mm ring: 0.03 mm, far below a pixel of any headset."""

MITRE_LIMIT = 2.0
"""A sharp corner's tip reaches at most this many half widths out."""


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles in drawing order.

    `points_in_mannequin_m` is (3 n, 3), three corners after one another per triangle;
    `colors` is (3 n, 4), straight sRGB with alpha, 0 … 1.
    """

    points_in_mannequin_m: FloatArray
    colors: FloatArray


def ring_triangles(ring: Ring, n_segments: int = RING_SEGMENTS) -> FloatArray:
    """Cut a flat ring into (2 n, 3, 3) triangles; the radius runs through its middle."""
    angle_rad = np.linspace(0.0, 2.0 * np.pi, n_segments + 1)
    angle_rad[-1] = 0.0  # closes exactly
    direction = np.stack([np.cos(angle_rad), np.sin(angle_rad), np.zeros_like(angle_rad)], axis=1)
    center_m = np.asarray(ring.center_in_mannequin_m)
    inner_m = center_m + max(ring.radius_m - ring.width_m / 2.0, 0.0) * direction
    outer_m = center_m + (ring.radius_m + ring.width_m / 2.0) * direction
    return _strip(inner_m, outer_m)


def polyline_triangles(polyline: Polyline, eye_in_mannequin_m: FloatArray) -> FloatArray:
    """Cut a line into (2 n, 3, 3) triangles of a ribbon that faces the eye.

    Corners are mitred, up to `MITRE_LIMIT`. Points that repeat the one before are left
    out; a line of fewer than two different points has no triangles.
    """
    points_m = _without_repeats(np.asarray(polyline.points_in_mannequin_m, dtype=np.float64))
    closed = polyline.closed and len(points_m) > 2
    if polyline.closed and len(points_m) > 1 and np.allclose(points_m[0], points_m[-1]):
        points_m = points_m[:-1]
    if len(points_m) < 2:
        return np.zeros((0, 3, 3))
    offset_m = _mitred_offsets(points_m, eye_in_mannequin_m, closed) * (polyline.width_m / 2.0)
    left_m, right_m = points_m + offset_m, points_m - offset_m
    if closed:
        left_m, right_m = np.vstack([left_m, left_m[:1]]), np.vstack([right_m, right_m[:1]])
    return _strip(left_m, right_m)


def polygon_triangles(polygon: Polygon) -> FloatArray:
    """Cut a flat convex polygon of n corners into a fan of (n − 2, 3, 3) triangles."""
    points_m = np.asarray(polygon.points_in_mannequin_m, dtype=np.float64).reshape(-1, 3)
    if len(points_m) < 3:
        return np.zeros((0, 3, 3))
    first_m = np.broadcast_to(points_m[0], points_m[2:].shape)
    return np.stack([first_m, points_m[1:-1], points_m[2:]], axis=1)


def label_corners(
    label: Label, aspect: float, cap_fraction: float, mannequin_from_view_R: FloatArray
) -> FloatArray:
    """Place a label's picture so that it faces the eye, aligned at its anchor.

    Parameters
    ----------
    label
        Its `height_m` is the height of a capital letter.
    aspect
        Width of the picture over its height.
    cap_fraction
        Height of a capital letter over the height of the picture.
    mannequin_from_view_R
        (3, 3) rotation; its columns are the eye's right, up and back.

    Returns
    -------
    FloatArray
        (4, 3) corners in the mannequin's frame, m: bottom left, bottom right, top left,
        top right.
    """
    height_m = label.height_m / cap_fraction
    right_m = mannequin_from_view_R[:, 0] * (height_m * aspect / 2.0)
    up_m = mannequin_from_view_R[:, 1] * (height_m / 2.0)
    anchor_m = np.asarray(label.anchor_in_mannequin_m)
    anchor_m = anchor_m + {"left": 1.0, "center": 0.0, "right": -1.0}[label.align] * right_m
    sides = ((-1, -1), (1, -1), (-1, 1), (1, 1))
    return np.stack([anchor_m + x * right_m + y * up_m for x, y in sides])


def solid_mesh(registered: Sequence[Registered], eye_in_mannequin_m: FloatArray) -> Mesh:
    """Cut all that is not text into one mesh, in drawing order."""
    parts: list[FloatArray] = []
    colors: list[FloatArray] = []
    for item in registered:
        if isinstance(item, Label):
            continue
        triangles_m = _triangles(item, eye_in_mannequin_m)
        parts.append(triangles_m.reshape(-1, 3))
        colors.append(_repeat(item.color, len(triangles_m) * 3))
    if not parts:
        return Mesh(np.zeros((0, 3)), np.zeros((0, 4)))
    return Mesh(np.vstack(parts), np.vstack(colors))


def srgb_to_linear(srgb: FloatArray) -> FloatArray:
    """Decode sRGB values, 0 … 1, of any shape. Ref: IEC 61966-2-1."""
    bright = ((srgb + 0.055) / 1.055) ** 2.4
    linear: FloatArray = np.where(srgb <= 0.04045, srgb / 12.92, bright)
    return linear


def premultiplied_linear(colors: FloatArray) -> FloatArray:
    """Turn straight sRGB with alpha (n, 4) into premultiplied linear light (n, 4)."""
    alpha = colors[:, 3:]
    return np.hstack([srgb_to_linear(colors[:, :3]) * alpha, alpha])


def _triangles(item: Ring | Polyline | Polygon, eye_in_mannequin_m: FloatArray) -> FloatArray:
    if isinstance(item, Ring):
        return ring_triangles(item)
    if isinstance(item, Polyline):
        return polyline_triangles(item, eye_in_mannequin_m)
    return polygon_triangles(item)


def _repeat(color: Color, n: int) -> FloatArray:
    return np.tile(np.asarray(color, dtype=np.float64), (n, 1))


def _strip(left_m: FloatArray, right_m: FloatArray) -> FloatArray:
    """Two rails of n points each, (n, 3), into (2 (n − 1), 3, 3) triangles in order."""
    first = np.stack([left_m[:-1], right_m[:-1], right_m[1:]], axis=1)
    second = np.stack([left_m[:-1], right_m[1:], left_m[1:]], axis=1)
    return np.stack([first, second], axis=1).reshape(-1, 3, 3)


def _without_repeats(points_m: FloatArray) -> FloatArray:
    if len(points_m) < 2:
        return points_m.reshape(-1, 3)
    moved = np.linalg.norm(np.diff(points_m, axis=0), axis=1) > 1e-9
    kept: FloatArray = points_m[np.concatenate([[True], moved])]
    return kept


def _unit(vectors: FloatArray) -> FloatArray:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: FloatArray = vectors / np.where(length > 1e-12, length, 1.0)
    return unit


def _mitred_offsets(points_m: FloatArray, eye_m: FloatArray, closed: bool) -> FloatArray:
    """Sideways unit offsets (n, 3), longer in corners so that the width stays."""
    after = np.roll(points_m, -1, axis=0) - points_m
    before = points_m - np.roll(points_m, 1, axis=0)
    if not closed:
        after[-1], before[0] = before[-1], after[0]
    toward_eye = _unit(eye_m - points_m)
    side = _unit(np.cross(toward_eye, _unit(_unit(before) + _unit(after))))
    side_of_segment = _unit(np.cross(toward_eye, _unit(after)))
    cosine = np.abs(np.sum(side * side_of_segment, axis=1, keepdims=True))
    offsets: FloatArray = side / np.maximum(cosine, 1.0 / MITRE_LIMIT)
    return offsets
