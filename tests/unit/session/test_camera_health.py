"""Health of a camera's streams, by what tracking made of its frames."""

from __future__ import annotations

import numpy as np
import pytest

from mr.config import SessionConfig
from mr.rig import PoseEntry, Provenance, Rig
from mr.scoring.profiles import load_guideline
from mr.session.pipeline import Pipeline
from mr.sim.rig import make_sim_rig, sim_calibration
from mr.types import (
    Arrival,
    ChestObservation,
    DeviceInfo,
    Health,
    MannequinPose,
    MarkersSeen,
    Sample,
    SessionEvent,
    Stamp,
    StreamInfo,
)

T0_NS = 10**12
AT = make_sim_rig().world_from_mannequin


def pipeline() -> Pipeline:
    sim = make_sim_rig("a")
    rig = Rig(
        name="health",
        cameras={"a": sim_calibration(sim)},
        world_from_mannequin=PoseEntry.of(sim.world_from_mannequin),
        provenance=Provenance(made_utc="2026-01-01T00:00:00Z", software="test", kind="sim"),
    )
    streams = (StreamInfo("cam_a.depth", 60.0, 1e6), StreamInfo("cam_a.color", 30.0, 1e6))
    info = DeviceInfo("sim", "", "", sim.camera.serial, "", streams)
    config = SessionConfig(learner_id="learner-00000000")
    return Pipeline(rig, config, load_guideline("aha-2025-adult-bls"), [info], "sim")


def pose(i: int, t_ns: int, stream: str, why: str = "") -> MannequinPose:
    at = Arrival(f"cam_a.{stream}", i, i, t_ns)
    return MannequinPose(at, Stamp(t_ns, 1000), AT, 0.2, 4, "markers", not why, why)


def health(told: list[Sample], end_ns: int) -> dict[str, Health]:
    watched = pipeline()
    watched.step(SessionEvent(T0_NS, "open"))
    for sample in told:
        watched.step(sample)
    return {h.stream: h for h in watched.snapshot(end_ns).health}


def pictures(n: int, searched_every: int, markers: bool) -> list[Sample]:
    """Give what 30 Hz of colour leave: each picture is told of, one in a few gives a pose."""
    told: list[Sample] = []
    for i in range(n):
        t_ns = T0_NS + round(i * 1e9 / 30)
        looked = i % searched_every == 0
        if markers:
            at = Arrival("cam_a.markers", i, i, t_ns)
            told.append(MarkersSeen(at, "a", (), np.zeros((0, 4, 2)), 0, looked=looked))
        if looked:
            told.append(pose(i, t_ns, "pose"))
    return told


def test_pictures_that_are_not_searched_for_markers_have_come_all_the_same() -> None:
    end_ns = T0_NS + 20 * 10**9
    seen = health(pictures(600, 6, markers=True), end_ns)["cam_a.color"]
    assert (seen.state, seen.lost) == ("ok", 0)
    assert seen.rate_hz == pytest.approx(30, abs=1)
    # The control: one in six is all that came.
    few = [s for s in pictures(600, 6, markers=True) if s.arrival.seq % 6 == 0]  # type: ignore[union-attr]
    assert health(few, end_ns)["cam_a.color"].state == "degraded"


def test_older_recordings_tell_of_pictures_by_their_poses() -> None:
    seen = health(pictures(600, 1, markers=False), T0_NS + 20 * 10**9)["cam_a.color"]
    assert (seen.state, seen.lost) == ("ok", 0)


@pytest.mark.parametrize("found", [True, False])
def test_what_depth_could_not_do_is_over_when_a_picture_finds_the_mannequin(found: bool) -> None:
    told: list[Sample] = [pose(0, T0_NS, "surface", "the mannequin was not seen for 30 s")]
    for i in range(1200):
        t_ns = T0_NS + round(i * 1e9 / 60)
        at = Arrival("cam_a.chest", i, i, t_ns)
        told.append(ChestObservation(at, Stamp(t_ns, 1000), "a", 0.0, 1e-3, "off", 90))
        if found and i == 600:
            told.append(pose(i, t_ns, "pose"))
    seen = health(told, T0_NS + 20 * 10**9)["cam_a.depth"]
    assert seen.state == ("ok" if found else "degraded")
    assert ("not seen" in seen.why) != found
