"""A simulated technician who compresses for the clocks, seen by all sensors.

Takes how the sensors see, gives signals; leaves measuring to `calibration.together.clocks`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calibration.together.pair_lag import Signal
from mr.sim.clocked import SENSORS, SensorTraits, see_compressions


def compress_for_clocks(
    seed: int,
    sensors: Sequence[SensorTraits] = SENSORS,
    *,
    duration_s: float = 20.0,
    regular: bool = False,
    signs: bool = True,
) -> list[Signal]:
    """Give each sensor's signal of one technician's compressions.

    `regular`: like a machine; `signs`: whether it is known which way each signal goes.
    """
    out = []
    for sensor in sensors:
        t_ns, value = see_compressions(sensor, seed, duration_s, regular)
        sign = int(np.sign(sensor.gain)) if signs else 0
        out.append(Signal(sensor.name, t_ns, value, np.full(len(value), sensor.noise_m), sign))
    return out
