"""What a guided capture of hands takes: pieces of a sweep, and touches.

Gives plain frozen arrays; what both sides can compare of a hand is in `mr.geometry.hand`,
registering in `calibration.headset.sweep` and `.touch`.
"""

from __future__ import annotations

from dataclasses import dataclass

from mr.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class SweepPiece:
    """About a second of a sweep: m looks of the headset, n of the rig, on one host's clock."""

    xr_t_ns: IntArray
    joints_in_xr_m: FloatArray
    """(m, 26, 3)."""
    valid: BoolArray
    """(m, 26)."""
    rig_t_ns: IntArray
    points_in_world_m: FloatArray
    """(n, 5, 3) wrist and knuckles, index first; NaN where they are not seen."""
    side: str
    """"left" or "right": which hand the headset says it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Touch:
    """About a second of a fingertip on a numbered cross: m looks of the headset."""

    cross: int
    t_ns: IntArray
    joints_in_xr_m: FloatArray
    """(m, 26, 3)."""
    valid: BoolArray
    """(m, 26)."""
    side: str
