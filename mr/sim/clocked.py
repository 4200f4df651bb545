"""The same compressions, seen by several sensors on clocks that differ.

Takes how each sensor sees (rate, noise, sign, offset), gives its stamps and values; leaves
finding the offsets to `calibration.together.clocks`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mr.types import FloatArray, IntArray

ZERO_NS = 10_000_000_000
TICK_S = 0.001


@dataclass(frozen=True, slots=True)
class SensorTraits:
    """How one sensor sees the chest go down."""

    name: str
    rate_hz: float
    noise_m: float
    correlation_s: float
    gain: float
    offset_s: float
    """By how much its stamps lag."""
    jump_s: float = 0.0
    jump_at_s: float = math.inf
    strange: bool = False
    """It looks at other compressions."""


SENSORS = (
    SensorTraits("mannequin", 200.0, 1e-4, 0.001, 1.0, 0.0),
    SensorTraits("camera side", 30.0, 1e-3, 0.036, -0.97, 0.021),
    SensorTraits("camera top", 60.0, 1e-3, 0.033, -1.02, -0.013),
    SensorTraits("headset", 72.0, 0.011 / math.sqrt(3), 0.5, -1.0, 0.045),
)
"""A headset's joint is off by 11 mm in length: a third of the square of that is upwards."""


def uneven_chest(seed: int, duration_s: float, regular: bool = False) -> tuple[FloatArray, ...]:
    """Compress: instants and depths (m); now faster, now slower, with a short rest now and then."""
    rng = np.random.default_rng([seed, 0xC4])
    t_s = np.arange(0.0, duration_s, TICK_S)
    depth_m = np.zeros_like(t_s)
    start_s = 0.5
    while start_s < duration_s - 0.8:
        period_s = 0.6 if regular else 60 / rng.normal(105, 6)
        peak_m = 0.05 if regular else 0.05 * rng.normal(1, 0.1)
        phase = (t_s - start_s) / (0.9 * period_s)
        on = (phase >= 0) & (phase < 1)
        depth_m[on] = 0.5 * peak_m * (1 - np.cos(2 * np.pi * phase[on]))
        rests = not regular and rng.random() < 0.15
        start_s += period_s * (1 + rests * rng.uniform(0.2, 1.0))
    return t_s, depth_m


def see_compressions(
    sensor: SensorTraits, seed: int, duration_s: float = 20.0, regular: bool = False
) -> tuple[IntArray, FloatArray]:
    """Give one sensor's stamps and values of the compressions of a seed."""
    t_s, depth_m = uneven_chest(seed + 7919 * sensor.strange, duration_s, regular)
    rng = np.random.default_rng([seed, *sensor.name.encode()])
    look_s = np.arange(rng.uniform(0, 1 / sensor.rate_hz), duration_s, 1 / sensor.rate_hz)
    keep = math.exp(-1 / (sensor.rate_hz * sensor.correlation_s))
    noise = rng.standard_normal(len(look_s))
    fresh = math.sqrt(1 - keep * keep)
    for i in range(1, len(noise)):
        noise[i] = keep * noise[i - 1] + fresh * noise[i]
    value = sensor.gain * np.interp(look_s, t_s, depth_m) + 0.06 + 2e-4 * look_s
    stamp_s = look_s + sensor.offset_s + sensor.jump_s * (look_s >= sensor.jump_at_s)
    return ZERO_NS + np.round(stamp_s * 1e9).astype(np.int64), value + sensor.noise_m * noise
