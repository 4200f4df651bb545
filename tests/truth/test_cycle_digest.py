"""The digest of a cycle against the compressions that it stands for, live and in a replay.

A simulated learner who leans gives 30:2 through the live pipeline; the digest in each pause is
held against means that are made here of the session's own compressions. The control is a cycle
cut one compression short.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from mr.cli.demo import calibrated_rig
from mr.cli.sources import SimSources
from mr.config import Mode, SessionConfig
from mr.recording.reader import open_recording
from mr.scoring.profiles import load_guideline
from mr.session.pipeline import Pipeline
from mr.session.processes import SessionPlan, run_fast
from mr.types import Compression, CycleDigest, Phase, Snapshot

GUIDELINE = load_guideline("aha-2025-adult-bls")


@dataclass(frozen=True)
class Session:
    """What a view was shown, and what was measured."""

    shown: Sequence[Snapshot]
    compressions: Sequence[Compression]
    path: Path


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Give a session of a full cycle and some of the next."""
    path = tmp_path_factory.mktemp("digest") / "leaning.mcap"
    sources = SimSources("leaning", Mode.C30_2, 22.0, 3, 30.0, 2.0, camera=False)
    shown: list[Snapshot] = []
    plan = SessionPlan(sources, calibrated_rig(3), SessionConfig(mode=Mode.C30_2), GUIDELINE, path)
    pipeline = run_fast(plan, shown.append, lambda _picture: None)
    return Session(shown, pipeline.outcome().compressions, path)


def cycles_of(compressions: Sequence[Compression]) -> list[list[Compression]]:
    """Part compressions where more than 2 s lie between them."""
    parts = [[compressions[0]]]
    for before, after in itertools.pairwise(compressions):
        if after.onset_ns - before.release_ns > 2e9:
            parts.append([])
        parts[-1].append(after)
    return parts


def mean_of(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.mean(known))


def same(digest: CycleDigest, cycle: Sequence[Compression]) -> bool:
    """Whether a digest has the means of these compressions."""
    wanted = (
        mean_of([c.depth_mm.value for c in cycle]),
        mean_of([c.rate_cpm.value for c in cycle]),
        mean_of([c.release_depth_mm.value for c in cycle]),
    )
    told = (digest.depth_mm, digest.rate_cpm, digest.release_mm)
    return digest.n_compressions == len(cycle) and told == pytest.approx(wanted)


def test_each_pause_tells_of_the_cycle_before_it(session: Session) -> None:
    cycles = cycles_of(session.compressions)
    assert len(cycles) >= 2
    digests = {s.cycle.index: s.cycle for s in session.shown if s.cycle is not None}
    for index, cycle in enumerate(cycles):
        assert same(digests[index], cycle), index
        assert not same(digests[index], cycle[1:]), "the control: one compression less"
        assert digests[index].ended_ns == cycle[-1].release_ns
    print(f"cycle 1: {digests[0]}")
    assert digests[0].lesson == "lesson_release", "it leans, and that cost most"
    assert (digests[0].release_in_target_pct or 0.0) < 50.0


def test_the_digest_is_there_in_the_pause_and_unchanged_while_pushing(session: Session) -> None:
    resting = [s for s in session.shown if s.hands_off_s > 0]
    assert resting
    assert all(s.cycle is not None for s in resting)
    pushing = [s for s in session.shown if s.phase is Phase.COMPRESSING]
    assert {s.cycle.index for s in pushing if s.cycle is not None} == {0}
    assert any(s.cycle is None for s in pushing), "there is none before the first pause"


def test_breaths_are_counted_in_the_pause_and_not_while_pushing(session: Session) -> None:
    in_pause = [s.n_breaths for s in session.shown if s.hands_off_s > 0]
    assert max(in_pause) == 2
    late = [s for s in session.shown if s.phase is Phase.COMPRESSING and 3 <= s.n_in_cycle <= 12]
    assert {s.n_breaths for s in late} == {0}


def test_a_replay_tells_the_same(session: Session) -> None:
    recording = open_recording(session.path)
    header = recording.header
    again = Pipeline(recording.rig, header.session, GUIDELINE, header.devices, header.kind)
    for sample in recording.samples():
        again.step(sample)
    again.finish()
    last = again.snapshot(0)
    assert last.cycle is not None
    assert last.cycle == session.shown[-1].cycle
