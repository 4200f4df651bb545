"""What is different between observations as recorded and as tracking makes them now.

Takes both, in any order of arrival, gives for each kind how many are the same to the last
bit and by how much the others differ; leaves tracking itself to `mr.session.retrack`.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mr.recording.layouts import CODECS
from mr.types import (
    ArmPosture,
    ChestObservation,
    Compression,
    FloatArray,
    HandPoints,
    HandSample,
    MannequinPose,
)

Observation = MannequinPose | ChestObservation | HandSample | HandPoints | ArmPosture
"""What tracking makes of frames."""
MOST_APART_NS = 250_000_000
"""Peaks farther apart are not those of one compression."""


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of observation, as recorded and now."""

    what: str
    n_recorded: int
    n_now: int
    n_same: int
    """Of those in both: the same to the last bit."""
    n_known_recorded: int
    """With a value."""
    n_known_now: int
    rms_mm: float | None
    """Of the differences of those with a value in both; None when there are none."""
    most_mm: float | None

    @property
    def same(self) -> bool:
        """Tell whether nothing is different."""
        return self.n_same == self.n_recorded == self.n_now


@dataclass(slots=True)
class _Tally:
    n_recorded: int = 0
    n_now: int = 0
    n_same: int = 0
    n_known_recorded: int = 0
    n_known_now: int = 0
    gaps_mm: list[float] = field(default_factory=list)


class Comparison:
    """Pairs observations of the same frame, recorded and now."""

    def __init__(self) -> None:
        self._tallies: dict[str, _Tally] = defaultdict(_Tally)
        # A camera's first depth and colour frame can both tell a pose, with the same number.
        self._waiting: dict[tuple[object, ...], deque[tuple[bool, Observation]]] = {}

    def recorded(self, observation: Observation) -> None:
        """Take one out of the recording."""
        tally = self._tallies[_what(observation)]
        tally.n_recorded += 1
        tally.n_known_recorded += _is_known(observation)
        self._meet(observation, recorded=True)

    def now(self, observation: Observation) -> None:
        """Take one that tracking has just made."""
        tally = self._tallies[_what(observation)]
        tally.n_now += 1
        tally.n_known_now += _is_known(observation)
        self._meet(observation, recorded=False)

    def changes(self) -> tuple[Change, ...]:
        """Give what has come out so far, a kind each."""
        return tuple(_change(what, tally) for what, tally in sorted(self._tallies.items()))

    def _meet(self, observation: Observation, *, recorded: bool) -> None:
        arrival = observation.arrival
        key = (arrival.stream, arrival.seq, arrival.device_ticks)
        queue = self._waiting.setdefault(key, deque())
        if not queue or queue[0][0] == recorded:
            queue.append((recorded, observation))
            return
        _, other = queue.popleft()
        if not queue:
            del self._waiting[key]
        tally = self._tallies[_what(observation)]
        tally.n_same += _bits(observation) == _bits(other)
        here, there = _value_m(observation), _value_m(other)
        if here is not None and there is not None:
            tally.gaps_mm.append(1e3 * float(np.linalg.norm(here - there)))


@dataclass(frozen=True, slots=True)
class StrokeChange:
    """The compressions as computed live and now."""

    n_live: int
    n_now: int
    n_paired: int
    mean_mm: float | None
    """Of the depth, now minus live, over those with a depth in both; None when there are none."""
    rms_mm: float | None
    most_mm: float | None


def stroke_change(
    live: Sequence[tuple[int, float | None]], now: Sequence[Compression]
) -> StrokeChange:
    """Compare compressions; `live` has each one's peak (ns) and depth (mm, if known)."""
    peaks_ns = np.array([c.peak_ns for c in now], dtype=np.int64)
    gaps_mm: list[float] = []
    n_paired = 0
    for peak_ns, depth_mm in live:
        if not len(peaks_ns):
            break
        k = int(np.argmin(np.abs(peaks_ns - peak_ns)))
        if abs(int(peaks_ns[k]) - peak_ns) > MOST_APART_NS:
            continue
        n_paired += 1
        depth_now_mm = now[k].depth_mm.value
        if depth_mm is not None and depth_now_mm is not None:
            gaps_mm.append(depth_now_mm - depth_mm)
    mean, rms, most = None, None, None
    if gaps_mm:
        gaps = np.array(gaps_mm)
        mean, rms = float(gaps.mean()), float(np.sqrt(np.mean(gaps**2)))
        most = float(np.abs(gaps).max())
    return StrokeChange(len(live), len(now), n_paired, mean, rms, most)


def _what(observation: Observation) -> str:
    camera = observation.arrival.stream.partition(".")[0].removeprefix("cam_")
    kind = {
        MannequinPose: "mannequin",
        ChestObservation: "chest",
        HandSample: "hand",
        HandPoints: "knuckles",
        ArmPosture: "arms",
    }[type(observation)]
    return f"{kind}, camera {camera}"


def _is_known(observation: Observation) -> bool:
    if isinstance(observation, ArmPosture):
        return any(bend.value is not None for bend in observation.bend_rad)
    return _value_m(observation) is not None


def _value_m(observation: Observation) -> FloatArray | None:
    """Give what an observation measured, as a vector in m; None when it is unknown.

    Arms are angles: they are compared to the bit only.
    """
    if isinstance(observation, ChestObservation):
        z_m = observation.surface_z_m
        return None if z_m is None else np.array([z_m])
    if isinstance(observation, HandSample):
        heel = observation.heel_in_mannequin_m
        return None if heel is None else np.array(heel)
    if isinstance(observation, HandPoints):
        return np.asarray(np.nanmean(observation.points_in_mannequin_m, axis=0))
    if isinstance(observation, ArmPosture):
        return None
    return observation.world_from_mannequin.t_m if observation.valid else None


def _bits(observation: Observation) -> bytes:
    return CODECS[type(observation).__name__].encode([observation])


def _change(what: str, tally: _Tally) -> Change:
    gaps = np.array(tally.gaps_mm)
    return Change(
        what,
        tally.n_recorded,
        tally.n_now,
        tally.n_same,
        tally.n_known_recorded,
        tally.n_known_now,
        float(np.sqrt(np.mean(gaps**2))) if len(gaps) else None,
        float(gaps.max()) if len(gaps) else None,
    )
