"""Finds the gauge block that is not what it is said to be.

Takes the chest's readings at gauge blocks, gives their levels on the way in and out, and words
for what does not agree: blocks that were exchanged, mistyped, a chest that was not unloaded, a
sensor that slipped. Leaves the curve to `chest`.

Each reading is foretold from those at other depths, by the monotone cubic that becomes the
curve. One wrong block spoils what is foretold for its neighbours too, so suspects are tried:
what must be left out, or exchanged, for all the rest to agree?
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.interpolate import PchipInterpolator

from calibration.mannequin.station import CHEST, mean_of
from mr.errors import CalibrationError
from mr.types import BoolArray, FloatArray, IntArray

ZERO_RETURN_M = 5e-4
"""The unloaded chest comes back to its zero: a tenth of what a session's zero follows."""
WRONG_M = 7e-4
WRONG_TIMES = 5.0
WRONG_SHARE = 0.4
"""A reading is wrong that is off by so much, and so many times what is usual here, but no more
than that share of the step to the next block is borne."""
END_TIMES = 2.0
"""Foretelling beyond the last block is that much worse."""
PRESSED_M = 1.5e-3
"""The zero foretold from the blocks alone is no surer."""
MIN_LEVELS = 4
SUSPECTS = 10
LEAST_TRAVEL_COUNTS = 20.0
"""Over all blocks; a fiftieth of the converter's range is no displacement sensor."""
APART_COUNTS = 1e-6
"""Levels that read alike are set apart by so much: a curve cannot stand still."""


class _Station(Protocol):
    @property
    def depth_m(self) -> float: ...
    @property
    def going(self) -> str: ...
    @property
    def counts(self) -> FloatArray: ...


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Mean readings by depth and way."""

    depths_m: FloatArray
    """(k,) rising."""
    counts_in: FloatArray
    """(k,); NaN where not read."""
    counts_out: FloatArray
    se_counts: FloatArray
    """(k,) standard error of both ways' mean."""


def levels_of(stations: Sequence[_Station]) -> Levels:
    """Average repeated readings."""
    depths_m = np.unique([s.depth_m for s in stations])
    counts = np.full((2, len(depths_m)), np.nan)
    se = np.full((2, len(depths_m)), np.nan)
    for way, going in enumerate(("in", "out")):
        for k, depth_m in enumerate(depths_m):
            means = [
                mean_of(s.counts[:, [CHEST]])
                for s in stations
                if s.going == going and s.depth_m == depth_m
            ]
            if means:
                counts[way, k] = np.mean([m.counts[0] for m in means])
                se[way, k] = np.hypot.reduce([m.se_counts[0] for m in means]) / len(means)
    n = np.isfinite(se).sum(axis=0)
    return Levels(depths_m, counts[0], counts[1], np.sqrt(np.nansum(se**2, axis=0)) / n)


def require_sound(stations: Sequence[_Station], levels: Levels, what: str) -> None:
    """Refuse readings that do not agree, and name what is probably wrong.

    Raises
    ------
    CalibrationError
        With the block, or the state of the chest, that would explain it.
    """
    if len(levels.depths_m) < MIN_LEVELS:
        raise CalibrationError(
            f"{what}: {len(levels.depths_m)} different depths, at least {MIN_LEVELS} are needed: "
            "measure more"
        )
    readings = _Readings.of(stations)
    if np.ptp(readings.counts) < LEAST_TRAVEL_COUNTS:
        raise CalibrationError(
            f"{what}: the counts move by {np.ptp(readings.counts):.1f} from the unloaded chest to "
            "the deepest block: check the sensor's rod and cable"
        )
    off = readings.off()
    if (off > 1.0).any():
        _name_the_block(readings, off, what)
    _require_unloaded(levels, what)


@dataclass(frozen=True, slots=True, eq=False)
class _Readings:
    """One entry for each station, (n,)."""

    depth_m: FloatArray
    out: BoolArray
    counts: FloatArray

    @staticmethod
    def of(stations: Sequence[_Station]) -> _Readings:
        return _Readings(
            np.array([s.depth_m for s in stations]),
            np.array([s.going == "out" for s in stations]),
            np.array([s.counts[:, CHEST].mean() for s in stations]),
        )

    def without(self, these: BoolArray) -> _Readings:
        return _Readings(self.depth_m[~these], self.out[~these], self.counts[~these])

    def exchanged(self, these: BoolArray, those: BoolArray) -> _Readings:
        depth_m = self.depth_m.copy()
        depth_m[these], depth_m[those] = self.depth_m[those][0], self.depth_m[these][0]
        return _Readings(depth_m, self.out, self.counts)

    def foretold_m(self, k: int) -> float:
        """Tell reading k's depth from all other depths, both ways averaged."""
        others = self.depth_m != self.depth_m[k]
        depth_m, index = np.unique(self.depth_m[others], return_inverse=True)
        counts = np.bincount(index, weights=self.counts[others]) / np.bincount(index)
        order = np.argsort(counts)
        counts = counts[order] + APART_COUNTS * np.arange(len(order))
        depth_m = depth_m[order]
        if counts[0] <= self.counts[k] <= counts[-1]:
            return float(PchipInterpolator(counts, depth_m)(self.counts[k]))
        end = slice(0, 3) if self.counts[k] < counts[0] else slice(-3, None)
        return float(np.polynomial.Polynomial.fit(counts[end], depth_m[end], 2)(self.counts[k]))

    def off(self) -> FloatArray:
        """Tell how far each reading is from what the others say: above 1 is too far."""
        told_m = np.array([self.foretold_m(k) for k in range(len(self.counts))])
        off_m = np.abs(told_m - self.depth_m)
        step_m = float(np.median(np.diff(np.unique(self.depth_m))))
        borne_m = min(WRONG_M + WRONG_TIMES * float(np.median(off_m)), WRONG_SHARE * step_m)
        ends = (self.counts == self.counts.min()) | (self.counts == self.counts.max())
        return off_m / (borne_m * np.where(ends, END_TIMES, 1.0))


