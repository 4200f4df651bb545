"""Whether pairs still fit the headset's frame that is believed, or fit again one that was lost.

Takes what a `FrameFilter` expected of each pair; says when the frame is another, has taken a small
step, or is the old one again. What follows from it is the placer's. Decision 0024.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from mr.fusion.frame_filter import FrameFilter, Surprise

LOST_OF, LOST_AT = 7, 5
"""Of the last 7 pairs (1.4 s of one hand) 5 that do not fit say that the frame is another."""
BACK_OF, BACK_AT, BACK_CHI2 = 15, 13, 7.8
"""Of the last 15 pairs (3 s) 13 that fit, and their mean, too, at a chance of 5 %, say that it is
the old one, or the one carried over: single pairs alone fit a frame that went 20 mm."""
STEP_OF, STEP_CHI2 = 20, 30.0
"""The mean of 20 pairs that is so far off says the same of a small step: by chance one in
700 000 is, and there are 18 000 in an hour."""


class FrameWatch:
    """Looks at the last pairs, one by one and at their mean."""

    def __init__(self) -> None:
        self._fits: deque[bool] = deque(maxlen=BACK_OF)
        self._steps: deque[Surprise] = deque(maxlen=STEP_OF)

    def fit(self, found: Surprise) -> None:
        """Note whether one more pair fits."""
        self._fits.append(found.fits)

    def average(self, found: Surprise) -> None:
        """Take one more pair into the mean."""
        self._steps.append(found)

    def forget(self) -> None:
        """Begin anew, with another frame."""
        self._fits.clear()
        self._steps.clear()

    @property
    def is_another(self) -> bool:
        """Whether so many of the last pairs do not fit that the frame is another one."""
        return list(self._fits)[-LOST_OF:].count(False) >= LOST_AT

    def is_back(self, held: FrameFilter) -> bool:
        """Tell whether pairs fit again what was lost: one by one, and their mean."""
        if len(self._fits) < BACK_OF or sum(self._fits) < BACK_AT:
            return False
        return self._mean_chi2(held) < BACK_CHI2

    def has_stepped(self, held: FrameFilter) -> bool:
        """Tell whether the last pairs' mean is off, though each of them may fit."""
        return len(self._steps) == STEP_OF and self._mean_chi2(held) > STEP_CHI2

    def _mean_chi2(self, held: FrameFilter) -> float:
        last = [found for found in self._steps if found.fits]
        mean = np.mean([found.left_m for found in last], axis=0)
        wide = np.mean([found.covariance for found in last], axis=0)
        wide = wide + held.mean_sigma_m(len(last)) ** 2 * np.eye(3)
        return float(mean @ np.linalg.solve(wide, mean))
