"""A snapshot is published as soon as there is news, and what is measured does not depend on it."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest

from mr.cli.demo import calibrated_rig
from mr.cli.sources import SimSources
from mr.clock.host import SteppedClock
from mr.config import Mode, SessionConfig
from mr.recording.reader import open_recording
from mr.rig import Rig
from mr.scoring.profiles import load_guideline
from mr.session.outcome import Outcome
from mr.session.sensing import PUBLISH_EVERY_NS, SOON_NS, SensingJob, sense
from mr.types import MannequinFrame, Snapshot

STEP_NS = 1_000_000
SAMPLE_NS = 5_000_000


@pytest.fixture(scope="module")
def rig() -> Rig:
    return calibrated_rig(1)


def sensed(rig: Rig, path: Path, soon_ns: int) -> tuple[list[Snapshot], Outcome]:
    clock, snapshots = SteppedClock(), list[Snapshot]()
    sources = SimSources("good", Mode.HANDS_ONLY, 2.0, 1, 5.0, 1.0, camera=False)
    with ExitStack() as stack:
        job = SensingJob(
            rig=rig,
            config=SessionConfig(),
            guideline=load_guideline("aha-2025-adult-bls"),
            path=path,
            now=clock,
            wait=lambda: clock.advance(STEP_NS),
            publish=snapshots.append,
            publish_picture=lambda _picture: None,
            soon_ns=soon_ns,
        )
        devices = [stack.enter_context(device) for device in sources(clock)]
        return snapshots, sense(devices, job).outcome()


def waited_ns(rig: Rig, path: Path, snapshots: list[Snapshot]) -> list[int]:
    """How long each sample waited for the first snapshot after it."""
    published = [s.t_ns for s in snapshots]
    frames = [s for s in open_recording(path).samples() if isinstance(s, MannequinFrame)]
    return [
        min(t - f.arrival.arrival_ns for t in published if t >= f.arrival.arrival_ns)
        for f in frames[20:300]
    ]


def test_each_sample_is_published_at_once(rig: Rig, tmp_path: Path) -> None:
    soon, _ = sensed(rig, tmp_path / "soon.mcap", SOON_NS)
    late, _ = sensed(rig, tmp_path / "late.mcap", PUBLISH_EVERY_NS)
    assert max(waited_ns(rig, tmp_path / "soon.mcap", soon)) <= STEP_NS
    # The control: by a clock of its own a sample waits for up to three others.
    assert max(waited_ns(rig, tmp_path / "late.mcap", late)) >= 2 * SAMPLE_NS
    assert min(b.t_ns - a.t_ns for a, b in pairwise(soon[:-1])) >= SOON_NS


def test_how_often_it_is_published_changes_no_result(rig: Rig, tmp_path: Path) -> None:
    _, soon = sensed(rig, tmp_path / "soon.mcap", SOON_NS)
    _, late = sensed(rig, tmp_path / "late.mcap", PUBLISH_EVERY_NS)
    assert soon.score == late.score
    assert soon.compressions == late.compressions
    assert len(soon.compressions) > 2
