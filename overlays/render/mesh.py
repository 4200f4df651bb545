"""Triangles for the registered primitives of a scene.

Takes primitives in the mannequin's frame (m) and where the viewer's eye is, gives flat
lists of lit triangles in the same frame; leaves text, projection and pixels to
`overlays.render.gl`. What looks the same from everywhere is cut once and remembered.
Pure numpy: no graphics library is needed to test it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mr.types import FloatArray
from overlays.primitives import Color, Label, Polygon, Polyline, Registered, Ring

RING_SEGMENTS = 96
"""Chord error of a 50 mm ring: 0.03 mm, far below a pixel of any headset."""

MITRE_LIMIT = 2.0
"""A sharp corner's tip reaches at most this many half widths out."""

_NO_VERTICES = np.zeros((0, 7), dtype=np.float32)
_NO_SPINE = np.zeros((0, 10))
_NO_INDEX = np.zeros(0, dtype=np.intp)
_NEXT, _AFTER_NEXT = [1, 2, 0], [2, 0, 1]


def ring_triangles(ring: Ring, n_segments: int = RING_SEGMENTS) -> FloatArray:
    """Cut a flat ring into (2 n, 3, 3) triangles; the radius runs through its middle."""
    angle_rad = np.linspace(0.0, 2.0 * np.pi, n_segments + 1)
    angle_rad[-1] = 0.0  # closes exactly
    direction = np.stack([np.cos(angle_rad), np.sin(angle_rad), np.zeros_like(angle_rad)], axis=1)
    center_m = np.asarray(ring.center_in_mannequin_m)
    inner_m = center_m + max(ring.radius_m - ring.width_m / 2.0, 0.0) * direction
    outer_m = center_m + (ring.radius_m + ring.width_m / 2.0) * direction
    return _strip(inner_m, outer_m)


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


class Shapes:
    """All of a scene that is not text, cut as far as that needs no eye.

    Lines are ribbons that face the eye, mitred up to `MITRE_LIMIT`; points that repeat the
    one before are left out, and a line of fewer than two different points has no triangles.
    """

    def __init__(self, registered: Sequence[Registered]) -> None:
        parts, spines, rows, rails = [_NO_VERTICES], [_NO_SPINE], [_NO_INDEX], [_NO_INDEX]
        n_rows = n_points = 0
        for item in registered:
            if isinstance(item, Label):
                continue
            if isinstance(item, Polyline):
                spine, rail = _spine(item)
                parts.append(np.zeros((len(rail), 7), dtype=np.float32))
                parts[-1][:, 3:] = _light(item.color)
                rows.append(n_rows + np.arange(len(rail)))
                rails.append(rail + 2 * n_points)
                spines.append(spine)
                n_points += len(spine)
            else:
                parts.append(_fixed_vertices(item))
            n_rows += len(parts[-1])
        self._vertices = np.concatenate(parts)
        self._rows, self._rails = np.concatenate(rows), np.concatenate(rails)
        self._points_m, self._along, self._after, self._half_m = np.split(
            np.concatenate(spines), [3, 6, 9], axis=1
        )

    def seen_from(self, eye_in_mannequin_m: FloatArray) -> npt.NDArray[np.float32]:
        """Give the triangles in drawing order, until the next call.

        Returns
        -------
        ndarray, (3 n, 7) float32
            Three corners after one another per triangle: the point in the mannequin's
            frame, m, and its premultiplied linear light with alpha.
        """
        if len(self._rows):
            toward_eye = eye_in_mannequin_m - self._points_m
            side = _unit(cross(toward_eye, self._along))
            side_of_segment = _unit(cross(toward_eye, self._after))
            cosine = np.abs(np.einsum("ij,ij->i", side, side_of_segment))[:, None]
            offset_m = side * (self._half_m / np.maximum(cosine, 1.0 / MITRE_LIMIT))
            # Left and right of each point, one after the other: as `_spine` counts them.
            sides_m = np.stack([self._points_m + offset_m, self._points_m - offset_m], axis=1)
            self._vertices[self._rows, :3] = sides_m.reshape(-1, 3)[self._rails]
        return self._vertices


@lru_cache(maxsize=4)
def shapes_of(registered: tuple[Registered, ...]) -> Shapes:
    """Cut a scene once for both eyes, and for as long as it stays the same."""
    return Shapes(registered)


