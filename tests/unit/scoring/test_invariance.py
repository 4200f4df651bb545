"""What must not change a score: when the session was, and a file that was cut in a pause.

A file that is cut gives two sessions; together they must have lost exactly what the whole
one lost, item by item.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mr.config import Mode
from mr.metrics.strokes import FIRST
from mr.metrics.summary import summarise
from mr.scoring.due import due_breaths
from mr.scoring.performance import Performance
from mr.scoring.profiles import load_guideline
from mr.scoring.score import score_performance
from mr.types import Measured
from tests.unit.scoring.played import Press, later, played, score_later

GUIDELINE = load_guideline("erc-2025-adult-bls")
SEEN = st.builds(
    Press,
    st.floats(0.05, 3.0),
    st.floats(30.0, 70.0),
    st.sampled_from([0, 0, 0, 1, 2, 3]),
    st.sampled_from([*[False] * 9, True]),
)


def shifted(performance: Performance, by_ns: int) -> Performance:
    assert performance.bounds_ns is not None
    first_ns, last_ns = performance.bounds_ns
    return replace(
        performance,
        compressions=[later(c, by_ns) for c in performance.compressions],
        ventilations=[later(v, by_ns) for v in performance.ventilations],
        pauses=[later(p, by_ns) for p in performance.pauses],
        shocks_ns=[t + by_ns for t in performance.shocks_ns],
        bounds_ns=(first_ns + by_ns, last_ns + by_ns),
        holes_ns=[(a + by_ns, b + by_ns) for a, b in performance.holes_ns],
    )


@settings(max_examples=80, deadline=None)
@given(
    st.lists(SEEN, min_size=1, max_size=40),
    st.lists(st.floats(0.0, 60.0), max_size=3),
    st.sampled_from([m for m in Mode if m is not Mode.C15_2]),
    st.booleans(),
    st.integers(-(10**15), 10**15),
)
def test_when_it_was_changes_nothing_but_times(
    presses: list[Press], shocks_s: list[float], mode: Mode, airway: bool, by_ns: int
) -> None:
    here = played(presses, before_s=2.0, after_s=1.0, airway_measured=airway, shocks_s=shocks_s)
    score, moved = (score_performance(p, GUIDELINE, mode) for p in (here, shifted(here, by_ns)))
    assert score_later(score, by_ns) == moved


def test_bounds_that_stay_behind_are_no_shift() -> None:
    """Negative control."""
    here = played([Press()] * 20, before_s=10.0)
    wrong = replace(shifted(here, 10**9), bounds_ns=here.bounds_ns)
    score, moved = (score_performance(p, GUIDELINE, Mode.HANDS_ONLY) for p in (here, wrong))
    assert score_later(score, 10**9) != moved


def part(performance: Performance, from_ns: int, to_ns: int) -> Performance:
    """Give what a file would hold that begins and ends there."""
    pressed = [c for c in performance.compressions if from_ns <= c.onset_ns < to_ns]
    if pressed:
        pressed[0] = replace(pressed[0], rate_cpm=Measured.unknown(FIRST))
    breaths = [v for v in performance.ventilations if from_ns <= v.start_ns < to_ns]
    pauses = [p for p in performance.pauses if from_ns <= p.start_ns and p.end_ns <= to_ns]
    summary = summarise([*pressed, *breaths, *pauses], from_ns, to_ns)
    return replace(
        performance,
        compressions=pressed,
        ventilations=breaths,
        pauses=pauses,
        ccf_pct=summary.ccf_pct,
        bounds_ns=(from_ns, to_ns),
    )


def lost(performance: Performance) -> dict[str, float]:
    """Sum what compressions and breaths lost, each worth 1, and the time in compressions."""
    score = score_performance(performance, GUIDELINE, Mode.C30_2)
    values = {i.key: i.value_pct for i in score.items if i.value_pct is not None}
    n = len(performance.compressions)
    found = {key: n * (100.0 - values[key]) for key in ("depth", "recoil", "hands")}
    breaks = {p.end_ns for p in performance.pauses if p.kind != "ventilation"}
    n_rates = sum(
        c.rate_cpm.value is not None or c.onset_ns in breaks for c in performance.compressions
    )
    found["rate"] = n_rates * (100.0 - values["rate"])
    found["missing"] = due_breaths(performance, Mode.C30_2, None).missing
    assert performance.bounds_ns is not None and performance.ccf_pct.value is not None
    first_ns, last_ns = performance.bounds_ns
    return {**found, "active": performance.ccf_pct.value / 100.0 * (last_ns - first_ns) / 1e9}


def parts_add_up(performance: Performance, at_ns: int) -> bool:
    assert performance.bounds_ns is not None
    first_ns, last_ns = performance.bounds_ns
    whole = lost(performance)
    one, other = (
        lost(p) for p in (part(performance, first_ns, at_ns), part(performance, at_ns, last_ns))
    )
    together = {key: one[key] + other[key] for key in whole}
    return together == pytest.approx(whole, abs=1e-6)


RUN = st.lists(
    st.builds(Press, st.floats(0.05, 1.6), st.floats(30.0, 70.0)), min_size=20, max_size=45
)


@settings(max_examples=60, deadline=None)
@given(RUN, RUN)
def test_two_files_cut_behind_the_breaths_lose_what_one_lost(
    before: list[Press], after: list[Press]
) -> None:
    resumed = Press(4.0, breaths=2)
    assert parts_add_up(*_cut([*before, resumed, *after], len(before)))


def _cut(presses: list[Press], k: int) -> tuple[Performance, int]:
    whole = played(presses)
    return whole, whole.compressions[k].onset_ns


def test_two_files_cut_amid_a_set_lose_otherwise() -> None:
    """Negative control: an interval is gone, and so is a set."""
    slow = [Press(0.5)] * 40
    assert not parts_add_up(*_cut(slow, 20))
    assert parts_add_up(*_cut([*slow, Press(4.0, breaths=2), *slow], 40))
