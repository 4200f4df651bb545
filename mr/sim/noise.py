"""The noise of a stereo depth camera, as real D435 frames show it.

Takes the true depth of each pixel, gives counts as the camera would send them: noise in
disparity that neighbours share, 1/32 px disparity steps, holes where one of the two
imagers cannot see. Leaves geometry to `mr.sim.render`.

Ref: figures measured on two frames of a still scene from a real D435 (shared data,
realsense/d435_two_frames.npz): sigma 0.07 … 0.10 px at 0.3 … 1 m, correlation 0.93,
0.70, 0.33, 0.07 at 1, 4, 8, 12 px, a 40×40 mean is 3.2 to 3.4 times quieter than a pixel;
an error that stays from frame to frame of up to 0.06 px; pixel locking of 0.01 px at most,
of either sign; no depth in the first columns, as many as the disparity and ten.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Float32Array = npt.NDArray[np.float32]
CountsArray = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class NoiseModel:
    """How noisy a depth camera is; `NoiseModel.none()` for a perfect one."""

    sigma_px: float = 0.09
    """Temporal noise of one pixel's disparity."""
    correlation_px: float = 4.0
    """Blur radius that gives the neighbours' correlation."""
    white_share: float = 0.07
    """Share of the variance that neighbours do not share."""
    step_px: float = 1.0 / 32.0
    """Disparity step; 0 for none."""
    edge_px: float = 0.6
    """Disparity jump between neighbours that makes a hole."""
    hole_share: float = 0.0005
    """Share of speckle holes anywhere."""
    static_px: float = 0.04
    """Error that stays while nothing moves: the matched texture is never quite true. It
    becomes another one when the surface moves by some pixels of disparity."""
    static_period_px: float = 8.0
    """Disparity after which the error that stays has come full circle."""
    locking_px: float = 0.01
    """Amplitude by which disparities are drawn to (or from) whole pixels."""
    left_band_px: float = 10.0
    """So many columns at the left, and the disparity, have no partner in the right image."""
    drift_px: float = 0.01
    """Amplitude of the slow wandering of all disparities, over minutes."""
    window_px: int = 5
    """Side of the window whose median a pixel shows: 0 or 5. Thin things lose detail."""

    @staticmethod
    def none() -> NoiseModel:
        """Give a camera without noise, steps, holes or drift."""
        return NoiseModel(
            sigma_px=0.0,
            correlation_px=0.0,
            white_share=0.0,
            step_px=0.0,
            edge_px=float("inf"),
            hole_share=0.0,
            static_px=0.0,
            locking_px=0.0,
            left_band_px=-float("inf"),
            drift_px=0.0,
            window_px=0,
        )


class NoiseField:
    """Correlated noise at the cost of an addition: windows into a pool made once.

    Every frame takes two windows at random places, of random sign, and adds them; the
    windows of two frames almost never overlap in the same way.
    """

    def __init__(self, model: NoiseModel, shape: tuple[int, int], seed: int) -> None:
        self._model = model
        self._rng = np.random.default_rng([seed, 0xD4])
        self._pool_shape = (shape[0] + 512, shape[1] + 512)
        self._pool = self._make_pool()
        self._drift_phase = float(self._rng.uniform(0.0, 2 * np.pi))
        self._locking_px = model.locking_px * float(self._rng.choice((-1.0, 1.0)))
        self._static: tuple[Float32Array, Float32Array] | None = None
        if model.static_px > 0:
            scale = np.float32(model.static_px)
            self._static = (self._window(shape) * scale, self._window(shape) * scale)

    def _make_pool(self) -> Float32Array:
        """Make unit-variance noise with the model's correlation."""
        model = self._model
        white = self._rng.standard_normal(self._pool_shape, dtype=np.float32)
        if model.correlation_px <= 0:
            return white
        blurred = cv2.GaussianBlur(
            self._rng.standard_normal(self._pool_shape, dtype=np.float32),
            (0, 0),
            model.correlation_px,
            borderType=cv2.BORDER_REFLECT_101,
        )
        shared = np.sqrt(1 - model.white_share) / float(np.std(blurred))
        mixed = shared * blurred + np.sqrt(model.white_share) * white
        return np.asarray(mixed, dtype=np.float32)

    def disparity_px(self, shape: tuple[int, ...], t_s: float) -> Float32Array | None:
        """Draw one frame's disparity noise, (H, W) px; None for a camera without noise."""
        model = self._model
        if model.sigma_px == 0 and model.drift_px == 0:
            return None
        total = self._window(shape) + self._window(shape)
        total *= np.float32(model.sigma_px / np.sqrt(2.0))
        total += np.float32(model.drift_px * np.sin(2 * np.pi * t_s / 170.0 + self._drift_phase))
        return total

    def steady_px(self, disparity: Float32Array, corner: tuple[int, int]) -> Float32Array | None:
        """Give the errors that a still scene keeps, (H, W) px of a window at (row, column)."""
        model = self._model
        total = None
        if self._static is not None:
            window = tuple(
                slice(start, start + n) for start, n in zip(corner, disparity.shape, strict=True)
            )
            turn = disparity * np.float32(2 * np.pi / model.static_period_px)
            total = np.cos(turn) * self._static[0][window] + np.sin(turn) * self._static[1][window]
        if self._locking_px != 0:
            locked = np.sin(disparity * np.float32(2 * np.pi)) * np.float32(-self._locking_px)
            total = locked if total is None else total + locked
        return total

    def speckles(self, shape: tuple[int, ...]) -> tuple[npt.NDArray[np.intp], ...]:
        """Draw the pixels of this frame that are holes for no visible reason."""
        n = int(self._rng.poisson(self._model.hole_share * shape[0] * shape[1]))
        return self._rng.integers(0, shape[0], n), self._rng.integers(0, shape[1], n)

    def _window(self, shape: tuple[int, ...]) -> Float32Array:
        room = (self._pool_shape[0] - shape[0], self._pool_shape[1] - shape[1])
        y, x = (int(self._rng.integers(0, r + 1)) for r in room)
        window = self._pool[y : y + shape[0], x : x + shape[1]]
        turn = int(self._rng.integers(0, 4))
        window = window[:: (-1 if turn & 1 else 1), :: (-1 if turn & 2 else 1)]
        return -window if self._rng.integers(0, 2) else window


