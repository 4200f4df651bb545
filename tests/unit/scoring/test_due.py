"""Breaths that are missing, breaths too many, and what a short loss of signal forgives."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mr.config import Mode
from mr.scoring.due import Due, due_breaths
from mr.scoring.performance import Performance
from mr.scoring.profiles import load_guideline
from mr.scoring.score import score_performance
from mr.types import Measured, ScoreItem, Ventilation
from tests.unit.scoring.played import Press, ns, played

GUIDELINE = load_guideline("erc-2025-adult-bls")
LONGEST_S = 6.0
SET = [Press()] * 29


def due(presses: list[Press], mode: Mode = Mode.C30_2) -> Due:
    return due_breaths(played(presses), mode, None)


def item(presses: list[Press]) -> ScoreItem:
    found = score_performance(played(presses), GUIDELINE, Mode.C30_2)
    return next(i for i in found.items if i.key == "ventilation")


def test_each_pause_has_its_own_two() -> None:
    two, none = Press(4.0, breaths=2), Press(4.0)
    assert due([Press(), *SET, none, *SET, two, *SET]) == Due(2)
    assert due([Press(), *SET, two, *SET, two, *SET]) == Due(0)
    assert due([Press(), *SET, Press(4.0, breaths=1), *SET]) == Due(1)
    assert due([Press(), *SET]) == Due(0), "nothing is due while the set is not followed"
    assert due([Press(), *SET, Press()]) == Due(2)


def test_too_many_in_one_pause_do_not_make_up_for_another() -> None:
    four = [Press(), *SET, Press(6.0, breaths=4), *SET, Press(2.0), *SET]
    assert due(four) == Due(2, frozenset({2, 3}))
    found = item(four)
    assert found.value_pct == pytest.approx(100.0 * 2 / 6)
    assert "2 more than due, 2 due and not given" in found.reason
    assert {d.reason for d in found.deductions} == {
        "more than the 2 of its pause", "due and not given"
    }  # fmt: skip
    fair = [Press(), *SET, Press(4.0, breaths=2), *SET, Press(4.0, breaths=2), *SET]
    assert item(fair).value_pct == pytest.approx(100.0)


def test_a_breath_too_many_never_pays() -> None:
    base = [Press(), *SET, Press(5.0, breaths=2), *SET, Press(2.0), *SET]
    for n in (3, 4, 6):
        more = [*base[:30], Press(5.0, breaths=n), *base[31:]]
        assert (item(more).value_pct or 0.0) <= (item(base).value_pct or 0.0)


def test_who_counts_to_28_lacks_none_and_a_split_pause_is_one() -> None:
    short = [Press(4.0, breaths=2), *[Press()] * 27]
    assert due([Press(), *[Press()] * 27, *short * 8]) == Due(0)
    split = [Press(2.0, breaths=1), Press(), Press(2.0, breaths=1)]
    assert due([Press(), *SET, *split, *SET]) == Due(0)
    assert due([Press(), *[Press()] * 59, Press(4.0, breaths=2), *SET]) == Due(2)
    assert due([Press(4.0), Press(4.0, breaths=5), *SET]) == Due(0), "initial breaths"


def test_a_short_loss_of_signal_forgives_only_what_it_may_have_hidden() -> None:
    blink = Press(0.3, lost=True)
    gone = Press(6.0, lost=True)
    silent = [Press(), *SET, Press(2.0), *SET, Press(2.0), *SET]
    assert due(silent) == Due(4)
    assert due([*silent[:10], blink, *silent[11:]]) == Due(4), "no breath fits in it"
    assert due([*silent[:30], gone, *silent[31:]]) == Due(2), "the first two may have been there"
    assert due([*silent[:30], Press(2.0, breaths=2), *silent[31:60], gone, *SET]) == Due(0)


def in_time(starts_s: Sequence[float], holes_s: Sequence[tuple[float, float]] = ()) -> int:
    breaths = [Ventilation(ns(t), ns(t + 1), Measured(550.0, 10.0), 1.0) for t in starts_s]
    performance = Performance(
        [], breaths, [], Measured(95.0), True, "x" if holes_s else "", (), (0, ns(60.0)),
        [(ns(a), ns(b)) for a, b in holes_s],
    )  # fmt: skip
    return due_breaths(performance, Mode.CONTINUOUS, LONGEST_S).missing


def test_where_compressions_do_not_wait_a_hole_forgives_its_own_time() -> None:
    assert in_time([6.0 * k for k in range(11)]) == 0
    assert in_time([0.0, 6.0, 54.0]) == 7 + 1
    assert in_time([0.0, 6.0, 54.0], [(20.0, 20.3)]) == 1 + 4 + 1
    assert in_time([0.0, 6.0, 54.0], [(7.0, 53.0)]) == 1
    assert in_time([], [(30.0, 31.0)]) == 5 + 4


def test_an_interval_with_a_hole_in_it_is_not_late() -> None:
    breaths = [Ventilation(ns(t), ns(t + 1), Measured(550.0, 10.0), 1.0) for t in (0.0, 12.0)]
    whole = Performance([], breaths, [], Measured(95.0), True)
    hidden = Performance(
        [], breaths, [], Measured(95.0), True, "not measured", (), None, [(ns(5.5), ns(6.5))]
    )
    seen, unseen = (
        score_performance(p, GUIDELINE, Mode.VENTILATION_ONLY).value_pct for p in (whole, hidden)
    )
    assert unseen == pytest.approx(100.0)
    assert (seen or 0.0) < 60.0
