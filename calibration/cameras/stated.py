"""What a board's procedures do not measure but are told: print, lens, the colour sensor's place.

Gives each one-sigma once and the lines they make of an uncertainty budget, the same in each
report; leaves what is measured to the procedures.
"""

from __future__ import annotations

from calibration.cameras.intrinsics_record import FOCAL_SIGMA_MAX_PCT
from calibration.record import BudgetLine

PRINT_SIGMA = 1e-3
"""One-sigma of the board's printed scale: 0.2 mm of a ruler's end over 0.2 m."""
FOCAL_SIGMA = FOCAL_SIGMA_MAX_PCT / 100
"""One-sigma of the colour lens's focal length, relative: what its own procedure lets pass."""
SHIFT_SIGMA_M = 3e-4
"""One-sigma of the factory's ``color_from_depth`` on each axis. A depth's offset cannot be told
from it. Ref: the simulated factory's error, 0.2 mm; makers state no figure."""


def stated_lines(
    print_sigma: float, focal_sigma: float, shift_sigma_m: float, distance_m: float
) -> tuple[BudgetLine, ...]:
    """Give what is stated its lines of a budget: print, lens and sensor's place, at a distance."""
    return (
        BudgetLine(
            source=f"the board's print, at {distance_m:.1f} m",
            sigma=1000 * print_sigma * distance_m,
            unit="mm",
            how="stated: its ruler, read to 0.2 mm",
        ),
        BudgetLine(
            source=f"the colour lens's focal length, at {distance_m:.1f} m",
            sigma=1000 * focal_sigma * distance_m,
            unit="mm",
            how="stated: of the camera's intrinsics",
        ),
        BudgetLine(
            source="the colour sensor's place in the camera",
            sigma=1000 * shift_sigma_m,
            unit="mm",
            how="assumed: a factory's color_from_depth",
        ),
    )
