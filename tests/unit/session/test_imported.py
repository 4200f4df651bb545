"""What must not change the numbers of an imported session, and what must."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mr.config import Criteria, Mode, parse
from mr.recording.csv_motion import read_csv_motion
from mr.recording.simpad import read_simpad
from mr.review.explained import assessment_as_json
from mr.review.lines import check_lines
from mr.scoring.assessment import assess
from mr.scoring.profiles import load_guideline
from mr.session.imported import NO_CURVE, NO_PLACE, NOT_GIVEN, judge_csv, judge_simpad
from mr.session.outcome import Outcome
from mr.types import Compression, Measured
from tests.unit.recording.simpad_files import a_session, an_ssx, compression, events
from tests.unit.scoring.played import later, score_later

GUIDELINE = load_guideline("aha-2025-adult-bls")
RATE_HZ, REST_S = 100, 1.5


def motion(seed: int, n: int = 8, cycles: int = 2, noise_mm: float = 0.3) -> np.ndarray:
    """Make (rows, 2) of time and depth: compressions of varying depth between rests of 1.5 s."""
    rng = np.random.default_rng(seed)
    rest = np.zeros(round(2 * REST_S * RATE_HZ))
    parts = [rest]
    for _ in range(cycles):
        for _ in range(n):
            m = round(RATE_HZ * rng.uniform(0.48, 0.62))
            parts.append(rng.uniform(20, 30) * (1 - np.cos(2 * np.pi * np.arange(m) / m)))
        parts.append(rest)
    depth = np.concatenate(parts)
    depth = depth + rng.normal(0, noise_mm, len(depth))
    return np.column_stack((np.arange(len(depth)) / RATE_HZ, depth))


def judged(folder: Path, rows: np.ndarray, name: str = "motion.csv") -> Outcome:
    path = folder / name
    text = "\n".join(f"{t:.6f},{d:.4f}" for t, d in rows)
    path.write_text(f"t_s,depth_mm\n{text}\n", encoding="utf-8")
    return judge_csv(read_csv_motion(path), GUIDELINE, Mode.HANDS_ONLY)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99), st.integers(-(10**6), 10**6))
def test_a_shift_of_time_changes_nothing_but_times(
    tmp_path_factory: pytest.TempPathFactory, seed: int, shift_ms: int
) -> None:
    """To the last bit: the file's clock may have begun anywhere within eleven days."""
    folder, rows = tmp_path_factory.getbasetemp(), motion(seed)
    here = judged(folder, rows)
    there = judged(folder, rows + np.array([shift_ms / 1000.0, 0.0]))
    assert len(here.compressions) == 16
    assert [later(c, shift_ms * 10**6) for c in here.compressions] == list(there.compressions)
    assert here.summary == there.summary
    assert score_later(here.score, shift_ms * 10**6) == there.score


def test_a_stretch_of_time_is_no_shift(tmp_path: Path) -> None:
    """Negative control."""
    rows = motion(1)
    here, slower = judged(tmp_path, rows), judged(tmp_path, rows * [1.01, 1.0])
    assert here.summary.mean_rate_cpm != slower.summary.mean_rate_cpm


def same(a: Measured, b: Measured, tolerance: float) -> bool:
    if a.value is None or b.value is None:
        return a.value == b.value
    return abs(a.value - b.value) <= tolerance


TOLERANCES = (("depth_mm", 0.1), ("release_depth_mm", 0.1), ("rate_cpm", 0.55))
"""Each file makes its own estimate of the noise: a quarter of a sigma in depth (measured: 0.05 mm
over 40 files); and of its learner's shape, which weighs peaks against flanks (measured: 0.50 /min
in the worst of the 100 files that are drawn from, 0.93 sigmas)."""
CUT_RELEASE_MM = 1.0
"""The release in the cut pause: its shallowest point is looked for in half of the pause."""


