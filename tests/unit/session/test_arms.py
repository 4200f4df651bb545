"""From observations of arms to what the learner is told: only while they say so."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mr.config import SessionConfig
from mr.rig import PoseEntry, Provenance, Rig
from mr.scoring.profiles import load_guideline
from mr.session.pipeline import Pipeline
from mr.sim.learner import make_script
from mr.sim.rig import make_sim_rig, sim_calibration
from mr.types import (
    ArmPosture,
    Arrival,
    ChestObservation,
    DeviceInfo,
    Measured,
    Sample,
    SessionEvent,
    Stamp,
    StreamInfo,
)

T0_NS = 10**12
HAND_M = 0.05
STRAIGHT, BENT = Measured(0.05, 0.06), Measured(float(np.radians(30.0)), 0.06)
BEHIND = Measured(float(np.radians(20.0)), 0.04)
SCRIPT = make_script("good", compressing_s=7.0, seed=2)


@pytest.fixture(scope="module")
def rig() -> Rig:
    sim = make_sim_rig()
    return Rig(
        name="arms",
        cameras={sim.camera_id: sim_calibration(sim)},
        world_from_mannequin=PoseEntry.of(sim.world_from_mannequin),
        provenance=Provenance(made_utc="2026-01-01T00:00:00Z", software="test", kind="sim"),
    )


def seen(rig: Rig, bend: Measured, lean: Measured) -> list[Sample]:
    """Heights at 30 Hz as a camera has them; arms beside every fourth."""
    camera_id, calibration = next(iter(rig.cameras.items()))
    samples: list[Sample] = [SessionEvent(T0_NS, "open")]
    last_s = SCRIPT.compressions[-1].peak_s
    for i in range(round(last_s * 30)):
        t_s = i / 30
        x, y, z = SCRIPT.hands_at(t_s).heel_in_mannequin_m
        over = math.hypot(x, y) < 0.1
        height_m = z + HAND_M if over else 0.0
        t_ns = T0_NS + round((t_s + calibration.latency_s) * 1e9)
        at, stamp = Arrival(f"cam_{camera_id}.chest", i, i, t_ns), Stamp(t_ns, 100_000)
        hands = "on" if over else "off"
        samples.append(
            ChestObservation(
                at, stamp, camera_id, height_m * calibration.depth_gain, 0.0012, hands, 90
            )
        )
        if over and i % 4 == 0:
            at = Arrival(f"cam_{camera_id}.arms", i, i, t_ns)
            samples.append(ArmPosture(at, stamp, camera_id, (STRAIGHT, bend), lean, 1.0, 900))
    return samples


def said(rig: Rig, samples: list[Sample], guidance: bool = True) -> set[str]:
    """Give the keys of every cue during a session."""
    camera_id = next(iter(rig.cameras))
    stream = StreamInfo(f"cam_{camera_id}.depth", 30.0, 1e6)
    info = DeviceInfo("sim", "MR-CPR", "simulated D435", "1", "sim", (stream,))
    config = SessionConfig(arms=True, guidance=guidance)
    pipeline = Pipeline(rig, config, load_guideline(config.guideline), [info], "sim")
    keys = set()
    for k, sample in enumerate(samples):
        pipeline.step(sample)
        now_ns = sample.t_ns if isinstance(sample, SessionEvent) else sample.arrival.arrival_ns
        cue = pipeline.snapshot(now_ns).cue if k % 25 == 0 else None
        if cue is not None:
            keys.add(cue.key)
    return keys


def test_bent_elbows_and_shoulders_behind_are_told_in_practice_only(rig: Rig) -> None:
    assert "straighten_arms" in said(rig, seen(rig, BENT, STRAIGHT))
    assert "shoulders_over" in said(rig, seen(rig, STRAIGHT, BEHIND))
    assert said(rig, seen(rig, BENT, BEHIND), guidance=False) == set()


def test_straight_arms_over_the_hands_are_not_spoken_of(rig: Rig) -> None:
    keys = said(rig, seen(rig, STRAIGHT, STRAIGHT))
    assert "keep_going" in keys
    assert not keys & {"straighten_arms", "shoulders_over"}


def test_what_is_not_known_of_the_arms_is_not_spoken_of(rig: Rig) -> None:
    unknown = Measured.unknown("the upper arm is out of the picture or hidden")
    assert not said(rig, seen(rig, unknown, unknown)) & {"straighten_arms", "shoulders_over"}
