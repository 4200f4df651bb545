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
from mr.metrics.fit import Curve, Fit, Noise, NoiseMemory
from mr.metrics.history import (
    FORCE,
    REACH_S,
    SIGMA,
    ZERO,
    History,
)
from mr.metrics.place import hand_offset_mm, known
from mr.metrics.turning import Turn
from mr.types import NO_FORCE, Compression, Measured

EDGE = 0.10
"""Onset and release are where the chest passes a tenth of its travel."""
TURN_S = 0.10
"""The extreme lies so near to where the smoothed signal turns."""
FALL = (0.85, 0.15)
FLANK_S = 0.05
"""The release's speed is looked for between these shares of the travel; the samples so
far to both sides help to draw the curve."""
TYPICAL_EXCURSION = 5.0
"""In least excursions; the unit in which noise is counted."""
RELEASE_S = 0.025
"""So far to both sides of the shallowest point a release's force is averaged."""
LEAST_N = 1.0
"""Forces that vary less than a newton are noise."""
SAME = 1.1
"""A claim of at most so many times the seen noise is all noise and no bias."""

CHORD = (0.60, 0.80)
BENDS = 1.5
"""So many sigmas of its bend a peak owes to its being the highest of many points."""

PICKED = 0.75
"""So many sigmas of its noise are taken off an excursion before it is compared with the least."""

DIP_M, DIPS = 0.001, 4.0
RIVAL_M = 0.003
"""A second hump stands behind a dip of 1 mm, and of so many sigmas of the smoothed signal, and
is within 3 mm of the peak."""

NO_SCALE = "the signal is not calibrated"
NO_ZERO = "the unloaded zero is not known"
FIRST = "first compression, or first after a pause"
NO_PERIOD = "the time since the compression before it is not sure enough"
FIRST_AFTER_LOSS = "first compression after a time that was not measured"

ABOVE_MM = 5.0
"""A release that seems to lie so far above the unloaded chest, and by over two sigma, is not
the chest's: a camera saw hands that were leaving it, or the zero is wrong. Ref: this project."""
ABOVE = "it lies above the unloaded chest: the hands were leaving, or the zero is wrong"


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

    def rest_m(self, release: Level) -> float:
        """Tell where the chest rested at one of the two releases.

        It never rises above its unloaded zero; a camera alone may see the hands do so. A zero
        that the peak itself hardly reaches is wrong.
        """
        believed = release.zero_known and self.peak.turn.y > 2e-3 * ABOVE_MM
        return max(release.turn.y, 0.0) if believed else release.turn.y


def excursion_m(peak: Level, release: Level) -> float:
    """Tell how far two turns lie apart, less what noise adds.

    Of all that noise does to a resting chest, only what looks like turns comes to be
    measured: a peak is more often too high than too low, a release more often too low.
    """
    noise_m = math.hypot(peak.fit.noise, release.fit.noise)
    return peak.fit.value - release.fit.value - PICKED * noise_m


