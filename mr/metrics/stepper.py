"""Cut the chest's motion into compressions, ventilations and pauses, as it comes.

Takes `ChestSample`s in order of time, gives `MetricsEvent`s and a `LiveState`; leaves
the words' meaning to docs/guides/definitions.md, which this follows to the letter, and
judging to `mr.scoring`. The same code runs live and in review; a block is one sample or
an hour, and the results do not depend on where blocks begin.

Latency: a peak stands in `LiveState` half a smoothing width (30 ms) after the sample
with which the chest has come back by 85 % of the minimum excursion. The
`Compression` follows when the next downstroke has begun in the same sense, or, before a
pause, one pause threshold after its shallowest point.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mr.blocks import HANDS, ChestBlock
from mr.metrics.breathing import Breathing
from mr.metrics.config import MetricsConfig
from mr.metrics.history import History
from mr.metrics.pauses import PauseNamer, ventilation_span_s
from mr.metrics.shape import ShapeMemory
from mr.metrics.strokes import (
    FIRST,
    FIRST_AFTER_LOSS,
    Beat,
    Edges,
    Fitter,
    Level,
    Stroke,
    edges,
    excursion_m,
    measure,
)
from mr.metrics.turning import Settles, Turn, TurnFinder
from mr.types import (
    ChestSample,
    Compression,
    FloatArray,
    Measured,
    MetricsEvent,
    Unmeasured,
    Ventilation,
)

LIVE_RATE_INTERVALS = 5
STILL_FALLING = 0.1
"""A signal that ends while so much of the travel passes in one smoothing width ends amid
a release: how far the chest would have come back is not known."""
LONGEST_RELEASE_S = 3.0
"""A compression is closed by then even if its shallowest point keeps moving."""


@dataclass(frozen=True, slots=True)
class LiveState:
    """What a view shows between events; everything here is provisional."""

    n_compressions: int
    n_in_cycle: int
    """Compressions since the last pause; stands through the pause."""
    rate_cpm: float | None
    """Over the last five intervals; None in a pause and for a first compression."""
    last_depth_mm: float | None
    last_release_mm: float | None
    hands_off_s: float
    """Time since the last release (or since the signal was back), once it is a pause; else 0."""
    breathing: bool


class MetricsStepper:
    """The state machine; see the module's first lines."""

    def __init__(self, config: MetricsConfig) -> None:
        self._config = config
        self._t0_ns: int | None = None
        self._t_s = 0.0
        self._breathing = Breathing(config, self._to_ns)
        self._pauses = PauseNamer(self._to_ns)
        self._n = 0
        self._n_in_cycle = 0
        self._release_s: float | None = None
        """Since when no compression was seen: the last release, or when the signal was back."""
        self._why_first = FIRST
        self._beats: deque[Beat] = deque(maxlen=LIVE_RATE_INTERVALS + 1)
        self._shape = ShapeMemory()
        self._last: Compression | None = None
        self._fresh()
        self._fitter = Fitter(self._history, config)

    def _fresh(self) -> None:
        """Forget the curve: at the start and after a loss of signal."""
        self._history = History(self._config.smoothing_s)
        self._turns = TurnFinder(self._config.turning_excursion_m, self._history)
        self._before: Level | None = None
        self._peak: Level | None = None
        self._tried_k = -1

    def _to_ns(self, t_s: float) -> int:
        return (self._t0_ns or 0) + round(t_s * 1e9)

    # --- in -----------------------------------------------------------------------

    def step(self, sample: ChestSample) -> list[MetricsEvent]:
        """Take in one sample; give the events that it completes: see `block`."""
        return self.block(ChestBlock.of([sample]))

    def steps(self, samples: Iterable[ChestSample]) -> list[MetricsEvent]:
        """Take in samples; give the events that they complete."""
        return [event for run in ChestBlock.runs(samples) for event in self.block(run)]

    def block(self, block: ChestBlock) -> list[MetricsEvent]:
        """Take in a block of motion; give the events that it completes.

        The results do not depend on where blocks begin. A sample that is not later than the
        one before is left out.
        """
        if self._t0_ns is None:
            self._t0_ns = int(block.t_ns[0])
            before_ns = self._t0_ns - 1
        else:
            before_ns = self._to_ns(self._t_s)
        newest_ns = np.maximum.accumulate(np.concatenate(([before_ns], block.t_ns)))
        later = block.t_ns > newest_ns[:-1]
        if not later.all():
            if not later.any():
                return []
            block = block.part(later)
        t_s = np.multiply(block.t_ns - self._t0_ns, 1e-9)
        before_s = np.concatenate(([self._t_s], t_s[:-1]))
        lost = np.flatnonzero(t_s - before_s > self._config.max_gap_s)
        if not lost.size:
            return self._whole(t_s, block)
        events: list[MetricsEvent] = []
        for start, end in itertools.pairwise([0, *lost.tolist(), len(t_s)]):
            if end == start:
                continue
            if start in lost:
                events += self._lose(float(t_s[start]))
            part = slice(start, end)
            events += self._whole(t_s[part], block.part(part))
        return events

    def _whole(self, t_s: FloatArray, block: ChestBlock) -> list[MetricsEvent]:
        """Take in a block without a loss of signal."""
        changes = np.flatnonzero(block.hands[1:] != block.hands[:-1]) + 1
        for i in (0, *changes.tolist()):
            self._pauses.hands(float(t_s[i]), HANDS[block.hands[i]])
        self._history.append(t_s, block)
        self._breathing.take(t_s, block)
        events = self._advance(last=False) + self._breathe(None)
        self._history.look_at_all()
        self._t_s = float(t_s[-1])
        return events

    def _breathe(self, until_s: float | None) -> list[MetricsEvent]:
        """Give the breaths that are over at an instant; None: with all that has come."""
        return self._breathed(self._breathing.until(until_s))

    def _breathed(self, breaths: list[Ventilation]) -> list[MetricsEvent]:
        for breath in breaths:
            self._pauses.breath(*ventilation_span_s(breath, self._t0_ns or 0))
        return list(breaths)

    def finish(self) -> list[MetricsEvent]:
        """Close what is open at the end of the signal."""
        events = self._advance(last=True) + self._close_open()
        events += self._breathed(self._breathing.finish(self._t_s))
        return events + self._pause_until_now()

    # --- the machine ----------------------------------------------------------------

    def _lose(self, t_s: float) -> list[MetricsEvent]:
        """The signal was lost until `t_s`: keep what is sure, begin anew."""
        events = self._advance(last=True) + self._close_open()
        events += self._breathed(self._breathing.lose(self._t_s)) + self._pause_until_now()
        events.append(Unmeasured(self._to_ns(self._t_s), self._to_ns(t_s)))
        if self._release_s is not None:
            if t_s - self._release_s >= self._config.pause_threshold_s:
                self._n_in_cycle = 0
            self._release_s = t_s
        self._why_first = FIRST_AFTER_LOSS
        self._beats.clear()
        self._fresh()
        self._fitter = self._fitter.on(self._history)
        return events

    def _pause_until_now(self) -> list[MetricsEvent]:
        """Give the pause that the end of the signal cuts, if there is one."""
        since_s = self._release_s
        if since_s is None or self._t_s - since_s < self._config.pause_threshold_s:
            return []
        return [self._pauses.pause(since_s, self._t_s, self._breathing.start_s)]

    def _advance(self, last: bool) -> list[MetricsEvent]:
        """Go through the smoothed values that have become known."""
        events: list[MetricsEvent] = []
        history, turns = self._history, self._turns
        i = history.n_smooth
        history.smooth_more(last)
        while i < history.n_smooth:
            at_rest = self._peak is None and not turns.rising
            i = turns.skip(i, history.n_smooth, at_rest, self._settles())
            if i == history.n_smooth:
                break
            t_s, y = history.smoothed(i)
            turn = turns.step(history.k(i), t_s, y, at_rest)
            lowest = self._stays_out(t_s) if turn is None else None
            if turn is not None or lowest is not None:
                events += self._breathe(history.look_from(i))
            if lowest is not None:
                events += self._try_close(lowest, t_s)
            elif turn is not None and turn.kind == "peak":
                self._on_peak(turn)
            elif turn is not None:
                events += self._on_trough(turn)
            i += 1
        history.look_at_all()
        return events

    def _settles(self) -> Settles | None:
        """Tell from when on a pending peak may be closed because the chest stays out."""
        if self._peak is None or self._turns.rising:
            return None
        rest_s, peak_s = self._config.pause_threshold_s, self._peak.turn.t_s
        return Settles(rest_s, peak_s, LONGEST_RELEASE_S, self._tried_k)

    def _on_peak(self, turn: Turn) -> None:
        assert self._before is not None
        level = self._fitter.level(turn, turn.y - self._before.turn.y)
        if self._peak is None or level.fit.value > self._peak.fit.value:
            self._peak = level

    def _rises(self) -> bool:
        """Whether the pending peak rises enough above the release before it."""
        if self._peak is None or self._before is None:
            return False
        return excursion_m(self._peak, self._before) >= self._config.min_excursion_m

    def _came_back(self, after: Level) -> bool:
        """Whether the chest came back enough from the pending peak."""
        assert self._peak is not None
        return excursion_m(self._peak, after) >= self._config.min_excursion_m

    def _on_trough(self, turn: Turn) -> list[MetricsEvent]:
        top_m = self._peak.turn.y if self._peak else self._turns.extreme().y
        level = self._fitter.level(turn, top_m - turn.y)
        if self._peak is None or self._before is None:
            self._before = level
            return []
        if not self._rises():
            near = level.turn.t_s - self._before.turn.t_s <= self._config.pause_threshold_s
            if not near or level.fit.value < self._before.fit.value:
                self._before = level
            self._peak = None
            return []
        if not self._came_back(level):
            return []  # a double dip: still the same compression
        return self._complete(level, known=True)

    def _stays_out(self, t_s: float) -> Turn | None:
        """Give the shallowest point of a chest that stays out (or is lifted slowly)."""
        peak = self._peak
        if peak is None or self._turns.rising:
            return None
        lowest = self._turns.extreme()
        rested = t_s - lowest.t_s >= self._config.pause_threshold_s
        late = t_s - peak.turn.t_s >= LONGEST_RELEASE_S
        if not late and not (rested and lowest.k != self._tried_k):
            return None
        self._tried_k = lowest.k
        return lowest

    def _close_open(self) -> list[MetricsEvent]:
        """Close the pending compression where the signal ends."""
        if self._peak is None or self._turns.rising:
            return []
        lowest = self._turns.extreme()
        level = self._fitter.level(lowest, self._peak.turn.y - lowest.y)
        if not self._rises():
            return []
        if not self._came_back(level):
            return []  # cut before it came back: nobody knows whether it did
        falling = self._history.fell_at_end(self._config.smoothing_s)
        stopped = falling < STILL_FALLING * (self._peak.turn.y - lowest.y)
        return self._complete(level, known=stopped)

    def _try_close(self, lowest: Turn, t_s: float) -> list[MetricsEvent]:
        """Close the pending compression at the point where the chest stays out."""
        peak = self._peak
        assert peak is not None
        level = self._fitter.level(lowest, peak.turn.y - lowest.y)
        if not self._rises():
            self._before, self._peak = level, None
            return []
        if not self._came_back(level):
            if t_s - peak.turn.t_s >= LONGEST_RELEASE_S:
                self._before, self._peak = level, None  # a hold, and no compression
            return []
        return self._complete(level, known=True)

    # --- out ------------------------------------------------------------------------

    def _complete(self, after: Level, known: bool) -> list[MetricsEvent]:
        assert self._before is not None and self._peak is not None
        # Fitted again: at its confirmation the far side of the peak was not all there.
        travel_m = self._peak.turn.y - after.turn.y
        peak = self._fitter.level(self._peak.turn, travel_m, again=True)
        stroke = Stroke(self._before, peak, after, known)
        noise_m = self._fitter.noise(peak.turn.t_s, after.turn.t_s).sigma
        at = edges(stroke, self._history, noise_m)
        beat = Beat(peak.fit, at)
        events = self._pause_before(at)
        previous = self._beats[-1] if self._beats else None
        moved = beat.moved(previous) if previous else None
        if moved is not None:
            self._shape.learn(*moved)
        compression = measure(
            stroke,
            beat,
            index=self._n,
            previous=previous,
            wander_s=self._shape.wander_s,
            history=self._history,
            fitter=self._fitter,
            config=self._config,
            to_ns=self._to_ns,
            why_first=self._why_first,
        )
        self._why_first = FIRST
        self._n += 1
        self._n_in_cycle += 1
        self._beats.append(beat)
        self._release_s = at.release_s
        self._last = compression
        self._before, self._peak = after, None
        return [*events, compression]

    def _pause_before(self, at: Edges) -> list[MetricsEvent]:
        if self._release_s is None:
            return []
        events: list[MetricsEvent] = []
        if at.onset_s - self._release_s >= self._config.pause_threshold_s:
            events.append(self._pauses.pause(self._release_s, at.onset_s, self._breathing.start_s))
            self._beats.clear()
            self._n_in_cycle = 0
        self._pauses.forget_before(at.onset_s)
        return events

    # --- live -----------------------------------------------------------------------

    @property
    def live(self) -> LiveState:
        """What can be said now."""
        pending = self._peak if self._rises() else None
        idle_s = self._idle_s()
        last = self._last
        depth = last.depth_mm if last else Measured.unknown("")
        depth_mm = depth.value
        if pending is not None and self._config.signal_calibrated and pending.zero_known:
            depth_mm = 1e3 * pending.fit.value
        paused = idle_s >= self._config.pause_threshold_s
        return LiveState(
            n_compressions=self._n + (pending is not None),
            n_in_cycle=self._n_in_cycle + (pending is not None),
            rate_cpm=None if paused else self._live_rate_cpm(pending),
            last_depth_mm=depth_mm,
            last_release_mm=last.release_depth_mm.value if last else None,
            hands_off_s=idle_s if paused else 0.0,
            breathing=self._breathing.start_s is not None,
        )

    def _idle_s(self) -> float:
        if self._turns.rising:
            return 0.0
        if self._peak is not None:
            return max(self._t_s - self._turns.extreme().t_s, 0.0)
        return 0.0 if self._release_s is None else self._t_s - self._release_s

    def _live_rate_cpm(self, pending: Level | None) -> float | None:
        times = [beat.t_s for beat in self._beats]
        if pending is not None:
            limit_s = self._config.pause_threshold_s + 1.0
            if times and pending.fit.t_s - times[-1] > limit_s:
                return None
            times.append(pending.fit.t_s)
        times = times[-(LIVE_RATE_INTERVALS + 1) :]
        if len(times) < 2:
            return None
        return 60.0 * (len(times) - 1) / (times[-1] - times[0])
