"""Means and distributions: right, and silent where one person could be told from them."""

from __future__ import annotations

import pytest

from mr.review.comparing import FEWEST, FEWEST_SPREAD, MEASURES, Numbers, beside_class, spreads


def numbers(score_pct: float | None) -> Numbers:
    return dict.fromkeys(MEASURES, None) | {"score_pct": score_pct}


def others(n: int) -> list[list[Numbers]]:
    return [[numbers(60.0 + k)] for k in range(n)]


def test_unknown_values_are_left_out_and_counted_so() -> None:
    found = spreads([numbers(80.0), numbers(None), numbers(90.0)])
    assert (found["score_pct"].n, found["score_pct"].mean) == (2, 85.0)
    assert found["score_pct"].sd == pytest.approx(50.0**0.5)
    assert found["ccf_pct"].mean is None
    assert spreads([numbers(80.0)])["score_pct"].sd is None


def test_a_class_that_is_too_small_tells_nothing() -> None:
    beside = beside_class([numbers(80.0)], others(FEWEST - 1))["score_pct"]
    assert (beside.own, beside.others_mean, beside.quartiles) == (80.0, None, None)
    assert "could be told" in beside.why
    enough = beside_class([numbers(80.0)], others(FEWEST))["score_pct"]
    assert enough.others_mean == 62.0  # of 61.5: in whole units
    assert enough.quartiles is None and enough.why


def test_quartiles_are_told_of_enough_others_only() -> None:
    beside = beside_class([numbers(80.0)], others(FEWEST_SPREAD))["score_pct"]
    assert beside.quartiles == (62.0, 64.0, 65.0)
    assert not beside.why


def test_each_of_the_others_counts_once() -> None:
    many = [numbers(100.0)] * 50
    beside = beside_class([numbers(80.0)], [many, *others(3)])["score_pct"]
    assert beside.others_mean == 71.0  # of 70.75; a mean over sessions would be near 98