class Fitter:
    """Turns candidates into fitted levels; remembers the noise."""

    def __init__(self, history: History, config: MetricsConfig) -> None:
        self._history = history
        self._least_m = config.min_excursion_m
        self._noise: dict[frozenset[str], NoiseMemory] = {}
        self._force_noise: NoiseMemory | None = None

    def on(self, history: History) -> Fitter:
        """Go on with another history, remembering the noise."""
        self._history = history
        return self

    def _memory(self, a: int, b: int) -> NoiseMemory:
        """Give the memory of what made these samples: a camera is not the mannequin."""
        sources = self._history.sources(a, b)
        if sources not in self._noise:
            self._noise[sources] = NoiseMemory(TYPICAL_EXCURSION * self._least_m)
        return self._noise[sources]

    def noise(self, from_s: float, to_s: float) -> Noise:
        """Noise between two instants, as strokes of the same sources showed it."""
        a, b = self._history.window(from_s, to_s, 0.0)
        return self._memory(a, b).noise

    def level(self, turn: Turn, travel_m: float, *, again: bool = False) -> Level:
        """Fit the raw samples around `turn`; `travel_m` is the stroke's rough travel.

        A window that is fitted `again` is not counted twice in the noise.
        """
        history = self._history
        a, b = history.window(turn.t_s)
        curve = Curve.through(*history.raw(a, b), max(travel_m, self._least_m))
        sigma_m = history.column(SIGMA, a, b)
        claimed_m = math.sqrt(float(sigma_m @ sigma_m) / (b - a))
        memory = self._memory(a, b)
        noise = memory.noise if again else memory.pool(curve, claimed_m)
        fit = curve.extreme(
            turn.t_s - TURN_S, turn.t_s + TURN_S, noise, highest=turn.kind == "peak"
        )
        # Noise is in the fit's sigma already; the rest of the samples' is bias. At a turn the
        # chest stands: there a wrong instant, which is in the samples' sigma, is no wrong depth.
        i = min(max(history.index_at(fit.t_s), a + 1), b - 1)
        before_m, after_m = history.column(SIGMA, i - 1, i + 1).tolist()
        claimed_m2 = 0.5 * (before_m**2 + after_m**2)
        over_m2 = max(claimed_m2 - noise.sigma**2, 0.0)
        if claimed_m2 < (SAME * noise.sigma) ** 2:
            over_m2 = 0.0
        return Level(turn, fit, math.sqrt(over_m2), bool(history.column(ZERO, a, b).all()))

    def fastest_fall(self, from_s: float, to_s: float, travel_m: float) -> Fit:
        """Fit the release between two instants; the value is its highest speed (m/s)."""
        a, b = self._history.window(from_s, to_s, FLANK_S)
        curve = Curve.through(*self._history.raw(a, b), travel_m)
        return curve.fastest_fall(from_s, to_s, self.noise(from_s, to_s))

    def force_peak(self, from_s: float, to_s: float) -> Measured:
        """Fit the highest force of a compression."""
        history = self._history
        a, b = history.index_at(from_s), history.index_at(to_s)
        t, force = history.t_s[a:b], history.column(FORCE, a, b)
        felt = ~np.isnan(force)
        t, force = t[felt], force[felt]
        if len(t) < 3:
            return NO_FORCE
        n = min(5, len(force))
        hint_s = float(t[np.argmax(np.convolve(force, np.ones(n) / n, mode="same"))])
        near = np.abs(t - hint_s) <= REACH_S
        travel_n = max(float(np.ptp(force)), LEAST_N)
        curve = Curve.through(t[near], force[near], travel_n)
        self._force_noise = self._force_noise or NoiseMemory(travel_n)
        noise = self._force_noise.pool(curve, 0.0)
        fit = curve.extreme(hint_s - TURN_S, hint_s + TURN_S, noise, highest=True)
        return Measured(fit.value, fit.sigma)


def _depth_mm(level: Level, config: MetricsConfig) -> Measured:
    if not config.signal_calibrated:
        return Measured.unknown(NO_SCALE)
    if not level.zero_known:
        return Measured.unknown(NO_ZERO)
    # Bias is not lessened by a fit over many samples.
    sigma_m = math.hypot(level.fit.sigma, level.bias_m)
    return Measured(1e3 * level.fit.value, 1e3 * sigma_m)


def _above_mm(release: Measured) -> float:
    """How far above its unloaded zero a chest may seem to be; it cannot really be there."""
    return max(ABOVE_MM, 2.0 * (release.sigma or 0.0))


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
    """What noise makes of it."""
    rival_s: float
    """From the peak to a second hump about as deep; 0 when there is none."""
    bend: float
    """How sharply the whole top bends, above the chord, in the samples' unit per s²."""
    step_s: float
    """Interval of the samples."""


