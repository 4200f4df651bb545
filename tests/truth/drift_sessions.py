"""Simulated sessions for the watch over drift: a rig that is as its file says, or is not.

Takes a script, gives what the watch says; leaves what is true of it to the tests. Counts come
from the simulator's hidden curves, cameras' looks from `fusion_sessions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mr.blocks import MannequinBlock
from mr.fusion.fuser import MotionFuser
from mr.rig import Curve, Rig, StiffnessEntry
from mr.session.drift import DriftWatch
from mr.session.drift_limits import DriftReading
from mr.session.health import HealthWatch
from mr.sim.plant import Plant, Stiffness
from mr.sim.script import Script
from mr.types import (
    Arrival,
    ChestObservation,
    DeviceInfo,
    MannequinFrame,
    StreamInfo,
)
from tests.truth.fusion_sessions import T0_NS, Looking, camera, stamp

BLOCK = 4
"""As live."""


def with_spring(rig: Rig, spring: Stiffness | None = None) -> Rig:
    """Give the rig with the true spring written into it."""
    assert rig.mannequin is not None
    s = spring or Stiffness()
    at_n = float(s.force_n(np.array(0.05), np.array(0.0)))
    entry = StiffnessEntry(
        linear_n_m=s.linear_n_m, cubic_n_m3=s.cubic_n_m3, force_at_50mm_n=at_n, sigma_n=0.01 * at_n
    )
    return with_mannequin(rig, stiffness=entry)


def with_mannequin(rig: Rig, **changes: object) -> Rig:
    assert rig.mannequin is not None
    return rig.model_copy(update={"mannequin": rig.mannequin.model_copy(update=changes)})


def shifted(curve: Curve, by: float) -> Curve:
    return Curve(counts=curve.counts, values=tuple(v + by for v in curve.values), sigma=curve.sigma)


@dataclass(frozen=True)
class Watched:
    readings: dict[tuple[str, str], DriftReading]
    said: set[str]
    """The streams' health at the end, in words."""

    def off(self) -> list[str]:
        """Name what is told: subject and topic."""
        return sorted(
            f"{subject}: {topic}"
            for (subject, topic), r in self.readings.items()
            if r.level in ("warn", "beyond")
        )


def frames(script: Script, seed: int, spring: Stiffness | None = None) -> list[MannequinFrame]:
    plant = Plant(script, seed, spring)
    made = []
    for i in range(round(script.duration_s * 200)):
        chest, cells, airway = plant.counts_at(i / 200)
        arrival = Arrival("mannequin", i, i * 5000, T0_NS + (i // BLOCK + 1) * BLOCK * 5_000_000)
        made.append(MannequinFrame(arrival, chest, cells, airway, 0))
    return made


def watch(rig: Rig, counts: Sequence[MannequinFrame], looks: Sequence[Looking], script: Script,
          seed: int) -> Watched:  # fmt: skip
    """Let fusion and the watch take a session in, as the pipeline does."""
    health = HealthWatch()
    streams = [StreamInfo("mannequin", 200.0, 1e6)]
    streams += [StreamInfo(f"cam_{how.camera_id}.depth", 60.0, 1e6) for how in looks]
    health.expect(DeviceInfo("sim", "x", "y", "z", "1", tuple(streams)))
    arriving: list[tuple[int, int, MannequinBlock | ChestObservation]] = []
    for k in range(0, len(counts), BLOCK):
        block = MannequinBlock.of(counts[k : k + BLOCK])
        arriving.append((int(block.arrival_ns[-1]), 0, block))
    for how in looks:
        arriving += [(at_ns, 1, seen) for at_ns, seen in camera(script, rig, how, seed)]
    fuser, drift = MotionFuser(rig), DriftWatch(rig, health)
    for at_ns, _, sample in sorted(arriving, key=lambda item: item[:2]):
        if isinstance(sample, MannequinBlock):
            health.arrived_block(sample)
            drift.frames(sample)
            at = [stamp(int(seq) / 200) for seq in sample.seq]
            t_ns = np.array([s.t_ns for s in at])
            drift.moved(fuser.block(sample, t_ns, np.full(len(t_ns), 100_000)))
        else:
            depth = f"cam_{sample.camera_id}.depth"
            health.arrived(replace(sample.arrival, stream=depth, arrival_ns=at_ns))
            fuser.step(sample, sample.stamp)
            drift.looked(sample, fuser.taught() if drift.wants(sample) else None)
    readings = {(r.subject, r.topic): r for r in drift.readings()}
    said = {f"{h.stream}, {h.state}: {h.why}" for h in health.report() if h.why}
    return Watched(readings, said)
