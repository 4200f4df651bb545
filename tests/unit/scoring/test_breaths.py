"""Breaths and shocks: worst part, rhythm, missing ones, the pause around a shock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mr.config import Mode
from mr.scoring.performance import Performance
from mr.scoring.profiles import load_guideline
from mr.scoring.score import score_performance
from mr.types import Measured, Pause, Score, ScoreItem, Ventilation
from tests.unit.scoring.test_score import compression

GUIDELINE = load_guideline("erc-2025-adult-bls")
AHA = load_guideline("aha-2025-adult-bls")
"""Its breaths are 6 to 7.5 s apart: 8 to 10 a minute."""


def breath(t_s: float, volume_ml: float = 550.0, inspiration_s: float = 1.0) -> Ventilation:
    t_ns = round(1e9 * t_s)
    return Ventilation(t_ns, t_ns + 10**9, Measured(volume_ml, 10.0), inspiration_s)


def score(breaths: list[Ventilation], mode: Mode, end_s: float, n: int = 0) -> Score:
    pressed = [compression(k) for k in range(n)]
    bounds_ns = (0, round(1e9 * end_s))
    performance = Performance(
        pressed, breaths, [], Measured(95.0), airway_measured=True, bounds_ns=bounds_ns
    )
    return score_performance(performance, AHA, mode)


def breaths_of(found: Score) -> ScoreItem:
    return next(i for i in found.items if i.key == "ventilation")


def test_ventilation_only_is_scored_by_breaths_alone() -> None:
    steady = score([breath(6.5 * k) for k in range(8)], Mode.VENTILATION_ONLY, 47.0)
    assert [i.key for i in steady.items] == ["ventilation"]
    assert steady.value_pct == pytest.approx(100.0)
    none = score([], Mode.VENTILATION_ONLY, 47.0)
    assert none.value_pct == 0.0
    blind = Performance([], [], [], Measured.unknown("no compressions"))
    unscored = score_performance(blind, GUIDELINE, Mode.VENTILATION_ONLY)
    assert unscored.value_pct is None
    assert unscored.missing == ("Ventilations: the airway was not measured",)


def test_too_fast_too_often_and_too_rare_cost() -> None:
    fast = breaths_of(
        score([breath(6.5 * k, inspiration_s=0.6) for k in range(8)], Mode.VENTILATION_ONLY, 47.0)
    )
    assert fast.value_pct == pytest.approx(50.0)
    assert "8 in under 0.8 s" in fast.reason
    often = breaths_of(score([breath(3.0 * k) for k in range(16)], Mode.VENTILATION_ONLY, 47.0))
    assert (often.value_pct or 0.0) < 10.0
    assert "one every 3.0 s (6 to 7.5 s wanted)" in often.reason
    rare = breaths_of(score([breath(0.0), breath(6.5)], Mode.VENTILATION_ONLY, 60.0))
    assert rare.value_pct == pytest.approx(100.0 * 2 / 9)
    assert sum(d.what == "missing breath" for d in rare.deductions) == 7


def test_each_body_has_its_own_rhythm() -> None:
    def every(seconds: float, name: str) -> float | None:
        breaths = [breath(seconds * k) for k in range(8)]
        performance = Performance([], breaths, [], Measured(95.0), airway_measured=True)
        return score_performance(performance, load_guideline(name), Mode.VENTILATION_ONLY).value_pct

    for year in (2021, 2025):
        assert every(6.0, f"erc-{year}-adult-bls") == pytest.approx(100.0)
        assert every(7.4, f"erc-{year}-adult-als") < 90.0, "8 a minute are AHA's, not ERC's"
    assert every(7.4, "aha-2025-adult-bls") == pytest.approx(100.0)


def test_in_cycles_two_are_due_and_time_between_them_is_free() -> None:
    two = [breath(20.0), breath(21.0)]
    assert breaths_of(score(two, Mode.C30_2, 40.0, n=45)).value_pct == pytest.approx(100.0)
    one = breaths_of(score(two[:1], Mode.C30_2, 40.0, n=45))
    assert one.value_pct == pytest.approx(50.0)
    assert "1 due and not given" in one.reason


def around_a_shock(length_s: float, name: str = GUIDELINE.id, marked: bool = True) -> Score:
    pause = Pause(10**10, 10**10 + round(1e9 * length_s), "hands_off")
    shocks = (10**10 + 10**9,) if marked else ()
    pressed = [compression(k) for k in range(30)]
    performance = Performance(pressed, [], [pause], Measured(90.0), shocks_ns=shocks)
    return score_performance(performance, load_guideline(name), Mode.HANDS_ONLY)


def test_a_pause_around_a_shock_has_its_own_limit() -> None:
    def flow(found: Score) -> ScoreItem:
        return next(i for i in found.items if i.key == "flow")

    assert flow(around_a_shock(4.9)).value_pct == pytest.approx(100.0)
    late = flow(around_a_shock(7.5))
    assert late.value_pct == pytest.approx(90.0)
    assert late.deductions[0].what == "shock"
    assert "7.5 s around a shock, under 5 s wanted" in late.deductions[0].reason
    assert flow(around_a_shock(7.5, marked=False)).value_pct == pytest.approx(100.0)
    silent = flow(around_a_shock(7.5, "aha-2025-adult-bls"))
    assert silent.value_pct == pytest.approx(100.0)
    assert "around a shock 7.5 s (this profile sets no limit)" in silent.reason


def test_a_cycle_is_told_what_it_cost() -> None:
    first = [compression(k, 45.0) for k in range(10)]
    later_ns = 30 * 10**9
    second = [
        replace(c, onset_ns=c.onset_ns + later_ns, peak_ns=c.peak_ns + later_ns)
        for c in (compression(k) for k in range(10, 15))
    ]
    pause = Pause(10 * 10**9, 25 * 10**9, "hands_off")
    performance = Performance([*first, *second], [], [pause], Measured(90.0))
    found = score_performance(performance, GUIDELINE, Mode.HANDS_ONLY)
    a, b = found.cycles
    assert (a.n_compressions, b.n_compressions) == (10, 5)
    lost = {i.key: i.points_lost for i in found.items}
    assert dict(a.points_lost) == pytest.approx({"depth": lost["depth"], "flow": lost["flow"]})
    assert b.points_lost == ()
