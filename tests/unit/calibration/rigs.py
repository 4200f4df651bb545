"""A whole rig to calibrate, save, compare and report on; its numbers are plausible, not true."""

from __future__ import annotations

import numpy as np

from mr.geometry.cloud import Cloud
from mr.rig import (
    BENDING_COLUMNS,
    BENDING_ROWS,
    Bending,
    CameraCalibration,
    Curve,
    Intrinsics,
    MannequinCalibration,
    Marker,
    MarkerLayout,
    PoseEntry,
    Provenance,
    Rig,
    SurfaceEntry,
)
from mr.validity import Validity

DEPTH = Intrinsics(width_px=848, height_px=480, fx_px=421.0, fy_px=421.0, cx_px=424, cy_px=240)
COLOR = Intrinsics(
    width_px=848, height_px=480, fx_px=612.0, fy_px=612.0, cx_px=424, cy_px=240,
    distortion=(0.05, -0.1, 0.0, 0.0, 0.0),
)  # fmt: skip


def a_plate(number: int, x_m: float, y_m: float) -> Marker:
    s = 0.02
    corners = tuple((x_m + dx, y_m + dy, 0.01) for dx, dy in ((-s, s), (s, s), (s, -s), (-s, -s)))
    return Marker.model_validate({"id": number, "corners_in_mannequin_m": corners})


def a_cloud() -> Cloud:
    x, y = np.meshgrid(np.linspace(-0.1, 0.1, 12), np.linspace(-0.2, 0.2, 24))
    points = np.column_stack([x.ravel(), y.ravel(), 0.02 * np.cos(8 * x.ravel())])
    return Cloud(points, np.tile([0.0, 0.0, 1.0], (len(points), 1)))


def a_whole_rig(name: str = "lab 2, bench A", kind: str = "live") -> Rig:
    force = Curve(counts=(0, 20000), values=(0.0, 400.0), sigma=1.5)
    camera = CameraCalibration(
        serial="SN-1234", model="D435", depth=DEPTH, color=COLOR,
        color_from_depth=PoseEntry(rotvec_rad=(0, 0, 0), t_m=(0.015, 0, 0)), baseline_m=0.05,
        world_from_cam=PoseEntry(rotvec_rad=(3.0, 0.1, 0.0), t_m=(0.1, -0.2, 1.2)),
        latency_s=0.021,
    )  # fmt: skip
    return Rig(
        name=name,
        mannequin=MannequinCalibration(
            serial="MQ-1", chest_ap_m=0.2,
            chest_depth_m=Curve(counts=(100, 500, 1000), values=(0, 0.04, 0.08), sigma=1e-4),
            cell_force_n=(force, force, force, force),
            cell_xy_in_mannequin_m=((-0.03, 0.03), (0.03, 0.03), (0.03, -0.03), (-0.03, -0.03)),
            airway_flow_ml_s=Curve(counts=(0, 1000, 2000), values=(-1300, 0, 1300), sigma=4.0),
        ),
        cameras={"side": camera},
        markers=MarkerLayout(markers=(a_plate(1, 0.0, 0.2), a_plate(2, 0.15, 0.0))),
        surface=SurfaceEntry.of(a_cloud()),
        bending=Bending(shares=tuple((0.5,) * BENDING_COLUMNS for _ in range(BENDING_ROWS))),
        world_from_mannequin=PoseEntry(rotvec_rad=(0.1, 0.2, 0.3), t_m=(0, 0, 0.1)),
        validity=Validity(recalibrate_after_days=180, temperature_low_c=18, temperature_high_c=27),
        provenance=Provenance.model_validate(
            {"made_utc": "2026-11-30T08:00:00+00:00", "software": "mrcpr 0.1.0", "kind": kind,
             "operator": "A. Technician"}
        ),
    )  # fmt: skip
