"""A cycle in a few numbers: what it adds up, where it ends, and what it does not know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mr.coaching.cycle import Cycles
from mr.scoring.profiles import load_guideline
from mr.types import Compression, Measured, MetricsEvent, Pause, Unmeasured, Ventilation
from tests.unit.coaching.learner import compression

GUIDELINE = load_guideline("aha-2025-adult-bls")
PAUSE = Pause(0, 1, "ventilation")
BREATH = Ventilation(0, 1, Measured(500.0), 1.0)


def cycles(*events: MetricsEvent) -> Cycles:
    """Take events in one after another, as a live session does."""
    state = Cycles()
    for event in events:
        state = state.then([event], GUIDELINE)
    return state


def pushes(count: int, **values: float | None) -> list[Compression]:
    return [replace(compression(**values), release_ns=10 + k) for k in range(count)]


def test_means_and_shares_are_those_of_its_compressions() -> None:
    state = cycles(*pushes(6), *pushes(2, depth_mm=43.0, release_mm=9.0), PAUSE)
    digest = state.finished(resting=False)
    assert digest is not None
    assert digest.n_compressions == 8
    assert digest.depth_mm == pytest.approx((6 * 55.0 + 2 * 43.0) / 8)
    assert digest.release_mm == pytest.approx((6 * 1.0 + 2 * 9.0) / 8)
    assert digest.rate_cpm == pytest.approx(110.0)
    assert digest.depth_in_target_pct == pytest.approx(75.0)
    assert digest.release_in_target_pct == pytest.approx(75.0)
    assert digest.rate_in_target_pct == pytest.approx(100.0)
    assert digest.ended_ns == 11


def test_while_pushing_the_cycle_before_stands_and_in_the_pause_this_one() -> None:
    state = cycles(*pushes(30), PAUSE, *pushes(5, depth_mm=40.0))
    going, resting = state.finished(resting=False), state.finished(resting=True)
    assert going is not None
    assert resting is not None
    assert (going.index, going.n_compressions, going.lesson) == (0, 30, "lesson_good")
    assert (resting.index, resting.n_compressions, resting.lesson) == (1, 5, "lesson_shallow")
    again = state.then([PAUSE], GUIDELINE).finished(resting=False)
    assert again == resting, "it does not change when the next cycle begins"


def test_nothing_is_finished_before_the_first_pause() -> None:
    assert cycles(*pushes(5)).finished(resting=False) is None
    assert cycles().finished(resting=True) is None
    assert cycles(PAUSE, PAUSE).finished(resting=True) is None


def test_unknown_values_are_none_and_never_zero() -> None:
    state = cycles(*pushes(4, depth_mm=None), *pushes(2))
    digest = state.finished(resting=True)
    assert digest is not None
    assert digest.depth_mm == pytest.approx(55.0)
    assert digest.depth_in_target_pct == 100.0, "of those that are known"
    nothing = cycles(*pushes(4, depth_mm=None, release_mm=None, rate_cpm=None))
    empty = nothing.finished(resting=True)
    assert empty is not None
    assert empty.depth_mm is empty.release_mm is empty.rate_cpm is None
    assert empty.depth_in_target_pct is None
    assert empty.lesson == ""


def test_breaths_count_within_the_pause() -> None:
    assert cycles(*pushes(30), BREATH).breaths_n == 1
    assert cycles(*pushes(30), BREATH, BREATH).breaths_n == 2
    assert cycles(*pushes(30), BREATH, BREATH, PAUSE, *pushes(1)).breaths_n == 0


def test_a_time_that_was_not_measured_ends_a_cycle_too() -> None:
    state = cycles(*pushes(7), Unmeasured(0, 1), *pushes(3))
    digest = state.finished(resting=False)
    assert digest is not None
    assert digest.n_compressions == 7


def test_a_miss_within_its_own_noise_is_none() -> None:
    sure = cycles(*pushes(4, depth_mm=49.0)).finished(resting=True)
    noisy = cycles(*pushes(4, depth_mm=49.0, sigma=2.0)).finished(resting=True)
    assert sure is not None
    assert noisy is not None
    assert (sure.depth_in_target_pct, noisy.depth_in_target_pct) == (0.0, 100.0)


def test_events_one_by_one_or_together_give_the_same() -> None:
    events = [*pushes(30), BREATH, PAUSE, *pushes(12, release_mm=8.0)]
    assert Cycles().then(events, GUIDELINE) == cycles(*events)
