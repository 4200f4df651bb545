"""All pictures of a board and marker plates, adjusted together.

Takes a board's pose in each picture with its information, and plates' corners; gives the plates
in the board's frame, and the linearised problem for whoever asks what else would explain what is
left. Leaves samples and verdicts to `calibration.mannequin.survey` and `.survey_faults`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from calibration.cameras.view_pose import ViewPose, pooled_sigma_px
from mr.geometry.camera import Camera
from mr.geometry.poses import difference, perturb, skew
from mr.types import FloatArray, Pose

ROUNDS = 15
DONE = 1e-8
LEAST_SIGMA_PX = 0.05


def square_corners_m(side_m: float) -> FloatArray:
    """Give a plate's corners in its own frame in OpenCV's order, (4, 3) m."""
    half = side_m / 2
    return np.array([[-half, half, 0], [half, half, 0], [half, -half, 0], [-half, -half, 0]])


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture: its lens, the board in it, and the corners (4, 2) px of plates by their id."""

    number: int
    """Of the samples, from 0."""
    lens: Camera
    board: ViewPose
    plates: Mapping[int, FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One plate in one picture, linearised about the solution."""

    plate: int
    picture: int
    """Number of the sample."""
    rows: slice
    """Its eight of the problem's."""
    by_board_point: FloatArray
    """(4, 2, 3) d px / d corner in the board's frame, whitened."""
    corners_in_board_m: FloatArray
    """(4, 3)."""


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A solution."""

    ids: tuple[int, ...]
    board_from_plate: dict[int, Pose]
    """With covariance."""
    rows: FloatArray
    """Whitened d foretold / d unknown: pictures' poses first, then plates' in order of `ids`."""
    miss: FloatArray
    looks: tuple[Look, ...]
    left_px: FloatArray
    """(looks, 4, 2) seen minus foretold."""
    sigma_px: float
    """Of a plate's corner on one axis."""
    color_from_board: tuple[Pose, ...]


def adjust(
    pictures: Sequence[Picture], sides_m: Mapping[int, float], start: Mapping[int, Pose]
) -> Bundle:
    """Step to the least squares from `start`, ``board_from_plate`` by id."""
    ids = tuple(sorted(start))
    poses = [p.board.color_from_board for p in pictures]
    plates = dict(start)
    board_px = pooled_sigma_px([p.board for p in pictures])
    sigma_px = 2 * LEAST_SIGMA_PX
    for _ in range(ROUNDS):
        rows, miss, _, left = _linearised(pictures, poses, ids, plates, sides_m, board_px, sigma_px)
        steps: FloatArray = np.linalg.lstsq(rows, miss)[0].reshape(-1, 6).astype(np.float64)
        poses = [perturb(p, s) for p, s in zip(poses, steps, strict=False)]
        plates = {j: perturb(plates[j], s) for j, s in zip(ids, steps[len(poses) :], strict=True)}
        freedom = max(left.size - 6 * len(ids), 1)
        sigma_px = max(LEAST_SIGMA_PX, float(np.sqrt(np.sum(left**2) / freedom)))
        if np.abs(steps).max() < DONE:
            break
    rows, miss, looks, left = _linearised(pictures, poses, ids, plates, sides_m, board_px, sigma_px)
    covariance: FloatArray = np.linalg.inv(rows.T @ rows).astype(np.float64)
    known = {}
    for k, j in enumerate(ids):
        at = slice(6 * (len(poses) + k), 6 * (len(poses) + k) + 6)
        known[j] = Pose(plates[j].R, plates[j].t_m, covariance[at, at])
    return Bundle(ids, known, rows, miss, tuple(looks), left, sigma_px, tuple(poses))


def _linearised(
    pictures: Sequence[Picture],
    poses: Sequence[Pose],
    ids: tuple[int, ...],
    plates: Mapping[int, Pose],
    sides_m: Mapping[int, float],
    board_px: float,
    sigma_px: float,
) -> tuple[FloatArray, FloatArray, list[Look], FloatArray]:
    n_looks = sum(len(p.plates) for p in pictures)
    rows = np.zeros((6 * len(pictures) + 8 * n_looks, 6 * (len(pictures) + len(ids))))
    miss = np.zeros(len(rows))
    looks: list[Look] = []
    left = np.zeros((n_looks, 4, 2))
    at = 6 * len(pictures)
    for k, (picture, pose) in enumerate(zip(pictures, poses, strict=True)):
        own = slice(6 * k, 6 * k + 6)
        root = np.linalg.cholesky(picture.board.slope.T @ picture.board.slope).T / board_px
        rows[own, own] = root
        miss[own] = root @ difference(picture.board.color_from_board, pose)
        for j, corners_px in picture.plates.items():
            lies = plates[j]
            arm = square_corners_m(sides_m[j]) @ lies.R.T
            in_board = arm + lies.t_m
            turned = in_board @ pose.R.T
            px, by_point = picture.lens.project_with_slope(turned + pose.t_m)
            mine = slice(at, at + 8)
            by_picture = np.concatenate([-by_point @ skew(turned), by_point], axis=2)
            by_board_point = by_point @ pose.R
            by_plate = np.concatenate([-by_board_point @ skew(arm), by_board_point], axis=2)
            rows[mine, own] = by_picture.reshape(8, 6) / sigma_px
            c = 6 * (len(pictures) + ids.index(j))
            rows[mine, c : c + 6] = by_plate.reshape(8, 6) / sigma_px
            left[len(looks)] = corners_px - px
            miss[mine] = left[len(looks)].ravel() / sigma_px
            looks.append(Look(j, picture.number, mine, by_board_point / sigma_px, in_board))
            at += 8
    return rows, miss, looks, left


def start_of(pictures: Sequence[Picture], plate: int, side_m: float) -> tuple[Pose, float]:
    """Give ``board_from_plate`` to start from, and its median miss in px over all pictures.

    One picture of a square has two poses; the other pictures tell which.
    """
    mine = [p for p in pictures if plate in p.plates]
    best = (Pose.identity(), float("inf"))
    corners = square_corners_m(side_m)
    for picture in mine:
        n, turns, shifts, _ = cv2.solvePnPGeneric(
            corners,
            picture.plates[plate],
            picture.lens.matrix,
            picture.lens.distortion,
            flags=cv2.SOLVEPNP_IPPE_SQUARE,
        )
        for k in range(n):
            R = np.asarray(cv2.Rodrigues(turns[k])[0], dtype=np.float64)
            lies = picture.board.color_from_board.inverse() @ Pose(
                R, shifts[k].ravel().astype(np.float64)
            )
            off = [_miss_px(p, lies, corners, plate) for p in mine]
            if float(np.median(off)) < best[1]:
                best = (lies, float(np.median(off)))
    return best


def _miss_px(picture: Picture, lies: Pose, corners_m: FloatArray, plate: int) -> float:
    told = picture.lens.project(picture.board.color_from_board.apply(lies.apply(corners_m)))
    off = np.linalg.norm(told - picture.plates[plate], axis=1)
    return float(off.max()) if np.isfinite(off).all() else float("inf")
