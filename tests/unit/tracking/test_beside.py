"""The bare chest beside the hands: its rest, what covers it, and the depth that it tells."""

from __future__ import annotations

import numpy as np
import pytest

from mr.geometry.camera import Camera
from mr.rig import BENDING_CELL_M as CELL_M
from mr.rig import BENDING_COLUMNS as COLUMNS
from mr.rig import BENDING_ROWS as ROWS
from mr.rig import Intrinsics
from mr.tracking.beside import BareChest, Beside, depth_beside
from mr.tracking.surface import ChestView, Points
from mr.types import FloatArray, Pose

OPTICS = Intrinsics(width_px=848, height_px=480, fx_px=424, fy_px=424, cx_px=424, cy_px=240)
STEP_M = 0.004
HZ = 60.0
BACK_M = 0.065
"""Height of the back of resting hands."""


def bending() -> FloatArray:
    """Give a chest that goes down as a bell about the compression point."""
    y, x = np.mgrid[:ROWS, :COLUMNS]
    y_m, x_m = (y - 0.5 * (ROWS - 1)) * CELL_M, (x - 0.5 * (COLUMNS - 1)) * CELL_M
    return np.asarray(np.exp(-(x_m**2 + y_m**2) / (2 * 0.07**2))).reshape(-1)


def points(
    depth_m: float,
    noise_m: float = 0.001,
    *,
    hands: bool = True,
    seed: int = 0,
    lift_m: float = 0.0,
) -> Points:
    """Give a curved chest under hands at a depth, one point each 4 mm."""
    half = np.arange(-0.16, 0.16, STEP_M) + 0.5 * STEP_M
    x, y = np.meshgrid(half, half)
    share = np.zeros_like(x)
    column = np.floor(x / CELL_M + 0.5 * COLUMNS).astype(int)
    row = np.floor(y / CELL_M + 0.5 * ROWS).astype(int)
    inside = (column >= 0) & (column < COLUMNS) & (row >= 0) & (row < ROWS)
    share[inside] = bending().reshape(ROWS, COLUMNS)[row[inside], column[inside]]
    z = -1.5 * x**2 - 0.8 * y**2 - depth_m * share + lift_m * share
    z += np.random.default_rng(seed).normal(0.0, noise_m, z.shape)
    if hands:
        over = (np.abs(x) < 0.09) & (np.abs(y) < 0.045)
        z[over] = BACK_M - depth_m
    return Points(
        *(v.astype(np.float32) for v in (x, y, z)),
        np.full(x.shape, 0.7, np.float32),
        np.ones(x.shape, bool),
    )


@pytest.fixture(scope="module")
def view() -> ChestView:
    above = Pose(np.diag([1.0, -1.0, -1.0]), np.array([0.0, 0.0, 0.7]))
    return ChestView(Camera(OPTICS), 0.05, above)


def rested(view: ChestView, n: int = 60) -> BareChest:
    """Give a chest that was seen bare for so many frames."""
    bare = BareChest()
    for k in range(n):
        bare.learn(view, points(0.0, hands=False, seed=100 + k), round(k / HZ * 1e9))
    return bare


def told(bare: BareChest, seen: Points, depth_m: float, view: ChestView) -> Beside | None:
    cells = bare.cells(view, seen, BACK_M - depth_m)
    return None if cells is None else depth_beside(cells, bending(), view)


@pytest.mark.parametrize("depth_m", [0.0, 0.02, 0.055])
def test_it_tells_the_depth_at_the_compression_point(view: ChestView, depth_m: float) -> None:
    bare = rested(view)
    found = [told(bare, points(depth_m, seed=k), depth_m, view) for k in range(20)]
    errors = np.array([f.depth_m - depth_m for f in found if f])
    assert len(errors) == 20
    assert abs(errors.mean()) < 2e-4
    assert errors.std() < 4e-4


