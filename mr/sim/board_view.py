"""Pictures of a printed board that somebody holds before a camera.

Takes a print as a texture with its size, a lens model and where the board is held; gives
grey or BGR pictures with the lens' distortion, blur, uneven light and a sensor's noise, and
the true places of points on the print. Leaves what is on the print to `calibration.boards`,
and who holds it to `calibration.simulated`.

A pixel is the mean over its area: the board's place is known at each pixel's centre exactly
(its ray is met with the surface), between them by a straight line, and looked up nine times
a pixel in a print that was averaged down to about that pitch.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from mr.geometry.camera import Camera
from mr.types import FloatArray, Pose

GreyPicture = npt.NDArray[np.uint8]
Float32Array = npt.NDArray[np.float32]

_SUB = 3
"""Looked up so many times along a pixel's side."""
_SOFT_PX = 0.7
"""One-sigma by which a print's edges are softened, in its pixels: edges along the picture's
rows and columns, looked up at a few places, would else be off by up to 0.07 px."""
_NEWTON_ROUNDS = 3
"""A board bent by centimetres is met to micrometres after two."""
_TINT_BGR = np.array([0.97, 1.0, 1.02], dtype=np.float32)
"""White paper under a warm lamp."""


@dataclass(frozen=True, slots=True)
class Bend:
    """A board that is part of a cylinder instead of flat."""

    sag_m: float = 0.0
    """How far its middle stands out towards the reader, over `span_m`; below 0: hollow."""
    span_m: float = 0.2
    direction_rad: float = 0.0
    """Along which it is curved, from the board's x to its y."""
    middle_m: tuple[float, float] = (0.0, 0.0)
    """Where the cylinder touches the plane of the board's pose."""

    @property
    def radius_m(self) -> float:
        """Of the cylinder, with the sag's sign."""
        return self.span_m**2 / (8.0 * self.sag_m)

    def place(self, points_m: FloatArray) -> FloatArray:
        """Give where points of the flat print, (n, 3), are on the bent one."""
        if self.sag_m == 0.0:
            return points_m
        along, across = self._axes()
        flat = points_m[:, :2] - np.array(self.middle_m)
        u, v, radius = flat @ along, flat @ across, self.radius_m
        bent = np.outer(radius * np.sin(u / radius), along) + np.outer(v, across)
        # z leads into the paper, so what stands out to the reader at the middle falls back
        # at the rims.
        height = radius * (1.0 - np.cos(u / radius))
        return np.column_stack([bent + np.array(self.middle_m), height + points_m[:, 2]])

    def _axes(self) -> tuple[FloatArray, FloatArray]:
        c, s = np.cos(self.direction_rad), np.sin(self.direction_rad)
        return np.array([c, s]), np.array([-s, c])

    def meet(self, eye_m: FloatArray, rays: Float32Array) -> tuple[Float32Array, Float32Array]:
        """Give x and y of the *flat* print, (...,), where rays from an eye meet the surface."""
        share = _meet_plane(eye_m, rays)
        if self.sag_m == 0.0:
            return _on_plane(eye_m, rays, share)
        along, across = (a.astype(np.float32) for a in self._axes())
        radius = np.float32(self.radius_m)
        start = (eye_m[:2] - np.array(self.middle_m)).astype(np.float32)
        u0, v0 = float(start @ along), float(start @ across)
        du, dv = rays[..., :2] @ along, rays[..., :2] @ across
        limit = np.float32(0.9) * abs(radius)
        for _ in range(_NEWTON_ROUNDS):
            u = np.clip(u0 + share * du, -limit, limit)
            root = np.sign(radius) * np.sqrt(radius**2 - u**2)
            left = np.float32(eye_m[2]) + share * rays[..., 2] - u**2 / (radius + root)
            share = share - left / (rays[..., 2] - u / root * du)
        u = np.clip(u0 + share * du, -limit, limit)
        arc, v = radius * np.arcsin(u / radius), v0 + share * dv
        x = arc * along[0] + v * across[0] + np.float32(self.middle_m[0])
        y = arc * along[1] + v * across[1] + np.float32(self.middle_m[1])
        behind = share <= 0
        return np.where(behind, np.float32(1e3), x), np.where(behind, np.float32(1e3), y)


def _meet_plane(eye_m: FloatArray, rays: Float32Array) -> Float32Array:
    """Give how far along each ray, in its own length, the board's plane is; 0: never."""
    down = np.where(rays[..., 2] > 1e-6, rays[..., 2], np.float32(np.inf))
    return np.asarray(np.float32(-eye_m[2]) / down)


