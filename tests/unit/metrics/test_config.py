"""Settings of the metrics: bounds, and the minimum excursion of an unscaled signal."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from mr.errors import AnalysisError
from mr.metrics import MetricsConfig


def test_unknown_keys_and_bad_bounds_are_refused() -> None:
    with pytest.raises(ValidationError, match="min_excursion_mm"):
        MetricsConfig.model_validate({"min_excursion_mm": 10})
    with pytest.raises(ValidationError, match="min_excursion_m"):
        MetricsConfig(min_excursion_m=0.0)


@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (1.0, 900.0), (3000.0, -5.0)])
def test_uncalibrated_minimum_is_a_fifth_of_the_typical_excursion(
    scale: float, offset: float
) -> None:
    t_s = np.arange(0, 60, 0.01)
    noise = np.random.default_rng(3).standard_normal(t_s.size)
    pressing = (t_s > 20) & (t_s < 40)
    au = offset + scale * (np.where(pressing, 0.5 - 0.5 * np.cos(11.5 * t_s), 0.0) + 0.02 * noise)
    au[1000] += 30 * scale  # a spike is not an excursion
    config = MetricsConfig.for_uncalibrated(au)
    assert config.min_excursion_m == pytest.approx(0.2 * scale, rel=0.1)
    assert not config.signal_calibrated


@pytest.mark.parametrize("bad", [np.zeros(500), np.zeros(3), np.array([0, 1, np.nan, 1, 0, 1.0])])
def test_a_signal_that_says_nothing_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(AnalysisError, match="depth_au"):
        MetricsConfig.for_uncalibrated(bad)
