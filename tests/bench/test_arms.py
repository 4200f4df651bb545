"""The bench of the arms counts what it says it counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from mr.tracking.arms import ArmLook
from mr.types import Measured
from tests.bench.arms import (
    GROUPS,
    ROWS,
    ArmResult,
    arms_figures,
    arms_table,
    plans,
    true_angles_deg,
    wilson,
)

N = 40


def deg(value: float) -> Measured:
    return Measured(float(np.radians(value)), float(np.radians(4.0)))


def result(bend_deg: float, lean_deg: float, group: str = GROUPS[0]) -> ArmResult:
    """Give a session in which every look said the same; its truth is straight and 5 deg."""
    look = ArmLook((deg(2.0), deg(bend_deg)), deg(lean_deg), 1.0, 99)
    t_ns = [round(k * 0.15e9) for k in range(N)]
    return ArmResult(replace(plans()[0], group=group), [look] * N, (0.0, 0.0), [5.0] * N, t_ns)


def test_alarms_follow_the_looks() -> None:
    assert result(5.0, 5.0).alarms() == frozenset()
    assert result(30.0, 5.0).alarms() == {"elbows_bent"}
    assert result(5.0, 20.0).alarms() == {"shoulders_back"}


def test_errors_are_against_the_truth() -> None:
    found = np.array(result(8.0, 9.0).errors("lean"))
    assert np.allclose(found, [4.0, 4.0])
    assert set(np.round(np.array(result(8.0, 9.0).errors("bend"))[:, 0], 6)) == {2.0, 8.0}
    unknown = ArmLook((Measured.unknown("x"), Measured.unknown("x")), Measured.unknown("x"), 0, 0)
    assert replace(result(8.0, 9.0), looks=[unknown] * N).errors("bend") == []


def test_the_table_counts_a_false_alarm() -> None:
    def first_row(results: list[ArmResult]) -> str:
        console = Console(width=250)
        with console.capture() as shown:
            console.print(arms_table(arms_figures(results)))
        return next(line for line in shown.get().splitlines() if ROWS[0][0] in line)

    assert first_row([result(5.0, 5.0)] * 3).split("elbows")[1].split()[:2] == ["3", "0"]
    assert first_row([result(5.0, 5.0), result(30.0, 5.0)]).split("elbows")[1].split()[:2] == [
        "2",
        "1",
    ]


def test_wilson_intervals_are_those_of_the_tables() -> None:
    assert wilson(0, 60) == pytest.approx((0.0, 0.0602), abs=1e-3)
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-3)
    assert wilson(0, 0) == (0.0, 1.0)


def test_plans_are_what_their_groups_say() -> None:
    sessions = plans()
    assert sum(s.group == GROUPS[0] for s in sessions) >= 60
    for session in sessions[::9]:
        script = session.script()
        bends, lean_deg = true_angles_deg(script, script.compressions[2].peak_s, session.physique)
        assert (min(bends) > 24.0) == (session.group == GROUPS[1])
        assert (lean_deg > 15.5) == (session.group == GROUPS[2])
        assert max(bends) < 0.1 or session.group == GROUPS[1]