def _on_plane(
    eye_m: FloatArray, rays: Float32Array, share: Float32Array
) -> tuple[Float32Array, Float32Array]:
    x = np.float32(eye_m[0]) + share * rays[..., 0]
    y = np.float32(eye_m[1]) + share * rays[..., 1]
    never = share <= 0
    return np.where(never, np.float32(1e3), x), np.where(never, np.float32(1e3), y)


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture comes out."""

    blur_px: float = 0.6
    """One-sigma of the lens' blur; 0.6 is sharp, 2.5 is out of focus."""
    motion_px: tuple[float, float] = (0.0, 0.0)
    """How far the board moves while the shutter is open, right and down; about its pose."""
    noise_counts: float = 1.6
    """One-sigma at white; what a D435's colour camera has by day light, raw."""
    light: tuple[float, float] = (0.12, -0.08)
    """By which share it gets brighter from the middle to the right rim, and to the lower."""
    black_counts: float = 28.0
    white_counts: float = 205.0
    covered_px: tuple[float, float, float] | None = None
    """Middle and radius of a hand in front of it."""


@dataclass(frozen=True, slots=True, eq=False)
class PrintedSheet:
    """A print: 255 is paper, 0 is ink; texture pixel k covers k to k + 1."""

    texture: GreyPicture
    m_per_px: tuple[float, float]
    """Across and down, as printed: a print that came out too large has larger pixels."""
    origin_px: tuple[float, float]
    """Where the board's origin is in the texture."""
    levels: tuple[GreyPicture, ...] = field(init=False)
    """The texture, and its means over 2, 4, 8 pixels, their edges softened."""

    def __post_init__(self) -> None:
        levels = [self.texture]
        for _ in range(3):
            h, w = (n // 2 * 2 for n in levels[-1].shape)
            half = cv2.resize(levels[-1][:h, :w], (w // 2, h // 2), interpolation=cv2.INTER_AREA)
            levels.append(np.asarray(half, dtype=np.uint8))
        soft = (cv2.GaussianBlur(level, (0, 0), _SOFT_PX) for level in levels)
        object.__setattr__(self, "levels", tuple(np.asarray(level, np.uint8) for level in soft))

    @property
    def rim_m(self) -> FloatArray:
        """Give the sheet's corners on the flat print, (4, 3)."""
        height, width = self.texture.shape
        x = (np.array([0, width, width, 0]) - self.origin_px[0]) * self.m_per_px[0]
        y = (np.array([0, 0, height, height]) - self.origin_px[1]) * self.m_per_px[1]
        return np.column_stack([x, y, np.zeros(4)])


class BoardPainter:
    """Paints one print before one camera; the same seed gives the same pictures."""

    def __init__(self, camera: Camera, sheet: PrintedSheet, seed: int = 0) -> None:
        self.camera, self.sheet = camera, sheet
        self._rng = np.random.default_rng([seed, 0xB0A2D])
        self._room = self._make_room()

    def _make_room(self) -> GreyPicture:
        """Make what is behind the board: a wall with a few things that have edges."""
        h, w = self.camera.height_px, self.camera.width_px
        room = np.full((h * _SUB, w * _SUB), 110, dtype=np.uint8)
        for _ in range(24):
            x, y = self._rng.integers(0, [w * _SUB, h * _SUB])
            size = self._rng.integers(20, w // 2, size=2)
            counts = int(self._rng.integers(60, 170))
            cv2.rectangle(room, (int(x), int(y)), (int(x + size[0]), int(y + size[1])), counts, -1)
        return np.asarray(cv2.GaussianBlur(room, (0, 0), 6.0), dtype=np.uint8)

    def grey(
        self, color_from_board: Pose, look: Look | None = None, bend: Bend | None = None
    ) -> GreyPicture:
        """Paint a grey picture (H, W); `color_from_board` is where it is at mid-exposure."""
        return self._developed(
            self._exposed(color_from_board, look or Look(), bend or Bend()), look
        )

    def bgr(
        self, color_from_board: Pose, look: Look | None = None, bend: Bend | None = None
    ) -> GreyPicture:
        """Paint a BGR picture (H, W, 3)."""
        grey = self._exposed(color_from_board, look or Look(), bend or Bend())
        return self._developed(grey[..., None] * _TINT_BGR, look)

    def corners_px(
        self, color_from_board: Pose, points_m: FloatArray, bend: Bend | None = None
    ) -> FloatArray:
        """Give where points of the print, (n, 3), truly are in the picture, (n, 2)."""
        return self.camera.project(color_from_board.apply((bend or Bend()).place(points_m)))

    def _exposed(self, color_from_board: Pose, look: Look, bend: Bend) -> Float32Array:
        """Give the light that falls on each pixel, in counts without noise."""
        picture = self._room.copy()
        rows, columns = self._window(color_from_board, bend)
        if rows.stop > rows.start and columns.stop > columns.start:
            part = picture[
                rows.start * _SUB : rows.stop * _SUB, columns.start * _SUB : columns.stop * _SUB
            ]
            self._paint(part, color_from_board, bend, rows, columns)
        if look.covered_px is not None:
            x, y, radius = (round(v * _SUB) for v in look.covered_px)
            cv2.circle(picture, (x, y), radius, 140, -1)
        size = (self.camera.width_px, self.camera.height_px)
        light = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        if look.blur_px > 0:
            light = cv2.GaussianBlur(light, (0, 0), look.blur_px).astype(np.float32, copy=False)
        if any(look.motion_px):
            smeared = cv2.filter2D(light, cv2.CV_32F, _smear(look.motion_px))
            light = smeared.astype(np.float32, copy=False)
        light *= np.float32((look.white_counts - look.black_counts) / 255.0)
        light += np.float32(look.black_counts)
        right = np.linspace(-look.light[0], look.light[0], size[0], dtype=np.float32)
        below = np.linspace(-look.light[1], look.light[1], size[1], dtype=np.float32)
        light *= 1.0 + right[None, :] + below[:, None]
        return light

    def _window(self, color_from_board: Pose, bend: Bend) -> tuple[slice, slice]:
        """Give the rows and columns in which the sheet is."""
        share = np.linspace(0.0, 1.0, 9)[:, None]
        rim = self.sheet.rim_m
        around = np.concatenate(
            [a + share * (b - a) for a, b in zip(rim, np.roll(rim, -1, axis=0), strict=True)]
        )
        in_color_m = color_from_board.apply(bend.place(around))
        if (in_color_m[:, 2] < 0.02).any():
            return slice(0, self.camera.height_px), slice(0, self.camera.width_px)
        return self.camera.window(in_color_m, margin_px=4.0)

    def _paint(
        self, part: GreyPicture, color_from_board: Pose, bend: Bend, rows: slice, columns: slice
    ) -> None:
        """Look the print up at each part of each pixel of the window."""
        board_from_color = color_from_board.inverse()
        rays = self.camera.rays[rows, columns] @ color_from_board.R.astype(np.float32)
        x_m, y_m = bend.meet(board_from_color.t_m, rays)
        m_per_px, origin = self.sheet.m_per_px, self.sheet.origin_px
        u = x_m / np.float32(m_per_px[0]) + np.float32(origin[0])
        v = y_m / np.float32(m_per_px[1]) + np.float32(origin[1])
        level = self._level(u, v)
        u = u / np.float32(2**level) - np.float32(0.5)
        v = v / np.float32(2**level) - np.float32(0.5)
        size = (part.shape[1], part.shape[0])
        fine_u = cv2.resize(u.astype(np.float32, copy=False), size, interpolation=cv2.INTER_LINEAR)
        fine_v = cv2.resize(v.astype(np.float32, copy=False), size, interpolation=cv2.INTER_LINEAR)
        cv2.remap(
            self.sheet.levels[level],
            fine_u,
            fine_v,
            cv2.INTER_LINEAR,
            dst=part,
            borderMode=cv2.BORDER_TRANSPARENT,
        )

    def _level(self, u: Float32Array, v: Float32Array) -> int:
        """Choose the texture whose pixels are about as large as the parts of a pixel."""
        height, width = self.sheet.texture.shape
        on = (u > 0) & (u < width) & (v > 0) & (v < height)
        n = int(on.sum())
        if n == 0:
            return 0
        pitch = np.sqrt(height * width / n) / _SUB
        return int(np.clip(np.floor(np.log2(max(pitch, 1.0))), 0, len(self.sheet.levels) - 1))

    def _developed(self, light: Float32Array, look: Look | None) -> GreyPicture:
        """Add the sensor's noise (of the light itself, mostly) and round to counts."""
        sigma = (look or Look()).noise_counts
        noise = self._rng.standard_normal(light.shape, dtype=np.float32)
        noise *= np.sqrt(np.maximum(light, 8.0) * np.float32(sigma**2 / 205.0))
        noise += light
        return np.asarray(np.clip(np.rint(noise), 0, 255), dtype=np.uint8)


def _smear(motion_px: tuple[float, float]) -> Float32Array:
    """Give the kernel of a straight move, symmetric about its middle."""
    half = int(np.ceil(max(map(abs, motion_px)) / 2)) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1), dtype=np.float32)
    for share in np.linspace(-0.5, 0.5, 41):
        x, y = half + share * motion_px[0], half + share * motion_px[1]
        i, j = int(np.floor(x)), int(np.floor(y))
        for dj in (0, 1):
            for di in (0, 1):
                weight = (1 - abs(x - i - di)) * (1 - abs(y - j - dj))
                if weight > 0:
                    kernel[j + dj, i + di] += weight
    return np.asarray(kernel / kernel.sum())
