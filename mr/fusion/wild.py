"""Which of the mannequin's depths cannot be: a chest does not jump and come back at once.

Takes instants and depths in order, gives which are to be believed and how fast the chest
moves; leaves cameras' outliers to `mr.fusion.kalman`. What is expected of a sample is the
straight line through the two believed before it.
"""

from __future__ import annotations

import numpy as np

from mr.types import BoolArray, FloatArray

GAP_S = 0.1
"""After a longer silence nothing is expected."""
LEAST_M = 0.010
ACCELERATION_M_S2 = 60.0
"""A chest's motion bends away from a straight line by no more than this allows."""
AT_ONCE = 512
PATIENCE = 3
"""So many surprises in a row are refused; with the next the chest has truly jumped."""
STEPS = 4
"""The velocity is the slope, at its newest end, of the parabola through the newest sample
and those this many and twice this many before it: it does not lag."""


class Plausible:
    """Follows one signal; `believe` each block, in order."""

    def __init__(self) -> None:
        self._surprises = 0
        self._forget()

    def _forget(self) -> None:
        # The last that were believed, oldest first; NaN where there was none.
        self._t_s = np.full(2 * STEPS, np.nan)
        self._depth_m = np.full(2 * STEPS, np.nan)

    def believe(self, t_s: FloatArray, depth_m: FloatArray) -> tuple[BoolArray, FloatArray]:
        """Tell which of (N,) samples to believe, and the velocity (N,) at each of those."""
        believed = np.zeros(len(t_s), np.bool_)
        velocity_m_s = np.zeros(len(t_s))
        k = 0
        while k < len(t_s):
            part = slice(k, k + AT_ONCE)
            n = self._plain(t_s[part], depth_m[part])
            if n:
                self._surprises = 0
                part = slice(k, k + n)
                believed[part] = True
                velocity_m_s[part] = self._take(t_s[part], depth_m[part])
                k += n
            elif self._surprises == PATIENCE:
                self._forget()
            else:
                self._surprises += 1
                k += 1
        return believed, velocity_m_s

    def _plain(self, t_s: FloatArray, depth_m: FloatArray) -> int:
        """Tell how many samples go by before the first surprise."""
        t = np.concatenate((self._t_s[-2:], t_s))
        d = np.concatenate((self._depth_m[-2:], depth_m))
        step_s = t[1:] - t[:-1]
        last_s, dt_s = step_s[:-1], step_s[1:]
        # Where there is no line to go on, the last depth is expected; and that, too, is NaN
        # where there is none: nothing is a surprise then.
        goes_on = last_s <= GAP_S
        slope = np.where(goes_on, (d[1:-1] - d[:-2]) / last_s, 0.0)
        off_m = np.abs(d[2:] - (d[1:-1] + slope * dt_s))
        bend_m = 0.5 * ACCELERATION_M_S2 * dt_s * (dt_s + np.where(goes_on, last_s, dt_s))
        surprising = (off_m > LEAST_M + bend_m) & (dt_s <= GAP_S)
        return int(surprising.argmax()) if surprising.any() else len(t_s)

    def _take(self, t_s: FloatArray, depth_m: FloatArray) -> FloatArray:
        """Remember samples; give their velocities, 0 where too few are near."""
        t, d = np.concatenate((self._t_s, t_s)), np.concatenate((self._depth_m, depth_m))
        self._t_s, self._depth_m = t[-2 * STEPS :], d[-2 * STEPS :]
        newest, middle, oldest = slice(2 * STEPS, None), slice(STEPS, -STEPS), slice(-2 * STEPS)
        a_s, b_s = t[newest] - t[middle], t[newest] - t[oldest]
        to_middle = (d[newest] - d[middle]) / a_s
        to_oldest = (d[newest] - d[oldest]) / b_s
        between = (d[middle] - d[oldest]) / (b_s - a_s)
        return np.where(b_s <= GAP_S, to_middle + to_oldest - between, 0.0)
