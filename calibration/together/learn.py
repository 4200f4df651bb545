"""What compressions teach of a camera beside a mannequin: latency, gain, heel and bending.

Takes what both devices said of a technician's compressions, gives the rig with what follows
from it; leaves each measurement to the modules beside it, and recording to the commands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.mannequin.bending import measure_bending
from calibration.record import sha256_of
from calibration.together.heel import HeelOffset, measure_heel_offset
from calibration.together.motion import CameraMotion, SeenMotion, measure_camera_motion
from calibration.together.pair_lag import Signal
from calibration.together.sightings import seen_motion
from mr.rig import Rig
from mr.types import DepthFrame, DeviceInfo, Sample

MANNEQUIN_NOISE_M = 1e-4
"""Of one reading of the chest: a count is 0.1 mm."""


@dataclass(frozen=True, slots=True, eq=False)
class RecordedCompressions:
    """What both devices said, in order of arrival, and who the mannequin is."""

    samples: Sequence[Sample]
    mannequin: DeviceInfo


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """What was learnt of one camera, and the rig with it."""

    rig: Rig
    seen: SeenMotion
    motion: CameraMotion
    heel: HeelOffset


def learn_motion(rig: Rig, camera_id: str, recorded: RecordedCompressions) -> Rig:
    """Write the camera's latency and gain, from what both devices saw, into the rig."""
    return learn(rig, camera_id, recorded).rig


def learn(rig: Rig, camera_id: str, recorded: RecordedCompressions) -> Learnt:
    """Learn what compressions tell of one camera.

    Raises
    ------
    CalibrationError
        When they were too few, too shallow, or not seen by both.
    """
    mannequin = rig.require_mannequin(recorded.mannequin.serial)
    seen = seen_motion(recorded.samples, mannequin, recorded.mannequin, camera_id)
    found = measure_camera_motion(seen, camera_id)
    heel = measure_heel_offset(recorded.samples, mannequin, recorded.mannequin, camera_id)
    camera = rig.cameras[camera_id].model_copy(
        update={
            "latency_s": found.latency_s,
            "depth_gain": found.depth_gain,
            "heel_offset_m": heel.offset_m,
        }
    )
    key = f"camera_{camera_id}"
    provenance = rig.provenance.model_copy(
        update={
            "inputs_sha256": rig.provenance.inputs_sha256
            | {
                f"{key}_motion_depth": sha256_of((seen.depth_t_ns, seen.depth_m)),
                f"{key}_motion_surface": sha256_of((seen.surface_t_ns, seen.surface_z_m)),
                f"{key}_motion_frames": _frames_sha256(recorded.samples),
            },
            "residuals": rig.provenance.residuals
            | {
                f"{key}_latency_sigma_s": found.latency_sigma_s,
                f"{key}_depth_gain_sigma": found.depth_gain_sigma,
                f"{key}_motion_rms_m": found.rms_m,
                f"{key}_heel_scatter_m": heel.scatter_m,
            },
        }
    )
    bending = measure_bending(recorded.samples, rig, camera_id, seen, found.latency_s)
    learnt = rig.model_copy(
        update={
            "cameras": rig.cameras | {camera_id: camera},
            "bending": bending,
            "provenance": provenance,
        }
    )
    return Learnt(learnt, seen, found, heel)


def chest_signals(
    learnt: Mapping[str, Learnt],
) -> tuple[Signal, ...]:
    """Give what each sensor saw of the chest's motion, for the clocks: the mannequin first."""
    first = next(iter(learnt.values())).seen
    sigma_m = np.full(len(first.depth_m), MANNEQUIN_NOISE_M)
    signals = [Signal("mannequin", first.depth_t_ns, first.depth_m, sigma_m, 1)]
    for camera_id, one in learnt.items():
        seen = one.seen
        signals.append(
            Signal(f"camera {camera_id}", seen.surface_t_ns, seen.surface_z_m, seen.surface_sigma_m)
        )
    return tuple(signals)


def _frames_sha256(samples: Iterable[Sample]) -> str:
    """Hash the depth frames behind the heel's offset and the chest's bending."""
    digest = hashlib.sha256()
    for sample in samples:
        if isinstance(sample, DepthFrame):
            digest.update(np.ascontiguousarray(sample.depth_counts).tobytes())
    return digest.hexdigest()
