"""How old what a headset showed was: the time from the motion's capture to the frame's showing.

Takes the `FrameShown`s of a recording, gives their ages; leaves recording them to the view and
saying them to the command line. A frame for whose instant the chest was predicted is as old as
any other: what it was drawn from is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mr.types import FrameShown


@dataclass(frozen=True, slots=True)
class ShownAges:
    """Of all frames that were drawn from a motion; ms."""

    n_frames: int
    """With those that were drawn from none."""
    n_of_motion: int
    p50_ms: float
    p95_ms: float
    worst_ms: float
    predicted_share: float
    """Of those drawn from a motion, in how many the chest was moved on to their instant."""


def shown_ages(frames: Iterable[FrameShown]) -> ShownAges | None:
    """Tell how old what was shown was; None where no frame was drawn from a motion."""
    every = list(frames)
    moving = [(f.display_ns - f.measured_ns, f.predicted) for f in every if f.measured_ns]
    if not moving:
        return None
    age_ms = 1e-6 * np.array([age_ns for age_ns, _ in moving], np.float64)
    p50_ms, p95_ms = np.quantile(age_ms, (0.5, 0.95))
    return ShownAges(
        n_frames=len(every),
        n_of_motion=len(moving),
        p50_ms=float(p50_ms),
        p95_ms=float(p95_ms),
        worst_ms=float(age_ms.max()),
        predicted_share=sum(predicted for _, predicted in moving) / len(moving),
    )


def shown_in_words(ages: ShownAges) -> str:
    """Say it in one line."""
    return (
        f"headset: {ages.n_frames} frames shown; the motion in them was {ages.p50_ms:.0f} ms old "
        f"(median; 95 % within {ages.p95_ms:.0f} ms, worst {ages.worst_ms:.0f} ms), "
        f"and in {100.0 * ages.predicted_share:.0f} % of them moved on to the instant of showing"
    )
