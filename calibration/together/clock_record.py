"""Clocks as they are shown and filed.

Takes what `calibration.together.clocks` measured, gives its record; leaves guiding the
compressions to `calibration.together.compressing`.
"""

from __future__ import annotations

import numpy as np

from calibration.record import BudgetLine, Check, Plot, Record, points
from calibration.together.clocks import Clocks

SIGMA_MS = 1.0
"""Limit of an offset's one-sigma. Source: the issue."""
CLOSURE_MS = 2.0


def clocks_record(found: Clocks, subject: str) -> Record:
    """Make the record of the offsets."""
    reference = found.names[0]
    sigma_ms = 1000 * np.sqrt(np.diag(found.covariance_s2))
    offset_ms = 1000 * found.offset_s
    checks = []
    for name, offset, sigma in zip(found.names[1:], offset_ms[1:], sigma_ms[1:], strict=True):
        item = f"{name} after {reference}"
        checks += [
            Check(item=item, value=float(offset), unit="ms", sigma=float(sigma)),
            Check(
                item=f"{item}, one-sigma",
                value=float(sigma),
                unit="ms",
                high=SIGMA_MS,
                why="a chest that moves at 0.4 m/s is 0.4 mm elsewhere after a millisecond; more: "
                "compress for longer (a headset's joints need a minute)",
            ),
        ]
    if found.closure_of:
        checks.append(
            Check(
                item=f"lags around {', '.join(found.closure_of)}",
                value=1000 * found.closure_s,
                unit="ms",
                low=-CLOSURE_MS,
                high=CLOSURE_MS,
                why="around three sensors they must add up to nothing",
            )
        )
    own_ms = [1000 * pair.lag_s for pair in found.pairs]
    joint_ms = [1000 * found.lag_s(pair.first, pair.second)[0] for pair in found.pairs]
    plot = Plot(
        title="Each pair's own lag beside the common solution",
        x_label="pair, in the order of the notes",
        y_label="own lag minus common solution (ms)",
        series=(points("pairs", range(len(own_ms)), np.subtract(own_ms, joint_ms)),),
    )
    return Record(
        procedure="clocks",
        subject=subject,
        checks=tuple(checks),
        budget=tuple(
            BudgetLine(
                source=f"noise of {name} and what it shares with {reference}",
                sigma=float(sigma),
                unit="ms",
                how=f"measured: {found.n_compressions} compressions, blocks left out in turn",
            )
            for name, sigma in zip(found.names[1:], sigma_ms[1:], strict=True)
        ),
        plots=(plot,),
        n_samples=found.n_compressions,
        notes=tuple(
            f"{k}: {p.first} to {p.second}: {1000 * p.lag_s:.2f} ms ({1000 * p.sigma_s:.2f}), next "
            f"best {1000 * p.rival_s:.0f} ms leaves {p.rival_worse:.1f} times as much"
            for k, p in enumerate(found.pairs)
        ),
    )