def _rival_s(
    history: History, k: int, half_in_s: float, half_out_s: float, noise_m: float
) -> float:
    """Find a second hump of the top: either may be the deeper one by chance.

    Gives how much later than the peak it is; 0 when there is none.
    """
    i = history.at(k)
    before = slice(history.index_at(half_in_s) + 1, i + 1)
    t_s, smooth = history.t_s, history.smooth
    sides = (
        (t_s[before][::-1], smooth[before][::-1]),
        (t_s[i : history.index_at(half_out_s)], smooth[i : history.index_at(half_out_s)]),
    )
    best_s, best_m = 0.0, -math.inf
    for times_s, y_m in sides:
        low_m = np.minimum.accumulate(y_m)
        is_rival = y_m > np.maximum(low_m + max(DIP_M, DIPS * noise_m), smooth[i] - RIVAL_M)
        top = int(np.where(is_rival, y_m, -math.inf).argmax()) if is_rival.any() else None
        if top is not None and y_m[top] > best_m:
            best_s, best_m = float(times_s[top] - t_s[i]), float(y_m[top])
    return best_s


def edges(stroke: Stroke, history: History, noise_m: float) -> Edges:
    """Find onset, both half-depth crossings, release and the chord of the upper flanks."""
    before, peak, after = stroke.before.turn, stroke.peak.turn, stroke.after.turn
    in_m, out_m = stroke.rest_m(stroke.before), stroke.rest_m(stroke.after)
    rise, fall = peak.y - in_m, peak.y - out_m

    shares = (EDGE, 0.5, *CHORD)
    ins = history.crossings(peak.k, before.k, [in_m + share * rise for share in shares])
    outs = history.crossings(peak.k, after.k, [out_m + share * fall for share in shares])
    (onset_s, release_s), (half_in_s, half_out_s), low, high = zip(ins, outs, strict=True)
    flank_s = max(0.5 * (high[0] - low[0] + low[1] - high[1]), 1e-3)
    speed_m_s = (CHORD[1] - CHORD[0]) * 0.5 * (rise + fall) / flank_s
    a, b = history.index_at(half_in_s), history.index_at(half_out_s)
    n = max(b - a, 1)
    together = max(n * history.smoothing_s / max(half_out_s - half_in_s, 1e-3), 1.0)
    smooth_m = noise_m / math.sqrt(together)
    noise_s = smooth_m / math.sqrt(2.0) / speed_m_s
    rival_s = _rival_s(history, peak.k, half_in_s, half_out_s, smooth_m)
    return Edges(
        onset_s,
        half_in_s,
        half_out_s,
        release_s,
        0.25 * (low[0] + low[1] + high[0] + high[1]),
        noise_s,
        rival_s,
        2.0 * (1.0 - CHORD[1]) * 0.5 * (rise + fall) / max(0.5 * (high[1] - high[0]), 1e-3) ** 2,
        float(history.t_s[b] - history.t_s[a]) / n,
    )


@dataclass(frozen=True, slots=True)
class Beat:
    """When one compression was, twice: by its peak and by its chord."""

    peak: Fit
    at: Edges

    @property
    def t_s(self) -> float:
        """When it was deepest; of two dips about as deep the middle between them."""
        return self.peak.t_s + 0.5 * self.at.rival_s

    @property
    def peak_var(self) -> float:
        """Variance of the peak's instant (s²), a second hump's distance included.

        Noise makes a flat top bend sharply just where it is taken for the peak, and the
        instant seem sure. So only as much of that bend is believed as noise does not make,
        or as the top has on the whole.
        """
        sure = max(self.peak.bend - BENDS * self.peak.bend_sigma, self.at.bend)
        t_sigma_s = self.peak.t_sigma_s * max(self.peak.bend / sure, 1.0)
        return t_sigma_s**2 + 0.25 * self.at.rival_s**2

    def moved(self, earlier: Beat) -> tuple[float, float] | None:
        """Tell how far its chord moved against its peak, and the variance of that by noise.

        None where one of both has two dips: its peak is anywhere between them.
        """
        if self.at.rival_s or earlier.at.rival_s:
            return None
        moved_s = (self.at.chord_s - earlier.at.chord_s) - (self.t_s - earlier.t_s)
        each = (self.peak.t_sigma_s, earlier.peak.t_sigma_s,
                self.at.chord_sigma_s, earlier.at.chord_sigma_s)  # fmt: skip
        return moved_s, math.fsum(sigma_s**2 for sigma_s in each)

    def since(self, earlier: Beat, wander_s: float) -> tuple[float, float]:
        """Give the interval from an earlier peak and its sigma (s).

        A flat top says little about the instant of its peak; its flanks say more, but for
        what they wander about it. Both intervals are weighed by their variances; the chord's
        distance cancels out.
        """
        peak_var = self.peak_var + earlier.peak_var + 1e-12
        chord_var = self.at.chord_sigma_s**2 + earlier.at.chord_sigma_s**2 + 2.0 * wander_s**2
        by_peak_s = self.t_s - earlier.t_s
        by_chord_s = self.at.chord_s - earlier.at.chord_s
        weight = chord_var / (peak_var + chord_var)
        interval_s = weight * by_peak_s + (1.0 - weight) * by_chord_s
        sigma_s = math.sqrt(peak_var * chord_var / (peak_var + chord_var))
        # However clean a signal, it says nothing of what lies between its samples.
        return interval_s, max(sigma_s, self.at.step_s / math.sqrt(12.0))