def differences(whole: list[Compression], parts: list[Compression], before_cut: int) -> list[str]:
    """Name what differs by more than it may."""
    found = []
    for k, (a, b) in enumerate(zip(whole, parts, strict=True)):
        for name, tolerance in TOLERANCES:
            cut = k == before_cut and name == "release_depth_mm"
            if not same(getattr(a, name), getattr(b, name), CUT_RELEASE_MM if cut else tolerance):
                found.append(f"{name} of {k}")
    return found


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99))
def test_a_file_cut_in_a_pause_gives_the_same_compressions(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    folder, rows = tmp_path_factory.getbasetemp(), motion(seed)
    whole = judged(folder, rows)
    last = whole.compressions[7]
    cut = int(np.searchsorted(rows[:, 0], last.release_ns / 1e9 + REST_S))
    parts = [judged(folder, part) for part in (rows[:cut], rows[cut:])]
    assert [len(p.compressions) for p in parts] == [8, 8]
    together = [c for part in parts for c in part.compressions]
    assert differences(list(whole.compressions), together, 7) == []
    pause_s = (parts[1].start_ns - parts[0].end_ns) / 1e9
    assert recombined_pct(parts, pause_s) == pytest.approx(whole.summary.ccf_pct.value, abs=0.3)
    # Negative control: whoever forgets the pause that was cut is far off.
    assert recombined_pct(parts, 0.0) > 110.0 * (whole.summary.ccf_pct.value or 0.0) / 100.0


def recombined_pct(parts: list[Outcome], pause_s: float) -> float:
    """Give the CCF (%) of parts that a pause lies between."""
    of_s = [part.summary.duration_s for part in parts]
    pressed_s = sum(
        (part.summary.ccf_pct.value or 0.0) * s for part, s in zip(parts, of_s, strict=True)
    )
    return pressed_s / (sum(of_s) + pause_s)


def test_a_file_cut_in_a_compression_does_not(tmp_path: Path) -> None:
    """Negative control."""
    rows = motion(3)
    whole = judged(tmp_path, rows)
    cut = int(np.searchsorted(rows[:, 0], whole.compressions[4].peak_ns / 1e9))
    parts = [judged(tmp_path, part) for part in (rows[:cut], rows[cut:])]
    together = [c for part in parts for c in part.compressions]
    assert len(together) != 16 or differences(list(whole.compressions), together, 4)


def test_a_gap_is_not_measured_and_a_short_one_changes_no_count(tmp_path: Path) -> None:
    rows = motion(5)
    t_s = rows[:, 0]
    at_s = judged(tmp_path, rows).compressions[3].peak_ns / 1e9 + 0.3
    short = judged(tmp_path, rows[(t_s < at_s - 0.1) | (t_s > at_s + 0.1)])
    assert short.summary.unmeasured_s == () and len(short.compressions) == 16
    long = judged(tmp_path, rows[(t_s < at_s - 0.5) | (t_s > at_s + 0.5)])
    ((from_s, to_s),) = long.summary.unmeasured_s
    assert to_s - from_s == pytest.approx(1.0, abs=0.03)
    assert 13 <= len(long.compressions) <= 15


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99))
def test_a_reversed_sign_changes_no_bit(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    folder, rows = tmp_path_factory.getbasetemp(), motion(seed)
    here, there = judged(folder, rows), judged(folder, rows * [1.0, -1.0])
    assert here.compressions == there.compressions
    assert here.summary == there.summary and here.score == there.score


def test_a_reversed_sign_that_is_said_to_be_right_is_another_motion(tmp_path: Path) -> None:
    """Negative control."""
    here = judged(tmp_path, motion(3))
    judged(tmp_path, motion(3) * [1.0, -1.0])
    wrong = read_csv_motion(tmp_path / "motion.csv", sign="in")
    there = judge_csv(wrong, GUIDELINE, Mode.HANDS_ONLY)
    assert here.compressions != there.compressions


UNEVEN = (("depth_mm", 0.5), ("release_depth_mm", 0.5), ("rate_cpm", 1.5))


def unevenly(rows: np.ndarray, seed: int, spread: float) -> np.ndarray:
    """Give the same motion as if it had been sampled at uneven instants."""
    rng = np.random.default_rng(seed)
    steps_s = rng.uniform(1.0 - spread, 1.0 + spread, len(rows)) / RATE_HZ
    t_s = np.cumsum(steps_s)
    t_s = t_s[t_s < rows[-1, 0]]
    return np.column_stack((t_s, np.interp(t_s, rows[:, 0], rows[:, 1])))


def apart(a: Outcome, b: Outcome, tolerances: Sequence[tuple[str, float]]) -> list[str]:
    """Name what two ways to sample one motion do not agree in."""
    if len(a.compressions) != len(b.compressions):
        return ["count"]
    return [
        f"{name} of {k}"
        for k, (one, other) in enumerate(zip(a.compressions, b.compressions, strict=True))
        for name, tolerance in tolerances
        if not same(getattr(one, name), getattr(other, name), tolerance)
    ]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99), st.floats(0.1, 0.8))
def test_uneven_sampling_changes_little(
    tmp_path_factory: pytest.TempPathFactory, seed: int, spread: float
) -> None:
    folder, rows = tmp_path_factory.getbasetemp(), motion(seed, noise_mm=0.05)
    uneven = unevenly(rows, seed, spread)
    assert apart(judged(folder, rows), judged(folder, uneven), UNEVEN) == []
    # Negative control: the same depths as if they had been sampled evenly.
    even = np.column_stack((np.arange(len(uneven)) / RATE_HZ, uneven[:, 1]))
    if spread > 0.4:
        assert apart(judged(folder, rows), judged(folder, even), UNEVEN) != []


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 99), st.floats(3.5, 14.0), st.floats(0.05, 1.5))
def test_a_gap_changes_only_what_it_touches(
    tmp_path_factory: pytest.TempPathFactory, seed: int, from_s: float, gap_s: float
) -> None:
    folder, rows = tmp_path_factory.getbasetemp(), motion(seed, noise_mm=0.05)
    t_s = rows[:, 0]
    whole = judged(folder, rows)
    holed = judged(folder, rows[(t_s < from_s) | (t_s > from_s + gap_s)])

    def untouched(outcome: Outcome) -> list[Compression]:
        """Those that end a second before the gap, and those that begin a second behind it."""
        return [
            c
            for c in outcome.compressions
            if c.release_ns < 1e9 * (from_s - 1.0) or c.onset_ns > 1e9 * (from_s + gap_s + 1.0)
        ]

    here, there = untouched(whole), untouched(holed)
    assert len(here) == len(there)
    assert len(whole.compressions) - len(holed.compressions) <= 2 * (gap_s + 1.0) + 1
    for a, b in zip(here, there, strict=True):
        assert same(a.depth_mm, b.depth_mm, 0.1) and abs(a.peak_ns - b.peak_ns) < 2e6


