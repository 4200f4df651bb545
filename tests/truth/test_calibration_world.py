"""Cameras are placed to 1 mm and 0.1 degrees, their sigmas are honest, and mistakes are named."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from scipy.optimize import least_squares

from calibration.boards.charuco import CharucoBoard
from calibration.cameras.view_pose import pose_slope
from calibration.cameras.world import WORLD_FROM_BOARD, World, measure_world
from calibration.simulated.rooms import Disturb, room, told_cameras, world_samples
from mr.errors import CalibrationError
from mr.geometry.camera import Camera
from mr.geometry.poses import difference, perturb
from mr.sim.rig import COLOR, TrueCamera
from mr.types import Pose

BOARD = CharucoBoard()
SEEDS = range(25)
PER_DEGREE = (0.72, 1.35)
"""Mean chi² per degree of freedom: 25 captures of 6 n numbers that hang together."""


@lru_cache(maxsize=3)
def captures(n: int) -> list[tuple[dict[str, TrueCamera], World]]:
    found = []
    for seed in SEEDS:
        cameras = room(n, seed=seed)
        samples = list(world_samples(cameras, BOARD, seed=seed, n_held=18 if n > 1 else 0))
        told = told_cameras(cameras)
        exact = {"print_sigma": 0.0, "focal_sigma": 0.0, "shift_sigma_m": 0.0}
        found.append((cameras, measure_world(samples, BOARD, told, **exact)))
    return found


def errors(n: int) -> list[tuple[np.ndarray, np.ndarray]]:
    return [
        (difference(world.world_from_cam[k], true.world_from_cam), pose.covariance)
        for cameras, world in captures(n)
        for k, true in enumerate(cameras.values())
        if (pose := world.world_from_cam[k]).covariance is not None
    ]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_cameras_are_placed_to_the_issues_limits(n: int) -> None:
    off = np.array([error for error, _ in errors(n)])
    assert len(off) == n * len(SEEDS)
    assert np.linalg.norm(off[:, 3:], axis=1).max() < 1e-3
    assert np.degrees(np.linalg.norm(off[:, :3], axis=1)).max() < 0.1


@pytest.mark.parametrize("n", [1, 2, 3])
def test_sigmas_are_honest(n: int) -> None:
    each = [float(e @ np.linalg.solve(c, e)) / 6 for e, c in errors(n)]
    print(f"{n} cameras: chi2 per degree {np.mean(each):.2f}")
    assert PER_DEGREE[0] < np.mean(each) < PER_DEGREE[1]
    assert np.mean(each) / 0.25 > PER_DEGREE[1]
    assert np.mean(each) / 4.0 < PER_DEGREE[0]


def test_it_is_the_bundle_adjustment_of_all_corners() -> None:
    """The condensed solution against SciPy's over every pixel."""
    cameras = room(2, seed=5)
    samples = list(world_samples(cameras, BOARD, seed=5, n_held=5))[2:8]
    told = told_cameras(cameras)
    exact = {"print_sigma": 0.0, "focal_sigma": 0.0, "shift_sigma_m": 0.0}
    world = measure_world(samples, BOARD, told, **exact)
    lens, back = Camera(COLOR), next(iter(told.values())).color_from_depth
    assert back is not None
    starts = [p @ back.pose().inverse() for p in world.world_from_cam]
    boards = [WORLD_FROM_BOARD] + [
        starts[0] @ _alone(s.ids[0], s.corners_px[0], lens) for s in samples[1:]
    ]

    def left(x: np.ndarray) -> np.ndarray:
        moved = [perturb(p, x[6 * k : 6 * k + 6]) for k, p in enumerate(starts)]
        lying = [boards[0]] + [
            perturb(p, x[12 + 6 * k : 18 + 6 * k]) for k, p in enumerate(boards[1:])
        ]
        out = []
        for i, s in enumerate(samples):
            for k in range(2):
                if len(s.ids[k]) >= 8:
                    places = BOARD.corners_in_board_m[s.ids[k]]
                    px = lens.project((moved[k].inverse() @ lying[i]).apply(places))
                    out.append((px - s.corners_px[k]).ravel())
        return np.concatenate(out)

    solved = least_squares(left, np.zeros(12 + 6 * (len(samples) - 1)), x_scale="jac")
    for k in range(2):
        full = perturb(starts[k], solved.x[6 * k : 6 * k + 6])
        apart = difference(full, starts[k])
        assert np.linalg.norm(apart[3:]) < 5e-5
        assert np.linalg.norm(apart[:3]) < 5e-5


