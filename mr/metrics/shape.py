"""How much the shape of one learner's compressions wanders, in time.

Takes, compression after compression, how far the middle of the chord moved against the peak
and what noise explains of that; gives by how much the one wanders about the other. Leaves both
instants to `mr.metrics.strokes`.

Where tops are flat, fitted peaks jump by more than they claim, and shapes seem to wander more
than they do: so nothing beyond the `SHAPE_S` that is assumed before anything is known. Constants
chosen on drawn learners, held against others (tests/truth/test_rate_sigma.py).
"""

from __future__ import annotations

import math

SHAPE_S = 0.004
"""By how much a chord's middle wanders about the peak, before anything is known of a learner."""
SHAPE_N = 2.0
"""That weighs like so many compressions."""
MEMORY = 0.9
"""Each compression weighs so much of the next one."""
NOISE, UNSURE = 0.75, 0.3
"""So much of the variance that noise is said to make is taken off, for peaks are surer than they
claim; and no wander is known to be less than so much of the noise's sigma."""


class ShapeMemory:
    """The wander of one learner's shape; see the module's first lines."""

    def __init__(self) -> None:
        self._n = SHAPE_N
        self._moved_s2 = SHAPE_N * SHAPE_S**2
        self._noise_s2 = 0.0

    def learn(self, moved_s: float, noise_s2: float) -> None:
        """Take in one pair of compressions.

        Parameters
        ----------
        moved_s
            By how much the middle moved against the peak, from one to the next.
        noise_s2
            Variance of that by noise alone.
        """
        self._n = MEMORY * self._n + 1.0
        # Half of it, because both have wandered; a dip that only one of them has is no wander.
        moved_s2 = min(0.5 * moved_s**2, (3.0 * SHAPE_S) ** 2 + 0.5 * noise_s2)
        self._moved_s2 = MEMORY * self._moved_s2 + moved_s2
        self._noise_s2 = MEMORY * self._noise_s2 + 0.5 * noise_s2

    @property
    def wander_s(self) -> float:
        """One-sigma of a chord's middle about the peak (s)."""
        moved_s2, noise_s2 = self._moved_s2 / self._n, self._noise_s2 / self._n
        return min(math.sqrt(max(moved_s2 - NOISE * noise_s2, UNSURE**2 * noise_s2)), SHAPE_S)
