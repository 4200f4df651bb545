"""Find breaths in the volume of air in the mannequin's lungs.

Takes times and volumes one by one, gives `Ventilation`s; leaves turning flow into volume
to `mr.fusion` and judging volumes to `mr.scoring`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mr.types import FloatArray, Measured, Ventilation

EDGE = 0.02
END = 0.20
"""A breath begins where 2 % of its volume are in, and ends where a fifth is left."""
NOISY_EDGE = 0.25
"""Where a breath begins in a noisy signal, whose least value is not its rest."""
LONGEST_S = 4.0
"""A breath that has not come out by then is closed: lungs leak, sensors drift."""
LOST = "the signal was lost during the breath"
AT_ONCE, FEW = 256, 8
"""Samples looked at in one go; fewer than so few are looked at one by one."""
REST_MEMORY_S = 2.0
"""How long the resting volume is remembered; the integrated flow drifts."""


class BreathFinder:
    """Hysteresis on the volume, with a drifting resting volume."""

    def __init__(
        self, min_breath_ml: float, to_ns: Callable[[float], int], edge: float = EDGE
    ) -> None:
        self._min_ml = min_breath_ml
        self._edge = edge
        self._to_ns = to_ns
        self._past: deque[tuple[float, float]] = deque()
        self._base_ml: float | None = None
        self._base_t_s = 0.0
        self._peak_ml = 0.0
        self._peak_t_s = 0.0
        self._start_s: float | None = None

    @property
    def start_s(self) -> float | None:
        """When the breath now under way began, or None."""
        return self._start_s

    def block(self, t_s: FloatArray, volume_ml: FloatArray) -> list[Ventilation]:
        """Take in many samples (N,); give the breaths they close: as one by one."""
        found = []
        k = 0
        while k < len(t_s):
            part = slice(k, k + AT_ONCE)
            k += self._skip(t_s[part], volume_ml[part])
            if k < len(t_s):
                breath = self.step(float(t_s[k]), float(volume_ml[k]))
                found += [] if breath is None else [breath]
                k += 1
        return found

    def _skip(self, t_s: FloatArray, volume_ml: FloatArray) -> int:
        """Pass over samples at which nothing but the extreme changes; tell how many."""
        if self._base_ml is None or len(t_s) < FEW:
            return 0
        if self._start_s is not None:
            peak_ml = np.maximum.accumulate(np.append(self._peak_ml, volume_ml))
            out = volume_ml <= self._base_ml + END * (peak_ml[:-1] - self._base_ml)
            stop = (out & (volume_ml < peak_ml[:-1])) | (t_s - self._start_s >= LONGEST_S)
            moved = volume_ml >= peak_ml[:-1]
        else:
            base_ml = np.minimum.accumulate(np.append(self._base_ml, volume_ml))
            moved = volume_ml <= base_ml[:-1]
            last = np.maximum.accumulate(np.where(moved, np.arange(len(t_s)), -1))
            base_t_s = np.where(last >= 0, t_s[last], self._base_t_s)
            stop = (volume_ml >= base_ml[1:] + self._min_ml) | (t_s - base_t_s > REST_MEMORY_S)
        n = int(stop.argmax()) if stop.any() else len(t_s)
        times_s, volumes_ml = t_s[:n].tolist(), volume_ml[:n].tolist()
        self._past.extend(zip(times_s, volumes_ml, strict=True))
        if moved[:n].any():
            i = int(np.flatnonzero(moved[:n])[-1])
            if self._start_s is not None:
                self._peak_ml, self._peak_t_s = volumes_ml[i], times_s[i]
            else:
                self._base_ml, self._base_t_s = volumes_ml[i], times_s[i]
        return n

    def step(self, t_s: float, volume_ml: float) -> Ventilation | None:
        """Take in one sample; give the breath it closes."""
        if self._start_s is not None:
            return self._inside(t_s, volume_ml)
        self._past.append((t_s, volume_ml))
        while self._past[0][0] < t_s - REST_MEMORY_S:
            self._past.popleft()
        if self._base_ml is None or volume_ml <= self._base_ml:
            self._base_ml, self._base_t_s = volume_ml, t_s
        elif t_s - self._base_t_s > REST_MEMORY_S:
            recent = [p for p in self._past if p[0] >= t_s - 0.5 * REST_MEMORY_S]
            self._base_t_s, self._base_ml = min(recent, key=lambda p: p[1])
        if volume_ml >= self._base_ml + self._min_ml:
            self._peak_ml, self._peak_t_s = volume_ml, t_s
            self._start_s = self._base_t_s
        return None

    def _inside(self, t_s: float, volume_ml: float) -> Ventilation | None:
        assert self._base_ml is not None and self._start_s is not None
        if t_s <= self._peak_t_s + LONGEST_S:
            self._past.append((t_s, volume_ml))
        if volume_ml >= self._peak_ml:
            self._peak_ml, self._peak_t_s = volume_ml, t_s
            return None
        size_ml = self._peak_ml - self._base_ml
        out = volume_ml <= self._base_ml + END * size_ml
        if not out and t_s - self._start_s < LONGEST_S:
            return None
        return self._close(t_s, volume_ml)

    def lose(self, t_s: float) -> Ventilation | None:
        """Close the breath that is under way where the signal is lost, at `t_s`.

        Unless it was seen to come out, it may have gone on: its volume is not known.
        """
        past = list(self._past)
        breath = self.finish(t_s)
        self._past.clear()
        self._base_ml = None
        if breath is None or past[-1][1] < self._peak_ml - END * (breath.volume_ml.value or 0.0):
            return breath
        return replace(breath, volume_ml=Measured.unknown(LOST))

    def finish(self, t_s: float) -> Ventilation | None:
        """Close the breath that is still under way at the end of the signal."""
        return None if self._start_s is None else self._close(t_s, self._peak_ml)

    def _close(self, t_s: float, volume_ml: float) -> Ventilation:
        assert self._base_ml is not None and self._start_s is not None
        size_ml = self._peak_ml - self._base_ml
        onset_s = self._crossing(self._base_ml + self._edge * size_ml)
        full_s = self._crossing(self._base_ml + (1.0 - self._edge) * size_ml)
        breath = Ventilation(
            start_ns=self._to_ns(onset_s),
            end_ns=self._to_ns(t_s),
            volume_ml=Measured(size_ml),
            inspiration_s=(full_s - onset_s) / (1.0 - 2.0 * self._edge),
        )
        self._past.clear()
        self._past.append((t_s, volume_ml))
        self._base_ml, self._base_t_s, self._start_s = volume_ml, t_s, None
        return breath

    def _crossing(self, level_ml: float) -> float:
        """Time of the last upward crossing of `level_ml` before the peak, interpolated."""
        t1, v1 = self._peak_t_s, self._peak_ml
        for t0, v0 in reversed(self._past):
            if t0 >= self._peak_t_s:
                continue
            if v0 < level_ml <= v1:
                return t0 + (t1 - t0) * (level_ml - v0) / (v1 - v0)
            t1, v1 = t0, v0
        return t1
