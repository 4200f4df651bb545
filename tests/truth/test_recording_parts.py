"""What must not change the numbers of a recording: when it was made, and where it was cut.

A simulated mannequin's session goes through the very pipeline of the live run: shifted in time,
and as two sessions that a pause lies between. Every check has a change beside it that it must
notice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from mr.cli.demo import calibrated_rig
from mr.cli.sources import SimSources
from mr.config import Mode, SessionConfig
from mr.recording.reader import Recording, open_recording
from mr.scoring.profiles import load_guideline
from mr.session.outcome import Outcome
from mr.session.pipeline import Pipeline
from mr.session.processes import SessionPlan, run_fast
from mr.types import ClockExchange, Measured, Sample, SessionEvent

GUIDELINE = load_guideline("aha-2025-adult-bls")
CONFIG = SessionConfig(mode=Mode.C30_2)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Thirty compressions, two breaths, and some compressions more."""
    path = tmp_path_factory.mktemp("parts") / "s.mcap"
    sources = SimSources("good", Mode.C30_2, 24.0, 5, 30.0, 2.0, camera=False)
    plan = SessionPlan(sources, calibrated_rig(5), CONFIG, GUIDELINE, path)
    run_fast(plan, lambda _snapshot: None, lambda _picture: None)
    return open_recording(path)


@pytest.fixture(scope="module")
def samples(recording: Recording) -> list[Sample]:
    return list(recording.samples())


@pytest.fixture(scope="module")
def whole(recording: Recording, samples: list[Sample]) -> Outcome:
    return judged(recording, samples)


def judged(recording: Recording, samples: Iterable[Sample]) -> Outcome:
    pipeline = Pipeline(
        recording.rig, CONFIG, GUIDELINE, recording.header.devices, "sim", coached=False
    )
    for sample in samples:
        pipeline.step(sample)
    pipeline.finish()
    return pipeline.outcome()


def at_ns(sample: Sample) -> int:
    return sample.t_ns if isinstance(sample, SessionEvent) else sample.arrival.arrival_ns


def later(thing: Any, by_ns: int) -> Any:
    """Give a sample, or what was found of it, as if all had happened later."""
    names = [n for n in type(thing).__dataclass_fields__ if n.endswith("_ns")]
    moved = {n: getattr(thing, n) + by_ns for n in names}
    if hasattr(thing, "arrival"):
        arrival = thing.arrival
        moved["arrival"] = replace(arrival, arrival_ns=arrival.arrival_ns + by_ns)
    return replace(thing, **moved)


@pytest.mark.parametrize("by_ns", [1, 86_400 * 10**9 * 365])
def test_when_it_was_made_changes_no_bit(
    recording: Recording, samples: list[Sample], whole: Outcome, by_ns: int
) -> None:
    there = judged(recording, (later(sample, by_ns) for sample in samples))
    for name in ("compressions", "ventilations", "pauses"):
        assert tuple(later(e, by_ns) for e in getattr(whole, name)) == getattr(there, name)
    assert whole.summary == there.summary
    assert whole.score.value_pct == there.score.value_pct
    assert whole.start_ns + by_ns == there.start_ns


def test_a_pace_that_is_off_is_no_shift(
    recording: Recording, samples: list[Sample], whole: Outcome
) -> None:
    """Negative control: arrivals that come ever later, by a thousandth."""
    first_ns = at_ns(samples[0])
    there = judged(recording, (later(s, (at_ns(s) - first_ns) // 1000) for s in samples))
    assert whole.summary != there.summary


def cut(recording: Recording, samples: list[Sample], cut_ns: int) -> list[Outcome]:
    """Judge two sessions in the place of one; each begins with exchanges of its clock."""
    first = [s for s in samples if at_ns(s) <= cut_ns]
    second = [s for s in samples if at_ns(s) > cut_ns]
    clock = [s for s in first if isinstance(s, ClockExchange)]
    return [
        judged(recording, [*first, SessionEvent(cut_ns, "stop")]),
        judged(recording, [SessionEvent(cut_ns, "open"), *clock, *second]),
    ]


def same(a: Measured, b: Measured, tolerance: float) -> bool:
    if a.value is None or b.value is None:
        return a.value == b.value
    return abs(a.value - b.value) <= tolerance


ZERO_MM, HASTY_ZERO_MM, RATE_CPM = 0.05, 0.08, 0.5
"""The clock's line and the chest's zero are found anew (measured: 0.01 mm, and 0.05 where 0.4 s of
rest were left for the zero, less than the sigma of 0.08 that depths claim; 0.16 /min)."""
CCF_PCT = 0.1


def apart(whole: Outcome, parts: list[Outcome], zero_mm: float = ZERO_MM) -> list[str]:
    """Name what two sessions in the place of one do not agree in."""
    tolerances = (("depth_mm", zero_mm), ("release_depth_mm", zero_mm), ("rate_cpm", RATE_CPM))
    together = [c for part in parts for c in part.compressions]
    if len(together) != len(whole.compressions):
        return ["count"]
    found = [
        f"{name} of {k}"
        for k, (a, b) in enumerate(zip(whole.compressions, together, strict=True))
        for name, tolerance in tolerances
        if not same(getattr(a, name), getattr(b, name), tolerance)
    ]
    pressed_s = sum((p.summary.ccf_pct.value or 0.0) * p.summary.duration_s for p in parts)
    ccf_pct = pressed_s / ((parts[1].end_ns - parts[0].start_ns) / 1e9)
    if abs(ccf_pct - (whole.summary.ccf_pct.value or 0.0)) > CCF_PCT:
        found.append("ccf")
    return found


@pytest.mark.parametrize(
    ("back_s", "zero_mm"), [(0.4, HASTY_ZERO_MM), (0.8, ZERO_MM), (2.5, ZERO_MM)]
)
def test_two_sessions_that_a_pause_lies_between_are_one(
    recording: Recording, samples: list[Sample], whole: Outcome, back_s: float, zero_mm: float
) -> None:
    """Wherever in the pause it was cut, even amid a breath."""
    (pause,) = whole.pauses
    parts = cut(recording, samples, pause.end_ns - round(back_s * 1e9))
    assert [len(part.compressions) for part in parts] == [30, len(whole.compressions) - 30]
    assert apart(whole, parts, zero_mm) == []
    assert (parts[1].start_ns - parts[0].end_ns) / 1e9 == pytest.approx(
        (pause.end_ns - pause.start_ns) / 1e9, abs=0.01
    )


def test_two_sessions_that_a_compression_lies_between_are_not(
    recording: Recording, samples: list[Sample], whole: Outcome
) -> None:
    """Negative control."""
    parts = cut(recording, samples, whole.compressions[10].peak_ns)
    assert apart(whole, parts) != []
