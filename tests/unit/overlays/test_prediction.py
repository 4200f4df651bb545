"""The chest at display time: when it is moved on, when it is left alone, and how far it may go."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import pytest

from mr.types import Phase, Snapshot
from overlays.prediction import (
    DEEPEST_MM,
    FAR_NS,
    GAP_NS,
    ChestPast,
    predicted,
    swing_ahead_mm,
)
from tests.snapshots import IN_FULL_SWING

MS = 1_000_000
T0_NS = 50_000_000_000
NOW = replace(IN_FULL_SWING, measured_ns=T0_NS)
CPM = 110.0
LEAD_NS = 40 * MS


def sine(t_ns: int) -> Snapshot:
    """A chest that goes down to 50 mm and back, 110 times a minute."""
    turn = 2 * math.pi * CPM / 60
    t_s = 1e-9 * (t_ns - T0_NS)
    return replace(
        NOW,
        measured_ns=t_ns,
        depth_mm=25 * (1 - math.cos(turn * t_s)),
        velocity_mm_s=25 * turn * math.sin(turn * t_s),
        rate_cpm=CPM,
        last_depth_mm=50.0,
        last_release_mm=0.0,
    )


def seen(until_ns: int, every_ns: int = 14 * MS) -> tuple[ChestPast, Snapshot]:
    past, snapshot = ChestPast(), sine(T0_NS)
    for t_ns in range(T0_NS, until_ns, every_ns):
        snapshot = sine(t_ns)
        past.see(snapshot)
    return past, snapshot


def mm(snapshot: Snapshot) -> float:
    assert snapshot.depth_mm is not None
    return snapshot.depth_mm


def ahead(snapshot: Snapshot, lead_ns: int = LEAD_NS) -> int:
    assert snapshot.measured_ns is not None
    return snapshot.measured_ns + lead_ns


@pytest.mark.parametrize(
    "same",
    [
        replace(NOW, depth_mm=None),
        replace(NOW, velocity_mm_s=None),
        replace(NOW, measured_ns=None),
        replace(NOW, hands="off"),
        replace(NOW, phase=Phase.PAUSED),
        replace(NOW, phase=Phase.FINISHED),
    ],
)
def test_what_is_not_known_to_move_stays(same: Snapshot) -> None:
    assert predicted(same, T0_NS + LEAD_NS) is same
    assert predicted(NOW, T0_NS + LEAD_NS) is not NOW


@pytest.mark.parametrize("lead_ns", [-LEAD_NS, 0, FAR_NS + 1])
def test_neither_back_in_time_nor_too_far(lead_ns: int) -> None:
    assert predicted(NOW, T0_NS + lead_ns) is NOW
    assert predicted(NOW, T0_NS + FAR_NS) is not NOW


def test_only_the_depth_changes() -> None:
    moved = predicted(NOW, T0_NS + LEAD_NS)
    assert moved.depth_mm != NOW.depth_mm
    others = [f.name for f in fields(Snapshot) if f.name != "depth_mm"]
    assert all(getattr(moved, name) is getattr(NOW, name) for name in others)


def test_without_a_stroke_it_goes_straight_on() -> None:
    first = replace(NOW, last_depth_mm=None, rate_cpm=None, depth_mm=10.0, velocity_mm_s=200.0)
    sure = replace(first, depth_sigma_mm=0.0)
    assert predicted(sure, T0_NS + LEAD_NS).depth_mm == pytest.approx(10.0 + 200.0 * 0.040)
    unsure = replace(first, depth_sigma_mm=1.0)
    assert predicted(unsure, T0_NS + LEAD_NS).depth_mm == pytest.approx(10.0 + 8.0 - 2.0)
    noise = replace(first, depth_sigma_mm=2.0, velocity_mm_s=-80.0)
    assert predicted(noise, T0_NS + LEAD_NS).depth_mm == 10.0
    assert swing_ahead_mm(first, 0.040) is None


def test_without_a_past_it_swings_about_the_middle_of_the_last_stroke() -> None:
    down = replace(NOW, depth_mm=54.0, velocity_mm_s=0.0, last_depth_mm=54.0, last_release_mm=0.0)
    assert mm(predicted(down, T0_NS + LEAD_NS)) < 54.0
    up = replace(down, depth_mm=0.0)
    assert mm(predicted(up, T0_NS + LEAD_NS)) > 0.0


def test_it_goes_neither_above_rest_nor_deeper_than_a_chest() -> None:
    free = replace(NOW, rate_cpm=None)
    up = replace(free, depth_mm=3.0, velocity_mm_s=-400.0)
    assert predicted(up, T0_NS + LEAD_NS).depth_mm == 0.0
    below = replace(up, depth_mm=-1.5)  # the zero is a little off: no jump to the other side
    assert predicted(below, T0_NS + LEAD_NS).depth_mm == -1.5
    down = replace(free, depth_mm=85.0, velocity_mm_s=400.0)
    assert predicted(down, T0_NS + LEAD_NS).depth_mm == DEEPEST_MM


@pytest.mark.parametrize("lead_ms", [20, 40, 80])
def test_with_a_past_it_goes_on_as_before(lead_ms: int) -> None:
    past, now = seen(T0_NS + 3_030 * MS)
    at_ns = ahead(now, lead_ms * MS)
    true_mm = mm(sine(at_ns))
    assert abs(mm(predicted(now, at_ns, past)) - true_mm) < 0.5
    assert abs(mm(now) - true_mm) > 2.0


def test_a_past_without_a_stroke_is_none() -> None:
    past = ChestPast()
    for k in range(200):
        past.see(replace(NOW, measured_ns=T0_NS + 14 * MS * k, depth_mm=0.0, velocity_mm_s=0.0))
    assert past.ahead_mm(0.04) == pytest.approx(0.0)
    start = replace(NOW, measured_ns=T0_NS + 14 * MS * 200, depth_mm=20.0, velocity_mm_s=300.0)
    past.see(start)
    first = replace(start, n_in_cycle=0, depth_sigma_mm=0.0)
    assert mm(predicted(first, ahead(first), past)) == pytest.approx(20.0 + 300.0 * 0.040)


def test_nothing_in_the_past_is_like_now() -> None:
    past, now = seen(T0_NS + 3_030 * MS)
    assert past.ahead_mm(0.04) is not None
    for k in range(1, 20):
        past.see(
            replace(now, measured_ns=ahead(now, 14 * MS * k), depth_mm=85.0, velocity_mm_s=0.0)
        )
    assert past.ahead_mm(0.04) is None


def test_a_past_of_another_moment_is_not_used() -> None:
    past, now = seen(T0_NS + 3_030 * MS)
    later = sine(ahead(now, 14 * MS))
    assert mm(predicted(later, ahead(later), past)) == mm(predicted(later, ahead(later)))
    past.see(later)
    assert mm(predicted(later, ahead(later), past)) != mm(predicted(later, ahead(later)))


def test_a_gap_or_a_clock_that_went_back_begins_a_new_past() -> None:
    for step_ns in (GAP_NS + MS, -MS):
        past, now = seen(T0_NS + 3_030 * MS)
        past.see(sine(ahead(now, step_ns)))
        assert past.ahead_mm(0.04) is None


def test_the_same_snapshot_twice_is_one() -> None:
    past, now = seen(T0_NS + 3_030 * MS)
    before = past.ahead_mm(0.04)
    past.see(replace(now, seq=now.seq + 1))
    assert past.ahead_mm(0.04) == before
