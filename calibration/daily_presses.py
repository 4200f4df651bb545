"""The daily check's presses onto the block, out of the mannequin's samples.

Takes a capture's samples, gives what the sensors said before, over the held block and after
each press; leaves limits to `calibration.daily`. What was not asked for is refused in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mr.clock.mannequin import mannequin_clock
from mr.errors import CalibrationError
from mr.fusion.mannequin import NOISE_COUNTS, CountsCurve
from mr.rig import MannequinCalibration
from mr.types import (
    BoolArray,
    ClockExchange,
    DeviceInfo,
    FloatArray,
    IntArray,
    MannequinFrame,
    Sample,
)
from mr.wire import AIRWAY_UNKNOWN

PRESSES = 3
MANNEQUIN_STREAM = "mannequin"
REST_S = 1.5
"""So long before the first press the chest must have been left alone; two are asked for."""
HOLD_S = 0.8
"""So long the block must have been held; one second is asked for."""
BLOCK_NEAR_MM = 5.0
"""A press that is held farther from the block than this was not onto this block."""
DOWN_MM, UP_MM = 15.0, 8.0
"""A press begins under the first and ends over the second."""
FLAT_MM = 0.6
"""The chest is held where it moves no more than this about the middle of its hold."""
EDGE_S = 0.15
"""What is left out at both ends of a hold or a rest: the chest settles."""
AFTER_S = 0.4
"""So long after a press the chest is looked at again."""
BARE_N = 12.0
"""More force than this on the resting chest is no drift of four cells but something on it."""
STEADY = 2.5
"""Hands on a chest tremble; a bare chest's force stays within so many times the noise."""
MOVED_MM = 0.8
"""The chest is left alone until it moves by this."""
MOTION_S = 0.02
"""Half of the time over which a velocity is taken."""


@dataclass(frozen=True, slots=True, eq=False)
class Rest:
    """The chest left alone."""

    depth_mm: float
    depth_sem_mm: float
    cells_n: FloatArray
    """(4,)."""
    cells_sem_n: FloatArray
    flow_ml_s: float | None
    flow_sem_ml_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """One press."""

    start_ns: int
    end_ns: int
    """Of the hold, without its edges."""
    before_mm: float
    depth_mm: float
    after_mm: float
    cells_n: FloatArray
    """(4,) over the held block."""


@dataclass(frozen=True, slots=True, eq=False)
class Pressed:
    """The whole capture as the mannequin tells it."""

    rest: Rest
    holds: tuple[Held, ...]
    t_ns: IntArray
    t_s: FloatArray
    """Seconds from the first sample."""
    depth_mm: FloatArray
    velocity_m_s: FloatArray
    force_n: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    t_ns: IntArray
    t_s: FloatArray
    depth_mm: FloatArray
    cells_n: FloatArray
    flow_ml_s: FloatArray


def pressed_onto(
    samples: Sequence[Sample],
    mannequin: MannequinCalibration,
    infos: Sequence[DeviceInfo],
    block_mm: float,
) -> Pressed:
    """Find rest and presses.

    Raises
    ------
    CalibrationError
        When they are not what was asked for.
    """
    c = _columns(samples, mannequin, infos)
    presses = _presses(c.depth_mm)
    if len(presses) != PRESSES:
        raise CalibrationError(
            f"check: {len(presses)} presses, {PRESSES} are needed: leave the chest alone, then "
            f"press it down onto the {block_mm:g} mm block and hold, {PRESSES} times"
        )
    rest = _rest(c, presses[0][0], mannequin)
    bounds = [0, *(end for _, end in presses)]
    holds = []
    for k, (start, end) in enumerate(presses):
        until = presses[k + 1][0] if k + 1 < len(presses) else len(c.t_s)
        holds.append(_hold(c, k, (bounds[k], start, end, until), block_mm))
    force_n = c.cells_n.sum(axis=1)
    step = max(round(MOTION_S / float(np.median(np.diff(c.t_s)))), 1)
    velocity = np.zeros(len(c.t_s))
    rise_mm, rise_s = (
        c.depth_mm[2 * step :] - c.depth_mm[: -2 * step],
        c.t_s[2 * step :] - c.t_s[: -2 * step],
    )
    velocity[step:-step] = rise_mm / 1e3 / rise_s
    return Pressed(rest, tuple(holds), c.t_ns, c.t_s, c.depth_mm, velocity, force_n)


def _columns(
    samples: Sequence[Sample], mannequin: MannequinCalibration, infos: Sequence[DeviceInfo]
) -> _Columns:
    info = next((i for i in infos if any(s.name == MANNEQUIN_STREAM for s in i.streams)), None)
    if info is None:
        raise CalibrationError("check: no mannequin took part: connect it and check again")
    clock = mannequin_clock(info)
    rows: list[tuple[int, ...]] = []
    for sample in samples:
        if isinstance(sample, ClockExchange):
            clock.exchange(sample)
        elif isinstance(sample, MannequinFrame):
            clock.arrival(sample.arrival)
            stamp = clock.stamp(sample.arrival.device_ticks)
            if stamp is not None and (not rows or stamp.t_ns > rows[-1][0]):
                row = (stamp.t_ns, sample.chest_counts, sample.airway_counts)
                rows.append((*row, *sample.force_counts))
    if len(rows) < 2:
        raise CalibrationError("check: the mannequin sent nothing: look at its cable")
    c = np.array(rows, np.int64)
    cells = [CountsCurve(curve)(c[:, 3 + k])[0] for k, curve in enumerate(mannequin.cell_force_n)]
    flow = CountsCurve(mannequin.airway_flow_ml_s)(c[:, 2])[0]
    return _Columns(
        t_ns=c[:, 0],
        t_s=(c[:, 0] - c[0, 0]) / 1e9,
        depth_mm=1e3 * CountsCurve(mannequin.chest_depth_m)(c[:, 1])[0],
        cells_n=np.stack(cells, axis=1),
        flow_ml_s=np.where(c[:, 2] == AIRWAY_UNKNOWN, np.nan, flow),
    )


