"""One motion, white jerk: depth, velocity, acceleration, in plain numbers.

Takes measured depths with their variance at increasing instants, gives the filtered
state; leaves what a measurement means (zero, offset, gain) to its callers. Written in
scalars because a (3, 3) array costs more to make than the whole step.
"""

from __future__ import annotations

import math

JERK_PSD = 3000.0
"""m²/s⁵. A 50 mm downstroke of 0.18 s has a jerk of about 200 m/s³ RMS that keeps its
sign for some 40 ms: twice its square times that time."""
START_VELOCITY_SIGMA = 0.4
START_ACCELERATION_SIGMA = 10.0


class JerkFilter:
    """Kalman filter of a chest that moves with white jerk."""

    def __init__(self, jerk_psd: float = JERK_PSD) -> None:
        self._q = jerk_psd
        self.d = self.v = self.a = 0.0
        self._p = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        self.started = False

    def restart(self, depth_m: float, variance: float) -> None:
        """Begin anew at `depth_m`, knowing nothing of the velocity."""
        self.d, self.v, self.a = depth_m, 0.0, 0.0
        self._p = (
            variance,
            0.0,
            0.0,
            START_VELOCITY_SIGMA**2,
            0.0,
            START_ACCELERATION_SIGMA**2,
        )
        self.started = True

    def predict(self, dt_s: float) -> None:
        """Move on by `dt_s` > 0."""
        h = 0.5 * dt_s * dt_s
        self.d += dt_s * self.v + h * self.a
        self.v += dt_s * self.a
        p00, p01, p02, p11, p12, p22 = self._p
        q = self._q * dt_s
        b02 = p02 + dt_s * p12 + h * p22
        b01 = p01 + dt_s * p11 + h * p12
        b12 = p12 + dt_s * p22
        self._p = (
            p00 + dt_s * p01 + h * p02 + dt_s * b01 + h * b02 + q * h * h / 5.0,
            b01 + dt_s * b02 + q * dt_s * h / 4.0,
            b02 + q * h / 3.0,
            p11 + dt_s * p12 + dt_s * b12 + q * dt_s * dt_s / 3.0,
            b12 + q * dt_s / 2.0,
            p22 + q,
        )

    def surprise(self, depth_m: float, variance: float) -> float:
        """How many sigmas `depth_m` lies from what was expected."""
        return abs(depth_m - self.d) / math.sqrt(self._p[0] + variance)

    def update(self, depth_m: float, variance: float) -> None:
        """Take in a measured depth."""
        p00, p01, p02, p11, p12, p22 = self._p
        s = p00 + variance
        k0, k1, k2 = p00 / s, p01 / s, p02 / s
        e = depth_m - self.d
        self.d += k0 * e
        self.v += k1 * e
        self.a += k2 * e
        self._p = (
            p00 * variance / s,
            p01 * variance / s,
            p02 * variance / s,
            p11 - k1 * p01,
            p12 - k1 * p02,
            p22 - k2 * p02,
        )
