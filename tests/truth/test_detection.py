"""Compressions are found in hard signals, and shown soon: a smaller set than the bench's.

The truth is the definition read on the motion without noise (`tests.bench.hard`).
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from tests.bench.detection import Tally, found, score, spoiled
from tests.bench.hard import KINDS, LEAST_MM, MOST_S, NOISES_MM, defined, hard_signal
from tests.bench.hard_set import HELD_OUT, Result, measure_signal

FIRST_SEED, NOISE_MM = 400_000, 1.0
A_QUARTER = 78


@pytest.fixture(scope="module")
def results() -> list[Result]:
    """One signal of each kind, sample by sample."""
    return [measure_signal(FIRST_SEED + k, NOISE_MM) for k in range(len(KINDS))]


def _total(tallies: list[Tally]) -> Tally:
    return sum(tallies, Tally())


def test_compressions_are_found_and_none_invented() -> None:
    """In a quarter of the bench's signals: every noise up to 3 mm, white and with a memory."""
    signals = [hard_signal(HELD_OUT + k) for k in range(A_QUARTER)]
    assert {s.kind for s in signals} == set(KINDS)
    assert {(s.noise_mm, s.coloured) for s in signals} == set(product(NOISES_MM, (False, True)))
    total = _total([found(s) for s in signals])
    assert total.n_true > 4500
    assert total.precision >= 0.999
    assert total.recall >= 0.999


def test_it_does_not_matter_how_samples_come(results: list[Result]) -> None:
    assert [found(r.signal) for r in results] == [r.tally for r in results]


def test_a_wrong_truth_shows(results: list[Result]) -> None:
    """One in twenty is dropped from the truth, and as many are invented."""
    rng = np.random.default_rng(1)
    total = _total([score(spoiled(r.signal, rng).presses, r.heard.peaks_s) for r in results])
    assert total.precision < 0.97
    assert total.recall < 0.97


@pytest.mark.parametrize(("delay_s", "most_s", "soon"), [(0.0, 0.06, True), (0.04, 0.06, False)])
def test_a_peak_is_shown_within_60_ms(
    results: list[Result], delay_s: float, most_s: float, soon: bool
) -> None:
    """All but two in a thousand, where noise holds the turn back; 40 ms more would show."""
    late_s = delay_s + np.concatenate([r.late_s for r in results])
    assert late_s.size > 800
    assert (np.quantile(late_s, 0.998) <= most_s) == soon


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
