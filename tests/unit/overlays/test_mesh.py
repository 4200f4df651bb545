"""Triangles: areas, widths and directions against plain geometry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mr.types import FloatArray
from overlays.primitives import Label, Polygon, Polyline, Ring
from overlays.render.mesh import (
    Shapes,
    label_corners,
    polygon_triangles,
    premultiplied_linear,
    ring_triangles,
    shapes_of,
    srgb_to_linear,
)

WHITE = (1.0, 1.0, 1.0, 1.0)
ABOVE = np.array([0.0, 0.0, 1.0])


def ribbon(line: Polyline, eye: FloatArray) -> FloatArray:
    """Give the triangles (n, 3, 3) of one line."""
    return Shapes((line,)).seen_from(eye)[:, :3].reshape(-1, 3, 3).astype(np.float64)


def area(triangles: FloatArray) -> float:
    """Sum of the triangles' areas."""
    sides = triangles[:, 1:] - triangles[:, :1]
    return float(np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1).sum() / 2)


def test_ring_has_the_area_of_its_band() -> None:
    ring = Ring((0.1, -0.2, 0.3), 0.05, 0.01, WHITE)
    triangles = ring_triangles(ring)
    radius_m = np.linalg.norm(triangles - np.array([0.1, -0.2, 0.3]), axis=2)
    assert radius_m.min() == pytest.approx(0.045)
    assert radius_m.max() == pytest.approx(0.055)
    assert np.all(triangles[:, :, 2] == 0.3)
    assert area(triangles) == pytest.approx(np.pi * (0.055**2 - 0.045**2), rel=2e-3)


def test_ring_as_wide_as_a_disc_does_not_turn_inside_out() -> None:
    disc = ring_triangles(Ring((0.0, 0.0, 0.0), 0.01, 0.04, WHITE))
    assert area(disc) == pytest.approx(np.pi * 0.03**2, rel=2e-3)


def test_straight_line_is_a_ribbon_across_the_line_of_sight() -> None:
    line = Polyline(((0.0, 0.0, 0.0), (0.1, 0.0, 0.0)), 0.02, WHITE)
    triangles = ribbon(line, ABOVE)
    assert area(triangles) == pytest.approx(0.1 * 0.02)
    assert triangles[:, :, 1].max() == pytest.approx(0.01)
    from_the_side = ribbon(line, np.array([0.05, -1.0, 0.0]))
    assert from_the_side[:, :, 2].max() == pytest.approx(0.01)


def test_a_right_angle_keeps_its_width() -> None:
    corner = Polyline(((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.0, 1.0, 0.0)), 0.1, WHITE)
    triangles = ribbon(corner, np.array([0.5, 0.5, 1e6]))
    tip = triangles.reshape(-1, 3)[:, :2].max(axis=0) - np.array([1.0, 1.0])
    assert tip[0] == pytest.approx(0.05, abs=1e-6)
    assert area(triangles) == pytest.approx(0.2, rel=1e-5)  # two bars with a mitre


def test_a_hairpin_does_not_shoot_out() -> None:
    hairpin = Polyline(((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.01, 0.0)), 0.1, WHITE)
    triangles = ribbon(hairpin, np.array([0.5, 0.0, 1e6]))
    assert triangles[:, :, 0].max() < 1.0 + 0.1 + 1e-6


def test_closed_line_meets_itself() -> None:
    square = ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.0, 1.0, 0.0), (0.0, 1.0, 0.0))
    eye = np.array([0.5, 0.5, 1e6])
    closed = ribbon(Polyline(square, 0.1, WHITE, closed=True), eye)
    assert area(closed) == pytest.approx(4 * 1.0 * 0.1, rel=1e-5)
    assert area(ribbon(Polyline(square, 0.1, WHITE), eye)) < 0.9 * area(closed)
    said_twice = Polyline((*square, square[0]), 0.1, WHITE, closed=True)
    assert area(ribbon(said_twice, eye)) == pytest.approx(area(closed))


