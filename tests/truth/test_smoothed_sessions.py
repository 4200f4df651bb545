"""A recording judged by its smoothed motion ends where the live session ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from mr.cli.demo import calibrated_rig
from mr.cli.sources import SimSources
from mr.config import Mode, SessionConfig
from mr.fusion.diary import Diary
from mr.recording.reader import Recording, open_recording
from mr.rig import Rig
from mr.scoring.profiles import load_guideline
from mr.session.pipeline import Pipeline
from mr.session.processes import SessionPlan, run_fast
from mr.session.smoothed import Smoothed, smoothed_session
from mr.types import Sample, SessionEvent

GUIDELINE = load_guideline("aha-2025-adult-bls")
SECONDS = 6.0


@pytest.fixture(scope="module")
def rig() -> Rig:
    return calibrated_rig(3)


@pytest.fixture(scope="module")
def recording(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    path = tmp_path_factory.mktemp("smoothed") / "s.mcap"
    sources = SimSources("demo", Mode.HANDS_ONLY, SECONDS, 3, 30.0, 2.0, camera=False)
    plan = SessionPlan(sources, rig, SessionConfig(), GUIDELINE, path)
    run_fast(plan, lambda _snapshot: None, lambda _picture: None)
    return open_recording(path)


def stopped(samples: Iterable[Sample], stop_ns: int) -> Iterator[Sample]:
    """Put the stop in its place among the samples, which go on, and leave the recorded one out."""
    told = False
    for sample in samples:
        of_session = isinstance(sample, SessionEvent)
        at_ns = sample.t_ns if of_session else sample.arrival.arrival_ns
        if at_ns > stop_ns and not told:
            told = True
            yield SessionEvent(stop_ns, "stop")
        if not (of_session and sample.kind == "stop"):
            yield sample


def judged(recording: Recording, samples: Iterable[Sample]) -> tuple[Pipeline, Smoothed]:
    """Give what they come to live, and smoothed."""
    diary, header = Diary(), recording.header
    pipeline = Pipeline(
        recording.rig, header.session, GUIDELINE, header.devices, "sim", diary, coached=False
    )
    for sample in samples:
        pipeline.step(sample)
    pipeline.finish()
    return pipeline, smoothed_session(pipeline, diary, recording.rig)


@pytest.fixture(scope="module")
def whole(recording: Recording) -> tuple[Pipeline, Smoothed]:
    return judged(recording, recording.samples())


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_nothing_after_the_stop_is_in_it(
    recording: Recording, whole: tuple[Pipeline, Smoothed], share: float
) -> None:
    """The mannequin led all of it, so both are the same to the bit, wherever a press was cut."""
    compressions = whole[0].outcome().compressions
    a, b = compressions[4:6]
    stop_ns = a.peak_ns + round(share * (b.peak_ns - a.peak_ns))
    live, late = judged(recording, stopped(recording.samples(), stop_ns))
    assert 4 <= len(live.outcome().compressions) <= 6 < len(compressions)
    assert late.outcome == live.outcome()


def test_without_a_stop_all_of_it_is_judged_and_drawn(whole: tuple[Pipeline, Smoothed]) -> None:
    """Negative control: what was left out above is there."""
    live, late = whole
    assert late.outcome == live.outcome()
    assert len(late.outcome.compressions) > 6
    drawn = live.trace()
    for name in ("t_s", "depth_mm", "sigma_mm"):
        assert np.array_equal(getattr(late.trace, name), getattr(drawn, name))
