"""Corners of square markers, refined by their four edges.

Takes a grey image and rough corners, gives corners to about 0.1 px; leaves detection
to `mr.tracking.markers`. OpenCV's own refinement looks at each corner alone and is
drawn inwards by 0.4 px under a camera's blur (measured), which is 1 mm of distance; a
straight edge is moved by blur to neither side.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mr.types import FloatArray

ALONG = np.linspace(0.14, 0.86, 17)
"""Where on an edge it is looked at: its ends belong to the corner's blur."""
ROUNDS = 3
MOST_CELLS = 0.9
"""A corner moves by no more cells: both its edges may lie half a cell off, for the detector
sometimes takes a border's inner outline for the marker."""
_STEPS = 13


def refine_corners(grey: npt.NDArray[np.uint8], corners_px: FloatArray, n_cells: int) -> FloatArray:
    """Fit a line to each edge of each marker and intersect neighbours.

    Parameters
    ----------
    grey
        Image (H, W); dark border on a lighter ground.
    corners_px
        (n, 4, 2), within about half a marker cell of the truth.
    n_cells
        Cells along a marker's side, its dark border included.

    Returns
    -------
    corners_px : (n, 4, 2)
        A marker whose edges give no clear lines keeps its rough corners.
    """
    rough = np.asarray(corners_px, dtype=np.float64)
    corners = rough.copy()
    if len(corners) == 0:
        return corners
    image = grey.astype(np.float32)
    for _ in range(ROUNDS):
        corners = _once(image, corners, n_cells)
    side = np.linalg.norm(np.roll(rough, -1, axis=1) - rough, axis=-1).mean(axis=1)
    moved = np.linalg.norm(corners - rough, axis=-1).max(axis=1)
    # NaN compares False: parallel or flat edges keep the rough corners.
    good = moved <= np.maximum(1.5, MOST_CELLS * side / n_cells)
    return np.where(good[:, None, None], corners, rough)


def _once(image: npt.NDArray[np.float32], corners: FloatArray, n_cells: int) -> FloatArray:
    start, end = corners, np.roll(corners, -1, axis=1)
    run = end - start
    length = np.linalg.norm(run, axis=-1, keepdims=True)
    along = run / np.maximum(length, 1e-9)
    across = np.stack([along[..., 1], -along[..., 0]], axis=-1)
    # Half a cell to each side: farther in lies the code, farther out another edge.
    reach = np.clip(0.5 * length / n_cells, 1.5, 5.0)
    offsets = reach * np.linspace(-1.0, 1.0, _STEPS)
    feet = start[:, :, None, :] + ALONG[:, None] * run[:, :, None, :]
    at = feet[:, :, :, None, :] + offsets[:, :, None, :, None] * across[:, :, None, None, :]
    flat = at.reshape(-1, at.shape[-2], 2).astype(np.float32)
    profile = cv2.remap(
        image, flat[..., 0], flat[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    slope = np.diff(np.asarray(profile, dtype=np.float64).reshape(at.shape[:-1]), axis=-1)
    middle = 0.5 * (offsets[..., 1:] + offsets[..., :-1])[:, :, None, :]
    # The edge goes one way, dark to light or back; what goes the other way is noise.
    way = np.sign(slope.sum(axis=(2, 3), keepdims=True))
    weight = np.maximum(slope * way, 0.0) ** 2
    total = weight.sum(axis=-1)
    found = (weight * middle).sum(axis=-1) / np.maximum(total, 1e-9)
    edge_px = feet + found[..., None] * across[:, :, None, :]
    centre, direction = _lines(edge_px, total)
    return _crossings(np.roll(centre, 1, 1), np.roll(direction, 1, 1), centre, direction)


def _lines(points: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Fit lines to (..., k, 2) weighted points: a centre and a direction, (..., 2)."""
    capped = np.minimum(weight, 2.0 * np.median(weight, axis=-1, keepdims=True)) + 1e-9
    for _ in range(2):
        share = (capped / capped.sum(axis=-1, keepdims=True))[..., None]
        centre = (share * points).sum(axis=-2)
        far = points - centre[..., None, :]
        scatter = np.einsum("...ki,...kj->...ij", share * far, far)
        direction = np.linalg.eigh(scatter)[1][..., :, 1]
        normal = np.stack([direction[..., 1], -direction[..., 0]], axis=-1)
        miss = np.abs(np.einsum("...ki,...i->...k", far, normal))
        # Points off the line (a finger on the tag's edge) count less, then not at all.
        scale = np.maximum(2.5 * np.median(miss, axis=-1, keepdims=True), 0.15)
        capped = capped * np.clip(1.0 - (miss / scale) ** 2, 1e-6, 1.0)
    return centre, direction


def _crossings(c0: FloatArray, d0: FloatArray, c1: FloatArray, d1: FloatArray) -> FloatArray:
    """Cross lines pairwise, (..., 2); parallel ones give NaN."""
    cross = d0[..., 0] * d1[..., 1] - d0[..., 1] * d1[..., 0]
    gap = c1 - c0
    step = gap[..., 0] * d1[..., 1] - gap[..., 1] * d1[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(np.abs(cross) > 1e-3, step / cross, np.nan)
    return c0 + t[..., None] * d0
