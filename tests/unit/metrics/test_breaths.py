"""Breaths out of a volume made of ramps."""

from __future__ import annotations

import numpy as np
import pytest

from mr.metrics.breaths import BreathFinder
from mr.types import Ventilation


def _find(volume_ml: np.ndarray, step_s: float = 0.01) -> list[Ventilation]:
    finder = BreathFinder(100.0, lambda t_s: round(t_s * 1e9))
    found = [finder.step(i * step_s, float(v)) for i, v in enumerate(volume_ml)]
    return [*filter(None, found), *filter(None, [finder.finish(len(volume_ml) * step_s)])]


def _ramps(sizes_ml: list[float]) -> np.ndarray:
    """A second in, a second out, a second of rest, for each."""
    t = np.arange(0, 3 * len(sizes_ml), 0.01)
    k = (t // 3).astype(int)
    u = t - 3 * k
    return np.array(sizes_ml)[k] * np.interp(u, [0, 1, 2, 3], [0, 1, 0, 0])


def test_volume_inspiration_and_start() -> None:
    found = _find(_ramps([500.0, 600.0]))
    assert [b.volume_ml.value for b in found] == pytest.approx([500.0, 600.0])
    assert [b.inspiration_s for b in found] == pytest.approx([1.0, 1.0], abs=0.01)
    assert [b.start_ns / 1e9 for b in found] == pytest.approx([0.02, 3.02], abs=0.01)
    assert [b.end_ns / 1e9 for b in found] == pytest.approx([1.8, 4.8], abs=0.02)


def test_what_compressions_move_is_no_breath() -> None:
    t = np.arange(0, 20, 0.01)
    assert _find(45.0 * np.sin(11.5 * t)) == []
    assert len(_find(55.0 * np.sin(11.5 * t))) > 0  # the same motion over the limit is


def test_a_drifting_rest_does_not_make_breaths() -> None:
    t = np.arange(0, 120, 0.01)
    assert _find(10.0 * t) == []


def test_a_breath_cut_off_by_the_end_is_kept() -> None:
    found = _find(_ramps([500.0])[:90])
    assert len(found) == 1
    assert found[0].volume_ml.value == pytest.approx(445.0)
