"""What the mannequin's pose and chest normal look like in a report.

Takes a `ChestNormal` and the `RestingPose` behind it, gives their `Record`; leaves measuring to
`calibration.mannequin.normal` and `.resting`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calibration.mannequin.normal import (
    LAYOUT_SIGMA_RAD,
    SHAPE_SIGMA_RAD,
    ChestNormal,
    RestingChest,
)
from calibration.mannequin.resting import MAX_RMS_M, RestingPose
from calibration.record import BudgetLine, Check, Plot, Record, points, sha256_of
from mr.types import FloatArray

MAX_NORMAL_DEG = 0.3
"""Ref: issue 6, the chest's normal."""
MAX_RESIDUAL_PX = 0.6


def normal_record(
    normal: ChestNormal, rest: RestingPose, mannequin: str, chests: Sequence[RestingChest] = ()
) -> Record:
    """Write the resting pose and its two normals down for the report."""
    both = _deg(normal.marker_covariance)
    surface = np.degrees(normal.surface_sigma_rad)
    return Record(
        procedure="normal",
        subject=mannequin,
        checks=(
            Check(
                item="chest normal, one-sigma by markers and surface",
                value=float(np.degrees(normal.sigma_rad)),
                unit="deg",
                high=MAX_NORMAL_DEG,
                why="the chest's normal to 0.3 degrees: survey the plates again",
            ),
            Check(
                item="surface's normal against the markers'",
                value=float(np.degrees(normal.apart_rad)),
                unit="deg",
                sigma=float(np.hypot(both, surface)),
                high=float(np.degrees(normal.apart_limit_rad)),
                why="3.5 sigma of both, at most 1 degree: plates or camera moved, or another "
                "mannequin",
            ),
            Check(
                item="surface over the markers' plane",
                value=1000 * normal.height_m,
                unit="mm",
                sigma=1000 * normal.height_sigma_m,
                low=-1000 * normal.height_limit_m,
                high=1000 * normal.height_limit_m,
                why="3.5 sigma of both, at most 3 mm: plates or camera moved, or another mannequin",
            ),
            Check(
                item="markers' poses among each other",
                value=1000 * rest.rms_m,
                unit="mm",
                high=1000 * MAX_RMS_M,
                why="let it lie still",
            ),
            Check(
                item="markers off their pose",
                value=rest.residual_px,
                unit="px",
                high=MAX_RESIDUAL_PX,
                why="more is a plate that was moved, or another lens",
            ),
        ),
        budget=_budget(normal),
        plots=(
            Plot(
                title="heights of the chest off the fitted surface",
                x_label="to its head [m]",
                y_label="[mm]",
                series=(points("cells", normal.in_mannequin_m[:, 1], 1000 * normal.left_m),),
            ),
            Plot(
                title="where the chest was measured",
                x_label="to its left [m]",
                y_label="to its head [m]",
                equal=True,
                series=(points("cells", normal.in_mannequin_m[:, 0], normal.in_mannequin_m[:, 1]),),
            ),
        ),
        n_samples=rest.n_used,
        inputs_sha256=(
            {"chest_depth": sha256_of([c.depth_counts for c in chests])} if chests else {}
        ),
    )


def _budget(normal: ChestNormal) -> tuple[BudgetLine, ...]:
    """Give what each estimate leaves in the normal that both say: its sigma by its weight."""
    total = normal.surface_covariance + normal.marker_covariance
    by_surface = normal.marker_covariance @ np.linalg.inv(total)
    by_markers = np.eye(2) - by_surface
    return (
        BudgetLine(
            source="markers' normal with the plates' survey",
            sigma=_deg(by_markers @ normal.marker_covariance @ by_markers.T),
            unit="deg",
            how=f"measured: {_deg(normal.marker_covariance):.2f} deg by itself; of these assumed "
            f"for the survey: {np.degrees(LAYOUT_SIGMA_RAD):.2f} deg, 0.5 mm over 0.35 m",
        ),
        BudgetLine(
            source="surface's normal: the stereo's steady error",
            sigma=_deg(by_surface @ normal.surface_covariance @ by_surface.T),
            unit="deg",
            how=f"measured: {_deg(normal.surface_covariance):.2f} deg by itself: little "
            f"weight; of these, of the chest's shape: {np.degrees(SHAPE_SIGMA_RAD):.2f} deg",
        ),
    )


def _deg(covariance: FloatArray) -> float:
    return float(np.degrees(np.sqrt(np.linalg.eigvalsh(covariance)[-1])))