def srgb_to_linear(srgb: FloatArray) -> FloatArray:
    """Decode sRGB values, 0 … 1, of any shape. Ref: IEC 61966-2-1."""
    bright = ((srgb + 0.055) / 1.055) ** 2.4
    linear: FloatArray = np.where(srgb <= 0.04045, srgb / 12.92, bright)
    return linear


def premultiplied_linear(colors: FloatArray) -> FloatArray:
    """Turn straight sRGB with alpha (n, 4) into premultiplied linear light (n, 4)."""
    alpha = colors[:, 3:]
    return np.hstack([srgb_to_linear(colors[:, :3]) * alpha, alpha])


@lru_cache(maxsize=256)
def _fixed_vertices(item: Ring | Polygon) -> npt.NDArray[np.float32]:
    """Cut what looks the same from everywhere: two eyes and many frames need it once."""
    triangles_m = ring_triangles(item) if isinstance(item, Ring) else polygon_triangles(item)
    vertices = _lit(triangles_m, item.color)
    vertices.flags.writeable = False
    return vertices


def _lit(triangles_m: FloatArray, color: Color) -> npt.NDArray[np.float32]:
    vertices = np.empty((3 * len(triangles_m), 7), dtype=np.float32)
    vertices[:, :3] = triangles_m.reshape(-1, 3)
    vertices[:, 3:] = _light(color)
    return vertices


@lru_cache(maxsize=256)
def _light(color: Color) -> tuple[float, ...]:
    return tuple(premultiplied_linear(np.array([color]))[0].tolist())


def _strip(left_m: FloatArray, right_m: FloatArray) -> FloatArray:
    """Two rails of n points each, (n, 3), into (2 (n − 1), 3, 3) triangles in order."""
    first = np.stack([left_m[:-1], right_m[:-1], right_m[1:]], axis=1)
    second = np.stack([left_m[:-1], right_m[1:], left_m[1:]], axis=1)
    return np.stack([first, second], axis=1).reshape(-1, 3, 3)


@lru_cache(maxsize=256)
def _spine(polyline: Polyline) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """Cut a line as far as that needs no eye.

    Returns
    -------
    tuple
        (n, 10): point, its direction, the direction of the segment after it, and half the
        width; and (6 k,) which sides of which points the triangles' corners are: 2 i is
        the left and 2 i + 1 the right of point i.
    """
    points_m = np.asarray(polyline.points_in_mannequin_m, dtype=np.float64).reshape(-1, 3)
    points_m = _without_repeats(points_m)
    closed = polyline.closed and len(points_m) > 2
    if polyline.closed and len(points_m) > 1 and np.allclose(points_m[0], points_m[-1]):
        points_m = points_m[:-1]
    n = len(points_m)
    if n < 2:
        return _NO_SPINE, _NO_INDEX
    after = _unit(np.roll(points_m, -1, axis=0) - points_m)
    before = np.roll(after, 1, axis=0)
    if not closed:
        after[-1], before[0] = before[-1], after[0]
    half_m = np.full((n, 1), polyline.width_m / 2.0)
    first = np.arange(n if closed else n - 1)
    second = (first + 1) % n
    corners = [2 * first, 2 * first + 1, 2 * second + 1, 2 * first, 2 * second + 1, 2 * second]
    return np.hstack([points_m, before + after, after, half_m]), np.stack(corners, axis=1).ravel()


def cross(a: FloatArray, b: FloatArray) -> FloatArray:
    """Cross products of rows; numpy's own takes five times as long on so few."""
    return a[:, _NEXT] * b[:, _AFTER_NEXT] - a[:, _AFTER_NEXT] * b[:, _NEXT]


def _without_repeats(points_m: FloatArray) -> FloatArray:
    if len(points_m) < 2:
        return points_m.reshape(-1, 3)
    moved = np.linalg.norm(np.diff(points_m, axis=0), axis=1) > 1e-9
    kept: FloatArray = points_m[np.concatenate([[True], moved])]
    return kept


def _unit(vectors: FloatArray) -> FloatArray:
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    unit: FloatArray = vectors / np.maximum(length, 1e-12)
    return unit
