"""Slowing down until it is a pause never pays; a pause that was asked for costs no rate.

The negative control judges as before: an interval across a pause counts for nothing.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mr.config import Mode
from mr.scoring import items
from mr.scoring.profiles import load_guideline
from mr.scoring.score import score_performance
from mr.types import Score, ScoreItem
from tests.unit.scoring.played import PAUSE_S, Press, played

GUIDELINE = load_guideline("erc-2025-adult-bls")
PRESSES = st.builds(Press, st.floats(0.05, 2.5), st.floats(30.0, 70.0))
SLOW = [Press(), *[Press(0.7)] * 12]
"""55 /min: slower than what earns anything."""


def value(presses: list[Press], mode: Mode, airway_measured: bool = True) -> float:
    performance = played(presses, airway_measured=airway_measured)
    found = score_performance(performance, GUIDELINE, mode).value_pct
    assert found is not None
    return found


def rate(found: Score) -> ScoreItem:
    return next(i for i in found.items if i.key == "rate")


@settings(max_examples=100, deadline=None)
@given(
    st.lists(PRESSES, min_size=2, max_size=25),
    st.sampled_from([Mode.HANDS_ONLY, Mode.C30_2, Mode.CONTINUOUS]),
    st.data(),
)
def test_a_break_never_scores_higher(presses: list[Press], mode: Mode, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(presses) - 1))
    rest_s = max(presses[k].rest_s, PAUSE_S) + data.draw(st.floats(0.0, 12.0))
    worse = [*presses[:k], replace(presses[k], rest_s=rest_s), *presses[k + 1 :]]
    assert value(worse, mode) <= value(presses, mode) + 1e-9


def test_slow_presses_are_not_better_as_pauses() -> None:
    paused = [*SLOW[:5], replace(SLOW[5], rest_s=1.05), *SLOW[6:]]
    assert value(paused, Mode.HANDS_ONLY) <= value(SLOW, Mode.HANDS_ONLY)
    every = [Press(), *[Press(1.05)] * 12]
    assert value(every, Mode.HANDS_ONLY) < value(SLOW, Mode.HANDS_ONLY), "all pauses are scored"


def test_left_out_of_the_rate_a_pause_would_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: 90 /min but for a few slow ones, which then become pauses."""
    monkeypatch.setattr(items, "_breaks_cpm", lambda *_: {})
    slow = [Press(), *[Press(0.267), Press(0.7)] * 12]
    paused = [Press(), *[Press(0.267), Press(0.7)] * 11, Press(0.267), Press(1.0)]
    assert value(paused, Mode.HANDS_ONLY) > value(slow, Mode.HANDS_ONLY)


def test_the_slow_interval_is_told() -> None:
    performance = played([Press(), *[Press()] * 8, Press(2.0)])
    found = rate(score_performance(performance, GUIDELINE, Mode.HANDS_ONLY))
    assert found.reason == ("1 too slow (by 75.0 /min on average) of 9, 1 across a pause")
    (loss,) = found.deductions
    assert loss.index == 9
    assert loss.reason == "75.0 /min too slow, across a pause"


@pytest.mark.parametrize(
    ("mode", "pause", "n_before", "airway_measured", "costs"),
    [
        (Mode.C30_2, Press(4.0, breaths=2), 30, True, False),
        (Mode.C30_2, Press(4.0), 30, True, True),  # nobody gave a breath
        (Mode.C30_2, Press(4.0), 28, False, False),  # nobody would have seen one
        (Mode.C30_2, Press(4.0), 12, False, True),  # in the middle of a set
        (Mode.C15_2, Press(4.0), 12, False, False),
        (Mode.HANDS_ONLY, Press(4.0, breaths=2), 30, True, True),
        (Mode.CONTINUOUS, Press(4.0, breaths=2), 30, True, True),
    ],
)
def test_only_what_the_mode_asks_for_is_free(
    mode: Mode, pause: Press, n_before: int, airway_measured: bool, costs: bool
) -> None:
    guideline = load_guideline("erc-2021-child-bls" if mode is Mode.C15_2 else GUIDELINE.id)
    performance = played([Press()] * n_before + [pause] + [Press()] * 5,
                         airway_measured=airway_measured)  # fmt: skip
    found = score_performance(performance, guideline.for_chest(150.0), mode)
    assert (rate(found).value_pct != pytest.approx(100.0)) == costs
