"""Rounded cones are met where a march through their distance field meets them."""

from __future__ import annotations

import numpy as np
import pytest

from mr.rig import Intrinsics
from mr.sim.rig import looking_at
from mr.sim.shapes import PixelBox, RoundCone, View, cone_normals, meet_cone

FINGER = RoundCone((0.02, -0.01, 0.03), (0.09, 0.03, 0.01), 0.016, 0.009, (1, 1, 1))
SWALLOWED = RoundCone((0.0, 0.0, 0.0), (0.01, 0.0, 0.0), 0.05, 0.02, (1, 1, 1))


@pytest.fixture(scope="module")
def view() -> View:
    k = Intrinsics(width_px=160, height_px=120, fx_px=300, fy_px=300, cx_px=80, cy_px=60)
    pose = looking_at(np.array([0.2, 0.1, 0.5]), np.array([0.04, 0.0, 0.02]), np.eye(3)[2])
    return View(k, pose)


def distance_m(cone: RoundCone, points: np.ndarray) -> np.ndarray:
    """Signed distance by brute force: the nearest of many spheres along the axis."""
    a, b = np.array(cone.a_m), np.array(cone.b_m)
    shares = np.linspace(0, 1, 801)
    best = np.full(points.shape[0], np.inf)
    for share in shares:
        radius = cone.radius_a_m + share * (cone.radius_b_m - cone.radius_a_m)
        best = np.minimum(best, np.linalg.norm(points - (a + share * (b - a)), axis=1) - radius)
    return best


@pytest.mark.parametrize("cone", [FINGER, SWALLOWED])
def test_rays_stop_on_the_surface_and_not_before(view, cone):
    t = meet_cone(cone, view.eye_m, view.rays)
    hit = np.isfinite(t)
    assert 200 < hit.sum() < 0.9 * hit.size
    rays = view.rays[:, hit][:, ::7]
    reached = t[hit][::7]
    points = (view.eye_m[:, None] + reached * rays).T
    assert np.abs(distance_m(cone, points)).max() < 2e-5
    before = (view.eye_m[:, None] + (reached - 0.002) * rays).T
    assert distance_m(cone, before).min() > 0.0
    missed = (view.eye_m[:, None] + 0.5 * view.rays[:, ~hit][:, ::9]).T
    assert distance_m(cone, missed).min() > -1e-5


def test_normals_are_the_gradient_of_the_distance(view):
    t = meet_cone(FINGER, view.eye_m, view.rays)
    hit = np.isfinite(t)
    points = (view.eye_m[:, None] + t[hit] * view.rays[:, hit])[:, ::11]
    normals = cone_normals(FINGER, points.astype(np.float32))
    h = 1e-4
    steps = np.eye(3) * h
    gradient = np.stack(
        [distance_m(FINGER, points.T + s) - distance_m(FINGER, points.T - s) for s in steps]
    )
    gradient /= np.linalg.norm(gradient, axis=0)
    agreement = (gradient * normals).sum(axis=0)
    assert agreement.min() > 0.999
    assert (gradient * np.roll(normals, 1, axis=0)).sum(axis=0).min() < 0.9


@pytest.mark.parametrize("cone", [FINGER, SWALLOWED])
def test_boxes_hold_every_pixel_of_a_body(view, cone):
    hit = np.isfinite(meet_cone(cone, view.eye_m, view.rays))
    box = view.box_of_cone(cone)
    inside = np.zeros_like(hit)
    inside[box.window] = True
    assert not (hit & ~inside).any()
    assert inside.sum() < 0.8 * hit.size, "a box of the whole picture would prove nothing"


def test_a_body_around_the_eye_takes_the_whole_picture(view):
    near = RoundCone((0.2, 0.1, 0.48), (0.0, 0.0, 0.0), 0.05, 0.01, (1, 1, 1))
    assert view.box_of_cone(near) == view.full


def test_boxes_join_and_cut():
    a, b = PixelBox(2, 3, 6, 8), PixelBox(5, 1, 9, 4)
    assert a.union(b) == PixelBox(2, 1, 9, 8)
    assert PixelBox(4, 4, 4, 9).empty
    assert PixelBox(4, 4, 4, 9).union(a) == a
    assert b.inside(a) == PixelBox(3, 0, 4, 1)