def _presses(depth_mm: FloatArray) -> list[tuple[int, int]]:
    """Give each press' first and last row; depths from the first second's, whatever the zero."""
    above_mm = depth_mm - float(np.median(depth_mm[: max(len(depth_mm) // 20, 1)]))
    level = np.where(above_mm > DOWN_MM, 1, np.where(above_mm < UP_MM, -1, 0))
    clear = np.flatnonzero(level)
    if not len(clear):
        return []
    turns = np.flatnonzero(np.diff(level[clear])) + 1
    edges = clear[turns]
    if level[clear[0]] > 0:
        edges = np.concatenate([clear[:1], edges])
    if len(edges) % 2:
        edges = np.concatenate([edges, [len(depth_mm) - 1]])
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _rest(c: _Columns, until: int, mannequin: MannequinCalibration) -> Rest:
    """Take the capture's beginning, with nothing on the chest."""
    n = int(np.searchsorted(c.t_s, REST_S))
    usual_mm = float(np.median(c.depth_mm[: max(min(n, until), 1)]))
    moves = np.flatnonzero(np.abs(c.depth_mm[:until] - usual_mm) > MOVED_MM)
    alone_s = float(c.t_s[int(moves[0]) if len(moves) else until])
    if alone_s < REST_S:
        raise CalibrationError(
            f"check: the chest was left alone for {alone_s:.1f} s at the beginning, two seconds "
            "are needed: take your hands off, wait, then press"
        )
    force_n, cells_n = c.cells_n[:n].sum(axis=1), c.cells_n[:n]
    if float(force_n.mean()) > BARE_N or float(force_n.std()) > STEADY * _noise_n(mannequin):
        raise CalibrationError(
            f"check: the cells feel {force_n.mean():.0f} N before the first press: take your hands "
            "and everything else off the chest and begin anew; if nothing is there, calibrate the "
            "cells"
        )
    flow, root = c.flow_ml_s[:n], float(np.sqrt(n))
    heard = not np.isnan(flow).any()
    return Rest(
        float(c.depth_mm[:n].mean()),
        float(c.depth_mm[:n].std() / root),
        cells_n.mean(axis=0),
        cells_n.std(axis=0) / root,
        float(flow.mean()) if heard else None,
        float(flow.std() / root) if heard else 0.0,
    )


def _noise_n(mannequin: MannequinCalibration) -> float:
    """One-sigma of the four cells' sum, by their converters."""
    at_rest = (
        CountsCurve(curve)(np.array([curve.counts[0]]))[1] for curve in mannequin.cell_force_n
    )
    return NOISE_COUNTS * float(np.sqrt(sum(float(slope[0]) ** 2 for slope in at_rest)))


def _hold(c: _Columns, k: int, rows: tuple[int, int, int, int], block_mm: float) -> Held:
    """Measure one press; `rows`: the last release, its own first and last row, the next press."""
    before, start, end, after = rows
    flat = _flat(c.depth_mm[start:end])
    held_s = float(c.t_s[start:end][flat][-1] - c.t_s[start:end][flat][0]) if flat.any() else 0.0
    zero_mm = _settled(c, before, start, last=True)
    depth_mm = float(np.median(c.depth_mm[start:end][flat])) if flat.any() else 0.0
    if abs(depth_mm - zero_mm - block_mm) > BLOCK_NEAR_MM:
        raise CalibrationError(
            f"check, press {k + 1}: it was held at {depth_mm - zero_mm:.1f} mm, the block is "
            f"{block_mm:g} mm: is this the {block_mm:g} mm block, and was it pressed down onto it?"
        )
    if held_s < HOLD_S:
        raise CalibrationError(
            f"check, press {k + 1}: the block was held for {held_s:.1f} s, one second is needed: "
            "press down onto it and count twenty-one, twenty-two"
        )
    at = np.flatnonzero(flat) + start
    inside = at[(c.t_s[at] > c.t_s[at[0]] + EDGE_S) & (c.t_s[at] < c.t_s[at[-1]] - EDGE_S)]
    return Held(
        int(c.t_ns[inside[0]]),
        int(c.t_ns[inside[-1]]),
        zero_mm,
        float(c.depth_mm[inside].mean()),
        _settled(c, end, after, last=False),
        c.cells_n[inside].mean(axis=0),
    )


def _flat(depth_mm: FloatArray) -> BoolArray:
    """Tell where a press is held: about the median of its deepest half."""
    deep_mm = float(np.median(depth_mm[depth_mm >= np.median(depth_mm)]))
    return np.asarray(np.abs(depth_mm - deep_mm) < FLAT_MM)


def _settled(c: _Columns, start: int, end: int, *, last: bool) -> float:
    """Give the depth at which the chest lies still between presses: before one, or after it."""
    t_s, depth_mm = c.t_s[start:end], c.depth_mm[start:end]
    if not last:
        late = t_s > t_s[0] + AFTER_S
        depth_mm = depth_mm[late] if late.any() else depth_mm
    about_mm = float(np.quantile(depth_mm, 0.3))
    for _ in range(2):
        about_mm = float(depth_mm[np.abs(depth_mm - about_mm) < FLAT_MM].mean())
    return about_mm