def test_a_chest_that_bends_otherwise_is_another_depth(view: ChestView) -> None:
    """The control: with shares that are a tenth too small it is a tenth too deep."""
    cells = rested(view).cells(view, points(0.05), BACK_M - 0.05)
    assert cells is not None
    found = depth_beside(cells, 0.9 * bending(), view)
    assert found is not None
    assert found.depth_m == pytest.approx(0.05 / 0.9, abs=5e-4)


def test_arms_and_fingers_over_it_are_left_out(view: ChestView) -> None:
    bare, seen = rested(view), points(0.05)
    half = seen.y > 0.0
    seen.z[half] = np.nan  # the arms' shadow
    finger = (np.abs(seen.x - 0.03) < 0.012) & (seen.y < -0.03) & (seen.y > -0.08)
    seen.z[finger] += np.float32(0.012)
    found = told(bare, seen, 0.05, view)
    assert found is not None
    assert found.depth_m == pytest.approx(0.05, abs=6e-4)
    whole = told(bare, points(0.05), 0.05, view)
    assert whole is not None
    assert found.sigma_m > 1.2 * whole.sigma_m, "less of it is seen"


def test_too_little_of_it_tells_nothing(view: ChestView) -> None:
    seen = points(0.05)
    seen.z[np.hypot(seen.x, seen.y + 0.09) > 0.02] = np.nan
    assert told(rested(view), seen, 0.05, view) is None


def test_without_a_bare_chest_before_it_tells_nothing(view: ChestView) -> None:
    assert BareChest().cells(view, points(0.05), BACK_M) is None


def test_a_breath_is_no_new_rest_and_a_moved_chest_is_one(view: ChestView) -> None:
    def after(lifted_s: float) -> float:
        bare = rested(view)
        for k in range(60, 60 + round(lifted_s * HZ)):
            lifted = points(0.0, hands=False, seed=k, lift_m=0.008)
            bare.learn(view, lifted, round(k / HZ * 1e9))
        found = told(bare, points(0.05), 0.05, view)
        assert found is not None
        return found.depth_m

    assert after(2.0) == pytest.approx(0.05, abs=3e-4)
    assert after(6.0) == pytest.approx(0.058, abs=3e-4)


def test_a_single_look_after_hands_moves_the_rest_by_a_look(view: ChestView) -> None:
    """A breath's first millimetre, after 18 s of hands: it was once taken six times over."""
    bare = rested(view, 120)
    bare.learn(view, points(0.0, hands=False, seed=7, lift_m=0.0015), round(20e9))
    found = told(bare, points(0.05), 0.05, view)
    assert found is not None
    assert found.depth_m == pytest.approx(0.05, abs=3e-4)


def test_two_breaths_with_hands_between_are_no_new_rest(view: ChestView) -> None:
    bare = rested(view)
    for start_s in (1.0, 20.0):
        for k in range(30):
            lifted = points(0.0, hands=False, seed=k, lift_m=0.008)
            bare.learn(view, lifted, round((start_s + k / HZ) * 1e9))
    found = told(bare, points(0.05), 0.05, view)
    assert found is not None
    assert found.depth_m == pytest.approx(0.05, abs=3e-4)


def test_a_rest_is_of_one_place_of_the_mannequin(view: ChestView) -> None:
    bare, optics = rested(view), Camera(OPTICS)
    creep, jump = (
        ChestView(optics, 0.05, Pose(view.pose.R, view.pose.t_m + np.array([0.0, 0.0, z_m])))
        for z_m in (0.0002, 0.006)
    )
    assert bare.cells(creep, points(0.05), BACK_M - 0.05) is not None
    assert bare.cells(jump, points(0.05), BACK_M - 0.05) is None
    for k in range(60, 120):
        bare.learn(jump, points(0.0, hands=False, seed=k, lift_m=0.006), round(k / HZ * 1e9))
    found = told(bare, points(0.05), 0.05, jump)
    assert found is not None
    assert found.depth_m == pytest.approx(0.056, abs=3e-4), "what it sees from there is its rest"
