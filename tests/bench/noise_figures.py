"""Figures of a depth camera's noise, from two frames of one still scene.

Takes a `Pair`, gives named figures; leaves which cameras are compared to `noise`.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mr.types import FloatArray

STEP_PX = 1 / 32
BANDS_M = ((0.3, 0.6), (0.6, 1.0), (1.0, 3.5))
LAGS_PX = (1, 2, 4, 8, 12, 16)
SIDES_PX = (10, 20, 40)
SAME_PX = 1.0
"""Frames that differ by more saw different things at an edge: that is no noise."""
NEAR_M = (0.3, 1.0)
FAR_MM = 1500.0
"""Beyond this one step is more than 3 mm, so that 1 mm counts tell the steps apart."""
STAYS = "error that stays, best half of 20 x 20, px"
CHANGES = "error that changes, same windows, px"
ON_STEPS = "beyond 1.5 m on steps of 1/32 px, %"
DRAWN = "drawn to whole px: amplitude, px"
DRAWN_SIGMA = "  its one-sigma, px"

Disparity = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two frames of one still scene: disparity (2, H, W) px, NaN where invalid."""

    disparity: Disparity
    fb_px_m: float
    counts_mm: npt.NDArray[np.int64]

    @property
    def valid(self) -> npt.NDArray[np.bool_]:
        return np.isfinite(self.disparity)

    @property
    def depth_m(self) -> FloatArray:
        return np.asarray(self.fb_px_m / self.disparity[0])

    @property
    def change(self) -> Disparity:
        """Change from frame to frame, (H, W) px, NaN where unknown or at an edge."""
        change = self.disparity[1] - self.disparity[0]
        return np.asarray(np.where(np.abs(change) <= SAME_PX, change, np.nan))


def pair_of(depth_mm: npt.NDArray[np.uint16], fb_px_m: float) -> Pair:
    """Make a pair of two frames of 1 mm counts, (2, H, W)."""
    counts = depth_mm.astype(np.int64)
    with np.errstate(divide="ignore"):
        disparity = np.where(counts > 0, 1e3 * fb_px_m / counts, np.nan)
    return Pair(disparity, fb_px_m, counts)


def figures(pair: Pair) -> dict[str, float]:
    """Measure all figures of a pair; NaN where the pair cannot tell."""
    return {**temporal(pair), **spatial(pair), **steps(pair), **invalid(pair)}


def temporal(pair: Pair) -> dict[str, float]:
    """Measure one pixel's noise by distance, and what stays in both frames."""
    change, depth_m = pair.change, pair.depth_m
    found = {}
    for low, high in BANDS_M:
        here = change[(depth_m > low) & (depth_m < high) & np.isfinite(change)]
        found[f"one pixel, {low:.1f}-{high:.1f} m, px"] = float(here.std() / np.sqrt(2))
    stays, moves = static(pair)
    found |= {STAYS: stays, CHANGES: moves}
    return found


