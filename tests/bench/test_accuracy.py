"""The bench's comparison finds the faults it is there to find."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mr.blocks import ChestBlock
from mr.config import Mode
from mr.metrics.config import MetricsConfig
from mr.scoring.profiles import load_guideline
from mr.session.outcome import Outcome, judge_motion
from mr.sim.learner import make_script
from mr.sim.script import Script
from mr.types import ChestSample, Stamp
from tests.bench.accuracy import Fault, compare, coverage, figures, match
from tests.bench.sessions import GUIDELINE
from tests.bench.stopwatch import Timing, contest

START_NS = 5_000_000_000


@pytest.fixture(scope="module")
def script() -> Script:
    return make_script("good", Mode.HANDS_ONLY, 8.0, 1)


@pytest.fixture(scope="module")
def outcome(script: Script) -> Outcome:
    """What a sensor without any noise would have measured of the script."""
    t_s = np.arange(0.0, script.duration_s, 0.005)
    depth_m, velocity_m_s = script.chest_depth_m(t_s), script.chest_velocity_m_s(t_s)
    samples = [
        ChestSample(Stamp(START_NS + round(t * 1e9), 0), float(d), float(v), 1e-5, ("exact",))
        for t, d, v in zip(t_s, depth_m, velocity_m_s, strict=True)
    ]
    guideline = load_guideline(GUIDELINE)
    return judge_motion(
        [ChestBlock.of(samples)], MetricsConfig(), guideline, Mode.HANDS_ONLY, "sim"
    )


def test_a_sensor_without_noise_agrees_with_the_truth(script: Script, outcome: Outcome) -> None:
    found = figures(compare(script, START_NS, outcome))
    assert (found["n_missed"], found["n_extra"]) == (0, 0)
    assert found["n_true"] == script.truth().count
    assert found["depth_rms_mm"] < 0.1


def test_a_shifted_truth_shows(script: Script, outcome: Outcome) -> None:
    found = figures(compare(script, START_NS, outcome, Fault(deeper_mm=5.0)))
    assert found["depth_bias_mm"] == pytest.approx(-5.0, abs=0.1)
    assert found["release_rms_mm"] == pytest.approx(5.0, abs=0.1)


def test_a_dropped_compression_shows(script: Script, outcome: Outcome) -> None:
    found = figures(compare(script, START_NS, outcome, Fault(drop=True)))
    assert (found["n_missed"], found["n_extra"]) == (0, 1)
    fewer = replace(outcome, compressions=outcome.compressions[1:])
    found = figures(compare(script, START_NS, fewer))
    assert (found["n_missed"], found["n_extra"]) == (1, 0)


def test_a_part_is_compared_with_its_own_part(script: Script, outcome: Outcome) -> None:
    middle_s = 0.5 * script.duration_s
    found = figures(compare(script, START_NS, outcome, from_s=middle_s))
    later = [c for c in script.truth().compressions if c.onset_s >= middle_s]
    assert found["n_true"] == len(later) > 0
    assert (found["n_missed"], found["n_extra"]) == (0, 0)


def test_compressions_are_matched_by_time() -> None:
    assert match([1.0, 2.0, 3.0], [1.02, 2.9]) == [(0, 0), (2, 1)]
    assert match([1.0, 2.0], [1.5]) == []
    assert match([], [1.0]) == []


def test_coverage_follows_the_claimed_sigma(script: Script, outcome: Outcome) -> None:
    errors = compare(script, START_NS, outcome)
    normal = np.random.default_rng(7).normal(0.0, 1.0, 4000)
    errors.known["depth_mm"] = np.stack([normal, np.ones(4000)], axis=1)
    row = coverage(errors)["depth_mm"]
    assert row["claimed_pct"] == pytest.approx(95.0, abs=1.5)
    assert row["half_pct"] == pytest.approx(67.3, abs=3.0)
    assert row["double_pct"] > 99.5


def test_a_ratio_is_work_over_baseline_taken_in_turns() -> None:
    assert Timing("work", "s", 3.0, "base", 1.5).ratio == 2.0
    calls: list[str] = []
    contest("w", "s", lambda: calls.append("w"), "b", lambda: calls.append("b"), per=1.0, rounds=2)
    assert calls == ["w", "b", "w", "b"]
