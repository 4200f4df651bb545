"""Compressions are found in hard signals, and shown soon: a smaller set than the bench's.

The truth is the definition read on the motion without noise (`tests.bench.hard`).
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.bench.detection import Tally, score, spoiled
from tests.bench.hard import KINDS, LEAST_MM, MOST_S, defined
from tests.bench.hard_set import Result, measure_signal

FIRST_SEED, NOISE_MM = 400_000, 1.0


@pytest.fixture(scope="module")
def results() -> list[Result]:
    """One signal of each kind; the bench has the noisier ones."""
    return [measure_signal(FIRST_SEED + k, NOISE_MM) for k in range(len(KINDS))]


def _total(tallies: list[Tally]) -> Tally:
    return sum(tallies, Tally())


def test_compressions_are_found_and_none_invented(results: list[Result]) -> None:
    found = _total([r.tally for r in results])
    assert found.n_true > 800
    assert {r.signal.kind for r in results} == set(KINDS)
    assert found.precision >= 0.999
    assert found.recall >= 0.996  # 0.999 is wanted: see decision 0020 for what is missed


def test_a_wrong_truth_shows(results: list[Result]) -> None:
    """One in twenty is dropped from the truth, and as many are invented."""
    rng = np.random.default_rng(1)
    found = _total([score(spoiled(r.signal, rng).presses, r.heard.peaks_s) for r in results])
    assert found.precision < 0.97
    assert found.recall < 0.97


@pytest.mark.parametrize(("delay_s", "most_s", "soon"), [(0.0, 0.06, True), (0.04, 0.06, False)])
def test_a_peak_is_shown_within_60_ms(
    results: list[Result], delay_s: float, most_s: float, soon: bool
) -> None:
    """All but one in two hundred, where noise holds the turn back; 40 ms more would show."""
    late_s = delay_s + np.concatenate([r.late_s for r in results])
    assert late_s.size > 800
    assert (np.quantile(late_s, 0.995) <= most_s) == soon


@pytest.mark.parametrize(("size_mm", "n"), [(9.9, 0), (10.1, 20)])
def test_the_truth_counts_what_the_definition_says(size_mm: float, n: int) -> None:
    t_s = np.arange(0.0, 22.0, 0.0025)
    phase = np.clip(t_s - 1.0, 0.0, 20.0)
    mm = 5.0 + 0.5 * size_mm * (1.0 - np.cos(2 * np.pi * phase))
    assert len(defined(t_s, mm, LEAST_MM, MOST_S)) == n


@pytest.mark.parametrize(("hold_s", "n"), [(1.0, 1), (3.0, 0)])
def test_the_truth_knows_a_hold(hold_s: float, n: int) -> None:
    t_s = np.arange(0.0, 8.0, 0.0025)
    mm = np.interp(t_s, [2.0, 2.3, 2.3 + hold_s, 2.6 + hold_s], [0.0, 40.0, 40.0, 0.0])
    assert len(defined(t_s, mm, LEAST_MM, MOST_S)) == n
