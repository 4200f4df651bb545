"""How much more a learner's hands give than the technician's, from the chest beside them.

Takes how far the back of the hand went down while the bare chest beside it told the depth,
gives by how much that is more than the calibrated gain explains. Leaves the gain's curve to
`mr.fusion.give` and the zero to `mr.fusion.camera`.

Skin and fat of two stacked hands give by some millimetres, of each learner by others, and a
camera that sees only the hand's back takes them for depth. The chest beside the hands has no
skin in between, but a camera sees it farther off and flatter: a look at it is noisier than
one at the hand. So it does not measure compressions; it says over many of them what the
hands' own reading is off.
"""

from __future__ import annotations

import math

from mr.fusion.give import FULL_M, GIVES_BY_M

GAIN_SIGMA = 0.020
"""Of the calibrated gain before anything is known of the learner: hands that are softer or
harder than the technician's by a millimetre, and what the camera's pixels are each off. Ref:
seventeen simulated scenes without the chest: +0.7 mm of bias, 1.4 RMS, all sources of it."""
STAYS = 1.0
"""What a camera's pixels are each off stays from frame to frame, in sigmas of one look: no
mean over looks takes it out. Ref: docs/decisions/0013, twenty simulated scenes."""
ALIKE = 2.0
"""Looks that follow one another are alike: their mean is worse by so much than it claims."""
DEEP_M = 0.025
"""Only what is deep tells soft hands from an error of the zero."""
MOST_FARTHER_M = 0.006
"""A look that is farther off is none at hands and chest: a sleeve lies over one of them."""
MOST_SIGMAS = 3.0
"""No hands give more, or less, by more than so many sigmas of what was known before."""
MOST_LOOKS = 600
"""So many looks are remembered, half a minute of them: hands grow tired and change places."""
KEPT_LOOKS = 60
"""After hands have left, it counts like no more looks than these: others may come."""


class Softness:
    """One camera's estimate for the hands that press now."""

    def __init__(self) -> None:
        self._before_m, self._before_sigma_m = 0.0, GAIN_SIGMA * FULL_M
        self._mean_m = 0.0
        self._noise_m = 0.0
        self._n = 0

    @property
    def more_m(self) -> float:
        """By how much the hands give more, when pressed in fully."""
        if not self._n:
            return self._before_m
        sigma_m = self._before_sigma_m
        shift_m = (self._mean_m - self._before_m) * sigma_m**2 / (sigma_m**2 + self._variance)
        return self._before_m + min(max(shift_m, -MOST_SIGMAS * sigma_m), MOST_SIGMAS * sigma_m)

    @property
    def sigma(self) -> float:
        """What is left of the gain's error, as a share of the depth."""
        if not self._n:
            return self._before_sigma_m / FULL_M
        before = self._before_sigma_m**2
        return math.sqrt(before * self._variance / (before + self._variance)) / FULL_M

    def teach(self, more_m: float, sigma_m: float) -> None:
        """Take in what the mannequin taught of these hands: looks go on from there."""
        self._before_m = more_m
        self._before_sigma_m = min(sigma_m, GAIN_SIGMA * FULL_M)
        self._n = 0

    def learn(self, farther_m: float, depth_m: float, sigma_m: float) -> None:
        """Take in one look.

        Parameters
        ----------
        farther_m
            How much farther the hand's back went down than a technician's would have.
        depth_m
            What the chest beside it says.
        sigma_m
            Noise of that.
        """
        if depth_m < DEEP_M or abs(farther_m) > MOST_FARTHER_M:
            return
        given = 1.0 - math.exp(-depth_m / GIVES_BY_M)
        self._n = min(self._n + 1, MOST_LOOKS)
        self._mean_m += (farther_m / given - self._mean_m) / self._n
        self._noise_m += (sigma_m / given - self._noise_m) / self._n

    def left(self) -> None:
        """Take in that no hands are on the chest."""
        self._n = min(self._n, KEPT_LOOKS)
        # Others may come, of whom the mannequin taught nothing.
        self._before_sigma_m = GAIN_SIGMA * FULL_M

    @property
    def _variance(self) -> float:
        """Of the mean of the looks (m²)."""
        return self._noise_m**2 * (ALIKE**2 / self._n + STAYS**2)
