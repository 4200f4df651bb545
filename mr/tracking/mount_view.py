"""What one camera sees of the places that matter for measuring: the chest, the forearms.

Takes the mannequin's pose and depth frames, gives where the camera stands and, frame by
frame, what it sees of two boxes fixed in the mannequin's frame; leaves judging that to
`mr.tracking.mount_verdict`, and the history to `mr.tracking.mount`.

What is nearer to the camera than a box, along the rays that cross the box, hides it. The
pressing hands and forearms do not count: they are what is measured.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mr.geometry.camera import Camera, Float32Array
from mr.tracking.hands import ARM_HIGH_M, ARM_LOW_M
from mr.types import DepthFrame, FloatArray, Pose

Side = Literal["left", "right", "head end", "foot end", "above"]
"""A side of the mannequin, as the mannequin itself would say it."""

Box = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
CHEST_BOX_M: Box = ((-0.085, 0.085), (-0.085, 0.085), (-0.06, ARM_LOW_M))
"""Where pressing hands and the chest under them are, on whichever side the learner kneels."""
ARMS_BOX_M: Box = ((-0.13, 0.13), (-0.13, 0.13), (ARM_LOW_M, ARM_HIGH_M))
"""Where the pressing forearms are. Ref: the heights of `mr.tracking.hands`."""
HIGH_M = 0.50
"""Above this over the chest are shoulders and heads, below it arms or a trunk."""
PRESSING_BOX_M: Box = ((-0.16, 0.16), (-0.16, 0.16), (-0.09, ARM_HIGH_M))
"""What is in here is the chest itself, hands or forearms, and hides nothing."""
IN_FRONT_M = 0.01
"""So much nearer than a box's front is in front of it: noise is not."""
ABOVE_RAD = float(np.radians(8.0))
"""A camera that hangs straighter above the chest than this is on no side."""
STRIDE = 2
"""Every second pixel of every second row tells the same shares as all of them."""
ROOM_STRIDE = 8
ROOM_M = 0.90
"""Who stands or kneels farther off, sideways, does not press."""
ROOM_TOP_M = 1.0
BESIDE_M = (0.30, 0.06)
"""So far from the sternum sideways, nothing of a mannequin reaches above this height."""
CELL_M = 0.06
"""Side of the cells of the floor that count once, however near the camera they are."""
NEAR_M = 0.12
"""Nearer to the camera is its own cable or tripod."""


@dataclass(frozen=True, slots=True, eq=False)
class Standpoint:
    """Where a camera stands, seen from the mannequin."""

    distance_m: float
    """From the sternum to the depth sensor."""
    tilt_rad: float
    """Between the chest's normal and the line from the sternum to the camera."""
    azimuth_rad: float
    """Of the camera about the chest's normal: 0 at the left side, π/2 at the head end."""

    @property
    def side(self) -> Side:
        """Name the side of the mannequin."""
        return "above" if self.tilt_rad < ABOVE_RAD else side_of(self.azimuth_rad)


def side_of(azimuth_rad: float) -> Side:
    """Name the side of the mannequin in a direction about its chest's normal."""
    sides: tuple[Side, ...] = ("left", "head end", "right", "foot end")
    return sides[round(azimuth_rad / (np.pi / 2)) % 4]


def standpoint(cam_from_mannequin: Pose) -> Standpoint:
    """Tell where the camera stands by the mannequin's pose."""
    eye = cam_from_mannequin.inverse().t_m
    distance_m = float(np.linalg.norm(eye))
    return Standpoint(
        distance_m,
        float(np.arctan2(np.hypot(eye[0], eye[1]), eye[2])),
        float(np.arctan2(eye[1], eye[0])),
    )


@dataclass(frozen=True, slots=True)
class BoxLook:
    """What one frame shows of a box; shares are of the rays that cross the box."""

    n_px: int
    """Pixels of the camera's image whose rays cross it."""
    valid_share: float
    """With any depth."""
    hidden_share: float
    """With something nearer than the box that is no pressing hand or forearm."""
    hidden_high_share: float
    """With something in front that is higher than arms are at the elbow."""
    inside_px: int
    """Pixels whose depth lies in the box."""

    @property
    def unseen_share(self) -> float:
        """Hidden or without depth: what is too near for the camera gives none."""
        return self.hidden_share + 1.0 - self.valid_share


