"""Compressions on the simulated rig, as a session would record them.

Takes the simulated rig and the rig calibrated so far, gives samples of both devices in
their order of arrival: bytes of the mannequin's port, rendered depth, through the sources
and the front end of a session. Leaves measuring to `calibration.together.motion`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from calibration.together.learn import RecordedCompressions
from mr.clock.host import SteppedClock
from mr.devices.mannequin.source import MannequinSource
from mr.rig import Rig
from mr.session.front import FrontEnd
from mr.sim.camera import CameraTraits, SimCamera
from mr.sim.learner import LearnerStyle, make_script
from mr.sim.mannequin import SimMannequinPort
from mr.sim.plant import Plant, SensorTraits
from mr.sim.rig import SimRig
from mr.sim.script import HandsSegment, Script
from mr.types import Device, EndOfStream, Sample

TECHNICIAN = LearnerStyle(
    "technician",
    depth_mm=58.0,
    depth_spread_mm=4.0,
    rate_cpm=100.0,
    rate_spread_cpm=4.0,
    down_share=0.20,
    hold_share=0.30,
    up_share=0.25,
    offset_mm=(0.0, 0.0),
    slide_mm=(0.0, 0.0),
)
"""Compresses for the calibration alone: unevenly, so that no two compressions are alike, and
with a hold and a rest, because the gain is learnt at the ends of the stroke."""
WANDERING = replace(TECHNICIAN, sway_mm=(8.0, 8.0))
"""The same with hands that wander by a centimetre: what a camera's pixels are each off then
averages out. For rigs that have to be true and not quick."""
SEED = 40_961
"""The technician's own noise, unlike that of any session."""
DEPTH_HZ = 18.0
"""A frame costs some 15 ms of rendering and tracking, and the user waits."""
TICK_PPM = -20.0
BARE_S = 0.8
"""The chest without hands first: where it lies at rest."""
RESTING_S = 1.2
"""Hands on their way and on the chest before the first compression: clocks settle."""
AFTER_S = 0.2
LATE_S = 0.1
"""After the script's end its last frames still arrive."""
STEP_NS = 1_000_000
SECOND_SEED = 1000
"""From one camera's noise to the next one's."""


def record_compressions(
    sim_rig: SimRig | Sequence[SimRig],
    rig: Rig,
    compressing_s: float = 6.0,
    seed: int = 0,
    traits: CameraTraits | None = None,
    technician: LearnerStyle = TECHNICIAN,
    sensors: SensorTraits | None = None,
) -> RecordedCompressions:
    """Let the technician compress, as fast as the machine goes.

    Parameters
    ----------
    sim_rig
        The true rig; of several cameras, as each of them has it.
    rig
        Calibrated so far: the front end needs the camera's model and the resting pose.
    compressing_s
        How long the compressions last in the script's time.
    seed
        Of this technician's motion and noise.
    traits
        How the camera delivers its frames.
    technician
        Who compresses.
    sensors
        What the mannequin's sensors do besides their curves.
    """
    now = SteppedClock()
    seed += SEED
    script = _soon(make_script(technician, compressing_s=compressing_s, seed=seed))
    start_ns = now()
    end_ns = start_ns + round((script.duration_s + LATE_S) * 1e9)
    sim_rigs = (sim_rig,) if isinstance(sim_rig, SimRig) else tuple(sim_rig)
    plant = Plant(script, seed, traits=sensors)
    serial = sim_rigs[0].mannequin_serial
    mannequin = MannequinSource(
        SimMannequinPort(plant, now, serial=serial, tick_ppm=TICK_PPM), now, kind="sim"
    )
    cameras = [
        SimCamera(
            one,
            script,
            now,
            depth_hz=DEPTH_HZ,
            color_hz=0.0,
            seed=seed + SECOND_SEED * k,
            start_ns=start_ns,
            traits=traits,
        )
        for k, one in enumerate(sim_rigs)
    ]
    with ExitStack() as stack:
        devices: list[Device] = [mannequin, *cameras]
        for device in devices:
            stack.enter_context(device)
        front = FrontEnd(rig, [device.info for device in devices])
        samples: list[Sample] = []
        playing = devices
        while now() < end_ns:
            now.advance(STEP_NS)
            for device in tuple(playing):
                try:
                    arrived = device.poll()
                except EndOfStream:
                    playing.remove(device)
                    continue
                for sample in arrived:
                    samples += front.step(sample)
        return RecordedCompressions(samples, mannequin.info)


def _soon(script: Script) -> Script:
    """Leave out waiting and going: a glance at the bare chest, and then hands on it."""
    early_s = script.compressions[0].onset_s - BARE_S - RESTING_S
    compressions = tuple(replace(c, onset_s=c.onset_s - early_s) for c in script.compressions)
    return replace(
        script,
        compressions=compressions,
        hands=(HandsSegment(0.0, "away"), HandsSegment(BARE_S, "chest")),
        duration_s=compressions[-1].release_s + AFTER_S,
        _grid={},
    )
