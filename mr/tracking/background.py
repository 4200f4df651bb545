"""What stands still behind the mannequin: it tells a bumped camera from a bumped mannequin.

Takes depth frames and where the mannequin is, learns the depth of the floor and of what
else is at rest around it; tells, when the mannequin's pose has changed, whether the rest
changed with it. A bumped camera moves everything it sees, a bumped mannequin only itself.

A slide along a bare floor leaves the floor's depth as it is, so then nobody can tell; the
edge of a table or of a board, a bench or a wall in the picture can.
"""

from __future__ import annotations

from collections import deque
from typing import Literal

import numpy as np
import numpy.typing as npt

from mr.geometry.camera import Camera
from mr.tracking.surface import DISPARITY_SIGMA_PX
from mr.types import DepthFrame, FloatArray, Pose

STRIDE = 12
"""Pixels between two points of the grid: nearly each has a draw of noise of its own."""
LEARN_SHARE = 0.1
SETTLED = 8
"""Looks that a pixel must have kept its depth before it counts as still."""
LAG = 10
"""Looks that learning lags behind, so that a bump's first looks are not learnt."""
STILL_SIGMA = 4.0
RESTART = 20
"""Looks at another depth after which a pixel is learnt anew."""
CAP = 3.0
MIN_POINTS = 60
WEIGHT = 0.25
"""Of a point: what stays of their noise from look to look is shared by neighbours."""
CLEARER = 30.0
"""By how much one story must explain the points better (weighted sum of capped squares)."""
LOOKS_MORE = 1.5
"""A single look is that much less sure than it claims, and at least so:"""
FLOOR_RAD, FLOOR_M = 0.001, 0.0005
ROUNDS = 3

Mover = Literal["camera", "mannequin"]


