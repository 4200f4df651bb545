"""The noise that tracking claims, beside a real camera's. Two frames and ten rooms.

Two frames tell temporal noise and how far it is shared; they cannot tell slow drift.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from mr.geometry.camera import Camera
from mr.geometry.planes import fit_plane
from mr.rig import Intrinsics
from mr.tracking.surface import CORRELATION_PX2, DISPARITY_SIGMA_PX
from mr.types import FloatArray

if TYPE_CHECKING:
    from tests.conftest import Require


def disparity_change(path: Path) -> tuple[FloatArray, FloatArray]:
    """Change of disparity between the two frames, (480, 640) px, NaN where unknown; depth m."""
    data = np.load(path)
    depth_m = data["depth"].astype(np.float64) * float(data["scale"])
    focal_baseline = float(data["fx"]) * float(data["baseline_mm"]) * 1e-3
    disparity = focal_baseline / np.where(depth_m > 0, depth_m, np.nan)
    change = disparity[1] - disparity[0]
    # Beyond a pixel the two frames saw different things at an edge: that is no noise.
    change[np.abs(change) > 1.0] = np.nan
    return change, depth_m[0]


def block_sigma(change: FloatArray, depth_m: FloatArray, side: int) -> float:
    """One-sigma of the mean disparity of one frame over side × side px, within 1.6 m."""
    means = []
    for row in range(0, 480 - side + 1, side):
        for column in range(0, 640 - side + 1, side):
            window = (slice(row, row + side), slice(column, column + side))
            block, far = change[window], depth_m[window]
            if np.isfinite(block).mean() > 0.98 and far.max() < 1.6 and np.ptp(far) < 0.1:
                means.append(np.nanmean(block))
    return float(np.std(means) / np.sqrt(2))


def test_noise_of_a_real_camera(require: Require) -> None:
    change, depth_m = disparity_change(require.shared("realsense/d435_two_frames.npz"))
    near = change[(depth_m > 0.3) & (depth_m < 1.0) & np.isfinite(change)]
    one = float(near.std() / np.sqrt(2))
    print(f"one pixel, 0.3 to 1 m: {one:.3f} px (model {DISPARITY_SIGMA_PX})")
    assert 0.6 < one / DISPARITY_SIGMA_PX < 1.25
    for side in (10, 20):
        mean = block_sigma(change, depth_m, side)
        shared = DISPARITY_SIGMA_PX / np.sqrt(max(1.0, side**2 / CORRELATION_PX2))
        print(f"mean over {side} x {side}: {mean:.3f} px (model {shared:.3f})")
        assert 0.55 < mean / shared < 1.25
        # The control: pixels taken for independent claim what no real block reaches.
        assert mean / (DISPARITY_SIGMA_PX / side) > 4


def plane_residuals(folder: Path, picture: int) -> FloatArray:
    """Rms of real wall and floor patches over the noise model's figure, one a patch."""
    model = Intrinsics(
        width_px=640, height_px=480, fx_px=617.25, fy_px=617.55, cx_px=317.39, cy_px=245.98
    )
    rays = Camera(model).rays
    counts = cv2.imread(str(folder / "depth" / f"{picture:06d}.png"), cv2.IMREAD_UNCHANGED)
    assert counts is not None
    depth_m = counts.astype(np.float64) * 1e-3
    ratios = []
    for row in range(0, 480, 60):
        for column in range(0, 600, 60):
            window = (slice(row, row + 60), slice(column, column + 60))
            z = depth_m[window]
            seen = z > 0
            if seen.mean() < 0.98 or np.ptp(z[seen]) > 0.25:
                continue
            plane = fit_plane((rays[window] * z[..., None])[seen])
            if plane.inliers.mean() < 0.97:
                continue
            # D435: 390 px focal length of the depth sensor, 50 mm baseline.
            sigma_m = z[seen].mean() ** 2 * DISPARITY_SIGMA_PX / (390 * 0.050)
            ratios.append(plane.rms_m / (sigma_m * abs(plane.normal[2])))
    return np.array(ratios)


def test_real_planes_lie_within_the_noise_model(require: Require) -> None:
    folder = require.shared("realsense/planes")
    ratios = np.concatenate([plane_residuals(folder, picture) for picture in (0, 1)])
    middle = float(np.median(ratios))
    print(f"{len(ratios)} patches of real planes: rms over model {middle:.2f} (median)")
    assert len(ratios) > 30
    assert 0.6 < middle < 1.6
    # The control: a model twice or half as noisy is found out.
    assert not 0.6 < middle / 2 < 1.6
    assert not 0.6 < middle * 2 < 1.6