# --- SimPad -----------------------------------------------------------------------------


def of_simpad(path: Path) -> Outcome:
    return judge_simpad(read_simpad(path), GUIDELINE, Mode.HANDS_ONLY)


def test_a_simpad_session_is_judged_like_our_own(tmp_path: Path) -> None:
    outcome = of_simpad(a_session(tmp_path / "a.ssx"))
    rates = [c.rate_cpm.value for c in outcome.compressions]
    assert rates[0] is None and rates[30] is None  # first, and first after the pause
    assert rates[1] == pytest.approx(60_000 / 545) and rates.count(None) == 2
    (pause,) = outcome.pauses
    assert (pause.end_ns - pause.start_ns) / 1e9 == pytest.approx(4.145)
    span_s = 59 * 0.545 + 4.0 + 0.4
    assert outcome.summary.ccf_pct.value == pytest.approx(100 * (1 - 4.145 / span_s))
    assert outcome.summary.mean_rate_cpm == Measured(pytest.approx(60_000 / 545))


def test_what_a_simpad_does_not_tell_stays_unknown(tmp_path: Path) -> None:
    path = an_ssx(tmp_path / "a.ssx", events([compression(k, compDepth=None) for k in range(9)]))
    outcome = of_simpad(path)
    one = outcome.compressions[1]
    assert one.depth_mm == Measured.unknown(NOT_GIVEN)
    assert one.duty_cycle == Measured.unknown(NO_CURVE)
    assert one.hand_offset_mm[0] == Measured.unknown(NO_PLACE)
    assert outcome.score.value_pct is None
    assert any(NOT_GIVEN in missing for missing in outcome.score.missing)


def test_a_shift_of_a_simpads_time_changes_nothing_but_times(tmp_path: Path) -> None:
    def session(shift_ms: int) -> Outcome:
        inside = [compression(k, msecs=k * 545 + shift_ms) for k in range(20)]
        return of_simpad(an_ssx(tmp_path / "a.ssx", events(inside)))

    here, there = session(0), session(-3210)
    assert [later(c, -3210 * 10**6) for c in here.compressions] == list(there.compressions)
    assert here.summary == there.summary
    assert score_later(here.score, -3210 * 10**6) == there.score


def test_a_simpad_session_without_compressions_has_no_score(tmp_path: Path) -> None:
    outcome = of_simpad(an_ssx(tmp_path / "a.ssx", events([])))
    assert outcome.summary.n_compressions == 0 and outcome.score.value_pct is None


@pytest.mark.parametrize(
    ("least_pct", "verdict"), [(75.0, "passed"), (95.0, "borderline"), (100.0, "borderline")]
)
def test_a_simpads_accuracy_is_unknown_and_no_assessment_hangs_on_it(
    tmp_path: Path, least_pct: float, verdict: str
) -> None:
    inside = [compression(k) for k in range(60)]
    score = of_simpad(an_ssx(tmp_path / "a.ssx", events(inside))).score
    assert score.value_pct == 100.0 and score.interval_pct is None
    for asked in ({"score_min_pct": least_pct}, {"item_min_pct": {"depth": least_pct}}):
        criteria = parse(Criteria, {"schema": "mrcpr.criteria/1", **asked}, "here")
        assert assess(score, criteria).verdict == verdict
        told = check_lines(assessment_as_json(score, criteria, locked=False))
        assert "100.0 % (accuracy unknown), at least" in told[1]
    # Negative control: the flow is made of times alone, and sure.
    flow = parse(
        Criteria, {"schema": "mrcpr.criteria/1", "item_min_pct": {"flow": least_pct}}, "here"
    )
    assert assess(score, flow).verdict == "passed"
    assert "unknown" not in check_lines(assessment_as_json(score, flow, locked=False))[1]


def test_a_poor_simpad_session_is_near_its_limit_from_below_too(tmp_path: Path) -> None:
    inside = [compression(k, compDepth=44) for k in range(60)]
    score = of_simpad(an_ssx(tmp_path / "a.ssx", events(inside))).score
    depth_pct = next(item.value_pct for item in score.items if item.key == "depth")
    assert depth_pct is not None and depth_pct < 85.0
    for above_pct, verdict in ((5.0, "borderline"), (15.0, "not passed")):
        asked = {"item_min_pct": {"depth": depth_pct + above_pct}}
        criteria = parse(Criteria, {"schema": "mrcpr.criteria/1", **asked}, "here")
        assert assess(score, criteria).verdict == verdict
