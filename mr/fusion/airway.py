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
GAP_S = 0.25
"""A reading or two that are missing are bridged by the next; after a longer silence the
volume begins anew, as after a gap between frames."""


class AirwayVolume:
    """Trapezoid integral of the flow, held to zero between breaths."""

    def __init__(self, flow_sigma_ml_s: float) -> None:
        self._quiet_ml_s = max(3.0 * flow_sigma_ml_s, LEAST_QUIET_ML_S)
        self._offset_ml_s = 0.0
        self._flow_ml_s = 0.0
        self._t_s = -math.inf
        self._quiet_for_s = 0.0
        self._volume_ml = 0.0

    def block(self, t_s: FloatArray, flow_ml_s: FloatArray) -> FloatArray:
        """Take in many flows (N,), NaN where unknown; give the volumes (N,), so, too."""
        heard = ~np.isnan(flow_ml_s)
        volume_ml = np.full(len(t_s), np.nan)
        volume_ml[heard] = self._follow(t_s[heard].tolist(), flow_ml_s[heard].tolist())
        return volume_ml

    def _follow(self, t_s: list[float], flow_ml_s: list[float]) -> list[float]:
        """Take in flows one by one; give the volumes. It runs for each frame, on local names."""
        before_s, before_ml_s, offset_ml_s = self._t_s, self._flow_ml_s, self._offset_ml_s
        quiet_for_s, volume_ml = self._quiet_for_s, self._volume_ml
        volumes_ml = []
        for at_s, flow in zip(t_s, flow_ml_s, strict=True):
            net_ml_s = flow - offset_ml_s
            dt_s = at_s - before_s
            if dt_s > GAP_S:
                quiet_for_s = volume_ml = 0.0
            else:
                quiet_for_s = quiet_for_s + dt_s if abs(net_ml_s) < self._quiet_ml_s else 0.0
                if quiet_for_s < QUIET_S:
                    volume_ml += 0.5 * dt_s * (net_ml_s + before_ml_s)
                else:
                    offset_ml_s += net_ml_s * (1.0 - math.exp(-dt_s / OFFSET_TIME_S))
                    volume_ml *= math.exp(-dt_s / EMPTY_TIME_S)
                if volume_ml < 0.0:
                    volume_ml *= math.exp(-dt_s / BELOW_EMPTY_TIME_S)
            before_s, before_ml_s = at_s, net_ml_s
            volumes_ml.append(volume_ml)
        self._t_s, self._flow_ml_s, self._offset_ml_s = before_s, before_ml_s, offset_ml_s
        self._quiet_for_s, self._volume_ml = quiet_for_s, volume_ml
        return volumes_ml
