"""Records as procedures leave them, good and bad, for the report and its look."""

from __future__ import annotations

import numpy as np

from calibration.record import BudgetLine, Check, Plot, Record, band, line, points


def lens_record(seed: int = 1) -> Record:
    rng = np.random.default_rng(seed)
    where = rng.uniform((0, 0), (848, 480), (900, 2))
    residual = rng.normal(0, 0.11, (900, 2))
    r = np.hypot(*(where - (424, 240)).T)
    return Record(
        procedure="intrinsics", subject="side", n_samples=38,
        checks=(
            Check(item="focal length, colour", value=612.34, unit="px", sigma=0.31),
            Check(item="focal length, against the factory's", value=0.056, unit="%", sigma=0.05,
                  low=-0.2, high=0.2, why="issue 6: intrinsics within 0.2 %"),
            Check(item="residual, rms", value=0.1556, unit="px", high=0.3,
                  why="ours: twice what a sharp picture of a flat board gives"),
            Check(item="covered share of the picture", value=93.0, unit="%", low=80.0,
                  why="ours: a lens is not known where the board never was"),
        ),
        budget=(
            BudgetLine(source="corner noise", sigma=0.21, unit="px", how="measured: residuals"),
            BudgetLine(source="print scale of the board", sigma=0.12, unit="px",
                       how="stated: ruler, ± 0.2 mm on 200 mm"),
            BudgetLine(source="flatness of the board", sigma=0.18, unit="px",
                       how="assumed: 0.3 mm of bow"),
        ),
        plots=(
            Plot(title="Residuals over the picture's radius", x_label="radius (px)",
                 y_label="residual (px)",
                 series=(points("across", r, residual[:, 0]), points("down", r, residual[:, 1]))),
            Plot(title="Where corners were seen", x_label="x (px)", y_label="y (px)", equal=True,
                 series=(points("corners", where[:, 0], -where[:, 1]),)),
        ),
        inputs_sha256={"intrinsics side": "3f" * 32},
    )  # fmt: skip


def chest_record(seed: int = 2, *, bad: bool = False) -> Record:
    rng = np.random.default_rng(seed)
    depth = np.arange(0, 71, 5.0)
    error = rng.normal(0, 0.04, len(depth)) + (0.4 * (depth > 50) if bad else 0)
    worst = float(np.abs(error).max())
    return Record(
        procedure="chest", subject="MQ-1", n_samples=15,
        checks=(
            Check(item="largest error over 0 to 70 mm", value=worst, unit="mm", sigma=0.03,
                  high=0.2,
                  why="the chest does not follow the blocks above 50 mm: look for something under "
                      "the chest plate, then measure the blocks from 50 mm on again" if bad else
                      "issue 6: displacement curve within 0.2 mm over 0 to 70 mm"),
            Check(item="hysteresis", value=0.087, unit="mm", sigma=0.02, high=0.5,
                  why="ours: what a session's release is judged by"),
            Check(item="levels", value=15, unit="", low=8, why="ours"),
        ),
        budget=(
            BudgetLine(source="gauge blocks", sigma=0.005, unit="mm", how="stated: grade 2"),
            BudgetLine(source="noise of the sensor", sigma=0.021, unit="mm",
                       how="measured: 200 readings a level"),
            BudgetLine(source="angle", sigma=0.1, unit="deg", how="assumed"),
        ),
        plots=(
            Plot(title="Errors of the curve", x_label="depth (mm)", y_label="error (mm)",
                 series=(
                     band("limit", [0, 70], [-0.2, -0.2], [0.2, 0.2]),
                     points("going down", depth, error),
                     line("coming up", depth, error + 0.05),
                 )),
        ),
        notes=("The curve holds above 70 mm by its outermost two blocks only.",),
        inputs_sha256={"chest MQ-1": "a7" * 32},
    )  # fmt: skip
