"""The chest's motion as the mannequin says it, and what it said a moment ago.

Takes the mannequin's frames with their instants, gives those to be believed as columns;
leaves hands and cameras to `mr.fusion.fuser`. A depth is the measurement itself, for a
filter would lag.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from mr.blocks import MannequinBlock
from mr.fusion.airway import AirwayVolume
from mr.fusion.mannequin import MannequinReader
from mr.fusion.wild import Plausible
from mr.rig import MannequinCalibration
from mr.types import BoolArray, FloatArray, IntArray

REMEMBER_NS = 1_000_000_000
"""How far back a late camera finds the mannequin's depth."""
GAP_NS = 100_000_000
"""Between frames further apart nothing is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What some frames say, those that are believed; each column (N,), unknown is NaN."""

    t_ns: IntArray
    t_sigma_ns: IntArray
    t_s: FloatArray
    depth_m: FloatArray
    velocity_m_s: FloatArray
    sigma_m: FloatArray
    """Noise, slow bias, and what the stamp's own error means at this velocity."""
    force_n: FloatArray
    touched: BoolArray
    pressure_m: FloatArray
    """(N, 2)."""
    pressure_sigma_m: FloatArray
    airway_ml: FloatArray


@dataclass(frozen=True, slots=True)
class Past:
    """The mannequin at one instant, for late cameras."""

    depth_m: float
    force_n: float
    velocity_m_s: float


class MannequinMotion:
    """The fold over the mannequin's frames."""

    def __init__(self, calibration: MannequinCalibration) -> None:
        self._reader = MannequinReader(calibration)
        self._airway = AirwayVolume(self._reader.flow_sigma_ml_s)
        self._plausible = Plausible()
        self._past: deque[Said] = deque()

    def step(
        self, block: MannequinBlock, t_ns: IntArray, t_sigma_ns: IntArray, t_s: FloatArray
    ) -> Said:
        """Take in frames (N,), in order of time, at least one.

        Parameters
        ----------
        t_ns, t_sigma_ns
            (N,) host time and its one-sigma.
        t_s
            (N,) the same in seconds since the session's start.
        """
        readings = self._reader.read(block)
        believed, velocity_m_s = self._plausible.believe(t_s, readings.depth_m)
        if not believed.all():
            t_ns, t_sigma_ns = t_ns[believed], t_sigma_ns[believed]
            t_s, velocity_m_s = t_s[believed], velocity_m_s[believed]
            readings = readings.part(believed)
        depth_m = self._reader.above_zero(t_s, readings)
        timing_m = velocity_m_s * t_sigma_ns * 1e-9
        noise_m, curve_m = readings.noise_m, self._reader.curve_sigma_m(depth_m)
        said = Said(
            t_ns=t_ns,
            t_sigma_ns=t_sigma_ns,
            t_s=t_s,
            depth_m=depth_m,
            velocity_m_s=velocity_m_s,
            sigma_m=np.sqrt(noise_m * noise_m + curve_m * curve_m + timing_m * timing_m),
            force_n=readings.force_n,
            touched=readings.touched,
            pressure_m=readings.pressure_m,
            pressure_sigma_m=readings.pressure_sigma_m,
            airway_ml=self._airway.block(t_s, readings.flow_ml_s),
        )
        self._remember(said)
        return said

    def _remember(self, said: Said) -> None:
        if not len(said.t_ns):
            return
        self._past.append(said)
        while self._past[0].t_ns[-1] < said.t_ns[-1] - REMEMBER_NS - GAP_NS:
            self._past.popleft()

    def at(self, t_ns: int) -> Past | None:
        """Tell what it said at `t_ns`, interpolated; None where it was silent, or long ago."""
        # Blocks are kept whole: what is older is still there in some and not in others.
        if not self._past or t_ns < self._past[-1].t_ns[-1] - REMEMBER_NS:
            return None
        after: tuple[Said, int] | None = None
        for said in reversed(self._past):
            k = int(np.searchsorted(said.t_ns, t_ns, "right"))
            if k < len(said.t_ns):
                after = said, k
            if k:
                return _between(said, k - 1, after, t_ns)
        return None


def _between(before: Said, k: int, after: tuple[Said, int] | None, t_ns: int) -> Past | None:
    t0_ns = int(before.t_ns[k])
    first = _at(before, k)
    if after is None:
        return first if t0_ns == t_ns else None
    step_ns = int(after[0].t_ns[after[1]]) - t0_ns
    if step_ns > GAP_NS:
        return None
    second = _at(*after)
    share = (t_ns - t0_ns) / step_ns
    return Past(
        first.depth_m + share * (second.depth_m - first.depth_m),
        min(first.force_n, second.force_n),
        first.velocity_m_s + share * (second.velocity_m_s - first.velocity_m_s),
    )


def _at(said: Said, k: int) -> Past:
    return Past(float(said.depth_m[k]), float(said.force_n[k]), float(said.velocity_m_s[k]))
