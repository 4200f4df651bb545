"""A fault of the arms is named when it has lasted, and only then."""

from __future__ import annotations

import numpy as np
import pytest

from mr.coaching.arms import ArmAlarm
from mr.types import ArmPosture, Arrival, Measured, Stamp

STRAIGHT, BENT = Measured(0.1, 0.05), Measured(float(np.radians(30.0)), 0.05)
UPRIGHT, BEHIND = Measured(0.1, 0.05), Measured(float(np.radians(20.0)), 0.05)
UNKNOWN = Measured.unknown("hidden")


def told(
    alarm: ArmAlarm,
    from_s: float,
    to_s: float,
    bend: Measured = STRAIGHT,
    lean: Measured = UPRIGHT,
    camera: str = "a",
) -> ArmAlarm:
    for t_s in np.arange(from_s, to_s + 1e-9, 0.2):
        t_ns = round(1e9 * t_s)
        at, stamp = Arrival("arms", 0, 0, t_ns), Stamp(t_ns, 0)
        alarm.step(ArmPosture(at, stamp, camera, (STRAIGHT, bend), lean, 1.0, 99))
    return alarm


def test_a_fault_is_named_after_three_seconds() -> None:
    assert told(ArmAlarm(), 0.0, 2.8, BENT).lasting() == frozenset()
    assert told(ArmAlarm(), 0.0, 3.0, BENT).lasting() == {"elbows_bent"}
    assert told(ArmAlarm(), 0.0, 3.0, lean=BEHIND).lasting() == {"shoulders_back"}
    assert told(ArmAlarm(), 0.0, 3.0, BENT, BEHIND).lasting() == {"elbows_bent", "shoulders_back"}
    assert told(ArmAlarm(), 0.0, 9.0).lasting() == frozenset()


def test_one_good_look_takes_it_back() -> None:
    alarm = told(told(ArmAlarm(), 0.0, 2.8, BENT), 3.0, 3.0)
    assert told(alarm, 3.2, 6.0, BENT).lasting() == frozenset()
    assert told(alarm, 6.2, 6.2, BENT).lasting() == {"elbows_bent"}
    assert told(alarm, 6.4, 6.4).lasting() == frozenset()


@pytest.mark.parametrize(("unseen_s", "named"), [(0.8, {"shoulders_back"}), (1.4, set())])
def test_what_is_not_seen_is_neither_good_nor_bad(unseen_s: float, named: set[str]) -> None:
    alarm = told(ArmAlarm(), 0.0, 3.0, lean=BEHIND)
    assert told(alarm, 3.2, 3.0 + unseen_s, lean=UNKNOWN).lasting() == named


def test_two_halves_with_a_gap_between_are_not_one_fault() -> None:
    alarm = told(told(ArmAlarm(), 0.0, 2.0, lean=BEHIND), 4.0, 6.0, lean=BEHIND)
    assert alarm.lasting() == frozenset()
    assert told(alarm, 6.2, 7.0, lean=BEHIND).lasting() == {"shoulders_back"}


def test_cameras_do_not_add_up() -> None:
    alarm = told(ArmAlarm(), 0.0, 1.8, BENT, camera="a")
    assert told(alarm, 2.0, 3.4, BENT, camera="b").lasting() == frozenset()
    assert told(alarm, 3.6, 5.0, BENT, camera="b").lasting() == {"elbows_bent"}
