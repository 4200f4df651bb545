"""A simulated technician who goes round the mannequin with a camera in the hand.

Takes the true rig's plates and a registration board on its chest, gives pictures of both; leaves
measuring to `calibration.mannequin.survey`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from scipy.spatial.transform import Rotation

from calibration.boards.charuco import CharucoBoard
from calibration.mannequin.survey import PlatesSeen
from calibration.simulated.boards import board_view
from mr.geometry.camera import Camera
from mr.geometry.poses import perturb
from mr.sim.plane_depth import CORNER_SIGMA_PX
from mr.sim.rig import Plate, SimRig, looking_at
from mr.types import FloatArray, Pose

N_PICTURES = 20
TAG_SIGMA_PX = 0.10
REGISTRATION_BOARD = CharucoBoard(columns=7, rows=9, square_m=0.020, marker_m=0.015)
"""Small enough to lie on a chest."""


def board_on_chest(board: CharucoBoard = REGISTRATION_BOARD) -> Pose:
    """Give ``mannequin_from_board`` of a board that lies on the sternum, its top to the head."""
    R = np.diag([1.0, -1.0, -1.0])
    middle = np.array([*board.size_m, 0.0]) / 2
    return Pose(R, np.array([0.0, 0.02, 0.004]) - R @ middle)


def eyes(n: int, rng: np.random.Generator) -> Iterator[FloatArray]:
    """Go round the mannequin, high and low, 0.7 to 0.9 m from the chest."""
    for k in range(n):
        around = 2 * np.pi * k / n * 1.0 + rng.uniform(-0.2, 0.2)
        off = np.radians((20.0, 40.0)[k % 2] + rng.uniform(-6, 6))
        way = np.array([np.sin(off) * np.cos(around), np.sin(off) * np.sin(around), np.cos(off)])
        yield np.asarray(rng.uniform(0.72, 0.92) * way, dtype=np.float64)


def survey_samples(
    rig: SimRig,
    board: CharucoBoard = REGISTRATION_BOARD,
    *,
    seed: int = 0,
    n: int = N_PICTURES,
    printed: CharucoBoard | None = None,
    true_sides_m: Mapping[int, float] | None = None,
    twist_m: Mapping[int, float] | None = None,
    moved: Mapping[int, tuple[int, FloatArray]] | None = None,
    board_moved: tuple[int, FloatArray] | None = None,
    one_side: bool = False,
    mannequin_from_board: Pose | None = None,
) -> Iterator[PlatesSeen]:
    """Yield pictures.

    `moved` gives by plate the picture from which on it lies elsewhere, by [w, v]; `board_moved`
    the same of the board.
    """
    rng = np.random.default_rng([seed, 0x50])
    real = printed or board
    lens = Camera(rig.camera.color)
    for k, eye in enumerate(eyes(n, rng)):
        at = eye if not one_side else np.array([0.3, 0.1, 0.62]) + 0.05 * eye
        plate = rig.plates[k % len(rig.plates)]  # this one and the board, and what else is there
        aim = 0.45 * np.array(plate.center_in_mannequin_m) + rng.uniform(-0.03, 0.03, 3)
        color_from_mannequin = looking_at(at, aim, _up(rng)).inverse()
        lies = mannequin_from_board or board_on_chest(board)
        if board_moved is not None and k >= board_moved[0]:
            lies = perturb(lies, board_moved[1])
        view = board_view(color_from_mannequin @ lies, real, lens, rng, sigma_px=CORNER_SIGMA_PX)
        ids, corners = [], []
        for plate in rig.plates:
            points = _corners(plate, true_sides_m or {}, twist_m or {})
            if moved is not None and plate.id in moved and k >= moved[plate.id][0]:
                step, middle = moved[plate.id][1], points.mean(axis=0)
                turned = Rotation.from_rotvec(step[:3]).apply(points - middle)
                points = turned + middle + step[3:]
            px = _seen(points, color_from_mannequin, lens)
            if px is not None:
                ids.append(plate.id)
                corners.append(px + rng.normal(0, TAG_SIGMA_PX, (4, 2)))
        yield PlatesSeen(
            rig.camera_id, view.ids, view.corners_px, tuple(ids), np.array(corners), 1.6
        )


def _up(rng: np.random.Generator) -> FloatArray:
    """A camera in the hand is not level."""
    x, y = rng.uniform(-0.3, 0.3, 2)
    return np.array([x, 1.0 + y, 0.1])


def _corners(
    plate: Plate, sides_m: Mapping[int, float], twist_m: Mapping[int, float]
) -> FloatArray:
    corners = plate.corners_in_mannequin_m(sides_m.get(plate.id, plate.tag_m))
    normal = np.cross(corners[1] - corners[0], corners[0] - corners[3])
    normal /= -np.linalg.norm(normal)
    signs = np.array([1.0, -1.0, 1.0, -1.0])[:, None]
    return np.asarray(corners + twist_m.get(plate.id, 0.0) * signs * normal)


def _seen(points_m: FloatArray, color_from_mannequin: Pose, lens: Camera) -> FloatArray | None:
    """Project a plate's corners; None when it is not whole in the picture, or too slanted."""
    there = color_from_mannequin.apply(points_m)
    px = lens.project(there)
    normal = np.cross(there[1] - there[0], there[3] - there[0])
    middle = there.mean(axis=0)
    slant = float(normal @ middle / np.linalg.norm(normal) / np.linalg.norm(middle))
    inside = (px > 6).all() and (px < [lens.width_px - 7, lens.height_px - 7]).all()
    return px if inside and slant > 0.3 else None
