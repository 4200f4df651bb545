"""Simulated sessions, measured by the real pipeline from each set of sensors.

Takes a style, a seed and a length, gives for each set of sensors what the pipeline made of
the same samples, with the script's own truth on the host's clock; leaves comparing them to
`accuracy`. A session is sensed once, with mannequin and camera, and recorded; the single
sensors then see their own samples of that recording, through the same `Pipeline`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mr.cli.demo import calibrated_rig
from mr.cli.sources import SimSources
from mr.clock.host import NowNs
from mr.config import Mode, SessionConfig
from mr.recording.reader import Recording, open_recording
from mr.scoring.profiles import load_guideline
from mr.session.outcome import Outcome
from mr.session.pipeline import Pipeline
from mr.session.processes import SessionPlan, run_fast
from mr.sim.learner import STYLES
from mr.sim.script import Script
from mr.types import (
    ChestObservation,
    ClockExchange,
    Device,
    HandSample,
    MannequinFrame,
    MannequinPose,
    Sample,
)
from tests.bench.workbench import seated

GUIDELINE = "aha-2025-adult-bls"
DEPTH_HZ, COLOR_HZ = 30.0, 2.0
OF_MANNEQUIN = (MannequinFrame, ClockExchange)
OF_CAMERA = (ChestObservation, HandSample, MannequinPose)
AFTER = "camera after mannequin"
"""Both, but the mannequin falls silent at half-time: the camera has learnt its zero by then."""
SENSORS = ("mannequin", "camera", "both", AFTER)


@dataclass(frozen=True, slots=True)
class Plan:
    """One simulated session."""

    style: str
    seed: int
    compressing_s: float
    mode: Mode = Mode.HANDS_ONLY


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What was true and what was measured, by the set of sensors; truth began at `start_ns`."""

    plan: Plan
    script: Script
    start_ns: int
    outcomes: dict[str, Outcome]

    def judged_from_s(self, sensors: str) -> float:
        """Tell from when on, in the script's time, these sensors are compared with the truth."""
        return half_time_s(self.script) if sensors == AFTER else 0.0


def plans(quick: bool) -> list[Plan]:
    """Every style with two seeds, and one session with breaths; a few of them when quick."""
    if quick:
        return [Plan(style, 1, 6.0) for style in ("good", "leaning")]
    every = [Plan(style, seed, 12.0) for seed in (1, 2) for style in STYLES]
    # The longest first, so that no process works on it alone at the end.
    return [Plan("demo", 3, 33.0, Mode.C30_2), *every]


def measure(plan: Plan) -> Measured:
    """Simulate a session as fast as it goes and measure it with each set of sensors."""
    sources = SimSources(plan.style, plan.mode, plan.compressing_s, plan.seed, DEPTH_HZ, COLOR_HZ)
    started_ns: list[int] = []

    def open_devices(now: NowNs) -> Sequence[Device]:
        started_ns.append(now())
        return sources(now)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "session.mcap"
        config = SessionConfig(mode=plan.mode, learner_id="learner-00000000")
        session = SessionPlan(
            open_devices,
            seated(calibrated_rig(plan.seed), plan.seed),
            config,
            load_guideline(GUIDELINE),
            path,
        )
        both = run_fast(session, lambda _: None, lambda _: None).outcome()
        recording = open_recording(path)
        samples = list(recording.samples())
        script, start_ns = sources.script(), started_ns[0]
        outcomes = {
            name: rerun(recording, [s for s in samples if not isinstance(s, others)])
            for name, others in (("mannequin", OF_CAMERA), ("camera", OF_MANNEQUIN))
        }
        silent_ns = start_ns + round(1e9 * half_time_s(script))
        outcomes[AFTER] = rerun(
            recording,
            [
                s
                for s in samples
                if not (isinstance(s, OF_MANNEQUIN) and s.arrival.arrival_ns > silent_ns)
            ],
        )
    return Measured(plan, script, start_ns, outcomes | {"both": both})


def half_time_s(script: Script) -> float:
    """Tell the middle of the compressions, in the script's time."""
    return 0.5 * (script.compressions[0].onset_s + script.compressions[-1].release_s)


def rerun(recording: Recording, samples: Sequence[Sample]) -> Outcome:
    """Run some of a recording's samples through a pipeline of their own."""
    header = recording.header
    pipeline = Pipeline(
        recording.rig,
        header.session,
        load_guideline(header.guideline_id),
        header.devices,
        header.kind,
    )
    for sample in samples:
        pipeline.step(sample)
    pipeline.finish()
    return pipeline.outcome()
