"""Fatigue is a trend within cycles; a pause's rest and a sensor's bias are none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mr.metrics.trend import breath_rate_per_min, depth_trend_mm_min
from mr.types import Compression, Measured, Pause, Ventilation

UNKNOWN = Measured.unknown("not in this test")


def _compressions(depth_mm: np.ndarray, t_s: np.ndarray) -> list[Compression]:
    return [
        Compression(
            k, round(1e9 * t) - 1, round(1e9 * t), round(1e9 * t) + 1, Measured(float(d), 0.1),
            UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, (UNKNOWN, UNKNOWN),
        )
        for k, (t, d) in enumerate(zip(t_s, depth_mm, strict=True))
    ]  # fmt: skip


def _cycles(
    slope_mm_min: float, seed: int, n_cycles: int = 5
) -> tuple[list[Compression], list[Pause]]:
    """Thirty compressions, five seconds of pause, and so on; each cycle begins where it likes."""
    rng = np.random.default_rng(seed)
    t_s, depth_mm, pauses = [], [], []
    for k in range(n_cycles):
        own_s = 0.545 * np.arange(30)
        t_s.append(22.0 * k + own_s)
        depth_mm.append(rng.uniform(48, 58) + slope_mm_min * own_s / 60 + rng.normal(0, 1.0, 30))
        pauses.append(
            Pause(round(1e9 * (22.0 * k + 16.2)), round(1e9 * (22.0 * k + 21.8)), "unknown")
        )
    return _compressions(np.concatenate(depth_mm), np.concatenate(t_s)), pauses


def test_the_trend_within_cycles_is_found_with_an_honest_sigma() -> None:
    off = []
    for seed in range(200):
        trend = depth_trend_mm_min(*_cycles(-12.0, seed))
        assert trend.value is not None
        assert trend.sigma is not None
        off.append((trend.value + 12.0) / trend.sigma)
    assert abs(np.mean(off)) < 0.25
    assert 0.9 < np.std(off) < 1.1
    assert not 0.9 < np.std(np.array(off) * 2) < 1.1, "control: half the sigma would show"


def test_levels_that_differ_from_cycle_to_cycle_are_no_fatigue() -> None:
    compressions, pauses = _cycles(0.0, 3)
    trend = depth_trend_mm_min(compressions, pauses)
    assert trend.value == pytest.approx(0.0, abs=4 * (trend.sigma or 0.0))
    falling = [replace(c, depth_mm=Measured(56.0 - k // 30)) for k, c in enumerate(compressions)]
    without = depth_trend_mm_min(falling, [])
    assert without.value is not None
    assert without.value < -2.0, "control: as one cycle, steps between cycles look like fatigue"


def test_too_little_is_unknown() -> None:
    compressions, pauses = _cycles(-12.0, 1, n_cycles=1)
    assert "20 s" in depth_trend_mm_min(compressions, pauses).why
    assert "10 compressions" in depth_trend_mm_min(compressions[:9], pauses).why


def test_the_rate_of_breaths() -> None:
    def breath(start_s: float) -> Ventilation:
        return Ventilation(round(1e9 * start_s), round(1e9 * start_s) + 10**9, Measured(500.0), 1.0)

    assert breath_rate_per_min([breath(6.0 * k) for k in range(5)]).value == pytest.approx(10.0)
    assert breath_rate_per_min([breath(0.0)]).why == "fewer than two breaths"
