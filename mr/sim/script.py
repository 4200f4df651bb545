"""What a simulated learner does, and the truth of it.

Takes nothing but numbers (`mr.sim.learner` makes them from a style and a seed), gives the
chest's motion, the hands' place and the breaths at any instant, and a `Truth` computed
from the plan's own parameters: no peak is ever searched in a signal; where a planned stroke
passes a tenth of its travel is read off its own curve. Leaves sensors to `mr.sim.plant` and
pixels to `mr.sim.render`. Time is s from the script's start.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from mr.config import Mode
from mr.types import FloatArray

BULGE = 0.02
"""Share of the stroke that is pressed during the hold, so that a peak is one instant."""
PAUSE_S, EDGE = 1.0, 0.1
"""The guide's: a pause is at least so long, and edges lie at this share of the travel."""
EDGE_STEP_S = 0.0005


@dataclass(frozen=True, slots=True)
class PlannedCompression:
    """One compression of the plan; depths are measured from the unloaded chest."""

    onset_s: float
    down_s: float
    hold_s: float
    up_s: float
    start_depth_mm: float
    """Where the chest is at onset: the release depth of the compression before."""
    depth_mm: float
    release_depth_mm: float
    bout: int
    """Compressions of one bout follow each other without a break."""
    second_dip_mm: float = 0.0
    """By how much the chest comes back in the middle of the hold (a double dip)."""

    @property
    def peak_s(self) -> float:
        """When it is deepest: the middle of the hold (its first dip if it has two)."""
        share = 0.25 if self.second_dip_mm else 0.5
        return self.onset_s + self.down_s + share * self.hold_s

    @property
    def release_s(self) -> float:
        """When the chest has come back as far as it will."""
        return self.onset_s + self.down_s + self.hold_s + self.up_s


@dataclass(frozen=True, slots=True)
class PlannedBreath:
    """One breath into the mannequin: in over `inspiration_s`, then out by itself."""

    start_s: float
    inspiration_s: float
    volume_ml: float
    expiration_s: float = 1.2


@dataclass(frozen=True, slots=True)
class HandsSegment:
    """Where the hands are between two instants; they travel at the start of each."""

    start_s: float
    place: Literal["away", "chest", "head"]
    """On the chest they follow it."""


@dataclass(frozen=True, slots=True)
class CompressionTruth:
    """What one compression was."""

    index: int
    onset_s: float
    peak_s: float
    release_s: float
    depth_mm: float
    release_depth_mm: float


@dataclass(frozen=True, slots=True)
class BreathTruth:
    """What one breath was; `end_s` is the end of the inspiration."""

    start_s: float
    end_s: float
    volume_ml: float


@dataclass(frozen=True, slots=True)
class Truth:
    """What a session was, to compare measured values with.

    `mean_rate_cpm` is 60 / mean peak-to-peak interval inside bouts (breaks left out).
    `ccf_pct` is the share of the time from the first onset to the last release that is
    not a break; a break runs from a bout's last release to the next bout's first onset.
    """

    compressions: tuple[CompressionTruth, ...]
    breaths: tuple[BreathTruth, ...]
    mean_depth_mm: float
    mean_release_depth_mm: float
    mean_rate_cpm: float
    ccf_pct: float

    @property
    def count(self) -> int:
        """Tell the number of compressions."""
        return len(self.compressions)


@dataclass(frozen=True, slots=True)
class HandsState:
    """The stacked hands at one instant, in the mannequin's frame."""

    heel_in_mannequin_m: tuple[float, float, float]
    """Underside of the lower hand's heel; on the chest it lies on the chest's surface."""
    on_chest: bool
    spread_m: float = 0.0
    """How far the hands are apart along y; 0 when they are stacked."""


HAND_PLACES_M: dict[str, tuple[float, float, float]] = {
    "away": (-0.50, 0.05, 0.42),
    "head": (-0.045, 0.435, -0.020),
}
"""Where hands rest when they are not on the chest; ``away`` is out of the picture."""

HEAD_SPREAD_M = 0.13
"""At the head one hand lies on the forehead, the other lifts the chin."""
TRAVEL_S = 0.45


