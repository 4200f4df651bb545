"""Compressions with everything right: what a class counts together.

Takes an analysis, gives how many of its compressions keep every target that was measured; leaves
the single shares and the score to `mr.review.analysis`. Depth, rate and release have to be known;
where the hands were not seen, they are not asked about.
"""

from __future__ import annotations

import math
from typing import Any

WHAT_COUNTS = (
    "A compression counts when its depth, rate and release all keep the profile's targets, and "
    "its hand position, too, where a camera saw the hands. Counted are this class's sessions of "
    "today that are analysed; a session that runs now counts when it has been analysed."
)


def n_right(analysis: dict[str, Any]) -> int:
    """Count the compressions of an analysis in which everything is right."""
    targets = analysis["guideline"]["targets"]
    return sum(_is_right(one, targets) for one in analysis["compressions"])


def _is_right(one: dict[str, Any], targets: dict[str, Any]) -> bool:
    by_force = targets["recoil_criterion"] == "force" and targets["release_max_n"] is not None
    unit = "n" if by_force else "mm"
    left = one["release_force_n" if by_force else "release_depth_mm"]
    held = (
        (one["depth_mm"], targets["depth_low_mm"], targets["depth_high_mm"]),
        (one["rate_cpm"], targets["rate_low_cpm"], targets["rate_high_cpm"]),
        (left, None, targets[f"release_max_{unit}"]),
    )
    return all(_keeps(*each) for each in held) and _hands_are_right(one, targets)


def _keeps(value: float | None, low: float | None, high: float | None) -> bool:
    if value is None:
        return False
    shown = round(value, 1)  # as it is shown and scored: 120.0 is not above 120
    return (low is None or shown >= low) and (high is None or shown <= high)


def _hands_are_right(one: dict[str, Any], targets: dict[str, Any]) -> bool:
    x_mm, y_mm = one["hand_x_mm"], one["hand_y_mm"]
    if x_mm is None or y_mm is None:
        return True
    return _keeps(math.hypot(x_mm, y_mm), None, targets["hand_offset_max_mm"])