def _alone(ids: np.ndarray, px: np.ndarray, lens: Camera) -> Pose:
    from calibration.cameras.view_pose import view_pose

    view = view_pose(ids, px, BOARD, lens)
    assert view is not None
    return view.color_from_board


def test_the_slope_of_a_pose_is_its_own_difference() -> None:
    lens, pose = Camera(COLOR), Pose(np.diag([1.0, 1.0, 1.0]), np.array([-0.1, -0.1, 0.7]))
    points = BOARD.corners_in_board_m[::7]
    _, slope, _ = pose_slope(lens, pose, points)
    for k in range(6):
        step = np.zeros(6)
        step[k] = 1e-5
        up = lens.project(perturb(pose, step).apply(points))
        down = lens.project(perturb(pose, -step).apply(points))
        assert np.allclose(slope[:, k], (up - down).ravel() / 2e-5, atol=1e-3)


def pushed(who: str, at: int, mm: float, degrees: float) -> Disturb:
    step = np.array([np.radians(degrees), 0, 0, 0, mm / 1000, 0])
    return lambda i, name, pose: perturb(pose, step) if name == who and i >= at else pose


@pytest.mark.parametrize(
    ("n", "mistake", "words"),
    [
        (3, {"disturb": pushed("left", 12, 8, 0.5)}, "left moved between instant 12 and 13"),
        (2, {"disturb": pushed("right", 9, 3, 0.3)}, "right moved between instant 9 and 10"),
        (3, {"disturb": pushed("right", 21, 8, 0.5)}, "right moved between instant 21 and 22"),
        (1, {"disturb": pushed("left", 3, 10, 0.5), "n_held": 0}, "left moved between .* 3 and 4"),
        (3, {"rolling": dict.fromkeys(range(4, 16), 0.01)}, "hold it still"),
        (2, {"printed": BOARD.model_copy(update={"square_m": 0.025})}, "squares measure 1.04"),
        (2, {"sag_m": 0.003}, "the board is bent"),
        (2, {"blind": lambda i, name: name != ("right" if 11 < i < 21 else "left")},
         "left and right never saw the board at the same instant"),
        (2, {"blind": lambda i, name: not 2 < i < 21}, "at the world's origin"),
    ],
)  # fmt: skip
def test_mistakes_are_caught_and_named(n: int, mistake: dict, words: str) -> None:
    cameras = room(n, seed=1)
    samples = list(world_samples(cameras, BOARD, seed=1, **mistake))
    with pytest.raises(CalibrationError, match=words):
        measure_world(samples, BOARD, told_cameras(cameras))


def test_one_restless_instant_is_left_out() -> None:
    cameras = room(2, seed=1)
    samples = list(world_samples(cameras, BOARD, seed=1, rolling={7: 0.010, 11: 0.012}))
    world = measure_world(samples, BOARD, told_cameras(cameras))
    assert world.left_out == (7, 11)
    for k, true in enumerate(cameras.values()):
        step = difference(world.world_from_cam[k], true.world_from_cam)
        assert np.linalg.norm(step[3:]) < 1e-3


def test_a_lens_that_is_off_by_itself_is_named() -> None:
    cameras = room(3, seed=1)
    told = told_cameras(cameras)
    lens = told["right"].color
    assert lens is not None
    longer = lens.model_copy(update={"fx_px": lens.fx_px * 1.03, "fy_px": lens.fy_px * 1.03})
    told["right"] = told["right"].model_copy(update={"color": longer})
    with pytest.raises(CalibrationError, match="camera right: its depth sensor"):
        measure_world(list(world_samples(cameras, BOARD, seed=1)), BOARD, told)
