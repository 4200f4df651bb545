"""By how much a camera sees the heel of the hand beside where the force goes in.

Takes the samples of a technician's compressions that mannequin and camera both saw, gives
the steady offset of the seen heel; leaves seeing to `mr.tracking`. It holds for learners
who kneel where the technician knelt.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mr.blocks import MannequinBlock
from mr.clock.mannequin import mannequin_clock
from mr.errors import CalibrationError
from mr.fusion.mannequin import MannequinReader
from mr.rig import MannequinCalibration
from mr.types import (
    ClockExchange,
    DeviceInfo,
    FloatArray,
    HandSample,
    MannequinFrame,
    Sample,
)

NEAR_NS = 15_000_000
"""A heel is compared with a centre of pressure no farther away in time."""
LEAST_N = 30
PRESSED_N = 100.0
"""Under less the centre of pressure is that of a hand still being laid down."""


@dataclass(frozen=True, slots=True)
class HeelOffset:
    """The seen heel minus the centre of pressure, in the mannequin's x and y."""

    offset_m: tuple[float, float]
    scatter_m: float
    """One-sigma of a single look about it, both axes together."""
    n: int


def measure_heel_offset(
    samples: Iterable[Sample], mannequin: MannequinCalibration, info: DeviceInfo, camera_id: str
) -> HeelOffset:
    """Compare what a camera saw with what the cells felt.

    Raises
    ------
    CalibrationError
        When there are too few looks under load.
    """
    clock, reader = mannequin_clock(info), MannequinReader(mannequin)
    felt: list[tuple[int, float, float]] = []
    seen: list[tuple[int, float, float]] = []
    for sample in samples:
        if isinstance(sample, ClockExchange):
            clock.exchange(sample)
        elif isinstance(sample, MannequinFrame):
            clock.arrival(sample.arrival)
            stamp = clock.stamp(sample.arrival.device_ticks)
            reading = reader.read(MannequinBlock.of([sample]))
            if stamp and reading.force_n[0] > PRESSED_N:
                felt.append((stamp.t_ns, *reading.pressure_m[0].tolist()))
        elif isinstance(sample, HandSample) and sample.camera_id == camera_id:
            heel = sample.heel_in_mannequin_m
            seen += [(sample.stamp.t_ns, heel[0], heel[1])] if heel else []
    gaps = _gaps_m(np.array(seen).reshape(-1, 3), np.array(felt).reshape(-1, 3))
    if len(gaps) < LEAST_N:
        raise CalibrationError(
            f"camera {camera_id}: the heel was seen under load only {len(gaps)} times, "
            f"{LEAST_N} needed: compress for some seconds in the camera's sight"
        )
    middle = np.median(gaps, axis=0)
    scatter_m = float(np.sqrt(((gaps - middle) ** 2).sum(axis=1).mean()))
    return HeelOffset((float(middle[0]), float(middle[1])), scatter_m, len(gaps))


def _gaps_m(seen: FloatArray, felt: FloatArray) -> FloatArray:
    """Give (n, 2) seen minus felt, for looks that have a centre of pressure near in time."""
    if len(seen) == 0 or len(felt) == 0:
        return np.zeros((0, 2))
    at = np.clip(np.searchsorted(felt[:, 0], seen[:, 0]), 0, len(felt) - 1)
    near = np.abs(felt[at, 0] - seen[:, 0]) <= NEAR_NS
    return np.asarray((seen[:, 1:] - felt[at, 1:])[near])
