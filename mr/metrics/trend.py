"""Whether a rescuer tires, and how often breaths come.

Takes compressions, pauses and breaths, gives a depth's trend within the cycles and the
breaths' rate; leaves judging them to `mr.scoring`. Definitions: docs/guides/definitions.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mr.types import Compression, Measured, Pause, Ventilation

LEAST_N = 10
LEAST_S = 20.0
"""With fewer compressions, or less time of compressing, a trend is chance. Source: ours."""


def depth_trend_mm_min(compressions: Sequence[Compression], pauses: Sequence[Pause]) -> Measured:
    """Tell how a compression's depth changes within a cycle, in mm per minute of compressing.

    One straight line's slope for all cycles, each with a level of its own (a pause rests
    the rescuer); least squares, its sigma from what the line leaves. A bias of the depth
    is in every compression and cancels out.
    """
    bounds_ns = np.array(sorted(p.end_ns for p in pauses), np.int64)
    rows = [(c.peak_ns, c.depth_mm.value) for c in compressions if c.depth_mm.value is not None]
    if len(rows) < LEAST_N:
        return Measured.unknown(f"fewer than {LEAST_N} compressions with a known depth")
    t_ns = np.array([row[0] for row in rows], np.int64)
    t_min = (t_ns - t_ns[0]) / 60e9
    depth_mm = np.array([row[1] for row in rows])
    cycle = np.searchsorted(bounds_ns, t_ns, "right")
    _, which = np.unique(cycle, return_inverse=True)
    n = np.bincount(which)
    t_min = t_min - (np.bincount(which, t_min) / n)[which]
    depth_mm = depth_mm - (np.bincount(which, depth_mm) / n)[which]
    spans_min = [float(np.ptp(t_min[which == k])) for k in range(len(n))]
    if 60.0 * math.fsum(spans_min) < LEAST_S:
        return Measured.unknown(f"less than {LEAST_S:g} s of compressions")
    across = float(t_min @ t_min)
    slope = float(t_min @ depth_mm) / across
    left_mm = depth_mm - slope * t_min
    dof = len(rows) - len(n) - 1
    if dof < 1:
        return Measured.unknown("too few compressions in each cycle")
    return Measured(slope, math.sqrt(float(left_mm @ left_mm) / dof / across))


def breath_rate_per_min(breaths: Sequence[Ventilation]) -> Measured:
    """Tell 60 s over the mean time from one breath's beginning to the next one's."""
    starts_ns = sorted(b.start_ns for b in breaths)
    if len(breaths) < 2 or starts_ns[-1] == starts_ns[0]:
        return Measured.unknown("fewer than two breaths")
    return Measured(60e9 * (len(breaths) - 1) / (starts_ns[-1] - starts_ns[0]))
