"""The curve through a window: units, few samples, cost; the noise found and not found."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.signal import lfilter

from mr.metrics.fit import MOST_N, Curve, Noise, NoiseMemory


def _window(rate_hz: float, noise: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A peak of 50 at 110/min, 0.15 s to both sides."""
    t_s = np.arange(-0.15, 0.15, 1 / rate_hz)
    y = 25.0 * (1 + np.cos(11.5 * t_s))
    return t_s, y + noise * np.random.default_rng(seed).standard_normal(t_s.size)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_the_unit_does_not_matter(scale: float) -> None:
    t_s, y = _window(100.0, 0.5)
    one = Curve.through(t_s, y, 50.0).extreme(-0.1, 0.1, Noise(0.5), highest=True)
    other = Curve.through(t_s + 7.0, scale * y, scale * 50.0).extreme(
        6.9, 7.1, Noise(scale * 0.5), highest=True
    )
    assert other.value == pytest.approx(scale * one.value, rel=1e-9)
    assert other.sigma == pytest.approx(scale * one.sigma, rel=1e-6)
    assert other.t_s - 7.0 == pytest.approx(one.t_s, abs=1e-9)


def test_peaks_and_releases_are_mirrored_only_where_nothing_rests() -> None:
    t_s, y = _window(200.0, 0.0)
    curve, upside_down = Curve.through(t_s, y, 50.0), Curve.through(t_s, -y, 50.0)
    peak = curve.extreme(-0.1, 0.1, Noise(1e-4), highest=True)
    release = upside_down.extreme(-0.1, 0.1, Noise(1e-4), highest=False)
    assert peak.value == pytest.approx(50.0, abs=0.01)
    assert release.value == pytest.approx(-50.0, abs=0.02)


def test_a_resting_release_is_its_mean_and_not_the_lowest_of_the_noise() -> None:
    errors = []
    for seed in range(60):
        t_s, _ = _window(100.0, 0.0)
        y = np.maximum(0.0, 50.0 * (np.abs(t_s) - 0.06) / 0.2)
        y = y + np.random.default_rng(seed).standard_normal(t_s.size)
        fit = Curve.through(t_s, y, 50.0).extreme(-0.1, 0.1, Noise(1.0), highest=False)
        errors.append((fit.value, y[np.abs(t_s) < 0.06].min()))
    bottom, lowest = np.mean(errors, axis=0)
    assert abs(bottom) < 0.35
    assert lowest < -1.3


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_few_samples_are_followed_with_a_wide_sigma(n: int) -> None:
    t_s, y = np.linspace(-0.1, 0.1, n), np.linspace(1.0, 3.0, n)
    fit = Curve.through(t_s, y, 50.0).extreme(-0.1, 0.1, Noise(0.01), highest=True)
    assert fit.value == pytest.approx(3.0 if n > 1 else 1.0, abs=0.05)
    assert np.isfinite(fit.sigma)


def test_many_samples_are_averaged_and_nothing_is_lost() -> None:
    t_s, y = _window(2000.0, 1.0)
    curve = Curve.through(t_s, y, 50.0)
    assert len(curve.y) <= MOST_N < len(t_s)
    fit = curve.extreme(-0.1, 0.1, Noise(1.0), highest=True)
    assert fit.value == pytest.approx(50.0, abs=4 * fit.sigma)
    assert fit.sigma < 0.3


def test_the_fastest_fall_is_the_slope_at_the_flank() -> None:
    t_s = np.arange(0.0, 0.3, 0.005)
    curve = Curve.through(t_s, 25.0 * (1 + np.cos(11.5 * t_s)), 50.0)
    fit = curve.fastest_fall(0.05, 0.25, Noise(0.005))
    assert fit.value == pytest.approx(25.0 * 11.5, rel=0.01)
    assert fit.t_s == pytest.approx(np.pi / 2 / 11.5, abs=0.005)


@pytest.mark.parametrize("claimed", [0.0, 0.5, 1.5])
def test_noise_is_found_whatever_the_samples_claim(claimed: float) -> None:
    memory = NoiseMemory(50.0)
    for seed in range(15):
        memory.pool(Curve.through(*_window(200.0, 0.5, seed), 50.0), claimed)
    assert memory.noise.sigma == pytest.approx(0.5, rel=0.15)


@pytest.mark.parametrize(("kept", "least", "most"), [(0.0, 0.85, 1.15), (0.8, 0.7, 2.0)])
def test_noise_with_a_memory_counts_as_more(kept: float, least: float, most: float) -> None:
    """Taken for white, noise that keeps 0.8 of itself would seem to be 0.42 here."""
    memory, rng = NoiseMemory(50.0), np.random.default_rng(5)
    for _ in range(30):
        t_s, y = _window(200.0, 0.0)
        fresh = math.sqrt(1.0 - kept**2) * rng.standard_normal(t_s.size)
        noise = lfilter([1.0], [1.0, -kept], fresh)
        memory.pool(Curve.through(t_s, y + noise, 50.0), 0.0)
    assert least < memory.noise.sigma < most


def test_a_slow_signal_leaves_the_claim_standing() -> None:
    memory = NoiseMemory(50.0)
    for seed in range(15):
        memory.pool(Curve.through(*_window(30.0, 0.5, seed), 50.0), 0.5)
    assert memory.noise.sigma == pytest.approx(0.5, rel=0.15)


def test_a_pace_that_is_nearly_even_is_taken_for_even_and_nothing_is_lost() -> None:
    t_s, y = _window(200.0, 0.1)
    wave_s = 0.005 * np.sin(np.linspace(0.0, 10.0 * np.pi, len(t_s)))
    one, near, far = (Curve.through(t_s + k * wave_s, y, 50.0) for k in (0.0, 0.009, 0.02))
    assert one.basis is near.basis, "remembered"
    assert not far.basis.even, "worked out for these instants"
    fits = [c.extreme(-0.1, 0.1, Noise(0.1), highest=True) for c in (one, near, far)]
    for fit in fits[1:]:
        assert fit.value == pytest.approx(fits[0].value, abs=0.005)
        assert fit.sigma == pytest.approx(fits[0].sigma, rel=0.02)
        assert fit.t_s == pytest.approx(fits[0].t_s, abs=2e-4)
    taken = Curve.through(t_s + 0.2 * wave_s, y, 50.0).extreme(-0.1, 0.1, Noise(0.1), highest=True)
    assert taken.value != pytest.approx(fits[0].value, abs=0.005), "control: far off it would show"
