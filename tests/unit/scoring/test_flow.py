"""Flow: whose fault the lost fraction is, shocks that are marked late, what hit or miss means."""

from __future__ import annotations

import pytest

from mr.config import Mode
from mr.scoring.performance import Performance
from mr.scoring.profiles import load_guideline
from mr.scoring.score import score_performance
from mr.types import Measured, ScoreItem
from tests.unit.scoring.played import Press, played

GUIDELINE = load_guideline("erc-2025-adult-bls")
STEADY = [Press()] * 20


def flow(performance: Performance) -> ScoreItem:
    found = score_performance(performance, GUIDELINE, Mode.HANDS_ONLY)
    return next(i for i in found.items if i.key == "flow")


def test_a_late_start_is_not_blamed_on_a_pause() -> None:
    late = flow(played([*STEADY, Press(1.2), *STEADY], before_s=10.0, after_s=4.0))
    told = {d.reason: d.points for d in late.deductions}
    assert set(told) == {
        "10.0 s before the first compression", "1.2 s", "4.0 s after the last compression"
    }  # fmt: skip
    assert told["10.0 s before the first compression"] == pytest.approx(told["1.2 s"] * 10.0 / 1.2)
    assert sum(told.values()) == pytest.approx(late.points_lost)
    assert [d.what for d in late.deductions] == ["session", "session", "pause"]
    in_time = flow(played([*STEADY, Press(9.0), *STEADY]))
    assert [d.what for d in in_time.deductions] == ["pause"]


@pytest.mark.parametrize(
    ("shock_s", "judged"),
    [
        (12.0, True),  # in its pause, from 10.755 to 17.755 s
        (19.0, True),  # typed when pressing had begun again
        (10.0, True),  # typed a moment before
        (25.0, False),  # too far from any pause
    ],
)
def test_a_shock_belongs_to_the_nearest_pause(shock_s: float, judged: bool) -> None:
    found = flow(played([*STEADY, Press(7.0), *[Press()] * 40], shocks_s=[shock_s]))
    assert [d.what for d in found.deductions] == (["shock"] if judged else [])
    assert ("around a shock 7.0 s" in found.reason) == judged
    assert ("no pause that was seen" in found.reason) != judged


def test_a_shock_excuses_and_judges_its_own_pause_only() -> None:
    two = [*STEADY, Press(4.0), *STEADY, Press(11.0), *STEADY]
    performance = played(two, shocks_s=[12.0])
    told = [(d.what, d.index) for d in flow(performance).deductions if "wanted" in d.reason]
    assert told == [("pause", 1)], "4.0 s are short enough for a shock, 11.0 s for nothing"
    found = score_performance(performance, GUIDELINE, Mode.HANDS_ONLY)
    rate = next(i for i in found.items if i.key == "rate")
    assert [d.index for d in rate.deductions] == [41], "the other pause still is a break"


def test_on_target_is_missed_with_the_fraction() -> None:
    long = [*STEADY, Press(12.0), *STEADY, Press(1.5), *[Press()] * 120]
    assert flow(played(long)).in_target_pct == pytest.approx(50.0)
    assert flow(played(STEADY)).in_target_pct == 100.0
    few = [Press(), *[Press(), Press(1.5)] * 10]
    assert flow(played(few)).in_target_pct == 0.0, "no pause is long, and the fraction is missed"
    on = Performance(played(STEADY).compressions, [], [], Measured(79.96))
    assert flow(on).in_target_pct == 100.0, "to a tenth, as all values are"
    assert flow(on).points_lost == pytest.approx(0.0)
