"""A trace at every zoom: no peak is lost, gaps stay gaps, it is quick, damage is told."""

from __future__ import annotations

import itertools
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mr.errors import AnalysisError, RecordingError
from mr.review.pyramid import FRAME_ROWS, GAP_S, QUANTUM_MM, Window, build_pyramid, open_pyramid

HALF_MM = QUANTUM_MM / 2 + 1e-9


def a_trace(n: int, hz: float = 200.0, seed: int = 0) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    t_s = np.arange(n) / hz + rng.uniform(0, 0.2 / hz, n) - 2.0
    depth_mm = 25 * (1 - np.cos(2 * np.pi * t_s * 110 / 60)) + rng.normal(0, 0.05, n)
    return t_s, depth_mm, rng.uniform(0.3, 0.6, n)


def rounded(mm: Any) -> Any:
    return np.rint(mm / QUANTUM_MM) * QUANTUM_MM


@st.composite
def traces(draw: st.DrawFn) -> tuple[Any, Any, Any]:
    """Runs of different rates with gaps and unknown depths between them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    steps_s = []
    for _ in range(draw(st.integers(1, 4))):
        n = draw(st.sampled_from([1, 3, 50, 3000, 20_000]))
        steps_s.append(rng.uniform(0.8, 1.2, n) / draw(st.sampled_from([30.0, 200.0, 500.0])))
        steps_s[-1][0] += draw(st.sampled_from([0.0, 0.2, 0.3, 5.0, 100.0]))
    t_s = np.cumsum(np.concatenate(steps_s))
    depth_mm = 25 + 25 * np.sin(12 * t_s) + rng.normal(0, 0.2, len(t_s))
    depth_mm[rng.random(len(t_s)) < draw(st.sampled_from([0.0, 0.001, 0.05]))] = np.nan
    spike = rng.integers(len(t_s))
    depth_mm[spike] = 90.0
    return t_s, depth_mm, rng.uniform(0.1, 2.0, len(t_s))


@settings(deadline=None, max_examples=150)
@given(traces(), st.floats(0, 1), st.floats(0, 1), st.sampled_from([2, 3, 50, 700, 3000]))
def test_no_peak_is_lost_at_any_zoom(
    trace: tuple[Any, Any, Any], a: float, b: float, points: int
) -> None:
    t_s, depth_mm, sigma_mm = trace
    first, last = float(t_s[0]), float(t_s[-1])
    from_s, to_s = sorted((first + a * (last - first), first + b * (last - first)))
    pyramid = open_pyramid(build_pyramid(t_s, depth_mm, sigma_mm))
    found = pyramid.window(from_s, to_s, points)
    assert len(found.t_s) <= points
    assert np.all(np.diff(found.t_s) > 0)
    known = np.isfinite(depth_mm)
    t_s, depth_mm = t_s[known], depth_mm[known]
    inside = (t_s >= from_s + 1e-6) & (t_s <= to_s - 1e-6)
    shown = np.isfinite(found.low_mm)
    assert np.array_equal(shown, np.isfinite(found.high_mm))
    width_s = max((to_s - from_s) / (points - 1), 1e-6) + 2e-6
    near = (t_s >= from_s - width_s) & (t_s <= to_s + width_s)
    if inside.any():
        low, high = np.nanmin(found.low_mm), np.nanmax(found.high_mm)
        assert low <= depth_mm[inside].min() + HALF_MM
        assert high >= depth_mm[inside].max() - HALF_MM
        assert low >= depth_mm[near].min() - HALF_MM, "nothing is made up"
        assert high <= depth_mm[near].max() + HALF_MM
        peak = t_s[inside][np.argmax(depth_mm[inside])]
        at = np.argmin(np.abs(found.t_s[shown] - peak))
        around = slice(max(at - 1, 0), at + 2)
        assert found.high_mm[shown][around].max() >= depth_mm[inside].max() - HALF_MM, (
            "it is where it was"
        )
    if found.exact:
        rows = (t_s >= round(from_s, 6) - 5e-7) & (t_s <= round(to_s, 6) + 5e-7)
        assert abs(np.count_nonzero(shown) - np.count_nonzero(rows)) <= 2  # of its two ends
        assert np.array_equal(found.low_mm[shown], found.high_mm[shown])


@settings(deadline=None, max_examples=100)
@given(traces(), st.sampled_from([50, 700, 3000]))
def test_gaps_stay_gaps_and_nothing_else_is_one(trace: tuple[Any, Any, Any], points: int) -> None:
    t_s, depth_mm, sigma_mm = trace
    found = open_pyramid(build_pyramid(t_s, depth_mm, sigma_mm)).window(-1.0, 1e4, points)
    known_s = t_s[np.isfinite(depth_mm)]
    unknown_s = t_s[~np.isfinite(depth_mm)]
    width_s = (known_s[-1] - known_s[0]) / (points - 1) + 2e-6
    gaps_s = found.t_s[np.isnan(found.low_mm)]
    for before, after in itertools.pairwise(known_s):
        if after - before > max(GAP_S, 2 * width_s) + 1e-5:
            assert np.any((gaps_s > before - width_s) & (gaps_s < after + width_s))
    for t in gaps_s:  # each lies in a hole of what was known
        k = np.searchsorted(known_s, t)
        a, b = known_s[max(k - 1, 0)], known_s[min(k, len(known_s) - 1)]
        real = b - a > GAP_S or np.any((unknown_s > a) & (unknown_s < b))
        assert real


def test_every_sample_comes_back_to_half_a_quantum() -> None:
    t_s, depth_mm, sigma_mm = a_trace(FRAME_ROWS + 5000)
    depth_mm[100:120] = np.nan
    sigma_mm[7] = np.nan
    pyramid = open_pyramid(build_pyramid(t_s, depth_mm, sigma_mm))
    found = pyramid.window(-10.0, 1e6, 100_000)
    assert found.exact and len(found.t_s) == len(t_s) - 20 + 1
    assert pyramid.n_samples == len(t_s) - 20
    shown = np.isfinite(found.low_mm)
    known = np.isfinite(depth_mm)
    assert np.abs(found.t_s[shown] - t_s[known]).max() <= 0.51e-6
    assert np.abs(found.low_mm[shown] - depth_mm[known]).max() <= HALF_MM
    assert (
        np.isnan(found.sigma_mm[7]) and np.nanmax(np.abs(found.sigma_mm[:7] - sigma_mm[:7])) < 0.006
    )
    (hole,) = np.flatnonzero(~shown)
    assert t_s[99] < found.t_s[hole] < t_s[120]


def test_the_whole_view_has_the_extremes_of_all() -> None:
    t_s, depth_mm, sigma_mm = a_trace(300_000)
    depth_mm[123_456], depth_mm[234_567] = 88.0, -7.0
    found = open_pyramid(build_pyramid(t_s, depth_mm, sigma_mm)).window(-2.0, 1e6, 1000)
    assert found.high_mm.max() == pytest.approx(88.0) and found.low_mm.min() == pytest.approx(-7.0)
    assert not found.exact and 900 <= len(found.t_s) <= 1000
    assert abs(found.t_s[found.high_mm.argmax()] - t_s[123_456]) < 1.6
    # Control: a thinned trace has neither.
    assert rounded(depth_mm[::300]).max() < 88.0


def test_a_moved_window_of_one_zoom_shows_the_same_rows() -> None:
    pyramid = open_pyramid(build_pyramid(*a_trace(200_000)))
    a, b = pyramid.window(100.0, 400.0, 500), pyramid.window(130.0, 430.0, 500)
    both = np.intersect1d(a.t_s[1:-1], b.t_s[1:-1])
    assert len(both) > 0.85 * len(a.t_s)


def test_bytes_are_rows_of_four_floats() -> None:
    found = Window(*(np.array([k, np.nan]) for k in (1.0, 2.0, 3.0, 4.0)), exact=False)
    rows = np.frombuffer(found.to_bytes(), "<f4").reshape(-1, 4)
    assert rows[0].tolist() == [1, 2, 3, 4] and np.isnan(rows[1]).all()


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_trace_of_almost_nothing(n: int) -> None:
    pyramid = open_pyramid(build_pyramid(*a_trace(n)))
    found = pyramid.window(-5.0, 5.0, 10)
    assert len(found.t_s) == n == pyramid.n_samples and found.exact
    assert (pyramid.bounds_s is None) == (n == 0)
    assert len(pyramid.window(7.0, 8.0, 10).t_s) == 0


def test_nothing_known_is_nothing() -> None:
    t_s = np.arange(10) / 10
    blob = build_pyramid(t_s, np.full(10, np.nan), np.full(10, np.nan))
    assert open_pyramid(blob).n_samples == 0


def test_a_sample_that_goes_back_in_time_is_left_out() -> None:
    t_s = np.array([0.0, 0.1, 0.05, 0.1, 0.2])
    found = open_pyramid(build_pyramid(t_s, np.arange(5.0), np.ones(5))).window(0, 1, 10)
    assert found.low_mm.tolist() == pytest.approx([0.0, 1.0, 4.0])


def test_what_cannot_be_is_refused() -> None:
    ok = np.arange(3.0)
    for trace in (
        (ok, ok, ok[:2]),
        (ok * np.nan, ok, ok),
        (ok * 1e9, ok, ok),
        (ok, ok * 1e9, ok),
    ):
        with pytest.raises(AnalysisError):
            build_pyramid(*trace)
    pyramid = open_pyramid(build_pyramid(ok, ok, ok))
    for from_s, to_s, points in ((0, 1, 1), (0, 1, 10**9), (2, 1, 9), (float("nan"), 1, 9)):
        with pytest.raises(AnalysisError):
            pyramid.window(from_s, to_s, points)


def test_any_damage_is_told() -> None:
    """Every byte counts: each one that is changed is told, at opening or at reading."""
    t_s, depth_mm, sigma_mm = a_trace(6000)
    blob = build_pyramid(t_s, depth_mm, sigma_mm)
    rng = np.random.default_rng(3)
    wanted = open_pyramid(blob).window(-5, 100, 100_000).to_bytes()
    unseen = 0
    for k in [*range(40), *rng.integers(0, len(blob), 300)]:
        hurt = bytearray(blob)
        hurt[k] ^= 1 << rng.integers(8)
        try:
            pyramid = open_pyramid(bytes(hurt))
            fine = pyramid.window(-5, 100, 100_000).to_bytes()
            pyramid.window(-5, 100, 20)
        except RecordingError as error:
            assert "analyse" in str(error)
            continue
        assert fine == wanted
        unseen += 1
    assert unseen < 40, "damage on a level that was not read"
    for n in (0, 5, 16, 200, len(blob) - 1):
        with pytest.raises(RecordingError):
            open_pyramid(blob[:n])
    with pytest.raises(RecordingError):
        open_pyramid(blob + b"x")


def test_an_hour_is_quick() -> None:
    trace = a_trace(720_000)

    def best_s(run: Any, n: int) -> float:
        found = []
        for _ in range(n):
            start_s = time.process_time()
            run()
            found.append(time.process_time() - start_s)
        return min(found)

    build_s = best_s(lambda: build_pyramid(*trace), 3)
    blob = build_pyramid(*trace)
    open_s = best_s(lambda: open_pyramid(blob), 3)
    pyramid = open_pyramid(blob)
    windows = [(-2, 3600), (0, 1800), (500, 900), (1000, 1060), (2000, 2005), (3000, 3000.5)]
    read_s = max(best_s(lambda w=w: pyramid.window(*w, 2000), 5) for w in windows)
    print(f"build {build_s:.3f} s, open {open_s * 1e3:.2f} ms, read {read_s * 1e3:.2f} ms")
    print(f"{len(blob) / 2**20:.2f} MiB")
    assert build_s < 0.5 and open_s < 0.005 and read_s < 0.005
