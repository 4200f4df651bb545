"""Compressions that a mannequin and a camera both saw, out of what was recorded.

Takes recorded samples in their order of arrival (of a recording, or of devices and their
`FrontEnd`), gives the `SeenMotion` that `calibration.together.motion` measures; leaves stamping to
`mr.clock`, as a session does.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from calibration.together.motion import SeenMotion
from mr.clock.mannequin import mannequin_clock
from mr.rig import MannequinCalibration
from mr.types import ChestObservation, ClockExchange, DeviceInfo, MannequinFrame, Sample, Stamp


def seen_motion(
    samples: Iterable[Sample],
    mannequin: MannequinCalibration,
    info: DeviceInfo,
    camera_id: str,
) -> SeenMotion:
    """Gather the mannequin's depths and one camera's heights, each with its own stamps.

    Parameters
    ----------
    samples
        In order of arrival; frames of cameras must be observations already.
    mannequin, info
        The mannequin's curves, and who it is (its clock's rate and its UART).
    camera_id
        Whose heights; those without hands on the chest are left out, and those not measured.
    """
    clock = mannequin_clock(info)
    depths: list[tuple[Stamp, int]] = []
    heights: list[tuple[Stamp, float, float]] = []
    for sample in samples:
        if isinstance(sample, ClockExchange):
            clock.exchange(sample)
        elif isinstance(sample, MannequinFrame):
            clock.arrival(sample.arrival)
            stamp = clock.stamp(sample.arrival.device_ticks)
            if stamp is not None:
                depths.append((stamp, sample.chest_counts))
        elif isinstance(sample, ChestObservation) and sample.camera_id == camera_id:
            height_m = sample.surface_z_m
            if height_m is not None and sample.hands == "on":
                heights.append((sample.stamp, height_m, sample.sigma_m))
    counts = np.array([c for _, c in depths], dtype=np.float64)
    return SeenMotion(
        depth_t_ns=np.array([s.t_ns for s, _ in depths], dtype=np.int64),
        depth_m=mannequin.chest_depth_m(counts),
        surface_t_ns=np.array([s.t_ns for s, _, _ in heights], dtype=np.int64),
        surface_z_m=np.array([z for _, z, _ in heights]),
        surface_sigma_m=np.array([sigma for _, _, sigma in heights]),
    )
