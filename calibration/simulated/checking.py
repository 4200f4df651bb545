"""The daily check on the simulated rig, by a technician who does as he is told.

Takes the simulated rig and the rig file that is to be checked, gives samples of both devices in
their order of arrival: bytes of the mannequin's port, rendered depth and colour, through the
sources and the front end of a session. Leaves guiding to `calibration.daily_guide` and
measuring to `calibration.daily`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calibration.daily import BLOCK_MM
from calibration.simulated.compressions import LATE_S, TECHNICIAN, TICK_PPM, WANDERING
from mr.clock.host import SteppedClock
from mr.config import Mode
from mr.devices.mannequin.source import MannequinSource
from mr.rig import Rig
from mr.session.front import FrontEnd
from mr.sim.camera import CameraTraits, SimCamera
from mr.sim.gauge import BlockedPlant, BlockedScript
from mr.sim.mannequin import SimMannequinPort
from mr.sim.plant import SensorTraits, Stiffness
from mr.sim.rig import SimRig
from mr.sim.script import BULGE, HandsSegment, PlannedCompression
from mr.types import ColorFrame, DepthFrame, DeviceInfo, EndOfStream, Sample

SEED = 70_913
DEPTH_HZ, COLOR_HZ = 12.0, 1.0
STEP_NS = 2_000_000
ALONE_S = 2.6
"""The clocks settle in the first half of a second."""
COMING_S = 0.7
DOWN_S, HOLD_S, UP_S, BETWEEN_S = 0.5, 1.5, 0.5, 1.1
AFTER_S = 1.2
PRESSES = 3
DEEPER = 1.01
"""The hands would go so much deeper than the block."""


@dataclass(frozen=True, slots=True, eq=False)
class RecordedCheck:
    """What the devices said, in order of arrival, and who they are."""

    samples: Sequence[Sample]
    infos: Sequence[DeviceInfo]


def checking_script(
    block_mm: float = BLOCK_MM,
    *,
    hold_s: tuple[float, ...] = (HOLD_S,) * PRESSES,
    alone_s: float = ALONE_S,
    seed: int = 0,
) -> BlockedScript:
    """Plan a check: leave the chest alone, then press it onto a block of this height.

    Parameters
    ----------
    block_mm
        The block that really lies there.
    hold_s
        How long it is held each time.
    alone_s
        How long the chest is left alone at first.
    """
    presses, t_s = [], alone_s + COMING_S
    for k, held_s in enumerate(hold_s):
        depth_mm = DEEPER * block_mm / (1.0 - BULGE)
        presses.append(PlannedCompression(t_s, DOWN_S, held_s, UP_S, 0.0, depth_mm, 0.0, k))
        t_s += DOWN_S + held_s + UP_S + BETWEEN_S
    end_s = presses[-1].release_s + 0.3
    return BlockedScript(
        mode=Mode.HANDS_ONLY,
        style=TECHNICIAN.name,
        seed=seed,
        duration_s=end_s + AFTER_S,
        compressions=tuple(presses),
        breaths=(),
        hands=(
            HandsSegment(0.0, "away"),
            HandsSegment(alone_s, "chest"),
            HandsSegment(end_s, "away"),
        ),
        offset_mm=TECHNICIAN.offset_mm,
        slide_mm=TECHNICIAN.slide_mm,
        sway_mm=WANDERING.sway_mm,
        block_m=block_mm / 1e3,
    )


def record_check(
    sim_rigs: SimRig | Sequence[SimRig],
    rig: Rig,
    script: BlockedScript | None = None,
    *,
    seed: int = 0,
    stiffness: Stiffness | None = None,
    sensors: SensorTraits | None = None,
    traits: CameraTraits | None = None,
    with_cameras: bool = True,
) -> RecordedCheck:
    """Let the technician do the check, as fast as the machine goes.

    Parameters
    ----------
    sim_rigs
        The true rig, as each of its cameras has it.
    rig
        As its file says.
    script
        What the technician does; as asked if not given.
    seed
        Of all noise.
    stiffness, sensors, traits
        The true spring, the true sensors, and how cameras deliver their frames.
    with_cameras
        False: the mannequin alone, which takes a second.
    """
    every = (sim_rigs,) if isinstance(sim_rigs, SimRig) else tuple(sim_rigs)
    script = checking_script(seed=seed) if script is None else script
    now, seed = SteppedClock(), seed + SEED
    start_ns = now()
    port = SimMannequinPort(
        BlockedPlant(script, seed, stiffness, sensors), now, serial=every[0].mannequin_serial,
        tick_ppm=TICK_PPM,
    )  # fmt: skip
    mannequin = MannequinSource(port, now, kind="sim")
    cameras = [
        SimCamera(one, script, now, depth_hz=DEPTH_HZ, color_hz=COLOR_HZ, seed=seed + k,
                  start_ns=start_ns, traits=traits)
        for k, one in enumerate(every if with_cameras else ())
    ]  # fmt: skip
    with mannequin:
        infos = [mannequin.info, *(camera.info for camera in cameras)]
        front = FrontEnd(rig, infos)
        end_ns = start_ns + round((script.duration_s + LATE_S) * 1e9)
        samples = _play(mannequin, cameras, front, now, end_ns)
    return RecordedCheck(samples, infos)


def _play(
    mannequin: MannequinSource, cameras: Sequence[SimCamera], front: FrontEnd, now: SteppedClock,
    end_ns: int,
) -> list[Sample]:  # fmt: skip
    """Go through the time; pictures are let go of once they were looked at."""
    samples: list[Sample] = []
    playing = list(cameras)
    while now() < end_ns:
        now.advance(STEP_NS)
        arrived: list[Sample] = list(mannequin.poll())
        for camera in tuple(playing):
            try:
                arrived += camera.poll()
            except EndOfStream:
                playing.remove(camera)
        for sample in arrived:
            samples += [s for s in front.step(sample) if not isinstance(s, DepthFrame | ColorFrame)]
    return samples
