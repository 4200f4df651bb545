"""What compressions taught of a camera, as a record.

Takes results, gives a `Record` with limits; leaves measuring to `.motion` and `.heel`.
"""

from __future__ import annotations

import numpy as np

from calibration.record import BudgetLine, Check, Plot, Record, line, points
from calibration.together.heel import HeelOffset
from calibration.together.motion import GAIN_BOUNDS, MAX_RMS_M, CameraMotion, SeenMotion

LATENCY_SIGMA_MS = 1.0
"""Source: issue 6, clock offsets within 1 ms; 1 ms is 0.3 mm at a compression's fastest."""
GAIN_SIGMA_PCT = 1.0
"""Ours: half a millimetre of a stroke of 50 mm."""
HEEL_SCATTER_MM = 15.0
"""Ours: half of the 30 mm within which hands are in place."""
PLOTTED_S = 5.0


def motion_record(
    found: CameraMotion, heel: HeelOffset, seen: SeenMotion, camera_id: str
) -> Record:
    """Write a camera's latency, gain and heel offset down."""
    x_mm, y_mm = (1e3 * v for v in heel.offset_m)
    low, high = GAIN_BOUNDS
    checks = (
        Check(item="latency behind the mannequin", value=1e3 * found.latency_s, unit="ms",
              sigma=1e3 * found.latency_sigma_s),
        Check(item="latency, one-sigma", value=1e3 * found.latency_sigma_s, unit="ms",
              high=LATENCY_SIGMA_MS, why="clocks within 1 ms: compress for longer, unevenly"),
        Check(item="seen over true displacement", value=found.depth_gain, unit="",
              sigma=found.depth_gain_sigma, low=low, high=high,
              why="outside, the camera's place or the chest's curve is wrong"),
        Check(item="displacement, one-sigma", value=100 * found.depth_gain_sigma, unit="%",
              high=GAIN_SIGMA_PCT, why="half a millimetre of 50: compress for longer"),
        Check(item="heights off the mannequin's motion, rms", value=1e3 * found.rms_m, unit="mm",
              high=1e3 * MAX_RMS_M, why="more is another motion"),
        Check(item="seen heel, to the mannequin's left", value=x_mm, unit="mm",
              sigma=1e3 * heel.scatter_m / np.sqrt(2 * heel.n)),
        Check(item="seen heel, to its head", value=y_mm, unit="mm",
              sigma=1e3 * heel.scatter_m / np.sqrt(2 * heel.n)),
        Check(item="heel, scatter of one look", value=1e3 * heel.scatter_m, unit="mm",
              high=HEEL_SCATTER_MM, why="keep sleeves and hair out of the way"),
        Check(item="compressions", value=float(found.n_compressions), unit=""),
    )  # fmt: skip
    return Record(
        procedure="motion",
        subject=camera_id,
        checks=checks,
        budget=(
            BudgetLine(source="camera's heights", sigma=1e3 * found.latency_sigma_s, unit="ms",
                       how="measured: jackknife over blocks of compressions"),
        ),
        plots=(_plot(seen, found),),
        n_samples=found.n_used,
    )  # fmt: skip


def _plot(seen: SeenMotion, found: CameraMotion) -> Plot:
    """Draw the camera's heights over the mannequin's depth, put right, for some seconds."""
    zero_ns = int(seen.surface_t_ns[0])
    t_s = (seen.surface_t_ns - zero_ns) * 1e-9 - found.latency_s
    depth_s = (seen.depth_t_ns - zero_ns) * 1e-9
    first = t_s < PLOTTED_S
    by_mannequin = np.interp(t_s, depth_s, seen.depth_m)
    down_m = -seen.surface_z_m / found.depth_gain
    down_m = down_m - float(np.median(down_m - by_mannequin))
    shown = (depth_s > 0) & (depth_s < PLOTTED_S)
    return Plot(
        title="the same compressions, by both",
        x_label="time, s",
        y_label="depth, mm",
        series=(
            line("mannequin", depth_s[shown][::4], 1e3 * seen.depth_m[shown][::4]),
            points("camera, latency and gain put right", t_s[first], 1e3 * down_m[first]),
        ),
    )
