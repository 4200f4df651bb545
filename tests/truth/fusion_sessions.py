"""Simulated sessions for fusion: counts of a mannequin, and looks of cameras that are off.

Takes a script, gives samples in order of arrival; leaves what is true of them to the tests.
The mannequin's counts come from the simulator's hidden curves. A camera's looks are made here:
hands that give by a hyperbola (not by the law that is taken out), noise that stays for each
depth the hand passes and noise that changes, a bare chest beside the hands, a lag, a scale.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mr.fusion import MotionFuser
from mr.fusion.diary import Diary
from mr.fusion.give import FULL_M
from mr.fusion.smoother import smooth
from mr.metrics import MetricsConfig, MetricsStepper
from mr.rig import Rig
from mr.sim.plant import Plant
from mr.sim.script import Script
from mr.types import (
    Arrival,
    ChestObservation,
    ChestSample,
    Compression,
    FloatArray,
    MannequinFrame,
    Stamp,
)

T0_NS = 11_000_000_000
HAND_M = 0.062
STEP_M = 0.004
"""Depths that lie so far apart are seen by other pixels."""
Arriving = tuple[int, MannequinFrame | ChestObservation]
Keep = Callable[[float], bool]


@dataclass(frozen=True, slots=True)
class Looking:
    """How one camera sees the chest."""

    camera_id: str
    noise_m: float = 0.0006
    stays_m: float = 0.0003
    """Noise that stays: drawn once for each depth, and once for the chest beside the hands."""
    more_m: float = 0.0
    """By how much these hands give more than the technician's."""
    scale: float = 1.0
    late_s: float = 0.0
    """Beyond the rig's latency."""
    beside: bool = True
    wander_m: float = 0.0
    """One-sigma by which the hands' back wanders in a second."""


def stamp(t_s: float) -> Stamp:
    """Give an instant of the script as a stamp."""
    return Stamp(T0_NS + round(t_s * 1e9), 100_000)


def mannequin(script: Script, seed: int, keep: Keep = lambda _: True) -> list[Arriving]:
    """Give 200 Hz of counts, in bursts as a serial port gives them."""
    plant = Plant(script, seed)
    out: list[Arriving] = []
    for i in range(round(script.duration_s * 200)):
        chest, cells, airway = plant.counts_at(i / 200)
        arrival_ns = T0_NS + (i // 3 + 1) * 15_000_000
        if keep(i / 200):
            out.append((arrival_ns, MannequinFrame(Arrival("m", i, i, 0), chest, cells, airway, 0)))
    return out


def camera(script: Script, rig: Rig, how: Looking, seed: int) -> list[Arriving]:
    """Give 60 Hz of looks, 60 to 140 ms late, in order."""
    rng = np.random.default_rng([seed, 0xCA, ord(how.camera_id[0])])
    calibration = rig.cameras[how.camera_id]
    staying_m = how.stays_m * rng.standard_normal(40)
    beside_stays_m = how.stays_m * rng.standard_normal()
    wandered_m = 0.0
    out: list[Arriving] = []
    for i in range(round(script.duration_s * 60)):
        t_s = (i + rng.uniform(0.0, 0.3)) / 60
        x, y, z = script.hands_at(t_s).heel_in_mannequin_m
        over, depth_m = math.hypot(x, y) < 0.1, float(script.chest_depth_m(t_s))
        height_m = -how.scale * depth_m
        if over:
            full_m = (calibration.depth_gain - 1.0) * FULL_M + how.more_m
            given_m = full_m * depth_m / (depth_m + 0.006) * (FULL_M + 0.006) / FULL_M
            height_m = HAND_M + how.scale * (z - given_m)
            height_m += float(np.interp(depth_m / STEP_M, np.arange(40), staying_m))
        wandered_m += how.wander_m * rng.standard_normal() / math.sqrt(60.0)
        height_m += wandered_m + how.noise_m * rng.standard_normal()
        beside_m = how.scale * depth_m + beside_stays_m + how.noise_m * rng.standard_normal()
        pressing = over and how.beside and depth_m > 0.0
        at = stamp(t_s + calibration.latency_s + how.late_s)
        seen = ChestObservation(
            Arrival(f"cam_{how.camera_id}.chest", i, i, at.t_ns),
            at,
            how.camera_id,
            height_m,
            math.hypot(how.noise_m, how.stays_m),
            "on" if over else "off",
            90,
            beside_depth_m=beside_m if pressing else None,
            beside_sigma_m=math.hypot(how.noise_m, how.stays_m) if pressing else None,
        )
        arrival_ns = at.t_ns + round(1e9 * rng.uniform(0.06, 0.14))
        out.append((max(arrival_ns, out[-1][0] if out else 0), seen))
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Fused:
    """What fusion and metrics made of a session."""

    motion: list[ChestSample]
    compressions: list[Compression]
    said: list[tuple[float, str]]
    """When (s of the script) which words were first said of the sources."""
    taken_back_s: float | None
    """When nothing was said any more, after something had been."""
    lag_s: dict[str, float]
    smoothed: list[ChestSample]
    smoothed_compressions: list[Compression]

    def error_mm(self, script: Script) -> tuple[FloatArray, FloatArray]:
        """Give instants (s) and the motion's error at each."""
        t_s = np.array([(s.stamp.t_ns - T0_NS) / 1e9 for s in self.motion])
        depth_m = np.array([s.depth_m for s in self.motion])
        return t_s, 1e3 * (depth_m - script.chest_depth_m(t_s))


def fuse(rig: Rig, arriving: Sequence[Arriving]) -> Fused:
    """Let fusion and metrics take a session in."""
    diary = Diary()
    fuser = MotionFuser(rig, diary)
    motion: list[ChestSample] = []
    said: list[tuple[float, str]] = []
    back_s: float | None = None
    for arrival_ns, sample in sorted(arriving, key=lambda item: item[0]):
        is_frame = isinstance(sample, MannequinFrame)
        motion += fuser.step(sample, stamp(sample.arrival.seq / 200) if is_frame else sample.stamp)
        if is_frame:
            continue
        t_s = (arrival_ns - T0_NS) * 1e-9
        words = [f"{f.source}: {f.words}" for f in fuser.findings()]
        said += [(t_s, w) for w in words if w not in {old for _, old in said}]
        back_s = None if words or not said else back_s or t_s
    motion += fuser.finish()
    lags = {key: fuser.lag_s(key) for key in rig.cameras}
    smoothed = smooth(motion, diary, rig)
    return Fused(motion, cut(motion), said, back_s, lags, smoothed, cut(smoothed))


def cut(motion: Sequence[ChestSample]) -> list[Compression]:
    """Cut a motion into compressions."""
    stepper = MetricsStepper(MetricsConfig())
    events = stepper.steps(motion) + stepper.finish()
    return [e for e in events if isinstance(e, Compression)]
