"""What a depth camera's scale looks like in a report.

Takes a `DepthScale`, gives its `Record`; leaves measuring to `calibration.cameras.depth_scale`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calibration.cameras.board_depth import BoardDepth
from calibration.cameras.bow import flatness_check
from calibration.cameras.depth_scale import DepthScale
from calibration.cameras.depth_step import GAUGE_SIGMA_M, OFF_SHARE
from calibration.cameras.stated import FOCAL_SIGMA, PRINT_SIGMA, SHIFT_SIGMA_M, stated_lines
from calibration.record import BudgetLine, Check, Plot, Record, line, points, sha256_of

SCALE_BOUNDS_PCT = (-2.0, 2.0)
"""Ref: a D435's data sheet, 2 % of the distance."""
OFFSET_BOUNDS_MM = (-10.0, 10.0)
MAX_SIGMA_MM = 2.0
"""One-sigma of a corrected distance at 0.8 m: compressions need differences, not distances,
and a chest's place needs 2 mm."""
MAX_TURN_DEG = 0.5
AT_M = 0.8
PLOTTED = 1500


def depth_record(
    result: DepthScale,
    camera_id: str,
    samples: Sequence[BoardDepth] = (),
    *,
    print_sigma: float = PRINT_SIGMA,
    focal_sigma: float = FOCAL_SIGMA,
) -> Record:
    """Write a result down for the report; sigmas as `measure_depth_scale` was told them."""
    scale_sigma, offset_sigma = np.sqrt(np.diag(result.covariance))
    turn_deg = np.degrees(np.linalg.norm(result.turn_rad[:2]))
    sd = ("%", "a D435's data sheet: 2 % of the distance; outside, the maker's calibration is lost")
    checks = [
        Check(
            item="depth scale, off 1",
            value=100 * (result.scale - 1),
            unit=sd[0],
            sigma=100 * float(scale_sigma),
            low=SCALE_BOUNDS_PCT[0],
            high=SCALE_BOUNDS_PCT[1],
            why=sd[1],
        ),
        Check(
            item="depth offset",
            value=1000 * result.offset_m,
            unit="mm",
            sigma=1000 * float(offset_sigma),
            low=OFFSET_BOUNDS_MM[0],
            high=OFFSET_BOUNDS_MM[1],
            why="more is no bias but another fault: clean the lenses, let the camera warm up",
        ),
        Check(
            item="one-sigma of a distance of 0.8 m",
            value=1000 * result.sigma_m(AT_M),
            unit="mm",
            high=MAX_SIGMA_MM,
            why="a chest's place needs 2 mm",
        ),
        Check(
            item="turn between the sensors against the factory's",
            value=float(turn_deg),
            unit="deg",
            sigma=float(np.degrees(result.turn_sigma_rad[:2].max())),
            high=MAX_TURN_DEG,
            why="more is a camera that was dropped or opened: have its maker's calibration done",
        ),
        flatness_check(result.bow),
        Check(item="depth off the planes, rms of cells", value=1000 * result.rms_m, unit="mm"),
        Check(item="corners off the planes, one axis", value=result.corner_sigma_px, unit="px"),
    ]
    if result.step is not None:
        step = result.step
        for who, value_m, sigma_m in (
            ("corrected depth", step.by_depth_m, step.depth_sigma_m),
            ("corners", step.by_corners_m, step.corners_sigma_m),
        ):
            limit = max(OFF_SHARE * step.gauge_m, 4 * float(np.hypot(sigma_m, GAUGE_SIGMA_M)))
            checks.append(
                Check(
                    item=f"step of {1000 * step.gauge_m:g} mm by {who}",
                    value=1000 * value_m,
                    unit="mm",
                    sigma=1000 * sigma_m,
                    low=1000 * (step.gauge_m - limit),
                    high=1000 * (step.gauge_m + limit),
                    why="4 sigma, or what prints and lenses are known to",
                )
            )
    return Record(
        procedure="depth",
        subject=camera_id,
        checks=tuple(checks),
        budget=_budget(result, print_sigma, focal_sigma),
        plots=_plots(result),
        n_samples=result.n_views,
        inputs_sha256=({f"camera_{camera_id}_depth_boards": _hash(samples)} if samples else {}),
        notes=_notes(result),
    )


def _budget(result: DepthScale, print_sigma: float, focal_sigma: float) -> tuple[BudgetLine, ...]:
    stated = float(np.hypot(print_sigma, focal_sigma))
    whole = result.sigma_m(AT_M)
    rest = float(np.sqrt(max(whole**2 - (stated * AT_M) ** 2 - SHIFT_SIGMA_M**2, 0.0)))
    return (
        *stated_lines(print_sigma, focal_sigma, SHIFT_SIGMA_M, AT_M),
        BudgetLine(
            source="corners, depth's steady errors and wandering, at 0.8 m",
            sigma=1000 * rest,
            unit="mm",
            how="measured: from what the fit leaves over",
        ),
    )


def _plots(result: DepthScale) -> tuple[Plot, ...]:
    pick = np.unique(np.linspace(0, len(result.z_m) - 1, PLOTTED).astype(int))
    z = result.z_m[pick]
    ends = np.array([result.z_m.min(), result.z_m.max()])
    correction = 1000 * ((result.scale - 1) * ends + result.offset_m)
    return (
        Plot(
            title="true less reported depth",
            x_label="reported depth [m]",
            y_label="[mm]",
            series=(
                points("cells of the board", z, 1000 * result.gap_m[pick]),
                line("scale and offset", ends, correction),
            ),
        ),
        Plot(
            title="what is left after the fit",
            x_label="reported depth [m]",
            y_label="[mm]",
            series=(points("cells of the board", z, 1000 * result.left_m[pick]),),
        ),
    )


def _notes(result: DepthScale) -> tuple[str, ...]:
    notes = []
    if result.left_out:
        which = ", ".join(str(k + 1) for k in result.left_out)
        notes.append(f"left out, for depth and corners disagree there: picture {which}")
    if result.step is None:
        notes.append("no known step was measured: nothing checks the board's size independently")
    return tuple(notes)


def _hash(samples: Sequence[BoardDepth]) -> str:
    return sha256_of([a for s in samples for a in (s.corners_px, s.depth_counts)])
