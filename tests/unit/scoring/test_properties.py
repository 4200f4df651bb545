"""What a score must do whoever is judged: QCPR's behaviour, monotony, shifts in time.

Each property has a score beside it that breaks it: then the same check must say so.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mr.config import Mode
from mr.scoring.closeness import Band
from mr.scoring.performance import Performance
from mr.scoring.profiles import load_guideline
from mr.scoring.score import score_performance
from mr.types import Compression, FloatArray, Measured, Pause, Ventilation

GUIDELINE = load_guideline("erc-2025-adult-bls")
PERIOD_NS = 545_000_000
BAND = Band(50.0, 60.0, 10.0, "mm")
Rating = Callable[[FloatArray], float]


def compression(k: int, depth_mm: float, release_mm: float, rate_cpm: float, off_mm: float):
    t_ns = k * PERIOD_NS
    return Compression(
        k, t_ns, t_ns + 200_000_000, t_ns + 400_000_000,
        Measured(depth_mm, 0.3), Measured(release_mm, 0.3), Measured(rate_cpm, 0.5),
        Measured(0.5), Measured(400.0), Measured(450.0),
        (Measured(off_mm, 1.0), Measured(0.0, 1.0)),
    )  # fmt: skip


@st.composite
def performances(draw: st.DrawFn) -> Performance:
    n = draw(st.integers(1, 25))
    values = st.tuples(
        st.floats(20.0, 80.0), st.floats(0.0, 15.0), st.floats(60.0, 160.0), st.floats(0.0, 60.0)
    )
    compressions = [compression(k, *draw(values)) for k in range(n)]
    breaths = [
        Ventilation(k * 10**9, k * 10**9 + 10**9, Measured(draw(st.floats(100.0, 1000.0)), 15.0),
                    draw(st.floats(0.2, 2.0)))
        for k in range(draw(st.integers(0, 4)))
    ]  # fmt: skip
    pauses = [
        Pause(k * 10**10, k * 10**10 + round(1e9 * draw(st.floats(1.0, 15.0))), "unknown")
        for k in range(draw(st.integers(0, 3)))
    ]
    shocks = [p.start_ns + 5 * 10**8 for p in pauses if draw(st.booleans())]
    ccf = Measured(draw(st.floats(0.0, 100.0)))
    return Performance(compressions, breaths, pauses, ccf, True, "", shocks)


def value(performance: Performance, mode: Mode = Mode.C30_2) -> float:
    score = score_performance(performance, GUIDELINE, mode)
    assert score.value_pct is not None
    return score.value_pct


def depths(values_mm: list[float]) -> Performance:
    return Performance(
        [compression(k, d, 0.0, 110.0, 0.0) for k, d in enumerate(values_mm)], [], [], Measured(100)
    )


def shows_qcpr(rate: Rating, near_mm: float, far_mm: float) -> bool:
    """Whether 92 % in range and near misses beat 94 % and far ones."""
    first = np.array([55.0] * 92 + [50.0 - near_mm] * 8)
    second = np.array([55.0] * 94 + [50.0 - far_mm] * 6)
    return rate(first) > rate(second)


@settings(deadline=None)
@given(st.floats(0.1, 3.0), st.floats(5.0, 30.0))
def test_92_percent_in_range_can_beat_94(near_mm: float, far_mm: float) -> None:
    def rate(d: FloatArray) -> float:
        return value(depths(d.tolist()), Mode.HANDS_ONLY)

    assert shows_qcpr(rate, near_mm, far_mm)
    # Hit or miss fails it (negative control).
    assert not shows_qcpr(lambda d: float(np.mean(BAND.closeness(d) == 1.0)), near_mm, far_mm)


def never_punishes(rate: Callable[[float], float]) -> bool:
    """Whether coming nearer to the middle of the band never rates lower."""
    steps = np.linspace(0.0, 55.0, 200).tolist()
    rated = [rate(d) for d in steps]
    return all(b >= a - 1e-9 for a, b in itertools.pairwise(rated))


def test_a_closeness_that_is_not_monotonic_is_found() -> None:
    def fraud(d: float) -> float:
        miss = max(50.0 - d, 0.0)
        return 1.0 if miss == 0 else float(np.clip(1.0 - abs(miss - 5.0) / 10.0, 0.0, 1.0))

    assert never_punishes(lambda d: float(BAND.closeness(np.array([d]))[0]))
    assert not never_punishes(fraud)


@settings(max_examples=60, deadline=None)
@given(performances(), st.data())
def test_doing_better_never_scores_lower(before: Performance, data: st.DataObject) -> None:
    share = data.draw(st.floats(0.0, 1.0))
    k = data.draw(st.integers(0, len(before.compressions) - 1))

    def to(m: Measured, goal: float) -> Measured:
        assert m.value is not None
        return replace(m, value=m.value + share * (goal - m.value))

    c = before.compressions[k]
    better_ones = {
        "depth": replace(c, depth_mm=to(c.depth_mm, 55.0)),
        "rate": replace(c, rate_cpm=to(c.rate_cpm, 110.0)),
        "recoil": replace(c, release_depth_mm=to(c.release_depth_mm, 0.0)),
        "hands": replace(c, hand_offset_mm=(to(c.hand_offset_mm[0], 0.0), c.hand_offset_mm[1])),
    }
    after = [
        replace(before, compressions=[*before.compressions[:k], b, *before.compressions[k + 1 :]])
        for b in better_ones.values()
    ]
    after.append(replace(before, ccf_pct=to(before.ccf_pct, 100.0)))
    after += [
        replace(before, pauses=[replace(p, end_ns=p.end_ns - round(share * 1e9)) if p is q else p
                                for p in before.pauses])
        for q in before.pauses
    ]  # fmt: skip
    for q in before.ventilations:
        slower_s = q.inspiration_s + share * max(1.0 - q.inspiration_s, 0.0)
        good = replace(q, volume_ml=to(q.volume_ml, 550.0), inspiration_s=slower_s)
        mended = [good if v is q else v for v in before.ventilations]
        after.append(replace(before, ventilations=mended))
    for performance in after:
        assert value(performance) >= value(before) - 1e-9


@settings(max_examples=60, deadline=None)
@given(performances(), st.integers(-(10**15), 10**15))
def test_when_it_was_does_not_matter(performance: Performance, shift_ns: int) -> None:
    def later(thing):
        names = ("onset_ns", "peak_ns", "release_ns", "start_ns", "end_ns")
        moved = {n: getattr(thing, n) + shift_ns for n in names if hasattr(thing, n)}
        return replace(thing, **moved)

    shifted = Performance(
        [later(c) for c in performance.compressions],
        [later(v) for v in performance.ventilations],
        [later(p) for p in performance.pauses],
        performance.ccf_pct,
        True,
        "",
        [t + shift_ns for t in performance.shocks_ns],
    )
    a = score_performance(performance, GUIDELINE, Mode.C30_2)
    b = score_performance(shifted, GUIDELINE, Mode.C30_2)
    assert (a.value_pct, a.interval_pct) == (b.value_pct, b.interval_pct)
    for one, other in zip(a.items, b.items, strict=True):
        moved = [replace(d, t_ns=d.t_ns and d.t_ns - shift_ns) for d in other.deductions]
        assert [(d.what, d.index, d.points) for d in moved] == [
            (d.what, d.index, d.points) for d in one.deductions
        ]


@settings(max_examples=60, deadline=None)
@given(performances(), st.sampled_from([Mode.HANDS_ONLY, Mode.C30_2, Mode.CONTINUOUS]))
def test_every_lost_point_is_explained(performance: Performance, mode: Mode) -> None:
    score = score_performance(performance, GUIDELINE, mode)
    for item in score.items:
        told = sum(d.points for d in item.deductions)
        assert abs(told - (item.points_lost or 0.0)) < 1e-9
        points = [d.points for d in item.deductions]
        assert points == sorted(points, reverse=True)
        assert all(d.reason for d in item.deductions)
    assert score.interval_pct is not None
    assert score.value_pct is not None
    assert 0 <= score.interval_pct[0] <= score.value_pct + 1e-9
    assert score.value_pct - 1e-9 <= score.interval_pct[1] <= 100