@dataclass(frozen=True, slots=True)
class Script:
    """A whole session as planned: compressions, breaths and where the hands are."""

    mode: Mode
    style: str
    seed: int
    duration_s: float
    compressions: tuple[PlannedCompression, ...]
    breaths: tuple[PlannedBreath, ...]
    hands: tuple[HandsSegment, ...]
    offset_mm: tuple[float, float]
    """Mean place of the heel on the chest, from the compression point, x and y."""
    slide_mm: tuple[float, float]
    """How far the heel has slid at the script's end."""
    sway_mm: tuple[float, float]
    """Amplitude of the sway with the learner's body."""
    _grid: dict[str, FloatArray] = field(default_factory=dict, repr=False, compare=False)

    def chest_depth_m(self, t_s: FloatArray | float) -> FloatArray:
        """Tell the chest's depth at instants of any shape, positive into the chest."""
        t = np.asarray(t_s, dtype=np.float64)
        if not self.compressions:
            return np.zeros_like(t)
        columns = self._columns()
        k = np.searchsorted(columns["onset"], t, side="right") - 1
        j = np.clip(k, 0, None)
        c = {name: values[j] for name, values in columns.items()}
        start, depth, release = c["start"], c["depth"], c["release"]
        rim = start + (1.0 - BULGE) * (depth - start)
        u = t - c["onset"]
        hold = (u - c["down"]) / c["hold"]
        up = (u - c["down"] - c["hold"]) / c["up"]
        bulge = rim + (depth - rim) * np.sin(np.pi * np.clip(hold, 0.0, 1.0)) ** 2
        dips = rim + (depth - rim) * np.sin(2 * np.pi * np.clip(hold, 0.0, 1.0)) ** 2
        back = c["second_dip"] * np.clip(np.sin(np.pi * (2 * hold - 0.5)), 0.0, None) ** 2
        held = np.where(c["second_dip"] > 0, dips - back, bulge)
        pressed = start + (rim - start) * _ease_down(u / c["down"])
        rising = rim + (release - rim) * _ease_up(up)
        mm = np.where(hold < 0, pressed, np.where(hold < 1, held, rising))
        return np.asarray(np.where(k < 0, 0.0, np.maximum(mm, 0.0)) / 1000.0)

    def chest_velocity_m_s(self, t_s: FloatArray | float) -> FloatArray:
        """Tell the chest's velocity, positive into the chest."""
        t = np.asarray(t_s, dtype=np.float64)
        step_s = 5e-4
        return (self.chest_depth_m(t + step_s) - self.chest_depth_m(t - step_s)) / (2 * step_s)

    def lung_ml(self, t_s: FloatArray | float) -> FloatArray:
        """Tell the volume of air in the lungs, in mL."""
        t = np.asarray(t_s, dtype=np.float64)
        total = np.zeros_like(t)
        for breath in self.breaths:
            inflow = _smooth((t - breath.start_s) / breath.inspiration_s)
            out_start_s = breath.start_s + breath.inspiration_s + 0.1
            outflow = _smooth((t - out_start_s) / breath.expiration_s)
            total += breath.volume_ml * (inflow - outflow)
        return total

    def airflow_ml_s(self, t_s: FloatArray | float) -> FloatArray:
        """Tell the flow of air into the lungs, in mL/s."""
        t = np.asarray(t_s, dtype=np.float64)
        step_s = 5e-4
        return (self.lung_ml(t + step_s) - self.lung_ml(t - step_s)) / (2 * step_s)

    def hand_offset_m(self, t_s: FloatArray | float) -> FloatArray:
        """Tell the heel's offset from the compression point on the chest: (..., 2) m."""
        t = np.asarray(t_s, dtype=np.float64)[..., None]
        share = t / max(self.duration_s, 1e-9)
        sway = np.stack(
            [np.sin(2 * np.pi * t[..., 0] / 3.7), np.sin(2 * np.pi * t[..., 0] / 5.3 + 1.0)],
            axis=-1,
        )
        mm = np.array(self.offset_mm) + share * np.array(self.slide_mm)
        return np.asarray((mm + sway * np.array(self.sway_mm)) / 1000.0)

    def hands_at(self, t_s: float) -> HandsState:
        """Tell where the hands are at one instant."""
        starts = [segment.start_s for segment in self.hands]
        k = max(int(np.searchsorted(starts, t_s, side="right")) - 1, 0)
        now = self.hands[k]
        here = self._place_m(now.place, t_s)
        spread_m = HEAD_SPREAD_M if now.place == "head" else 0.0
        age_s = t_s - now.start_s
        if k == 0 or age_s >= TRAVEL_S:
            return HandsState(_point(here), now.place == "chest", spread_m)
        share = float(_smooth(np.asarray(age_s / TRAVEL_S)))
        last = self.hands[k - 1].place
        before = self._place_m(last, t_s)
        way = before + share * (here - before)
        way[2] += 0.10 * np.sin(np.pi * share)
        last_m = HEAD_SPREAD_M if last == "head" else 0.0
        return HandsState(_point(way), False, last_m + share * (spread_m - last_m))

    def truth(self) -> Truth:
        """Say what the session was, from the plan alone.

        The CCF is the guide's (docs/guides/definitions.md): a pause goes from where the chest has
        come out to a tenth of its travel to where it has gone in by a tenth.
        """
        plan = self.compressions
        compressions = tuple(
            CompressionTruth(i, c.onset_s, c.peak_s, c.release_s, c.depth_mm, c.release_depth_mm)
            for i, c in enumerate(plan)
        )
        breaths = tuple(
            BreathTruth(b.start_s, b.start_s + b.inspiration_s, b.volume_ml) for b in self.breaths
        )
        pairs = list(itertools.pairwise(plan))
        intervals = [b.peak_s - a.peak_s for a, b in pairs if a.bout == b.bout]
        edges_s = [self._edges_s(c) for c in plan]
        idle_s = [b[0] - a[1] for a, b in itertools.pairwise(edges_s)]
        breaks_s = sum(s for s in idle_s if s >= PAUSE_S)
        span_s = edges_s[-1][1] - edges_s[0][0] if plan else float("nan")
        nan = float("nan")
        return Truth(
            compressions=compressions,
            breaths=breaths,
            mean_depth_mm=float(np.mean([c.depth_mm for c in plan])) if plan else nan,
            mean_release_depth_mm=(
                float(np.mean([c.release_depth_mm for c in plan])) if plan else nan
            ),
            mean_rate_cpm=60.0 / float(np.mean(intervals)) if intervals else nan,
            ccf_pct=100.0 * (1.0 - breaks_s / span_s) if plan else nan,
        )

    def _edges_s(self, c: PlannedCompression) -> tuple[float, float]:
        """Tell when a compression has gone in by a tenth of its travel, and come out to a tenth."""
        t_s = np.arange(c.onset_s, c.release_s, EDGE_STEP_S)
        mm = 1000.0 * self.chest_depth_m(t_s)
        inside = mm > c.start_depth_mm + EDGE * (c.depth_mm - c.start_depth_mm)
        outside = mm > c.release_depth_mm + EDGE * (c.depth_mm - c.release_depth_mm)
        return float(t_s[inside.argmax()]), float(t_s[np.flatnonzero(outside)[-1]])

    def _columns(self) -> dict[str, FloatArray]:
        """Give the plan as columns, made once."""
        if not self._grid:
            plan = self.compressions
            names: tuple[str, ...] = (
                "onset_s",
                "down_s",
                "hold_s",
                "up_s",
                "start_depth_mm",
                "depth_mm",
            )
            names += ("release_depth_mm", "second_dip_mm")
            for name in names:
                key = name.removesuffix("_s").removesuffix("_mm").removesuffix("_depth")
                self._grid[key] = np.array([getattr(c, name) for c in plan])
        return self._grid

    def _place_m(self, place: str, t_s: float) -> FloatArray:
        if place != "chest":
            return np.array(HAND_PLACES_M[place])
        offset = self.hand_offset_m(t_s)
        return np.array([offset[0], offset[1], -float(self.chest_depth_m(t_s))])


def _point(xyz: FloatArray) -> tuple[float, float, float]:
    return float(xyz[0]), float(xyz[1]), float(xyz[2])


def _smooth(u: FloatArray) -> FloatArray:
    """Go from 0 to 1 with no jump in velocity or acceleration (quintic)."""
    v = np.clip(u, 0.0, 1.0)
    return np.asarray(v * v * v * (v * (6.0 * v - 15.0) + 10.0))


def _ease_down(u: FloatArray) -> FloatArray:
    """Press: fast at first, soft at the end (a quintic run on bent time)."""
    v = np.clip(u, 0.0, 1.0)
    return _smooth(1.0 - (1.0 - v) ** 1.35)


def _ease_up(u: FloatArray) -> FloatArray:
    """Let go: the chest springs back and settles slowly."""
    v = np.clip(u, 0.0, 1.0)
    return _smooth(1.0 - (1.0 - v) ** 1.6)
