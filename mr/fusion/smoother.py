"""The motion of a whole recording once more, with what was learnt after each instant, too.

Takes the motion that fusion gave and the diary that it kept, gives the same samples again:
those that a camera led have a zero, a give and a scale from both sides of them, and the
velocity of a filter that ran both ways. Samples that the mannequin led stay as they are. Leaves
strokes to `mr.metrics`, the very same as live.

Ref: two filters, one that runs backwards, joined by their information (Fraser and Potter,
1969): what a camera believes before an instant and what it believes after it rest on different
looks. The backward one begins vaguely, so that no prior counts twice. The velocity is a
Rauch-Tung-Striebel smoother's. The depth stays a measurement, as live: a smoothed one would
hide its noise from the metrics, which fit the same curve themselves.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from mr.fusion.camera import RESTACK_SIGMA_M
from mr.fusion.diary import Diary, Entry, Led, Left
from mr.fusion.eyes import FRESH_S
from mr.fusion.give import HandGive
from mr.fusion.lesson import Belief, Lesson
from mr.fusion.retrace import velocities
from mr.rig import Rig
from mr.types import ChestSample

VAGUE = 10.0
KNOWN_M = 0.0015
"""A zero that is known so well makes an unknown one known."""
GAP_NS = 100_000_000
"""Over a longer gap the velocity is not carried."""


@dataclass(frozen=True, slots=True)
class _Better:
    """What a look says with all that was learnt; and how much that differs from live."""

    correction_m: float
    live_bias_m: float
    bias_m: float


def smooth(motion: Sequence[ChestSample], diary: Diary, rig: Rig) -> list[ChestSample]:
    """Give the motion with the camera-led samples smoothed.

    Parameters
    ----------
    motion
        All that fusion gave of one recording.
    diary
        What it wrote down meanwhile.
    rig
        The rig it was given.
    """
    better = {
        key: dict(_looked_back(entries, rig.cameras[key].depth_gain))
        for key, entries in diary.entries.items()
    }
    if not motion:
        return []
    t0_ns = diary.t0_ns
    latest: dict[str, tuple[float, float]] = {}
    out = []
    for sample in motion:
        t_s = (sample.stamp.t_ns - t0_ns) * 1e-9
        found = better.get(sample.sources[0], {}).get(t_s)
        if found is None:
            out.append(sample)
            continue
        latest[sample.sources[0]] = (t_s, found.correction_m)
        # Cameras were made to agree: so all that speak are corrected by what they all need.
        needed_m = [m for said_s, m in latest.values() if t_s - said_s < FRESH_S]
        shift_m = math.fsum(needed_m) / len(needed_m)
        variance = sample.sigma_m**2 - found.live_bias_m**2 + found.bias_m**2
        out.append(
            replace(
                sample,
                depth_m=sample.depth_m + shift_m,
                sigma_m=math.sqrt(max(variance, found.bias_m**2)),
                zero_known=sample.zero_known or found.bias_m < KNOWN_M,
            )
        )
    return _retraced(out)


def _looked_back(entries: Sequence[Entry], gain: float) -> Iterable[tuple[float, _Better]]:
    """Go backwards through one camera's entries; time runs backwards, too."""
    lesson = Lesson(HandGive(gain), VAGUE)
    away = False
    for entry in reversed(entries):
        if isinstance(entry, Left):
            if not away:
                lesson.stacked_anew(RESTACK_SIGMA_M)
            away = True
            continue
        away = False
        if not isinstance(entry, Led):
            lesson.learn(replace(entry, t_s=-entry.t_s))
            continue
        after = lesson.belief(-entry.t_s)
        if after is not None:
            yield entry.t_s, _better(entry, after, gain)
        lesson.compare(entry.seen, -entry.t_s)


def _better(entry: Led, after: Belief, gain: float) -> _Better:
    height_m = entry.seen.surface_z_m or 0.0
    _, live_bias_m = entry.belief.depth_m(height_m, gain)
    depth_m, bias_m = entry.belief.joined(after).depth_m(height_m, gain)
    return _Better(depth_m - entry.depth_m, live_bias_m, bias_m)


def _retraced(motion: Sequence[ChestSample]) -> list[ChestSample]:
    """Give camera-led stretches the velocity of a filter that ran both ways."""
    out: list[ChestSample] = []
    for by_mannequin, stretch in itertools.groupby(motion, lambda s: s.sources == ("mannequin",)):
        samples = list(stretch)
        if by_mannequin:
            out += samples
            continue
        for part in _unbroken(samples):
            speeds = velocities(part)
            out += [replace(s, velocity_m_s=v) for s, v in zip(part, speeds, strict=True)]
    return out


def _unbroken(samples: Sequence[ChestSample]) -> list[list[ChestSample]]:
    parts: list[list[ChestSample]] = [[samples[0]]]
    for before, now in itertools.pairwise(samples):
        if now.stamp.t_ns - before.stamp.t_ns > GAP_NS:
            parts.append([])
        parts[-1].append(now)
    return parts
