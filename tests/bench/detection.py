"""How well compressions are found in hard signals, and how soon.

Takes `hard` signals, gives `Tally`s of what was found, missed and invented, and the live
latencies; leaves other detectors to `rivals` and the bench's part to `hard_set`. A detection
belongs to the press in whose span it lies, one to one; what lies in the span of an uncertain
press is not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mr.metrics import MetricsConfig, MetricsStepper
from mr.types import ChestSample, Compression, FloatArray, MetricsEvent, Stamp
from tests.bench.hard import LEAST_MM, Press, Signal

NEAR_S = 0.08
"""A detection may lie so far outside of a press's span."""
CONTROL = 0.05
T0_NS = 7_000_000_000


@dataclass(frozen=True, slots=True)
class Tally:
    """What was found of the certain presses."""

    n_true: int = 0
    n_found: int = 0
    """True ones that were found."""
    n_extra: int = 0

    def __add__(self, other: Tally) -> Tally:
        """Join two."""
        return Tally(
            self.n_true + other.n_true, self.n_found + other.n_found, self.n_extra + other.n_extra
        )

    @property
    def recall(self) -> float:
        """Share of the true ones that were found."""
        return self.n_found / self.n_true if self.n_true else float("nan")

    @property
    def precision(self) -> float:
        """Share of the detections that are true."""
        told = self.n_found + self.n_extra
        return self.n_found / told if told else float("nan")

    @property
    def f1(self) -> float:
        """Harmonic mean of both, 0 when nothing was found."""
        told = self.n_true + self.n_found + self.n_extra
        return 2.0 * self.n_found / told if told else float("nan")


def score(presses: Sequence[Press], found_s: Iterable[float]) -> Tally:
    """Match detections with presses by time, one to one, the nearest peak first."""
    starts_s = np.array([p.from_s for p in presses]) - NEAR_S
    ends_s = np.array([p.closed_s for p in presses]) + NEAR_S
    taken: set[int] = set()
    n_found = n_extra = 0
    for t_s in sorted(found_s):
        here = np.flatnonzero((starts_s <= t_s) & (t_s <= ends_s)).tolist()
        free = [i for i in here if i not in taken]
        if free:
            nearest = min(free, key=lambda i: abs(presses[i].peak_s - t_s))
            taken.add(nearest)
            n_found += presses[nearest].certain
        elif all(presses[i].certain for i in here):
            n_extra += 1
    return Tally(sum(p.certain for p in presses), n_found, n_extra)


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What the metrics told of one signal."""

    peaks_s: FloatArray
    live_s: FloatArray
    """Instants of the samples with which the live count rose."""


def _samples(signal: Signal) -> Iterator[ChestSample]:
    for t_s, mm in zip(signal.t_s.tolist(), signal.mm.tolist(), strict=True):
        stamp = Stamp(T0_NS + round(1e9 * t_s), 0)
        yield ChestSample(stamp, mm / 1e3, 0.0, signal.noise_mm / 1e3, ("hard set",))


def _peaks_s(events: Iterable[MetricsEvent]) -> list[float]:
    return [(e.peak_ns - T0_NS) / 1e9 for e in events if isinstance(e, Compression)]


def listen(signal: Signal) -> Heard:
    """Run the metrics over one signal, sample by sample."""
    stepper = MetricsStepper(MetricsConfig(min_excursion_m=LEAST_MM / 1e3))
    peaks_s: list[float] = []
    live_s: list[float] = []
    shown = 0
    for t_s, sample in zip(signal.t_s.tolist(), _samples(signal), strict=True):
        peaks_s += _peaks_s(stepper.step(sample))
        now = stepper.live.n_compressions
        live_s += [t_s] * (now - shown)
        shown = now
    peaks_s += _peaks_s(stepper.finish())
    return Heard(np.array(peaks_s), np.array(live_s))


def found(signal: Signal) -> Tally:
    """Run the metrics over one signal in one go: the same compressions, sooner."""
    stepper = MetricsStepper(MetricsConfig(min_excursion_m=LEAST_MM / 1e3))
    events = stepper.steps(_samples(signal)) + stepper.finish()
    return score(signal.presses, _peaks_s(events))


def latencies_s(signal: Signal, heard: Heard) -> FloatArray:
    """Tell how long after its closing sample each certain press stood in the live state.

    The closing sample is the first one at or after the motion came back by the minimum
    excursion. Less than zero: shown before it.
    """
    late_s = []
    for press in (p for p in signal.presses if p.certain):
        after = np.searchsorted(signal.t_s, press.closed_s)
        closing_s = float(signal.t_s[min(after, signal.t_s.size - 1)])
        shown_s = heard.live_s[(heard.live_s >= press.from_s) & (heard.live_s < closing_s + 0.5)]
        if shown_s.size:
            late_s.append(float(shown_s[0]) - closing_s)
    return np.array(late_s)


def spoiled(signal: Signal, rng: np.random.Generator) -> Signal:
    """Spoil a truth on purpose: each twentieth press is dropped, and as many are invented."""
    presses = [p for p in signal.presses if rng.random() > CONTROL]
    ends_s = [p.closed_s + 2 * NEAR_S for p in signal.presses if rng.random() < CONTROL]
    invented = [Press(t, t + 0.01, t + 0.02) for t in ends_s]
    return replace(signal, presses=tuple(sorted(presses + invented, key=lambda p: p.peak_s)))
