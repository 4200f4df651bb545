"""By how much a lens, a curve or a surface changed, where it matters.

Takes the two of one part, gives the change as a session would feel it: points of the picture in
pixels, depth in mm, force at 300 N, the volume of a breath; leaves words and limits to
`calibration.difference`.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from scipy.spatial import cKDTree

from mr.geometry.cloud import Cloud
from mr.rig import Curve, Intrinsics
from mr.types import FloatArray

CHEST_TO_M = 0.07
"""Ref: issue 6, the curve is held to its limit over 0 to 70 mm."""
FORCE_N = 300.0
"""A compression's force at 50 mm. Ref: docs/guides/technician/build.md, 280 to 680 N."""
BREATH_ML, BREATH_S = 500.0, 1.0
"""Amid the 400 to 700 mL of the profiles, given over one second; its flow is half a sine."""
GRID = 25
STEPS = 141


def lens_change(old: Intrinsics, new: Intrinsics) -> tuple[float, float]:
    """Compare two models of one lens: the focal length in %, and in px how far points go.

    The latter is the largest over the picture: each point's ray by the old model, seen by the
    new one. It is what all of focal length, centre and distortion amount to.
    """
    if old == new:
        return 0.0, 0.0
    changes_pct = [100.0 * (new.fx_px / old.fx_px - 1), 100.0 * (new.fy_px / old.fy_px - 1)]
    x, y = np.meshgrid(
        np.linspace(0.0, old.width_px - 1.0, GRID), np.linspace(0.0, old.height_px - 1.0, GRID)
    )
    points_px = np.column_stack([x.ravel(), y.ravel()])
    rays = cv2.undistortPointsIter(
        points_px.reshape(-1, 1, 2), old.matrix(), np.array(old.distortion), np.eye(3), np.eye(3),
        (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-10),
    ).reshape(-1, 2)  # fmt: skip
    rays_m = np.column_stack([rays, np.ones(len(rays))])
    zero = np.zeros(3)
    was_px = cv2.projectPoints(rays_m, zero, zero, old.matrix(), np.array(old.distortion))[0]
    is_px = cv2.projectPoints(rays_m, zero, zero, new.matrix(), np.array(new.distortion))[0]
    far_px = np.linalg.norm(is_px - was_px, axis=2)
    return max(changes_pct, key=abs), float(far_px.max())


def chest_change(old: Curve, new: Curve) -> tuple[float, float, float]:
    """Compare two curves of the chest: the largest change, the depth where it is, its sigma; mm."""
    low_m, high_m = max(0.0, min(old.values)), min(CHEST_TO_M, max(old.values))
    depth_m = np.linspace(low_m, max(low_m, high_m), STEPS)
    change_m = new(_counts_at(old, depth_m)) - depth_m
    worst = int(np.argmax(np.abs(change_m)))
    sigma_m = math.hypot(old.sigma, new.sigma)
    return 1000 * float(change_m[worst]), 1000 * float(depth_m[worst]), 1000 * sigma_m


def cells_change(old: Curve, new: Curve) -> tuple[float, float, float]:
    """Compare two curves of a cell: the change in %, the force in N where, its sigma in %.

    At 300 N, or where the old curve ends, if it ends before.
    """
    at_n = min(FORCE_N, max(old.values)) or FORCE_N
    force_n = float(new(_counts_at(old, np.array([at_n])))[0])
    sigma_n = math.hypot(old.sigma, new.sigma)
    return 100 * (force_n / at_n - 1), at_n, abs(100 * sigma_n / at_n)


def airway_volume_change_pct(old: Curve, new: Curve) -> tuple[float, float]:
    """Compare two curves of the airway by one breath: the change of its volume, and its sigma.

    The sigma takes a curve's error to be the same all through the breath, which is its worst.
    """
    t_s = np.linspace(0.0, BREATH_S, STEPS)
    flow_ml_s = BREATH_ML * math.pi / (2 * BREATH_S) * np.sin(np.pi * t_s / BREATH_S)
    measured_ml_s = new(_counts_at(old, flow_ml_s))
    change_ml = float(np.trapezoid(measured_ml_s - flow_ml_s, t_s))
    sigma_ml = math.hypot(old.sigma, new.sigma) * BREATH_S
    return 100 * change_ml / BREATH_ML, 100 * sigma_ml / BREATH_ML


def surface_change_m(old: Cloud, new: Cloud) -> float:
    """Compare two scans of a surface: how far the new one's points lie off the old one's planes."""
    _, nearest = cKDTree(old.points_m).query(new.points_m)
    off_m = np.sum((new.points_m - old.points_m[nearest]) * old.normals[nearest], axis=1)
    return float(np.median(np.abs(off_m)))


def _counts_at(curve: Curve, values: FloatArray) -> FloatArray:
    """Tell at which counts a curve has these values, beyond its ends by its outer segments."""
    rising = curve.values[-1] > curve.values[0]
    x, y = np.array(curve.counts), np.array(curve.values)
    if not rising:
        x, y = x[::-1], y[::-1]
    k = np.clip(np.searchsorted(y, values, side="right") - 1, 0, len(y) - 2)
    return np.asarray(x[k] + (values - y[k]) * (x[k + 1] - x[k]) / (y[k + 1] - y[k]))
