"""A simulated technician who carries a board about between several cameras.

Takes the true cameras in their world, gives instants of the board as they see it, at the
origin first and last; leaves measuring to `calibration.cameras.world`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from scipy.spatial.transform import Rotation

from calibration.boards.charuco import CharucoBoard
from calibration.cameras.boards_seen import BoardsSeen, boards_seen
from calibration.cameras.world import WORLD_FROM_BOARD
from calibration.simulated.boards import board_view
from mr.geometry.camera import Camera
from mr.rig import CameraCalibration, PoseEntry
from mr.sim.plane_depth import CORNER_SIGMA_PX
from mr.sim.rig import COLOR, COLOR_FROM_DEPTH, DEPTH, TrueCamera, looking_at
from mr.types import FloatArray, Pose

N_HELD = 18
N_ORIGIN = 3
DEPTH_SHARE_SIGMA = 0.003
"""Of one look at the board's depth."""
RETURN_M, RETURN_RAD = 0.0007, 0.002
"""How well a board is laid back against its marks."""

Disturb = Callable[[int, str, Pose], Pose]
"""What becomes of (instant, camera, world_from_color): a camera that is pushed."""


def room(n_cameras: int, distance_m: float = 0.8, seed: int = 0) -> dict[str, TrueCamera]:
    """Hang cameras around a table; they look at its middle, over the board's origin."""
    rng = np.random.default_rng([seed, 0x200])
    aim = np.array([0.10, -0.13, 0.05])
    cameras = {}
    for k, name in enumerate(("left", "right", "head")[:n_cameras]):
        around = np.radians((200.0, 340.0, 90.0)[k] + rng.uniform(-10, 10))
        down = np.radians(rng.uniform(50, 65))
        way = np.array([np.cos(around) * np.cos(down), np.sin(around) * np.cos(down), np.sin(down)])
        eye = aim + distance_m * rng.uniform(0.95, 1.05) * way
        cameras[name] = TrueCamera(
            f"SIM-D435-{k + 1}",
            DEPTH,
            COLOR,
            COLOR_FROM_DEPTH,
            0.05,
            looking_at(eye, aim, np.array([0.0, 0.0, 1.0])),
        )
    return cameras


def held_board(rng: np.random.Generator, board: CharucoBoard) -> Pose:
    """Give ``world_from_board`` of a board that is held over the table, face up, tilted."""
    tilt = Rotation.from_rotvec(np.radians(rng.uniform(5, 35)) * _level(rng.uniform(0, 2 * np.pi)))
    turn = tilt * Rotation.from_euler("z", rng.uniform(-40, 40), degrees=True)
    R = turn.as_matrix() @ WORLD_FROM_BOARD.R
    middle = np.array([*board.size_m, 0.0]) / 2
    at = np.array([0.10, -0.13, 0.0]) + rng.uniform([-0.09, -0.09, 0.02], [0.09, 0.09, 0.20])
    return Pose(R, at - R @ middle)


def _level(angle: float) -> FloatArray:
    return np.array([np.cos(angle), np.sin(angle), 0.0])


def world_samples(
    cameras: Mapping[str, TrueCamera],
    board: CharucoBoard,
    *,
    seed: int = 0,
    n_held: int = N_HELD,
    n_table: int = 0,
    printed: CharucoBoard | None = None,
    sag_m: float = 0.0,
    sigma_px: float = CORNER_SIGMA_PX,
    disturb: Disturb | None = None,
    rolling: Mapping[int, float] | None = None,
    blind: Callable[[int, str], bool] | None = None,
) -> Iterator[BoardsSeen]:
    """Yield the origin, then held boards, then the origin again.

    `disturb` moves cameras, `rolling` moves the board by so much (m) between the cameras'
    pictures of an instant, `blind` hides the board from a camera in an instant.
    """
    rng = np.random.default_rng([seed, 0x30])
    real = printed or board
    places = [("origin", WORLD_FROM_BOARD)] * N_ORIGIN
    places += [("held", held_board(rng, real)) for _ in range(n_held)]
    for _ in range(n_table):
        turn = Rotation.from_euler("z", rng.uniform(-60, 60), degrees=True).as_matrix()
        at = np.array([*rng.uniform(-0.12, 0.12, 2), 0.0])
        places.append(("table", Pose(turn, at) @ WORLD_FROM_BOARD))
    back = Pose(
        Rotation.from_euler("z", rng.normal(0, RETURN_RAD)).as_matrix(),
        np.array([*rng.normal(0, RETURN_M, 2), 0.0]),
    )
    places += [("back", back @ WORLD_FROM_BOARD)] * 2
    for i, (place, world_from_board) in enumerate(places):
        views, depths = [], []
        for k, (name, true) in enumerate(cameras.items()):
            color = true.world_from_cam @ true.color_from_depth.inverse()
            if disturb is not None:
                color = disturb(i, name, color)
            lies = world_from_board
            if rolling and i in rolling and k:
                lies = Pose(lies.R, lies.t_m + rolling[i] * _level(2.0 * i + k))
            seen = color.inverse() @ lies
            lens = Camera(true.color)
            view = board_view(seen, real, lens, rng, sigma_px=sigma_px, sag_m=sag_m)
            if seen.R[2, 2] < 0.2 or (blind is not None and blind(i, name)):
                view = board_view(Pose(np.eye(3), np.array([9.0, 9.0, 1.0])), real, lens, rng)
            views.append(view)
            middle = np.array([*real.size_m, 0.0]) / 2
            z = (true.color_from_depth.inverse() @ seen).apply(middle)[2]
            depths.append(float(z * (1 + rng.normal(0, DEPTH_SHARE_SIGMA))))
        yield boards_seen(
            place, dict(zip(cameras, views, strict=True)), dict(zip(cameras, depths, strict=True))
        )


def told_cameras(cameras: Mapping[str, TrueCamera]) -> dict[str, CameraCalibration]:
    """Give what is known of cameras before they are placed: exact lenses, no place."""
    return {
        name: CameraCalibration(
            serial=true.serial,
            depth=true.depth,
            color=true.color,
            color_from_depth=PoseEntry.of(true.color_from_depth),
            baseline_m=true.baseline_m,
            world_from_cam=PoseEntry.of(Pose.identity()),
        )
        for name, true in cameras.items()
    }