def _name_the_block(readings: _Readings, off: FloatArray, what: str) -> None:
    """Try what one mistake explains all."""
    suspects = np.argsort(off)[::-1][:SUSPECTS].astype(np.int64)
    for these, where in _singles(readings, suspects):
        if (readings.without(these).off() > 1.0).any():
            continue
        k = int(np.argmax(np.where(these, off, -1.0)))
        told_m = readings.foretold_m(k)
        mm, like_mm = 1000 * readings.depth_m[k], 1000 * told_m
        if mm == 0.0:
            raise CalibrationError(
                f"{what}: the unloaded chest {where} reads like {like_mm:.1f} mm: take everything "
                "off it and read it again"
            )
        raise CalibrationError(
            f"{what}: the {mm:g} mm block {where} reads like {like_mm:.1f} mm: was another block "
            "in, or its size mistyped? Read it again"
        )
    for these, those, where in _pairs(readings, suspects):
        if not (readings.exchanged(these, those).off() > 1.0).any():
            a, b = sorted((1000 * readings.depth_m[these][0], 1000 * readings.depth_m[those][0]))
            raise CalibrationError(
                f"{what}: the readings of {a:g} and {b:g} mm {where} are swapped? All others "
                "agree if they are: read these two again"
            )
    worst = ", ".join(
        f"{1000 * readings.depth_m[k]:g} mm {'out' if readings.out[k] else 'in'}"
        for k in suspects[:4]
    )
    raise CalibrationError(
        f"{what}: the readings do not agree with each other, worst at {worst}: did the sensor or "
        "the gauge slip? Fix it and begin again"
    )


def _singles(readings: _Readings, suspects: IntArray) -> Iterable[tuple[BoolArray, str]]:
    """Give each suspect alone, then each suspect's block on both ways."""
    n = np.arange(len(readings.counts))
    for k in suspects:
        yield n == k, "going in" if not readings.out[k] else "coming out"
    for depth_m in np.unique(readings.depth_m[suspects]):
        yield readings.depth_m == depth_m, "both ways"


def _pairs(readings: _Readings, suspects: IntArray) -> Iterable[tuple[BoolArray, BoolArray, str]]:
    """Give pairs of suspects of one way, then pairs of blocks on both ways."""
    n = np.arange(len(readings.counts))
    for j, k in itertools.combinations(suspects, 2):
        if readings.out[j] == readings.out[k] and readings.depth_m[j] != readings.depth_m[k]:
            yield n == j, n == k, "coming out" if readings.out[j] else "going in"
    for a_m, b_m in itertools.combinations(np.unique(readings.depth_m[suspects]), 2):
        yield readings.depth_m == a_m, readings.depth_m == b_m, "both ways"


def _require_unloaded(levels: Levels, what: str) -> None:
    """Refuse a zero that was none: at the start, at the end, or all the time."""
    counts = np.nanmean(np.stack([levels.counts_in, levels.counts_out]), axis=0)
    by_blocks = np.polynomial.Polynomial.fit(counts[1:4], levels.depths_m[1:4], 2)
    start_m, end_m = (float(by_blocks(c[0])) for c in (levels.counts_in, levels.counts_out))
    back_m = end_m - start_m
    if np.isfinite(back_m) and abs(back_m) > ZERO_RETURN_M:
        scale = np.gradient(levels.depths_m, levels.counts_in)
        loop_m = float(np.nanmedian((scale * (levels.counts_out - levels.counts_in))[1:-1]))
        if abs(loop_m - back_m) < abs(loop_m):
            raise CalibrationError(
                f"{what}: from the way in to the way out all readings moved by "
                f"{1000 * back_m:+.1f} mm, the unloaded chest's too: the sensor or the gauge "
                "slipped; fix it and begin again"
            )
        which = "start" if abs(start_m) > abs(end_m) else "end"
        raise CalibrationError(
            f"{what}: the unloaded chest reads {1000 * abs(back_m):.1f} mm "
            f"{'less' if back_m < 0 else 'more'} at the end than at the start, and the blocks "
            f"speak against the {which}: take everything off the chest and read it again"
        )
    for zero_m in (start_m, end_m):
        if abs(zero_m) > PRESSED_M:
            raise CalibrationError(
                f"{what}: by the blocks the unloaded chest is at {1000 * zero_m:+.1f} mm: does "
                "something press on it, or do the blocks stand on another zero? Begin again"
            )
