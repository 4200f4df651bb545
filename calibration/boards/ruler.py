"""The rulers that a print is checked with, and what they say.

Takes axes whose unit is a millimetre on paper, draws rulers across and down; takes what a
technician measures on them, gives the print's scale. Leaves the rest of a page to its own
module.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from mr.errors import CalibrationError

RULER_MM = 100.0
SCALE_LIMIT = 0.03
"""A printer errs by up to 1 %; "fit to page" takes 3 to 6 % off."""
UNEVEN_LIMIT = 0.01
"""A printer's two ways differ by up to 0.5 %."""


def draw_ruler(
    axes: Axes, x_mm: float, y_mm: float, *, down: bool = False, small: bool = False
) -> None:
    """Draw a ruler of 100 mm from a place, to the right or (`down`) upwards along the page.

    `small` leaves the numbers between its ends out and draws shorter ticks, to its left.
    """
    ticks = np.arange(0, RULER_MM + 1, 5.0)
    long, short = (2.6, 1.6) if small else (4.0, 2.5)
    lengths = np.where(ticks % 10 == 0, long, short)
    named = ticks[ticks % 20 == 0]
    if down:
        axes.plot([x_mm, x_mm], [y_mm, y_mm + RULER_MM], "k-", lw=0.5, gid="ruler-down")
        axes.hlines(y_mm + ticks, x_mm - lengths, x_mm, colors="k", lw=0.5)
        ends = [] if small else named
        for tick in ends:
            axes.text(x_mm - 4.6, y_mm + tick, f"{tick:g}", fontsize=6, ha="right", va="center")
        return
    axes.plot([x_mm, x_mm + RULER_MM], [y_mm, y_mm], "k-", lw=0.5, gid="ruler")
    axes.vlines(x_mm + ticks, y_mm, y_mm + lengths, colors="k", lw=0.5)
    for tick in named:
        axes.text(x_mm + tick, y_mm + long + 0.6, f"{tick:g}", fontsize=6, ha="center")


def print_scale_from_ruler(
    measured_mm_across: float, measured_mm_down: float
) -> tuple[float, float]:
    """Give a print's scale, across and down, from what its rulers of 100 mm measure.

    Raises
    ------
    CalibrationError
        When a length cannot be a ruler's of such a print.
    """
    scales = []
    for name, measured_mm in (("across", measured_mm_across), ("down", measured_mm_down)):
        scale = measured_mm / RULER_MM
        if not np.isfinite(scale) or scale <= 0:
            raise CalibrationError(
                f"the ruler {name} measures {measured_mm:g} mm: give its length in mm, such as 99.6"
            )
        if 0.09 < scale < 0.11:
            raise CalibrationError(
                f"the ruler {name} measures {measured_mm:g}: are these cm? give mm, such as 99.6"
            )
        if abs(scale - 1) > SCALE_LIMIT:
            raise CalibrationError(
                f"the ruler {name} measures {measured_mm:g} mm instead of {RULER_MM:g}: was it "
                "printed at 'fit to page'? print it again at 100 %"
            )
        scales.append(scale)
    if abs(scales[0] - scales[1]) > UNEVEN_LIMIT:
        raise CalibrationError(
            f"the rulers measure {measured_mm_across:g} mm across and {measured_mm_down:g} mm "
            "down: a printer's two ways differ by half a per cent; measure again, or print again"
        )
    return scales[0], scales[1]