@pytest.mark.parametrize("points", [(), ((0.0, 0.0, 0.0),), ((1.0, 2.0, 3.0),) * 3])
def test_a_line_of_one_point_has_no_triangles(
    points: tuple[tuple[float, float, float], ...],
) -> None:
    for closed in (False, True):
        assert ribbon(Polyline(points, 0.1, WHITE, closed), ABOVE).shape == (0, 3, 3)


def test_polygon_is_filled_once() -> None:
    angle = np.arange(7) * 2 * np.pi / 7
    points = tuple((float(np.cos(a)), float(np.sin(a)), 0.5) for a in angle)
    triangles = polygon_triangles(Polygon(points, WHITE))
    assert len(triangles) == 5
    assert area(triangles) == pytest.approx(7 / 2 * np.sin(2 * np.pi / 7))
    assert len(polygon_triangles(Polygon(points[:2], WHITE))) == 0


def test_label_stands_on_its_anchor_and_faces_the_eye() -> None:
    label = Label((0.1, 0.2, 0.3), "x", 0.02, WHITE)
    R = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    corners = label_corners(label, 3.0, 0.5, R)
    assert np.allclose(corners.mean(axis=0), [0.1, 0.2, 0.3])
    assert np.allclose(corners[2] - corners[0], R[:, 1] * 0.04)  # capitals fill half of it
    assert np.allclose(corners[1] - corners[0], R[:, 0] * 0.12)


def test_vertices_keep_the_order_and_leave_text_out() -> None:
    red = (1.0, 0.0, 0.0, 0.5)
    line = Polyline(((0.0, 0.0, 0.0), (1.0, 0.0, 0.0)), 0.1, red)
    ring = Ring((0.0, 0.0, 0.0), 0.05, 0.01, WHITE)
    vertices = Shapes([line, Label((0.0, 0.0, 0.0), "x", 0.1, WHITE), ring]).seen_from(ABOVE)
    assert vertices.shape == (3 * (2 + 2 * 96), 7)
    assert np.all(vertices[:6, 3:] == (0.5, 0.0, 0.0, 0.5)), "light, premultiplied"
    assert np.all(vertices[6:, 3:] == (1.0, 1.0, 1.0, 1.0))
    assert np.allclose(vertices[6:, :3], ring_triangles(ring).reshape(-1, 3), atol=1e-7)
    assert Shapes([]).seen_from(ABOVE).shape == (0, 7)


def test_what_is_remembered_is_what_was_asked_for() -> None:
    """The same ring elsewhere or in another colour is another ring; lines turn to each eye."""
    ring = Ring((0.0, 0.0, 0.0), 0.05, 0.01, WHITE)
    moved, red = replace(ring, center_in_mannequin_m=(0.0, 0.0, 0.01)), (1.0, 0.0, 0.0, 1.0)
    first = shapes_of((ring,)).seen_from(ABOVE)
    assert np.allclose(shapes_of((moved,)).seen_from(ABOVE)[:, 2] - first[:, 2], 0.01)
    assert np.all(shapes_of((replace(ring, color=red),)).seen_from(ABOVE)[:, 3:] == red)
    assert np.array_equal(shapes_of((ring,)).seen_from(ABOVE), first)
    lines = shapes_of((Polyline(((0.0, 0.0, 0.0), (1.0, 0.0, 0.0)), 0.1, WHITE), ring))
    from_above = lines.seen_from(ABOVE).copy()
    from_aside = lines.seen_from(np.array([0.5, 1.0, 0.0])).copy()
    assert not np.allclose(from_above, from_aside)
    assert np.array_equal(from_above[6:], from_aside[6:]), "the ring does not turn"
    assert np.array_equal(lines.seen_from(ABOVE), from_above)


def test_light_is_multiplied_by_alpha_after_decoding() -> None:
    assert srgb_to_linear(np.array([0.0, 0.04, 0.5, 1.0])) == pytest.approx(
        [0.0, 0.04 / 12.92, 0.21404, 1.0], abs=1e-5
    )
    light = premultiplied_linear(np.array([[0.5, 1.0, 0.0, 0.5]]))
    assert light[0] == pytest.approx([0.10702, 0.5, 0.0, 0.5], abs=1e-5)