def measure(
    stroke: Stroke,
    beat: Beat,
    *,
    index: int,
    previous: Beat | None,
    wander_s: float,
    history: History,
    fitter: Fitter,
    config: MetricsConfig,
    to_ns: Callable[[float], int],
    why_first: str = FIRST,
) -> Compression:
    """Measure one compression.

    `previous` is None for the first compression after a pause or a loss of the signal,
    which `why_first` says; `wander_s` is by how much this learner's shape wanders; `to_ns`
    maps the history's seconds to host nanoseconds.
    """
    at = beat.at
    release = _depth_mm(stroke.after, config)
    if release.value is not None and not stroke.after_known:
        release = Measured.unknown("the signal was lost before the chest came back")
    elif release.value is not None and release.value < -_above_mm(release):
        release = Measured.unknown(ABOVE)
    rate = duty = Measured.unknown(why_first)
    if previous is not None:
        period_s, sigma_s = beat.since(previous, wander_s)
        if period_s > sigma_s:
            rate = Measured(60.0 / period_s, 60.0 * sigma_s / period_s**2)
            duty = Measured((at.half_out_s - at.half_in_s) / period_s, sigma_s / period_s)
        else:  # both are noise
            rate = duty = Measured.unknown(NO_PERIOD)
    return Compression(
        index=index,
        onset_ns=to_ns(at.onset_s),
        peak_ns=to_ns(min(max(beat.t_s, at.onset_s), at.release_s)),
        release_ns=to_ns(at.release_s),
        depth_mm=_depth_mm(stroke.peak, config),
        release_depth_mm=release,
        rate_cpm=rate,
        duty_cycle=duty,
        release_velocity_mm_s=_release_velocity(stroke, history, fitter, config),
        force_peak_n=fitter.force_peak(at.onset_s, at.release_s),
        hand_offset_mm=hand_offset_mm(history, at.half_in_s, at.half_out_s),
        release_force_n=_release_force_n(stroke.after.fit.t_s, history),
    )


def _release_force_n(release_s: float, history: History) -> Measured:
    """Mean force around the shallowest point; a release is a rest, not an instant."""
    a, b = history.index_at(release_s - RELEASE_S), history.index_at(release_s + RELEASE_S)
    forces_n = known(history.column(FORCE, a, min(b + 1, history.n)))
    n = len(forces_n)
    if n < 2:
        return NO_FORCE
    mean_n = float(forces_n.sum()) / n
    off_n = forces_n - mean_n
    return Measured(mean_n, math.sqrt(float(off_n @ off_n) / (n - 1) / n))


def _release_velocity(
    stroke: Stroke, history: History, fitter: Fitter, config: MetricsConfig
) -> Measured:
    if not config.signal_calibrated:
        return Measured.unknown(NO_SCALE)
    peak, after = stroke.peak.turn, stroke.after.turn
    rest_m = stroke.rest_m(stroke.after)
    fall = peak.y - rest_m
    levels = [rest_m + share * fall for share in FALL]
    from_s, to_s = history.crossings(peak.k, after.k, levels)
    fit = fitter.fastest_fall(from_s, to_s, fall)
    return Measured(1e3 * fit.value, 1e3 * fit.sigma)
