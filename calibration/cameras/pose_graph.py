"""Many views of one board joined: where cameras and boards are in the world.

Takes views condensed to ``color_from_board`` with their information, gives the cameras' and
the boards' places with covariance; leaves what a board's place means to its caller. It is the
bundle adjustment of all corners to second order: a view's own fit leaves only what no pose
explains, and 6 numbers with their information say the rest (a test compares the two).

Ref: Grisetti et al. 2010, a tutorial on graph-based SLAM; Triggs et al. 2000, section 6
(reduced systems).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from mr.geometry.poses import difference, perturb, skew
from mr.types import FloatArray, Pose

ROUNDS = 8
DONE = 1e-9
NOTHING_NEW = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """One camera's view of one board: ``color_from_board`` as measured."""

    camera: int
    board: int
    pose: Pose
    root: FloatArray
    """(6, 6): root @ [w, v] has unit variance."""


@dataclass(frozen=True, slots=True, eq=False)
class Tie:
    """What is known of a board's place beforehand."""

    board: int
    pose: Pose
    root: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A solution."""

    cameras: tuple[Pose, ...]
    """``world_from_color``."""
    boards: tuple[Pose, ...]
    """``world_from_board``."""
    covariance: FloatArray
    """(6 n, 6 n) of cameras, then of boards; zero for the fixed one."""
    off: FloatArray
    """(views, 6) measured minus foretold ``color_from_board``, [w, v]."""
    tie_off: FloatArray
    """(ties, 6) the same of the ties."""
    chi2: float
    freedom: int
    rows: FloatArray
    """Whitened d foretold / d unknown, (6 (views + ties), unknowns that are not fixed)."""
    miss: FloatArray
    """Whitened, of the same rows."""

    def camera_covariance(self, k: int) -> FloatArray:
        """Give a camera's (6, 6)."""
        return self.covariance[6 * k : 6 * k + 6, 6 * k : 6 * k + 6]


def reached(
    edges: Sequence[Edge], known: dict[int, Pose]
) -> tuple[dict[int, Pose], dict[int, Pose]]:
    """Walk from known boards over the views: cameras and boards that it meets, with places."""
    cameras: dict[int, Pose] = {}
    boards = dict(known)
    left = sorted(edges, key=lambda e: -float(np.linalg.det(e.root)))
    while True:
        for edge in left:
            if edge.board in boards and edge.camera not in cameras:
                cameras[edge.camera] = boards[edge.board] @ edge.pose.inverse()
                break
            if edge.camera in cameras and edge.board not in boards:
                boards[edge.board] = cameras[edge.camera] @ edge.pose
                break
        else:
            return cameras, boards
        left = [e for e in left if e.camera not in cameras or e.board not in boards]


def solve(
    cameras: Sequence[Pose],
    boards: Sequence[Pose],
    edges: Sequence[Edge],
    ties: Sequence[Tie],
    fixed: int,
) -> Graph:
    """Step to the least squares from near by; board `fixed` stays where it is."""
    places = [*cameras, *boards]
    n, n_cameras = len(places), len(cameras)
    keep = np.ones(6 * n, dtype=bool)
    keep[6 * (n_cameras + fixed) : 6 * (n_cameras + fixed) + 6] = False
    for _ in range(ROUNDS):
        off, tie_off, rows, miss = _linearised(places, n_cameras, edges, ties)
        step = np.zeros(6 * n)
        inside = rows[:, keep]
        step[keep] = cho_solve(cho_factor(inside.T @ inside), inside.T @ miss)
        places = [perturb(p, step[6 * k : 6 * k + 6]) for k, p in enumerate(places)]
        if np.abs(step).max() < DONE:
            break
    off, tie_off, rows, miss = _linearised(places, n_cameras, edges, ties)
    covariance = np.zeros((6 * n, 6 * n))
    inside = rows[:, keep]
    covariance[np.ix_(keep, keep)] = np.linalg.inv(inside.T @ inside)
    return Graph(
        tuple(places[:n_cameras]),
        tuple(places[n_cameras:]),
        covariance,
        off,
        tie_off,
        float(miss @ miss),
        len(miss) - int(keep.sum()),
        inside,
        miss,
    )


class Extended:
    """A least-squares problem (whitened rows, miss) that is asked what more unknowns would do."""

    def __init__(self, rows: FloatArray, miss: FloatArray) -> None:
        self._q = np.linalg.qr(rows)[0]
        self._left = self._without(miss)

    def gain(self, columns: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Give the fall of chi², the unknowns' values, and their one-sigmas."""
        u, size, turn = np.linalg.svd(self._without(columns), full_matrices=False)
        # What the problem's own unknowns can do already is no further unknown.
        told = size > NOTHING_NEW * max(float(np.linalg.norm(columns)), 1e-300)
        u, size, turn = u[:, told], size[told], turn[told]
        along = u.T @ self._left
        value = turn.T @ (along / size)
        sigma = np.sqrt(np.sum((turn.T / size) ** 2, axis=1))
        return float(along @ along), value, sigma

    def _without(self, x: FloatArray) -> FloatArray:
        return np.asarray(x - self._q @ (self._q.T @ x))


def _linearised(
    places: Sequence[Pose], n_cameras: int, edges: Sequence[Edge], ties: Sequence[Tie]
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Give what is off, and the whitened rows of d (foretold) / d unknown."""
    off, tie_off = np.zeros((len(edges), 6)), np.zeros((len(ties), 6))
    rows = np.zeros((6 * (len(edges) + len(ties)), 6 * len(places)))
    miss = np.zeros(len(rows))
    for k, edge in enumerate(edges):
        camera, board = places[edge.camera], places[n_cameras + edge.board]
        off[k] = difference(edge.pose, camera.inverse() @ board)
        back = camera.R.T
        by_board = np.kron(np.eye(2), back)
        by_camera = -by_board
        by_camera[3:, :3] = back @ skew(board.t_m - camera.t_m)
        at = slice(6 * k, 6 * k + 6)
        rows[at, 6 * edge.camera : 6 * edge.camera + 6] = edge.root @ by_camera
        j = 6 * (n_cameras + edge.board)
        rows[at, j : j + 6] = edge.root @ by_board
        miss[at] = edge.root @ off[k]
    for k, tie in enumerate(ties, start=len(edges)):
        j = 6 * (n_cameras + tie.board)
        tie_off[k - len(edges)] = difference(tie.pose, places[n_cameras + tie.board])
        rows[6 * k : 6 * k + 6, j : j + 6] = tie.root
        miss[6 * k : 6 * k + 6] = tie.root @ tie_off[k - len(edges)]
    return off, tie_off, rows, miss
