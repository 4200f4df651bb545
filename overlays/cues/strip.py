"""Strips: how a line of a given width is laid onto the chest, with its dark rim.

Takes points in the mannequin's frame in m, gives primitives; leaves their meaning to
the cues. Every bright shape stands on a slightly larger dark one, so that it is seen on
light skin, on a dark shirt and through a passthrough headset alike.
"""

from __future__ import annotations

import numpy as np

from mr.types import FloatArray
from overlays.primitives import Color, Point3, Polygon, Polyline, Ring
from overlays.theme import Theme


def points(array_m: FloatArray) -> tuple[Point3, ...]:
    """Give an (N, 3) array as points."""
    return tuple((float(p[0]), float(p[1]), float(p[2])) for p in array_m)


def ring(theme: Theme, radius_m: float, color: Color) -> list[Ring]:
    """Draw a whole ring around the compression point."""
    width_m = theme.ring_width_m
    rim_m = width_m + 2 * theme.casing_width_m
    return [
        Ring((0.0, 0.0, 0.0), radius_m, rim_m, theme.casing),
        Ring((0.0, 0.0, 0.0), radius_m, width_m, color),
    ]


def dashed_ring(theme: Theme, radius_m: float, color: Color, dashes_n: int = 9) -> list[Polyline]:
    """Draw a ring of dashes around the compression point."""
    half_rad = 0.58 * np.pi / dashes_n
    dashes: list[Polyline] = []
    for k in range(dashes_n):
        middle_rad = 2 * np.pi * k / dashes_n
        angles = np.linspace(middle_rad - half_rad, middle_rad + half_rad, 7)
        arc = radius_m * np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
        dashes += line(theme, arc, theme.ring_width_m, color)
    # all rims first: no rim may lie on a neighbour's bright dash
    return sorted(dashes, key=lambda dash: dash.color != theme.casing)


def line(theme: Theme, points_m: FloatArray, width_m: float, color: Color) -> list[Polyline]:
    """Draw an open line through (N, 3) points."""
    at = points(points_m)
    return [
        Polyline(at, width_m + 2 * theme.casing_width_m, theme.casing),
        Polyline(at, width_m, color),
    ]


def arrow(
    theme: Theme, tail_m: FloatArray, tip_m: FloatArray, side: FloatArray, color: Color
) -> list[Polyline | Polygon]:
    """Draw an arrow from tail to tip; `side` (3,) is the unit vector across it."""
    ahead = tip_m - tail_m
    length_m = float(np.linalg.norm(ahead))
    if length_m < 1e-6:
        return []
    ahead = ahead / length_m
    head_m, half_m = min(0.036, 0.7 * length_m), 0.023
    neck = tip_m - ahead * head_m
    rim_m = theme.casing_width_m
    outer = np.array(
        [
            tip_m + ahead * 2.2 * rim_m,
            neck - ahead * rim_m - side * (half_m + 2 * rim_m),
            neck - ahead * rim_m + side * (half_m + 2 * rim_m),
        ]
    )
    inner = np.array([tip_m, neck - side * half_m, neck + side * half_m])
    shaft = np.array([tail_m, neck])
    width_m = theme.ring_width_m
    return [
        Polyline(points(shaft), width_m + 2 * rim_m, theme.casing),
        Polygon(points(outer), theme.casing),
        Polyline(points(shaft), width_m, color),
        Polygon(points(inner), color),
    ]