class Background:
    """The still points of one camera's picture.

    Parameters
    ----------
    camera, baseline_m
        The depth sensor.
    extent_m
        Box ((x0, y0), (x1, y1)) in the mannequin's frame that it may lie in, plates and
        all; what stands over it is no background.
    """

    def __init__(self, camera: Camera, baseline_m: float, extent_m: FloatArray) -> None:
        self._rays = camera.rays[::STRIDE, ::STRIDE].astype(np.float64)
        shape = self._rays.shape[:2]
        self._sigma = DISPARITY_SIGMA_PX / (float(camera.matrix[0, 0]) * baseline_m)
        self._extent = extent_m
        self.seen_ns = 0
        """When the newest frame was captured."""
        self._queue: deque[FloatArray] = deque()
        self._now: FloatArray = np.zeros(shape)
        self._z: FloatArray = np.zeros(shape)
        self._settled = np.zeros(shape, dtype=np.int64)
        self._strange = np.zeros(shape, dtype=np.int64)

    def see(self, frame: DepthFrame, t_ns: int) -> None:
        """Take the newest frame."""
        counts = frame.depth_counts[::STRIDE, ::STRIDE].astype(np.float64)
        self._now, self.seen_ns = counts * frame.m_per_count, t_ns

    def learn(self, sure: bool) -> None:
        """Learn from it, if the mannequin is surely where it is believed to be."""
        if not sure:
            self._queue.clear()
            return
        self._queue.append(self._now)
        if len(self._queue) > LAG or not self._settled.any():
            self._learn(self._queue.popleft())

    def forget(self) -> None:
        """Begin anew: the camera stands elsewhere."""
        self._queue.clear()
        self._settled[:] = 0

    def who(self, old: Pose, new: Pose) -> Mover | None:
        """Tell who moved when the mannequin was at `old` and is at `new` in the camera.

        None when what stands still cannot tell: too little of it, or it looks alike.
        """
        normals, usable = self._normals()
        usable &= self._apart(old) & self._apart(new) & (self._now > 0)
        if usable.sum() < MIN_POINTS:
            return None
        n, rays = normals[usable], self._rays[usable]
        before, now = rays * self._z[usable][:, None], rays * self._now[usable][:, None]
        along = np.maximum(np.abs(np.einsum("ij,ij->i", n, rays)), 0.1)
        scale = self._sigma * np.maximum(self._z[usable], self._now[usable]) ** 2 * along
        stayed = _cost(np.einsum("ij,ij->i", n, now - before) / scale)
        moved = new @ old.inverse()
        n, then = n @ moved.R.T, moved.apply(before)
        miss = np.einsum("ij,ij->i", n, now - then) / scale
        lever = np.concatenate([np.cross(then - new.t_m, n), n], axis=1) / scale[:, None]
        swung = _least_cost(miss, lever, _unsure(new))
        if swung < stayed - CLEARER:
            return "camera"
        return "mannequin" if stayed < swung - CLEARER else None

    def _learn(self, z: FloatArray) -> None:
        sigma = self._sigma * np.maximum(self._z, z) ** 2
        same = (np.abs(z - self._z) < STILL_SIGMA * sigma) & (z > 0) & (self._z > 0)
        self._z[same] += LEARN_SHARE * (z[same] - self._z[same])
        self._settled[same] += 1
        self._strange[same] = 0
        self._strange[~same & (z > 0)] += 1
        anew = (self._strange > RESTART) | ((self._settled == 0) & (z > 0) & ~same)
        self._z[anew] = z[anew]
        self._settled[anew], self._strange[anew] = 0, 0

    def _apart(self, cam_from_mannequin: Pose) -> npt.NDArray[np.bool_]:
        """Mask the grid's points that stand beside the mannequin, before and now."""
        back = cam_from_mannequin.inverse()
        apart = np.ones(self._z.shape, dtype=bool)
        for z in (self._z, self._now):
            xy = back.apply(self._rays * z[..., None])[..., :2]
            apart &= ~np.all((xy > self._extent[0]) & (xy < self._extent[1]), axis=-1)
        return apart

    def _normals(self) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
        """Give unit normals of the grid, and where its neighbours lie on one surface."""
        points = self._rays * self._z[..., None]
        normals = np.zeros_like(points)
        usable = np.zeros(self._z.shape, dtype=bool)
        right, down = points[1:-1, 2:] - points[1:-1, :-2], points[2:, 1:-1] - points[:-2, 1:-1]
        n = np.cross(right, down)
        length = np.linalg.norm(n, axis=-1, keepdims=True)
        normals[1:-1, 1:-1] = n / np.maximum(length, 1e-12)
        ready = self._settled >= SETTLED
        inner = ready[1:-1, 2:] & ready[1:-1, :-2] & ready[2:, 1:-1] & ready[:-2, 1:-1]
        sight = np.linalg.norm(self._rays[1:-1, 1:-1], axis=-1)
        cosine = np.abs(np.einsum("ijk,ijk->ij", normals[1:-1, 1:-1], self._rays[1:-1, 1:-1]))
        usable[1:-1, 1:-1] = inner & ready[1:-1, 1:-1] & (cosine > 0.2 * sight)
        return normals, usable


def _cost(miss: FloatArray) -> float:
    """Give what points (n,) off their planes by so many sigma speak against a story."""
    return WEIGHT * float(np.minimum(miss**2, CAP**2).sum())


def _least_cost(miss: FloatArray, lever: FloatArray, unsure: FloatArray) -> float:
    """Give the cost at the best pose near the one told: a first look at it is a rough one.

    `lever` (n, 6) is what a step of the pose takes off `miss`, `unsure` (6, 6) its covariance;
    a step is paid for by how unlikely it is, so that no bumped mannequin passes for a still one.
    """
    known = np.linalg.inv(unsure)
    step: FloatArray = np.zeros(6)
    best = _cost(miss)
    for _ in range(ROUNDS):
        off = miss - lever @ step
        use = lever[np.abs(off) < 2.0 * CAP]
        left = miss[np.abs(off) < 2.0 * CAP]
        step[:] = np.linalg.solve(WEIGHT * use.T @ use + known, WEIGHT * use.T @ left)
        best = min(best, _cost(miss - lever @ step) + float(step @ known @ step))
    return best


def _unsure(pose: Pose) -> FloatArray:
    """Give the covariance (6, 6) of a pose that a single look gave."""
    floor = np.diag(np.repeat([FLOOR_RAD**2, FLOOR_M**2], 3))
    return floor if pose.covariance is None else floor + LOOKS_MORE**2 * pose.covariance
