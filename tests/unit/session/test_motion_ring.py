"""All motion in shared memory: each sample once, in order, and what is lost is counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mr.blocks import ChestBlock
from mr.cli.demo import calibrated_rig
from mr.cli.sources import SimSources
from mr.config import Mode, SessionConfig
from mr.scoring.profiles import load_guideline
from mr.session import motion_ring
from mr.session.motion_ring import CAPACITY, SLACK, MotionRing
from mr.session.offline import rerun
from mr.session.processes import LiveSession, SessionPlan
from mr.types import ChestSample, Stamp


@pytest.fixture
def ring() -> Iterator[MotionRing]:
    with MotionRing.create() as made:
        yield made


def block(start: int, n: int, *, zero_known: bool = True) -> ChestBlock:
    return ChestBlock.of(
        [
            ChestSample(Stamp(1000 * k, 0), 1e-3 * (k % 50), 0.0, 1e-4, ("x",), zero_known)
            for k in range(start, start + n)
        ]
    )


def test_each_sample_comes_once_and_in_order(ring: MotionRing) -> None:
    seen: list[int] = []
    at = 0
    for n in [1, 4, 3, 1, 2] * 1000:  # several times round
        ring.add(block(at, n))
        at += n
        if at % 7 == 0:
            rows = ring.take()
            assert rows.lost_n == 0
            seen += list(rows.t_ns // 1000)
    seen += list(ring.take().t_ns // 1000)
    assert seen == list(range(at))
    assert len(ring.take().t_ns) == 0


def test_who_comes_too_late_is_told_what_was_lost(ring: MotionRing) -> None:
    ring.add(block(0, 10))
    ring.take()
    for k in range(10, CAPACITY + 110, 100):
        ring.add(block(k, 100))
        end = k + 100
    rows = ring.take()
    assert rows.lost_n == end - 10 - (CAPACITY - SLACK)
    assert rows.t_ns[-1] == 1000 * (end - 1)
    assert len(rows.t_ns) == CAPACITY - SLACK


def test_without_a_zero_nothing_is_known(ring: MotionRing) -> None:
    ring.add(block(3, 1, zero_known=False))
    ring.add(block(4, 1))
    rows = ring.take()
    assert np.isnan(rows.depth_mm[0])
    assert rows.depth_mm[1] == pytest.approx(4.0)


def test_a_row_that_is_not_whole_is_read_when_it_is(ring: MotionRing) -> None:
    ring.add(block(0, 2))
    assert ring._rows is not None
    whole = ring._rows[1].copy()
    ring._rows["depth_mm"][1] += 1.0
    assert list(ring.take().t_ns) == [0]
    ring._rows[1] = whole
    rows = ring.take()
    assert (list(rows.t_ns), rows.lost_n) == ([1000], 0)


def test_the_slack_matters(ring: MotionRing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: a row that was overwritten counts as lost, not as another."""
    monkeypatch.setattr(motion_ring, "SLACK", 0)
    ring.add(block(0, CAPACITY))
    assert ring._rows is not None
    ring._rows["number"][0] += CAPACITY
    rows = ring.take()
    assert (rows.lost_n, rows.t_ns[0]) == (1, 1000)


def test_a_live_session_tells_all_its_motion(tmp_path: Path) -> None:
    sources = SimSources("good", Mode.HANDS_ONLY, 3.0, 1, 5.0, 0.0, camera=False)
    path = tmp_path / "s.mcap"
    plan = SessionPlan(
        sources, calibrated_rig(1), SessionConfig(), load_guideline("aha-2025-adult-bls"), path
    )
    t_ns: list[int] = []
    depth_mm: list[float] = []
    lost_n = 0
    with LiveSession(plan, motion=True) as session:
        going = True
        while going:
            going = session.running
            rows = session.motion()
            t_ns += list(rows.t_ns)
            depth_mm += list(rows.depth_mm)
            lost_n += rows.lost_n
            session._answer.poll(0.03)
        session.result()
    again = rerun(path)
    trace = again.pipeline.trace()
    assert lost_n == 0
    assert len(t_ns) == len(trace.t_s) > 0.9 * 200 * 3
    assert (np.diff(t_ns) > 0).all()
    known = ~np.isnan(depth_mm)
    np.testing.assert_allclose(np.array(depth_mm)[known], trace.depth_mm[known], atol=1e-4)
    assert again.recording.header.recording_id == plan.recording_id
