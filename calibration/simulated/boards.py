"""A simulated technician with a ChArUco board before a depth camera.

Takes the true camera and a board, gives places of the board as a technician would hold it and
what the camera makes of them; leaves measuring to `calibration.cameras`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.spatial.transform import Rotation

from calibration.boards.charuco import BoardView, CharucoBoard
from calibration.cameras.board_depth import BoardDepth, board_depth
from mr.geometry.camera import Camera
from mr.rig import CameraModel
from mr.sim.camera import M_PER_COUNT
from mr.sim.noise import NoiseModel
from mr.sim.plane_depth import (
    CORNER_SIGMA_PX,
    DepthFault,
    PlaneDepth,
    bulge_m,
    seen_corners,
)
from mr.sim.rig import TrueCamera
from mr.types import FloatArray, Pose

SHARP_PX = 1.6
"""Edges of a board that is held still."""
FRAMES = 8
PLACE_S = 11.0
"""From one place to the next."""
STEP_M = 0.050


def facing(
    distance_m: float,
    tilt_deg: float,
    around_deg: float,
    turn_deg: float,
    off: tuple[float, float],
    board: CharucoBoard,
) -> Pose:
    """Give ``color_from_board``: its middle at a distance, `off` (of the distance) to the side."""
    axis = np.array([np.cos(np.radians(around_deg)), np.sin(np.radians(around_deg)), 0.0])
    turn = Rotation.from_rotvec(np.radians(tilt_deg) * axis) * Rotation.from_euler(
        "z", turn_deg, degrees=True
    )
    middle = np.array([*board.size_m, 0.0]) / 2
    at = distance_m * np.array([off[0], off[1], 1.0])
    return Pose(turn.as_matrix(), at - turn.apply(middle))


def board_view(
    color_from_board: Pose,
    board: CharucoBoard,
    lens: Camera,
    rng: np.random.Generator,
    *,
    sigma_px: float = CORNER_SIGMA_PX,
    sag_m: float = 0.0,
) -> BoardView:
    """See a board's corners with noise; `sag_m` bends it."""
    places = board.corners_in_board_m
    if sag_m:
        x, y, _ = places.T
        places = np.column_stack([x, y, bulge_m(x, y, board.size_m, sag_m)])
    ids, px = seen_corners(places, color_from_board, lens, rng, sigma_px)
    return BoardView(ids.astype(np.int64), px, 0, (lens.width_px, lens.height_px), SHARP_PX)


def depth_places(rng: np.random.Generator, board: CharucoBoard, n: int) -> Iterator[Pose]:
    """Hold a board at distances from 0.45 to 1.1 m, tilted one way and the other."""
    for k in range(n):
        distance = 0.45 * (1.1 / 0.45) ** (k / max(n - 1, 1)) * rng.uniform(0.98, 1.02)
        tilt = (0.0, 30.0, 20.0, 35.0)[k % 4] + rng.uniform(-4, 4)
        off = rng.uniform(-0.2, 0.2), rng.uniform(-0.12, 0.12)
        yield facing(distance, tilt, 137.5 * k, rng.uniform(-15, 15), off, board)


def depth_samples(
    true: TrueCamera,
    camera: CameraModel,
    board: CharucoBoard,
    *,
    seed: int = 0,
    n: int = 12,
    fault: DepthFault | None = None,
    noise: NoiseModel | None = None,
    printed: CharucoBoard | None = None,
    sag_m: float = 0.0,
    gauge_m: float = STEP_M,
    true_gauge_m: float | None = None,
    sigma_px: float = CORNER_SIGMA_PX,
) -> Iterator[BoardDepth]:
    """Yield `n` held places, then the board flat on a table, and on a gauge block, twice each.

    `board` is what the technician believes, `printed` what the board truly is.
    """
    rng = np.random.default_rng([seed, 0xB0])
    real = printed or board
    lens = Camera(true.color)
    sensor = PlaneDepth(true, real.size_m, seed=seed, noise=noise, fault=fault, sag_m=sag_m)

    def sample(color_from_board: Pose, t_s: float, gauge: float) -> BoardDepth:
        cam_from_board = true.color_from_depth.inverse() @ color_from_board
        view = board_view(color_from_board, real, lens, rng, sigma_px=sigma_px, sag_m=sag_m)
        frames = sensor.frames(cam_from_board, FRAMES, t_s)
        return board_depth(view, frames, M_PER_COUNT, board, camera, gauge)

    places = list(depth_places(rng, real, n))
    for k, place in enumerate(places):
        yield sample(place, PLACE_S * k, float("nan"))
    height = gauge_m if true_gauge_m is None else true_gauge_m
    table = facing(0.75, 25.0, 0.0, 5.0, (0.0, 0.05), real)
    for k in range(4):
        raised = k % 2 == 1
        at: FloatArray = rng.uniform(-0.01, 0.01, 3) * np.array([1.0, 1.0, 0.0])
        at[2] = -height if raised else 0.0  # board z is into the table
        lies = Pose(table.R, table.apply(at))
        yield sample(lies, PLACE_S * (n + k), gauge_m if raised else 0.0)
