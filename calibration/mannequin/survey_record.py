"""What the plates' survey looks like in a report.

Takes a `Survey`, gives its `Record`; leaves measuring to `calibration.mannequin.survey`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calibration.mannequin.survey import PlatesSeen, Survey
from calibration.mannequin.survey_faults import MAX_SIZE_OFF_M, MAX_TWIST_M
from calibration.record import BudgetLine, Check, Plot, Record, points, sha256_of

MAX_SIGMA_MM = 0.5
"""Over plates 0.25 m from the sternum that is 0.1 degrees: a third of the chest normal's limit."""
MAX_RMS_PX = 0.6


def survey_record(survey: Survey, mannequin: str, samples: Sequence[PlatesSeen] = ()) -> Record:
    """Write a survey down for the report."""
    checks = []
    for k, plate in enumerate(survey.ids):
        odd = survey.oddities[k]
        checks += [
            Check(
                item=f"plate {plate}: place, one-sigma",
                value=1000 * float(survey.sigma_m[k]),
                unit="mm",
                high=MAX_SIGMA_MM,
                why="take more pictures of it, from more sides",
            ),
            Check(
                item=f"plate {plate}: corners, rms",
                value=float(survey.rms_px[k]),
                unit="px",
                high=MAX_RMS_PX,
                why="more is a plate that is not the stated square",
            ),
            Check(
                item=f"plate {plate}: side off the stated",
                value=1000 * odd.side_off_m,
                unit="mm",
                sigma=1000 * odd.side_sigma_m,
                low=-1000 * MAX_SIZE_OFF_M,
                high=1000 * MAX_SIZE_OFF_M,
                why="measure its side and give it",
            ),
            Check(
                item=f"plate {plate}: corners out of its plane",
                value=1000 * odd.twist_m,
                unit="mm",
                sigma=1000 * odd.twist_sigma_m,
                low=-1000 * MAX_TWIST_M,
                high=1000 * MAX_TWIST_M,
                why="put a flat one in its place",
            ),
        ]
    left = survey.left_px
    corners = np.array([m.corners_in_mannequin_m for m in survey.layout.markers])
    return Record(
        procedure="plates",
        subject=mannequin,
        checks=tuple(checks),
        budget=(
            BudgetLine(
                source="corners of board and plates",
                sigma=1000 * float(survey.sigma_m.max()),
                unit="mm",
                how="measured: from what the joint solution leaves over",
            ),
            BudgetLine(
                source="the board's place on the chest",
                sigma=1000 * float(survey.frame_sigma_m.max()),
                unit="mm",
                how="stated: with the board's place"
                if survey.frame_sigma_m.any()
                else "assumed: exact; it moves all plates together",
            ),
        ),
        plots=(
            Plot(
                title="plates on the mannequin",
                x_label="to its left [m]",
                y_label="to its head [m]",
                equal=True,
                series=tuple(
                    points(f"plate {j}", c[:, 0], c[:, 1])
                    for j, c in zip(survey.ids, corners, strict=True)
                ),
            ),
            Plot(
                title="plates' corners, seen less foretold",
                x_label="right [px]",
                y_label="down [px]",
                equal=True,
                series=(points("corners", left[:, 0], left[:, 1]),),
            ),
        ),
        n_samples=survey.n_used,
        inputs_sha256=(
            {"plates_survey": sha256_of([s.plate_corners_px for s in samples])} if samples else {}
        ),
    )