@dataclass(frozen=True, slots=True)
class Stereo:
    """What turns depth into disparity and back: f·B as it is and as the camera thinks."""

    true_fb_px_m: float
    nominal_fb_px_m: float
    m_per_count: float = 1e-4
    max_disparity_px: float = 126.0
    """What is nearer than this is not searched for."""


def measure(
    depth_m: Float32Array,
    stereo: Stereo,
    model: NoiseModel,
    field: NoiseField,
    t_s: float,
    corner: tuple[int, int] = (0, 0),
) -> CountsArray:
    """Turn true depth (H, W) m (inf: nothing there) into counts, 0 where not measured.

    `corner` is the row and column of the picture at which `depth_m` begins, if it is a part.
    """
    disparity = np.float32(stereo.true_fb_px_m) / depth_m
    if model.window_px > 0:
        disparity = np.asarray(cv2.medianBlur(disparity, model.window_px), dtype=np.float32)
    holes = _hidden_from_right(disparity, model.edge_px) | (disparity > stereo.max_disparity_px)
    if np.isfinite(model.left_band_px):
        columns = np.arange(corner[1], corner[1] + disparity.shape[1], dtype=np.float32)
        holes |= columns[None, :] < disparity + np.float32(model.left_band_px)
    steady = field.steady_px(disparity, corner)
    noise = field.disparity_px(depth_m.shape, t_s)
    for error in (steady, noise):
        if error is not None:
            disparity += error
    if model.step_px > 0:
        disparity *= np.float32(1.0 / model.step_px)
        np.rint(disparity, out=disparity)
        disparity *= np.float32(model.step_px)
    np.maximum(disparity, np.float32(1e-3), out=disparity)
    counts = np.float32(stereo.nominal_fb_px_m / stereo.m_per_count) / disparity
    counts += np.float32(0.5)
    holes |= counts > 65535.0
    counts[holes] = 0.0
    if model.hole_share > 0:
        counts[field.speckles(depth_m.shape)] = 0.0
    return counts.astype(np.uint16)


def _hidden_from_right(disparity: Float32Array, edge_px: float) -> npt.NDArray[np.bool_]:
    """Mark pixels the right imager cannot see, and the jumps of disparity themselves.

    A pixel at x lies at x - d in the right image; one further right that lands left of it
    is nearer and hides it.
    """
    holes = np.zeros(disparity.shape, dtype=bool)
    if not np.isfinite(edge_px):
        return holes
    x_right = np.arange(disparity.shape[1], dtype=np.float32)[None, :] - disparity
    nearest = np.minimum.accumulate(x_right[:, ::-1], axis=1)[:, ::-1]
    holes |= nearest < x_right - np.float32(0.5)
    jump_x = np.abs(np.diff(disparity, axis=1)) > edge_px
    jump_y = np.abs(np.diff(disparity, axis=0)) > edge_px
    holes[:, 1:] |= jump_x
    holes[:, :-1] |= jump_x
    holes[1:, :] |= jump_y
    holes[:-1, :] |= jump_y
    return holes
