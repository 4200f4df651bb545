"""Decide which turning points make a compression, and measure it.

Takes confirmed turns and the history, gives `Stroke`s (peak between two releases, all
fitted) and `Compression`s; leaves pauses, breaths and the live state to the stepper.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mr.metrics.config import MetricsConfig
from mr.metrics.fit import FAITHFUL_M, Fit, NoiseMemory, Polynomial, fit_fastest_fall, roughness
from mr.metrics.turning import History, Turn
from mr.types import ChestSample, Compression, Measured

EDGE = 0.10
"""Onset and release are where the chest passes a tenth of its travel."""
TOP = (0.35, 0.15, 0.06, 0.025)
BOTTOM = (0.12, 0.05)
"""Shares of the travel that are fitted around a peak and a release: the widest window
that a polynomial follows to within the noise."""
LEAST_N = 9
"""Fewer samples are not split further; so many around the extreme are the last resort."""
FAR = 0.60
"""A window of few samples (a slow camera) may reach this far to have seven."""

CHORD = (0.60, 0.80)
SHAPE_S = 0.004
"""By how much a chord's middle wanders about the peak as one learner's shape varies. It
cannot be learnt from flat tops: their fitted peaks jump by more than they claim."""

DIP_M = 0.001
RIVAL_M = 0.003
"""A second hump stands behind a dip of 1 mm and is within 3 mm of the peak."""

NO_SCALE = "the signal is not calibrated"
NO_ZERO = "the unloaded zero is not known"


@dataclass(frozen=True, slots=True)
class Level:
    """A turning point with its fitted value."""

    turn: Turn
    fit: Fit
    bias_m: float
    zero_known: bool


@dataclass(frozen=True, slots=True)
class Stroke:
    """A peak between the release before it and the release after it."""

    before: Level
    peak: Level
    after: Level
    after_known: bool = True


class Fitter:
    """Turns candidates into fitted levels; remembers the noise."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._noise = NoiseMemory()
        self._rough = NoiseMemory()
        self._force_noise = NoiseMemory()

    def on(self, history: History) -> Fitter:
        """Go on with another history, remembering the noise."""
        self._history = history
        return self

    @property
    def noise_m(self) -> float:
        """One-sigma of a single sample, pooled over the strokes of the last seconds."""
        return math.sqrt(self._noise.variance)

    def level(self, turn: Turn, travel_m: float) -> Level:
        """Fit the raw samples around `turn`; `travel_m` is the stroke's rough travel."""
        peak = turn.kind == "peak"
        poly, (a, b), noise_var = self._widest(turn, travel_m, peak)
        fit = poly.extreme(self._noise)
        around = self._history.samples[a:b]
        # White noise is in the fit's sigma already; the rest of the samples' is bias.
        claimed = sum(s.sigma_m**2 for s in around) / len(around)
        bias_m = math.sqrt(max(claimed - noise_var, 0.0))
        return Level(turn, fit, bias_m, all(s.zero_known for s in around))

    def _widest(
        self, turn: Turn, travel_m: float, peak: bool
    ) -> tuple[Polynomial, tuple[int, int], float]:
        """Fit the widest window that a polynomial follows; its list bounds; the noise."""
        shares, degrees = (TOP, (3, 4)) if peak else (BOTTOM, (0, 2, 3, 4))
        noise_var: float | None = None
        for share in shares:
            a, b = self._history.window(turn.k, share * travel_m, FAR * travel_m)
            t_s, y = self._history.raw(a, b)
            poly = Polynomial.best(t_s, y, turn.t_s, degrees, highest=peak)
            if noise_var is None:
                noise_var = self._rough.pool(*roughness(y))
            if len(t_s) <= LEAST_N or poly.follows(y, noise_var):
                return poly, (a, b), noise_var
        assert noise_var is not None
        k = int(np.argmax(poly.sign * poly.fitted()))
        a, b = a + max(k - LEAST_N // 2, 0), min(a + k + LEAST_N // 2 + 1, b)
        t_s, y = self._history.raw(a, b)
        poly = Polynomial.best(t_s, y, float(t_s[len(t_s) // 2]), (2,), highest=peak)
        return poly, (a, b), noise_var

    def force_peak(self, samples: list[ChestSample], t_s: list[float]) -> Measured:
        """Fit the highest force of a compression."""
        pairs = [(t, s.force_n) for t, s in zip(t_s, samples, strict=True) if s.force_n is not None]
        if len(pairs) < 3:
            return Measured.unknown("no force was measured")
        t = np.array([p[0] for p in pairs])
        force = np.array([p[1] for p in pairs])
        hint = int(np.argmax(np.convolve(force, np.ones(5) / 5.0, mode="same")))
        near = np.abs(t - t[hint]) <= 0.06
        poly = Polynomial.best(t[near], force[near], float(t[hint]), (2, 3, 4), highest=True)
        fit = poly.extreme(self._force_noise)
        return Measured(fit.value, fit.sigma)


def _depth_mm(level: Level, config: MetricsConfig) -> Measured:
    if not config.signal_calibrated:
        return Measured.unknown(NO_SCALE)
    if not level.zero_known:
        return Measured.unknown(NO_ZERO)
    # Bias is not lessened by a fit over many samples, nor is what a polynomial misses.
    sigma_m = math.hypot(level.fit.sigma, level.bias_m, FAITHFUL_M)
    return Measured(1e3 * level.fit.value, 1e3 * sigma_m)


def _hand_offset_mm(samples: list[ChestSample]) -> tuple[Measured, Measured]:
    seen = [s for s in samples if s.hand_offset_m is not None]
    if not seen:
        unknown = Measured.unknown("the hand's position was not measured")
        return unknown, unknown
    offsets = np.array([s.hand_offset_m for s in seen])
    mean = 1e3 * np.mean(offsets, axis=0)
    sigmas = [s.hand_sigma_m for s in seen if s.hand_sigma_m is not None]
    # Errors of the hand's position are nearly the same all through one stroke.
    sigma = 1e3 * math.sqrt(sum(v * v for v in sigmas) / len(sigmas)) if sigmas else None
    return Measured(float(mean[0]), sigma), Measured(float(mean[1]), sigma)


@dataclass(frozen=True, slots=True)
class Edges:
    """Times (s) at which one compression passes its levels."""

    onset_s: float
    half_in_s: float
    half_out_s: float
    release_s: float
    chord_s: float
    """Middle of the chord through the upper flanks; follows the peak at a fixed distance."""
    chord_sigma_s: float
    rival_s: float
    """Distance of a second hump about as deep as the peak; 0 when there is none."""


def _rival_s(history: History, k: int, half_in_s: float, half_out_s: float) -> float:
    """Find a second hump of the top: either may be the deeper one by chance."""
    i = history.at(k)
    best_s = 0.0
    for step, end in ((-1, history.index_at(half_in_s)), (1, history.index_at(half_out_s))):
        low_m = history.smooth[i]
        for j in range(i, end, step):
            y_m = history.smooth[j]
            low_m = min(low_m, y_m)
            if y_m > max(low_m + DIP_M, history.smooth[i] - RIVAL_M):
                best_s = max(best_s, abs(history.t_s[j] - history.t_s[i]))
    return best_s


def edges(stroke: Stroke, history: History, noise_m: float) -> Edges:
    """Find onset, both half-depth crossings, release and the chord of the upper flanks."""
    before, peak, after = stroke.before.turn, stroke.peak.turn, stroke.after.turn
    rise, fall = peak.y - before.y, peak.y - after.y

    def crossings(share: float) -> tuple[float, float]:
        return (
            history.crossing(peak.k, before.k, before.y + share * rise),
            history.crossing(peak.k, after.k, after.y + share * fall),
        )

    onset_s, release_s = crossings(EDGE)
    half_in_s, half_out_s = crossings(0.5)
    low, high = crossings(CHORD[0]), crossings(CHORD[1])
    flank_s = max(0.5 * (high[0] - low[0] + low[1] - high[1]), 1e-3)
    speed_m_s = (CHORD[1] - CHORD[0]) * 0.5 * (rise + fall) / flank_s
    n = max(history.index_at(half_out_s) - history.index_at(half_in_s), 1)
    together = max(n * history.smoothing_s / max(half_out_s - half_in_s, 1e-3), 1.0)
    noise_s = noise_m / math.sqrt(2.0 * together) / speed_m_s
    rival_s = _rival_s(history, peak.k, half_in_s, half_out_s)
    return Edges(
        onset_s,
        half_in_s,
        half_out_s,
        release_s,
        0.25 * (low[0] + low[1] + high[0] + high[1]),
        math.hypot(noise_s, SHAPE_S, 0.5 * rival_s),
        rival_s,
    )


@dataclass(frozen=True, slots=True)
class Beat:
    """When one compression was, twice: by its peak and by its chord."""

    peak: Fit
    at: Edges

    @property
    def peak_var(self) -> float:
        """Variance of the peak's instant (s²), a second hump's distance included."""
        return self.peak.t_sigma_s**2 + 0.25 * self.at.rival_s**2

    def since(self, earlier: Beat) -> tuple[float, float]:
        """Give the interval from an earlier peak and its sigma (s).

        A flat top says little about the instant of its peak; its flanks say more. Both
        intervals are weighed by their variances; the chord's distance cancels out.
        """
        peak_var = self.peak_var + earlier.peak_var + 1e-12
        chord_var = self.at.chord_sigma_s**2 + earlier.at.chord_sigma_s**2
        by_peak_s = self.peak.t_s - earlier.peak.t_s
        by_chord_s = self.at.chord_s - earlier.at.chord_s
        weight = chord_var / (peak_var + chord_var)
        interval_s = weight * by_peak_s + (1.0 - weight) * by_chord_s
        return interval_s, math.sqrt(peak_var * chord_var / (peak_var + chord_var))


def measure(
    stroke: Stroke,
    beat: Beat,
    *,
    index: int,
    previous: Beat | None,
    history: History,
    fitter: Fitter,
    config: MetricsConfig,
    to_ns: Callable[[float], int],
) -> Compression:
    """Measure one compression.

    `previous` is None for the first compression after a pause; `to_ns` maps the
    history's seconds to host nanoseconds.
    """
    at = beat.at
    release = _depth_mm(stroke.after, config)
    if release.value is not None and not stroke.after_known:
        release = Measured.unknown("the signal was lost before the chest came back")
    rate = duty = Measured.unknown("first compression after a pause")
    if previous is not None:
        period_s, sigma_s = beat.since(previous)
        rate = Measured(60.0 / period_s, 60.0 * sigma_s / period_s**2)
        duty = Measured((at.half_out_s - at.half_in_s) / period_s, sigma_s / period_s)
    a, b = history.index_at(at.half_in_s), history.index_at(at.half_out_s)
    first, last = history.index_at(at.onset_s), history.index_at(at.release_s)
    loaded = history.samples[a : b + 1]
    return Compression(
        index=index,
        onset_ns=to_ns(at.onset_s),
        peak_ns=to_ns(min(max(stroke.peak.fit.t_s, at.onset_s), at.release_s)),
        release_ns=to_ns(at.release_s),
        depth_mm=_depth_mm(stroke.peak, config),
        release_depth_mm=release,
        rate_cpm=rate,
        duty_cycle=duty,
        release_velocity_mm_s=_release_velocity(stroke, history, config),
        force_peak_n=fitter.force_peak(history.samples[first:last], history.t_s[first:last]),
        hand_offset_mm=_hand_offset_mm(loaded),
    )


def _release_velocity(stroke: Stroke, history: History, config: MetricsConfig) -> Measured:
    if not config.signal_calibrated:
        return Measured.unknown(NO_SCALE)
    peak, after = stroke.peak.turn, stroke.after.turn
    fall = peak.y - after.y
    a = history.index_at(history.crossing(peak.k, after.k, after.y + 0.85 * fall))
    b = history.index_at(history.crossing(peak.k, after.k, after.y + 0.15 * fall))
    fit = fit_fastest_fall(*history.raw(a, b + 1))
    if fit is None:
        return Measured.unknown("too few samples in the release")
    return Measured(1e3 * fit.value, 1e3 * fit.sigma)