class BoxRays:
    """The rays of a camera that cross one box."""

    def __init__(self, camera: Camera, cam_from_mannequin: Pose, box: Box) -> None:
        corners = np.array(list(itertools.product(*box)))
        corners_in_cam_m = cam_from_mannequin.apply(corners)
        rows, columns = camera.window(corners_in_cam_m)
        self.in_picture_share = _in_picture(camera, corners_in_cam_m)
        self.rows = slice(rows.start, rows.stop, STRIDE)
        self.columns = slice(columns.start, columns.stop, STRIDE)
        mannequin_from_cam = cam_from_mannequin.inverse()
        self._eye = mannequin_from_cam.t_m.astype(np.float32)
        rays = camera.rays[self.rows, self.columns] @ mannequin_from_cam.R.T.astype(np.float32)
        near, far = _cross(box, self._eye, rays)
        self.mask = (near < far) & (far > 0)
        self._rays = rays[self.mask].T
        self._near, self._far = near[self.mask], far[self.mask]

    def look(self, frame: DepthFrame) -> BoxLook | None:
        """Say what a frame shows of the box; None when no ray crosses it."""
        if not self.mask.any():
            return None
        depth_m, valid = self._depth(frame)
        hidden, inside = self._hidden(depth_m, valid), valid & (depth_m <= self._far)
        inside &= depth_m >= self._near
        high = hidden & (self._eye[2] + depth_m * self._rays[2] > np.float32(HIGH_M))
        return BoxLook(
            n_px=int(self.mask.sum()) * STRIDE**2,
            valid_share=float(valid.mean()),
            hidden_share=float(hidden.mean()),
            hidden_high_share=float(high.mean()),
            inside_px=int(inside.sum()) * STRIDE**2,
        )

    def hidden_mask(self, frame: DepthFrame) -> npt.NDArray[np.bool_]:
        """Mask (h, w) the rays of the window that something in front hides."""
        marked = np.zeros_like(self.mask)
        marked[self.mask] = self._hidden(*self._depth(frame))
        return marked

    def _hidden(self, depth_m: Float32Array, valid: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Mask the rays that meet something before the box that is no part of pressing."""
        front = valid & (depth_m < self._near - np.float32(IN_FRONT_M))
        pressing = np.ones_like(front)
        for eye, ray, (low, high) in zip(self._eye, self._rays, PRESSING_BOX_M, strict=True):
            at = eye + depth_m * ray
            pressing &= (at > np.float32(low)) & (at < np.float32(high))
        return np.asarray(front & ~pressing)

    def _depth(self, frame: DepthFrame) -> tuple[Float32Array, npt.NDArray[np.bool_]]:
        counts = frame.depth_counts[self.rows, self.columns][self.mask]
        depth_m = counts.astype(np.float32) * np.float32(frame.m_per_count)
        return depth_m, depth_m > np.float32(NEAR_M)


def _in_picture(camera: Camera, corners_in_cam_m: FloatArray) -> float:
    """Share of a box's corners that the picture holds."""
    x, y = camera.project(corners_in_cam_m).T  # NaN behind the camera: never inside
    inside = (x >= 0) & (x <= camera.width_px - 1) & (y >= 0) & (y <= camera.height_px - 1)
    return float(inside.mean())


def _cross(box: Box, eye: Float32Array, rays: Float32Array) -> tuple[Float32Array, Float32Array]:
    """Give the depths at which rays enter and leave a box; enter >= leave where they miss."""
    low, high = np.array(box, dtype=np.float32).T
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = (low - eye) / rays, (high - eye) / rays
    near = np.fmin(first, second).max(axis=-1)
    far = np.fmax(first, second).min(axis=-1)
    return near, far


class MountView:
    """A camera's rays through chest and forearms, for one pose of the mannequin.

    Parameters
    ----------
    camera
        The depth sensor.
    cam_from_mannequin
        Where the mannequin lies; a new pose needs a new view (some ms).
    """

    def __init__(self, camera: Camera, cam_from_mannequin: Pose) -> None:
        self.pose = cam_from_mannequin
        self.standpoint = standpoint(cam_from_mannequin)
        self.chest = BoxRays(camera, cam_from_mannequin, CHEST_BOX_M)
        self.arms = BoxRays(camera, cam_from_mannequin, ARMS_BOX_M)
        self.in_picture_share = 0.5 * (self.chest.in_picture_share + self.arms.in_picture_share)
        back = cam_from_mannequin.inverse()
        coarse = camera.rays[::ROOM_STRIDE, ::ROOM_STRIDE]
        self._room_rays = coarse @ back.R.T.astype(np.float32)
        self._eye = back.t_m.astype(np.float32)

    def learner(self, frame: DepthFrame) -> tuple[FloatArray, int]:
        """Give the summed x, y (2,) m of who is there, and of how many points.

        Over the chest only arms and an upper body can be, beside it hips and thighs too.
        """
        counts = frame.depth_counts[::ROOM_STRIDE, ::ROOM_STRIDE]
        depth_m = counts.astype(np.float32) * np.float32(frame.m_per_count)
        x, y, z = (self._eye[k] + depth_m * self._room_rays[..., k] for k in range(3))
        away2 = x * x + y * y
        beside_m, over_m = BESIDE_M
        there = (z > ARM_HIGH_M) | ((z > over_m) & (away2 > beside_m**2))
        there &= (depth_m > NEAR_M) & (z < ROOM_TOP_M) & (away2 < ROOM_M**2)
        cells = np.stack([x[there], y[there]], axis=1)
        cells = np.unique(np.rint(cells / np.float32(CELL_M)), axis=0) * CELL_M
        return np.asarray(cells.sum(axis=0), dtype=np.float64), int(there.sum())
