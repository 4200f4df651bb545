"""Views of a held board as numbers: corners with noise, without painting a picture.

The board's place is written out here and shares nothing with the technician's.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from calibration.boards.charuco import BoardView, CharucoBoard
from mr.geometry.camera import Camera
from mr.rig import Intrinsics
from mr.sim.board_view import Bend
from mr.types import FloatArray, Pose

D435 = Intrinsics(width_px=848, height_px=480, fx_px=612.3, fy_px=611.1, cx_px=421.7, cy_px=243.2)
WEBCAM = Intrinsics(
    width_px=1280,
    height_px=720,
    fx_px=900.0,
    fy_px=905.0,
    cx_px=620.0,
    cy_px=390.0,
    distortion=(-0.33, 0.12, -0.001, 0.002, -0.02),
)
BOARD = CharucoBoard()
MIDDLE_M = BOARD.corners_in_board_m.mean(axis=0)
SIGMA_PX = 0.06
RIM_PX = 6.0


def size_of(lens: Intrinsics) -> tuple[int, int]:
    return lens.width_px, lens.height_px


def numbers_of(lens: Intrinsics) -> FloatArray:
    return np.array([lens.fx_px, lens.fy_px, lens.cx_px, lens.cy_px, *lens.distortion])


def grown(lens: Intrinsics, share: float) -> Intrinsics:
    """The same lens with another focal length."""
    return lens.model_copy(update={"fx_px": lens.fx_px * share, "fy_px": lens.fy_px * share})


def view_at(
    lens: Intrinsics,
    pose: Pose,
    rng: np.random.Generator,
    board: CharucoBoard = BOARD,
    bend: Bend | None = None,
    sigma_px: float = SIGMA_PX,
) -> BoardView:
    """What `find_board` gives of a board at ``color_from_board``, corners off by sigma."""
    places = (bend or Bend()).place(board.corners_in_board_m)
    corners_px = Camera(lens).project(pose.apply(places))
    size = np.array(size_of(lens))
    inside = ((corners_px > RIM_PX) & (corners_px < size - 1 - RIM_PX)).all(axis=1)
    noisy = corners_px[inside] + sigma_px * rng.standard_normal((int(inside.sum()), 2))
    return BoardView(np.flatnonzero(inside), noisy, 0, size_of(lens), 2.3)


def held_views(
    lens: Intrinsics,
    seed: int,
    n: int = 20,
    *,
    tilt_deg: tuple[float, float] = (12.0, 40.0),
    spread: float = 0.75,
    bend: Bend | None = None,
    printed: CharucoBoard = BOARD,
    later: Intrinsics | None = None,
    sigma_px: float = SIGMA_PX,
) -> list[BoardView]:
    """Views of a board held all over the picture; `later` is the lens of the second half."""
    rng = np.random.default_rng(seed)
    middle = np.append(np.array(printed.size_m) / 2, 0.0)
    out: list[BoardView] = []
    k = 0
    while len(out) < n:
        now = later if later is not None and len(out) >= n // 2 else lens
        tilt = np.radians(rng.uniform(*tilt_deg))
        way = np.pi / 2 * (k % 4) + rng.uniform(-0.5, 0.5)
        turn = rng.uniform(-0.2, 0.2) + (np.pi / 2 if k % 3 == 0 else 0.0)
        lean = Rotation.from_rotvec(tilt * np.array([np.cos(way), np.sin(way), 0.0]))
        R = (lean * Rotation.from_rotvec([0.0, 0.0, turn])).as_matrix()
        share = 0.5 + 0.5 * spread * rng.uniform(-1, 1, 2)
        z_m = rng.uniform(0.32, 0.55) * (lens.fx_px / 612) * (848 / lens.width_px)
        ray = Camera(now).rays_at(share * np.array(size_of(lens)))
        pose = Pose(R, ray * z_m - R @ middle)
        view = view_at(now, pose, rng, printed, bend, sigma_px)
        k += 1
        if len(view.ids) >= 12:
            out.append(view)
    return out
