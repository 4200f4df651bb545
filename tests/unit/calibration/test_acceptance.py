"""Whether a rig agrees with a gauge: what is claimed holds as often as is claimed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calibration.acceptance import (
    LIMIT_MM,
    Pairs,
    acceptance_record,
    agreement,
    outer_factor,
    pairs_needed,
)
from mr.errors import CalibrationError

LEVELS_MM = np.arange(5.0, 65.0, 5.0)


def presses(
    rng: np.random.Generator, *, bias: float = 0.1, between: float = 0.2, within: float = 0.3,
    slope: float = 0.0, each: int = 4,
) -> Pairs:  # fmt: skip
    level = np.repeat(LEVELS_MM, each)
    gauge = level + rng.normal(0.0, 0.5, len(level))
    off = np.repeat(rng.normal(0.0, between, len(LEVELS_MM)), each)
    off = off + rng.normal(0.0, within, len(level)) + bias + slope * gauge
    return Pairs(gauge, gauge + off, level)


@pytest.mark.parametrize(("between", "within"), [(0.2, 0.3), (0.0, 0.3), (0.4, 0.1)])
def test_the_outer_bounds_and_the_bias_are_as_sure_as_they_say(
    between: float, within: float
) -> None:
    rng, n = np.random.default_rng(5), 400
    true_mm = 0.1 + 1.96 * np.hypot(between, within)
    found = [agreement(presses(rng, between=between, within=within)) for _ in range(n)]
    above = np.mean([a.outer_mm[1] > true_mm for a in found])
    inside = np.mean([a.bias_ci_mm[0] < 0.1 < a.bias_ci_mm[1] for a in found])
    assert 0.945 <= above <= 0.995
    assert 0.92 <= inside <= 0.975
    # The limits themselves, without their uncertainty, are short half of the time.
    assert np.mean([a.limits_mm[1] > true_mm for a in found]) < 0.7


def test_presses_of_one_level_taken_for_independent_would_claim_too_much() -> None:
    rng, n = np.random.default_rng(6), 300
    sure = 0
    for _ in range(n):
        pairs = presses(rng, between=0.4, within=0.1)
        alone = replace(pairs, level_mm=pairs.gauge_mm)
        off = alone.rig_mm - alone.gauge_mm
        bound = off.mean() + outer_factor(len(off)) * off.std(ddof=1)
        sure += bound > 0.1 + 1.96 * np.hypot(0.4, 0.1)
    assert sure / n < 0.93


def test_a_good_rig_passes_and_says_with_what() -> None:
    found = agreement(presses(np.random.default_rng(7)))
    record = acceptance_record(found, "rig", "dial gauge 7", 0.02)
    assert record.passed
    assert {c.item for c in record.checks if c.limited} == {
        "bias, rig minus gauge", "its outer 95 % bound, lower", "its outer 95 % bound, upper",
        "pairs",
    }  # fmt: skip


def test_a_rig_that_is_off_fails_and_a_slope_is_seen() -> None:
    found = agreement(presses(np.random.default_rng(8), slope=0.05))
    record = acceptance_record(found, "rig", "gauge", 0.02)
    assert not record.passed
    assert "bias, rig minus gauge" in [c.item for c in record.failures]
    assert found.slope_ci[0] > 0.02 and found.slope == pytest.approx(0.05, abs=0.015)


def test_too_few_pairs_for_a_middling_rig_are_told_how_many_more() -> None:
    found = agreement(presses(np.random.default_rng(9), bias=0.0, between=0.0, within=0.63))
    assert abs(found.limits_mm[1]) < LIMIT_MM < found.outer_mm[1]
    record = acceptance_record(found, "rig", "gauge", 0.02)
    why = record.failures[0].why
    assert "do not prove it" in why and str(pairs_needed(found.sd_mm, found.bias_mm)) in why


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: Pairs(p.gauge_mm[:20], p.rig_mm[:20], p.level_mm[:20]), "40 pairs at 8 levels"),
        (lambda p: Pairs(p.gauge_mm, p.rig_mm[:-1], p.level_mm), "all finite"),
        (lambda p: Pairs(p.gauge_mm, p.rig_mm * np.nan, p.level_mm), "all finite"),
        (lambda p: Pairs(p.gauge_mm + 20, p.rig_mm, p.level_mm + 20), "levels from 25"),
        (
            lambda p: Pairs(np.where(np.arange(48) == 3, 50.0, p.gauge_mm), p.rig_mm, p.level_mm),
            "press 4 was meant for 5 mm, and the gauge reads 50 mm",
        ),
    ],
)
def test_unfit_pairs_are_refused_with_words(change, words: str) -> None:  # type: ignore[no-untyped-def]
    pairs = presses(np.random.default_rng(1))
    with pytest.raises(CalibrationError, match=words):
        agreement(change(pairs))
