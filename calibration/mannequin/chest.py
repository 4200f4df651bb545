"""The chest's displacement sensor, by gauge blocks.

Takes known depths and the counts read at them, gives the curve from counts to metres;
leaves pressing the blocks, and averaging on the wire, to the technician and the device.
"""

from __future__ import annotations

from calibration.mannequin.curves import fit_monotone_curve
from mr.errors import CalibrationError
from mr.rig import Curve
from mr.types import FloatArray

BLOCK_SIGMA_M = 5e-5
"""A gauge block with its seating: 0.05 mm."""
MIN_RANGE_M = 0.04


def fit_chest_curve(
    depth_m: FloatArray, counts: FloatArray, block_sigma_m: float = BLOCK_SIGMA_M
) -> Curve:
    """Fit the curve from counts to chest depth.

    Parameters
    ----------
    depth_m
        (n,) depth of the compression point into the chest at each reading; 0 is unloaded
        and must be among them.
    counts
        (n,) readings of the chest channel.

    Raises
    ------
    CalibrationError
        When the unloaded chest is missing, the range is too small for a compression, or
        the counts do not follow the depth.
    """
    if depth_m.min() != 0.0:
        raise CalibrationError(
            f"chest: the smallest depth is {depth_m.min() * 1000:.1f} mm: "
            "read the unloaded chest (0 mm) too"
        )
    if depth_m.max() < MIN_RANGE_M:
        raise CalibrationError(
            f"chest: the deepest block is {depth_m.max() * 1000:.1f} mm, compressions go to "
            f"60 mm: measure to {MIN_RANGE_M * 1000:.0f} mm at least"
        )
    return fit_monotone_curve(depth_m, counts, block_sigma_m, "chest", "m")