def static(pair: Pair, side: int = 20) -> tuple[float, float]:
    rows = []
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    shape = np.stack([np.ones_like(x), x, y, x * y, x**2, y**2], axis=-1)
    for window in _windows(pair, side):
        one, two = (d[window] for d in pair.disparity)
        ok = np.isfinite(pair.change[window])
        left = [d[ok] - shape[ok] @ np.linalg.lstsq(shape[ok], d[ok])[0] for d in (one, two)]
        rows.append((left[0].var(), (left[0] * left[1]).mean(), (left[0] - left[1]).var() / 2))
    best = np.array(sorted(rows)[: len(rows) // 2])
    return float(np.sqrt(max(best[:, 1].mean(), 0.0))), float(np.sqrt(best[:, 2].mean()))


def _windows(pair: Pair, side: int) -> list[tuple[slice, slice]]:
    """Give half-overlapping windows that are known nearly everywhere, near, without edges."""
    near = (pair.depth_m > NEAR_M[0]) & (pair.depth_m < NEAR_M[1])
    usable = np.isfinite(pair.change) & near
    found = []
    for top in range(0, usable.shape[0] - side + 1, side // 2):
        for left in range(0, usable.shape[1] - side + 1, side // 2):
            window = (slice(top, top + side), slice(left, left + side))
            if usable[window].mean() > 0.97 and np.nanmax(pair.depth_m[window]) < 1.1:
                found.append(window)
    return found


def spatial(pair: Pair) -> dict[str, float]:
    """Measure how alike neighbours are, and how little a mean over many pixels helps."""
    change = pair.change
    near = (pair.depth_m > NEAR_M[0]) & (pair.depth_m < NEAR_M[1])
    shown = np.where(near, change - np.nanmean(change[near]), np.nan)
    power = np.nanmean(shown**2)
    found = {
        f"correlation over {lag} px": float(np.nanmean(shown[:, :-lag] * shown[:, lag:]) / power)
        for lag in LAGS_PX
    }
    for side in SIDES_PX:
        blocks = [change[window] for window in _windows(pair, side)]
        means = np.array([np.nanmean(block) for block in blocks])
        pixel = np.sqrt(np.mean([np.nanmean(block**2) for block in blocks]))
        found[f"mean over {side} x {side}: quieter by"] = float(pixel / means.std())
    return found


def steps(pair: Pair) -> dict[str, float]:
    """Measure whether far values lie on steps of 1/32 px, and how they are drawn to whole px."""
    counts = pair.counts_mm[0]
    far = counts[counts > FAR_MM]
    size, error = locking(list(pair.disparity))
    return {
        ON_STEPS: 100 * on_steps(far, pair.fb_px_m),
        DRAWN: size,
        DRAWN_SIGMA: error,
    }


def on_steps(counts_mm: npt.NDArray[np.int64], fb_px_m: float) -> float:
    """Tell the share of values that rounding a disparity step to mm can give."""
    k = np.arange(1, int(fb_px_m / 0.25 / STEP_PX))
    reachable = np.rint(1e3 * fb_px_m / (k * STEP_PX)).astype(np.int64)
    return float(np.isin(counts_mm, reachable).mean())


def locking(frames: list[Disparity], side: int = 40) -> tuple[float, float]:
    """Measure amplitude and one-sigma (px) of an error that repeats with each whole px.

    A slanted plane sweeps through all fractions of a pixel; what is left of it is compared
    with the sine of its own fraction. Positive: drawn to whole pixels.
    """
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    shape = np.stack([np.ones_like(x), x, y, x * y, x**2, y**2], axis=-1)
    sizes = []
    for disparity in frames:
        for top in range(0, disparity.shape[0] - side + 1, side // 2):
            for left in range(0, disparity.shape[1] - side + 1, side // 2):
                block = disparity[top : top + side, left : left + side]
                size = _locking_of(block, shape)
                sizes += [] if size is None else [size]
    if len(sizes) < 20:
        return float("nan"), float("nan")
    return float(np.mean(sizes)), float(np.std(sizes) / np.sqrt(len(sizes)))


def _locking_of(block: Disparity, shape: FloatArray) -> float | None:
    known = np.isfinite(block)
    if known.mean() < 0.95:
        return None
    keep, left, fit = known, block, block
    for _ in range(3):
        fit = shape @ np.linalg.lstsq(shape[keep], block[keep])[0]
        left = block - fit
        keep = known & (np.abs(left) < 3 * left[keep].std())
    if left[keep].std() > 0.4 or np.ptp(fit[keep]) < 1.0:
        return None
    return float(-2 * np.mean(left[keep] * np.sin(2 * np.pi * fit[keep])))


def invalid(pair: Pair) -> dict[str, float]:
    """Measure holes: where things are flat, beside edges, and at the picture's left."""
    first, flips = pair.valid[0], pair.valid[0] != pair.valid[1]
    near = np.ones((21, 21), np.uint8)
    high = cv2.dilate(np.where(first, pair.disparity[0], -1).astype(np.float32), near)
    low = cv2.erode(np.where(first, pair.disparity[0], 999).astype(np.float32), near)
    inner = np.zeros(first.shape, bool)
    inner[12:-12, 80:-12] = True
    flat, edge = inner & (high - low < 1.5), inner & (high - low > 6) & (high > 0)
    jumps, widths = _shadows(pair)
    leading = [int(np.argmax(row)) for row in first if row.any()]
    return {
        "invalid, all of the frame, %": 100 * float((~first).mean()),
        "invalid where flat, %": 100 * float((~first)[flat].mean()) if flat.any() else np.nan,
        "invalid beside edges over 6 px, %": (
            100 * float((~first)[edge].mean()) if edge.any() else np.nan
        ),
        "valid in one frame only, where flat, %": 100 * float(flips[flat].mean()),
        "shadow's width over the edge's jump": float(np.median(widths / jumps))
        if len(jumps)
        else np.nan,
        "blind columns at the left (median)": float(np.median(leading)),
    }


def _shadows(pair: Pair) -> tuple[FloatArray, FloatArray]:
    """Give jumps (px of disparity) from far on the left to near, and the hole's width (px)."""
    rows = []
    for line in pair.disparity[0]:
        known = np.flatnonzero(np.isfinite(line))
        gaps = np.flatnonzero(np.diff(known) > 1)
        for k in gaps:
            jump = float(line[known[k + 1]] - line[known[k]])
            if jump > 3.0:
                rows.append((jump, float(known[k + 1] - known[k] - 1)))
    found = np.array(rows).reshape(-1, 2)
    return found[:, 0], found[:, 1]
