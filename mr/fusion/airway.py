"""From air flow to the volume of air in the mannequin's lungs.

Takes flow (mL/s) frame by frame, gives volume (mL) with the sensor's offset and the
drift of integration taken out while nothing flows; leaves finding breaths to `mr.metrics`.
"""

from __future__ import annotations

import math

import numpy as np

from mr.types import FloatArray

LEAST_QUIET_ML_S = 15.0
QUIET_S = 0.3
OFFSET_TIME_S = 2.0
EMPTY_TIME_S = 1.5
"""Lungs without flow empty by leaks: what the integral still holds then is drift."""
BELOW_EMPTY_TIME_S = 0.3


class AirwayVolume:
    """Trapezoid integral of the flow, held to zero between breaths."""

    def __init__(self, flow_sigma_ml_s: float) -> None:
        self._quiet_ml_s = max(3.0 * flow_sigma_ml_s, LEAST_QUIET_ML_S)
        self._offset_ml_s = 0.0
        self._flow_ml_s = 0.0
        self._t_s: float | None = None
        self._quiet_for_s = 0.0
        self._volume_ml = 0.0

    def block(self, t_s: FloatArray, flow_ml_s: FloatArray) -> FloatArray:
        """Take in many flows (N,), NaN where unknown; give the volumes (N,), so, too."""
        heard = ~np.isnan(flow_ml_s)
        volume_ml = np.full(len(t_s), np.nan)
        rows = zip(t_s[heard].tolist(), flow_ml_s[heard].tolist(), strict=True)
        volume_ml[heard] = [self.step(t, flow) for t, flow in rows]
        return volume_ml

    def step(self, t_s: float, flow_ml_s: float) -> float:
        """Take in one flow; give the volume.

        A reading or two that are missing are bridged by the next; after a longer silence
        the volume begins anew, as after a gap between frames.
        """
        if self._t_s is None or t_s - self._t_s > 0.25:
            self._t_s, self._flow_ml_s = t_s, flow_ml_s - self._offset_ml_s
            self._volume_ml = self._quiet_for_s = 0.0
            return 0.0
        dt_s = t_s - self._t_s
        net_ml_s = flow_ml_s - self._offset_ml_s
        quiet = abs(net_ml_s) < self._quiet_ml_s
        self._quiet_for_s = self._quiet_for_s + dt_s if quiet else 0.0
        if not quiet or self._quiet_for_s < QUIET_S:
            self._volume_ml += 0.5 * dt_s * (net_ml_s + self._flow_ml_s)
        else:
            self._offset_ml_s += net_ml_s * (1.0 - math.exp(-dt_s / OFFSET_TIME_S))
            self._volume_ml *= math.exp(-dt_s / EMPTY_TIME_S)
        if self._volume_ml < 0.0:
            self._volume_ml *= math.exp(-dt_s / BELOW_EMPTY_TIME_S)
        self._t_s, self._flow_ml_s = t_s, net_ml_s
        return self._volume_ml
