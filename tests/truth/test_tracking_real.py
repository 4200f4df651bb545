"""The noise that tracking claims, beside a real camera's. Two frames and eleven planes.

Two frames tell temporal noise and how far it is shared; they cannot tell slow drift.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

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


PLANES_FB_PX_M = 19.105
"""Of the planes' camera: its values lie on 1/32 px of disparity with it (tests/bench/noise)."""
COUNT_SIGMA_M = 1e-3 / np.sqrt(12)
PATCH_PX = 40
GRAZING = 1 / 3
"""Of ray (z = 1) and normal: below it a plane is seen nearly along itself."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One picture's largest plane: what its patches leave over the noise model's figure."""

    n_patches: int
    ratio: float
    z_m: float
    cosine: float


def largest_plane(points: FloatArray, rays: FloatArray, sigma_m: FloatArray) -> FloatArray:
    """Mask (H, W) of the largest plane, by RANSAC within 8 sigma along the ray."""
    rng = np.random.default_rng(1)
    some = rng.choice(np.flatnonzero(np.isfinite(points[..., 2])), 4000)
    p, r, s = points.reshape(-1, 3)[some], rays.reshape(-1, 3)[some], sigma_m.ravel()[some]
    best, most = (np.array([0.0, 0.0, 1.0]), p[0]), 0
    for _ in range(400):
        one, two, three = p[rng.choice(len(p), 3, replace=False)]
        normal = np.cross(two - one, three - one)
        length = float(np.linalg.norm(normal))
        if length < 1e-4:
            continue
        normal = normal / length
        n_in = int((np.abs((p - one) @ normal) < 4 * s * np.abs(r @ normal)).sum())
        if n_in > most:
            best, most = (normal, one), n_in
    normal, origin = best
    return np.asarray(np.abs((points - origin) @ normal) < 8 * sigma_m * np.abs(rays @ normal))


def look_at_plane(depth_m: FloatArray, wave_sigmas: float = 0.0) -> Seen:
    """Measure a picture's largest plane; its surface may be bent by waves of so many sigma."""
    model = Intrinsics(
        width_px=640, height_px=480, fx_px=617.25, fy_px=617.55, cx_px=317.39, cy_px=245.98
    )
    rays = Camera(model).rays.astype(np.float64)
    z_m = np.where((depth_m > 0.3) & (depth_m < 2.5), depth_m, np.nan)
    sigma_m = np.hypot(z_m**2 * DISPARITY_SIGMA_PX / PLANES_FB_PX_M, COUNT_SIGMA_M)
    on_it = largest_plane(rays * z_m[..., None], rays, sigma_m)
    wave = wave_sigmas * np.sin(2 * np.pi * np.arange(640) / PATCH_PX)
    points = rays * (z_m + sigma_m * wave)[..., None]
    rows = []
    for row in range(0, 480 - PATCH_PX + 1, PATCH_PX // 2):
        for column in range(0, 640 - PATCH_PX + 1, PATCH_PX // 2):
            window = (slice(row, row + PATCH_PX), slice(column, column + PATCH_PX))
            use = on_it[window]
            if use.mean() < 0.97:
                continue
            plane = fit_plane(points[window][use])
            # Depth errs along the ray: a plane's height errs by that times the cosine.
            cosine = float(np.abs(rays[window][use] @ plane.normal).mean())
            model_m = float(sigma_m[window][use].mean()) * cosine
            rows.append((plane.rms_m / model_m, float(z_m[window][use].mean()), cosine))
    ratio, z, cosine = np.median(np.array(rows).reshape(-1, 3), axis=0)
    return Seen(len(rows), float(ratio), float(z), float(cosine))


def test_real_planes_lie_within_the_noise_model(
    require: Require, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = require.shared("realsense/planes")
    paths = [*sorted((folder / "depth").glob("*.png")), folder / "test_img_depth.png"]
    found, bent = {}, {}
    for path in paths:
        counts = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        assert counts is not None
        found[path.stem] = look_at_plane(counts.astype(np.float64) * 1e-3)
        bent[path.stem] = look_at_plane(counts.astype(np.float64) * 1e-3, wave_sigmas=3.0)
    with capsys.disabled():
        print("\npicture's largest plane: patches, distance, cosine of view, residual over model")
        for name, seen in found.items():
            print(
                f"{name:>15} {seen.n_patches:4d} {seen.z_m:6.2f} m {seen.cosine:5.2f} "
                f"{seen.ratio:5.2f} (bent by 3 sigma: {bent[name].ratio:.2f})"
            )
    assert len(found) == 11
    assert all(seen.n_patches >= 50 for seen in found.values())
    faced = {name: seen for name, seen in found.items() if seen.cosine > GRAZING}
    assert len(faced) >= 6
    assert all(0.3 < seen.ratio < 1.25 for seen in faced.values())
    # Seen along itself a plane's disparity changes within the matcher's window: noisier.
    assert all(seen.ratio < 2.5 for seen in found.values())
    # The controls: a bent surface and a model that claims a quarter of the noise are found out.
    assert all(bent[name].ratio > 1.25 for name in found)
    assert all(seen.ratio / 0.25 > 1.25 for seen in faced.values())
