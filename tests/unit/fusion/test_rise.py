"""A breath as a camera sees it: the bare chest rises."""

from __future__ import annotations

import numpy as np

from mr.fusion.rise import SETTLE_S, ChestRise
from mr.metrics import MetricsConfig, MetricsStepper
from mr.types import ChestSample, Stamp, Ventilation

HZ = 60.0
NOISE_M = 0.0008


def breaths_found(rise_mm: float, seed: int = 1) -> list[Ventilation]:
    """Two breaths of a second each, seen by a noisy camera; what the metrics make of them."""
    rng = np.random.default_rng(seed)
    t_s = np.arange(0.0, 9.0, 1 / HZ)
    lifted = sum(np.exp(-(((t_s - start) / 0.45) ** 2)) for start in (2.5, 6.0))
    height_m = 1e-3 * rise_mm * lifted + rng.normal(0.0, NOISE_M, t_s.size)
    rise, stepper = ChestRise(), MetricsStepper(MetricsConfig())
    events = []
    for t, z_m in zip(t_s, height_m, strict=True):
        sample = ChestSample(
            Stamp(round(t * 1e9), 0),
            depth_m=0.0,
            velocity_m_s=0.0,
            sigma_m=0.001,
            sources=("a",),
            hands="off",
            chest_rise_m=rise.step("a", float(t), float(z_m)),
        )
        events += stepper.step(sample)
    events += stepper.finish()
    return [e for e in events if isinstance(e, Ventilation)]


def test_two_breaths_are_two_and_none_is_none() -> None:
    for seed in range(5):
        found = breaths_found(7.0, seed)
        assert len(found) == 2
        starts_s = [b.start_ns * 1e-9 for b in found]
        assert np.abs(np.array(starts_s) - [2.5 - 0.7, 6.0 - 0.7]).max() < 0.5
        assert breaths_found(0.0, seed) == [], "noise alone is no breath"


def test_its_volume_is_not_known_and_the_reason_says_what_was_seen() -> None:
    breath = breaths_found(7.0)[0]
    assert breath.volume_ml.value is None
    assert "only the chest's rise was seen, by " in breath.volume_ml.why
    seen_mm = float(breath.volume_ml.why.split()[-2])
    assert 5.0 <= seen_mm <= 9.0


def test_one_of_two_cameras_tells_it() -> None:
    """Two cameras see the chest at heights of their own; alternating they would be breaths."""
    rise = ChestRise()
    told = []
    for k in range(60):
        t_s = k / 30
        told.append(rise.step("a", t_s, 0.000))
        assert rise.step("b", t_s + 0.01, 0.006) is None
    assert max(t for t in told if t is not None) < 1e-6
    # When the first falls silent, the other takes its place, and settles first.
    assert rise.step("b", 5.0, 0.006) is None
    after = [rise.step("b", 5.0 + k / 30, 0.006) for k in range(1, 30)]
    assert after[-1] is not None
    assert sum(a is None for a in after) <= SETTLE_S * 30 + 1
