"""The step about compressions: latencies, gains, heels, bending, clocks and the spring.

Takes what all devices said of a technician's compressions, gives the draft with what follows;
leaves measuring to `calibration.together` and `calibration.mannequin.stiffness`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from calibration.draft import MannequinDraft, model_of
from calibration.mannequin.bending import joined_bending
from calibration.mannequin.stiffness import StiffnessResult, measure_stiffness, presses_of
from calibration.record import Record
from calibration.steps.step import Done, Setup
from calibration.together.clock_record import clocks_record
from calibration.together.clocks import measure_clocks
from calibration.together.compressing import CompressingGuide, MotionSample
from calibration.together.learn import RecordedCompressions, chest_signals, learn
from calibration.together.motion_records import motion_record
from calibration.workbook import Parameter
from mr.clock.mannequin import mannequin_clock
from mr.errors import CalibrationError
from mr.rig import MannequinCalibration, Rig, StiffnessEntry
from mr.types import ClockExchange, DeviceInfo, MannequinFrame


class MotionStep:
    """What compressions teach. Its samples are too many to keep: a minute repeats them."""

    sample = object
    kept = False

    def parameters(self, setup: Setup) -> Mapping[str, Parameter]:
        """Nothing is kept that could be mixed."""
        del setup
        return {}

    def guide(self, setup: Setup) -> CompressingGuide:
        """Guide the compressions."""
        rig = setup.draft.rig()
        return CompressingGuide(_mannequin_of(rig), tuple(rig.cameras))

    def finish(self, setup: Setup, samples: Sequence[MotionSample]) -> Done:
        """Learn of each camera, of the clocks and of the spring."""
        rig = setup.draft.rig()
        mannequin = _mannequin_of(rig)
        recorded = _recorded(samples)
        learnt = {}
        for camera_id in rig.cameras:
            learnt[camera_id] = learn(rig, camera_id, recorded)
            rig = learnt[camera_id].rig
        records: list[Record] = [
            motion_record(one.motion, one.heel, one.seen, camera_id)
            for camera_id, one in learnt.items()
        ]
        records.append(clocks_record(measure_clocks(chest_signals(learnt)), mannequin.serial))
        spring = _spring(recorded, mannequin)
        earlier, day = _earlier(setup)
        records.append(spring.record(mannequin.serial, earlier, day))
        bending = joined_bending([one.rig.bending for one in learnt.values()])
        draft = setup.draft.model_copy(
            update={
                "cameras": {key: model_of(camera) for key, camera in rig.cameras.items()},
                "bending": bending,
                "provenance": rig.provenance,
                "mannequin": _with_spring(setup.mannequin, spring.entry()),
            }
        )
        return Done(draft, tuple(records))


def _with_spring(mannequin: MannequinDraft, entry: StiffnessEntry) -> MannequinDraft:
    return mannequin.model_copy(update={"stiffness": entry})


def _mannequin_of(rig: Rig) -> MannequinCalibration:
    if rig.mannequin is None:
        raise CalibrationError(f"rig {rig.name!r} has no mannequin: compressions teach nothing")
    return rig.mannequin


def _recorded(samples: Sequence[MotionSample]) -> RecordedCompressions:
    info = next((s for s in samples if isinstance(s, DeviceInfo)), None)
    if info is None:
        raise CalibrationError("motion: the mannequin did not say who it is: begin again")
    return RecordedCompressions([s for s in samples if not isinstance(s, DeviceInfo)], info)


def _earlier(setup: Setup) -> tuple[StiffnessEntry | None, str]:
    """Give the spring as it was calibrated last, and the day."""
    entry = setup.mannequin.stiffness
    step = setup.draft.provenance.steps.get(f"stiffness {setup.mannequin.serial}")
    return entry, "" if step is None else step.made_utc[:10]


def _spring(recorded: RecordedCompressions, mannequin: MannequinCalibration) -> StiffnessResult:
    """Measure the spring by the mannequin's own depth and force."""
    clock = mannequin_clock(recorded.mannequin)
    t_s, counts = [], []
    for sample in recorded.samples:
        if isinstance(sample, ClockExchange):
            clock.exchange(sample)
        elif isinstance(sample, MannequinFrame):
            clock.arrival(sample.arrival)
            stamp = clock.stamp(sample.arrival.device_ticks)
            if stamp is not None:
                t_s.append(stamp.t_ns * 1e-9)
                counts.append((sample.chest_counts, *sample.force_counts, sample.airway_counts))
    rows = np.array(counts, dtype=np.float64)
    return measure_stiffness([presses_of(mannequin, np.array(t_s), rows)])
