"""A simulated rig that went through every procedure, and the same rig as it truly is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from calibration.draft import RigDraft
from calibration.kit import Kit
from calibration.plan import Task, tasks_of
from calibration.record import Record
from calibration.simulated.compressions import WANDERING, record_compressions
from calibration.simulated.technician import SimulatedTechnician
from calibration.steps.registry import step_of
from calibration.steps.step import Setup
from calibration.together.learn import learn_motion
from mr.clock.host import NowNs
from mr.devices.mannequin.source import MannequinSource
from mr.rig import Curve, PoseEntry, Rig
from mr.sim.camera import SimCamera
from mr.sim.learner import make_script
from mr.sim.mannequin import SimMannequinPort
from mr.sim.plant import ADC_MAX, Plant, SensorTraits, airway_level, cell_level, chest_level
from mr.sim.rig import SimRig, sim_calibration
from mr.sim.script import Script
from mr.types import Device, FloatArray


@dataclass(frozen=True)
class Calibrated:
    """What came of a calibration."""

    rig: Rig
    records: tuple[Record, ...]


def through_all(
    technician: SimulatedTechnician, without: Sequence[str] = (), kit: Kit | None = None
) -> Calibrated:
    """Take a simulated rig through the plan, as the command does."""
    draft = technician.draft("simulated rig")
    records: list[Record] = []
    for task in tasks_of(draft):
        if task.procedure.name not in without:
            draft, found = do(technician, task, draft, kit or Kit())
            records += found
    return Calibrated(draft.rig(), tuple(records))


def do(
    technician: SimulatedTechnician, task: Task, draft: RigDraft, kit: Kit
) -> tuple[RigDraft, tuple[Record, ...]]:
    """Do one task."""
    setup, step = Setup(draft, kit, task.subject), step_of(task.procedure.name)
    guide = step.guide(setup)
    for sample in technician.candidates(task, setup, guide, None):
        guide.offer(sample)
        if guide.progress.done:
            break
    assert guide.progress.done, f"{task.key}: {guide.progress.next}"
    done = step.finish(setup, guide.samples)
    return done.draft, done.records


def as_it_is(rig: Rig, sim_rig: SimRig, sensors: SensorTraits) -> Rig:
    """Give the rig with its true lens, places and curves; the camera's motion is learnt anew.

    Latency, gain and bending have no truth of their own: they are learnt by compressions twice
    as long, on the true rest.
    """
    assert rig.mannequin is not None
    mannequin = rig.mannequin.model_copy(
        update={
            "chest_depth_m": _inverse(chest_level, np.linspace(0.0, 0.080, 400), 1e-5),
            "cell_force_n": tuple(
                _inverse(lambda n, k=k: cell_level(n, k), np.linspace(0.0, 400.0, 400), 0.05)
                for k in range(4)
            ),
            "airway_flow_ml_s": _inverse(airway_level, np.linspace(-1500.0, 1500.0, 400), 1.0),
        }
    )
    true = rig.model_copy(
        update={
            "mannequin": mannequin,
            "cameras": {sim_rig.camera_id: sim_calibration(sim_rig, exact=True)},
            "markers": sim_rig.marker_layout(),
            "world_from_mannequin": PoseEntry.of(sim_rig.world_from_mannequin),
            "bending": None,
        }
    )
    recorded = record_compressions(sim_rig, true, 28.0, 77, technician=WANDERING, sensors=sensors)
    return learn_motion(true, sim_rig.camera_id, recorded)


def _inverse(level: Callable[[FloatArray], Any], values: FloatArray, sigma: float) -> Curve:
    """Turn a true level (counts over values) round; a reading is rounded, not cut."""
    counts = np.asarray(level(values), dtype=np.float64)
    keep = (counts > 0) & (counts < ADC_MAX)
    return Curve(
        counts=tuple(counts[keep].tolist()), values=tuple(values[keep].tolist()), sigma=sigma
    )


@dataclass(frozen=True)
class RealSources:
    """A learner on a mannequin as they are built: its sensors lag and share forces."""

    sim_rig: SimRig
    sensors: SensorTraits
    seconds: float
    seed: int
    style: str = "demo"
    mannequin: bool = True
    camera: bool = True

    def script(self) -> Script:
        return make_script(self.style, compressing_s=self.seconds, seed=self.seed)

    def __call__(self, now: NowNs) -> Sequence[Device]:
        script, start_ns = self.script(), now()
        devices: list[Device] = []
        if self.mannequin:
            from mr.cli.sources import Ending

            port = SimMannequinPort(
                Plant(script, self.seed, traits=self.sensors),
                now,
                serial=self.sim_rig.mannequin_serial,
                tick_ppm=35.0,
            )
            end_ns = start_ns + round(script.duration_s * 1e9)
            devices.append(Ending(MannequinSource(port, now, kind="sim"), now, end_ns))
        if self.camera:
            devices.append(
                SimCamera(
                    self.sim_rig, script, now, depth_hz=30.0, color_hz=2.0, seed=self.seed,
                    start_ns=start_ns,
                )
            )  # fmt: skip
        return devices
