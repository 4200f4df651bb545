"""Projection and deprojection undo each other, with and without distortion."""

from __future__ import annotations

import numpy as np
import pytest

from mr.geometry.camera import Camera
from mr.rig import Intrinsics

PLAIN = Intrinsics(width_px=640, height_px=480, fx_px=390.4, fy_px=391.0, cx_px=331.4, cy_px=242.2)
BENT = PLAIN.model_copy(update={"distortion": (-0.11, 0.07, 0.001, -0.002, -0.01)})


@pytest.mark.parametrize("model", [PLAIN, BENT], ids=["plain", "bent"])
def test_round_trip(model: Intrinsics) -> None:
    camera = Camera(model)
    rng = np.random.default_rng(1)
    px = rng.uniform([0, 0], [639, 479], (500, 2))
    z_m = rng.uniform(0.3, 1.5, 500)
    points = camera.deproject(px, z_m)
    assert points[:, 2] == pytest.approx(z_m)
    assert np.abs(camera.project(points) - px).max() < 1e-4


def test_distortion_matters() -> None:
    px = np.array([[20.0, 20.0]])
    moved = Camera(PLAIN).rays_at(px) - Camera(BENT).rays_at(px)
    assert np.abs(moved).max() > 0.005


def test_ray_grid_is_pixel_centres() -> None:
    camera = Camera(BENT)
    grid = camera.rays
    assert grid.shape == (480, 640, 3)
    one = camera.rays_at(np.array([37.0, 401.0]))
    assert grid[401, 37] == pytest.approx(one, abs=1e-6)
    assert camera.rays is grid


def test_slope_is_the_derivative() -> None:
    camera = Camera(BENT)
    points = np.random.default_rng(2).uniform([-0.3, -0.2, 0.5], [0.3, 0.2, 1.2], (20, 3))
    px, slope = camera.project_with_slope(points)
    assert px == pytest.approx(camera.project(points))
    for axis in range(3):
        step = np.zeros(3)
        step[axis] = 1e-6
        numeric = (camera.project(points + step) - camera.project(points - step)) / 2e-6
        assert slope[:, :, axis] == pytest.approx(numeric, abs=2e-3)


def test_behind_the_camera_is_nan() -> None:
    px = Camera(PLAIN).project(np.array([[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]]))
    assert np.isnan(px[0]).all()
    assert px[1] == pytest.approx([331.4, 242.2])


def test_window_clips_and_may_be_empty() -> None:
    camera = Camera(PLAIN)
    rows, columns = camera.window(np.array([[-2.0, 0.0, 1.0], [0.1, 0.1, 1.0]]), margin_px=3)
    assert columns == slice(0, 375)
    assert rows.start == 239
    nowhere = camera.window(np.array([[0.0, 0.0, -1.0]]))
    assert nowhere == (slice(0, 0), slice(0, 0))
    aside = camera.window(np.array([[9.0, 0.0, 1.0]]))
    assert aside[1].start == aside[1].stop
