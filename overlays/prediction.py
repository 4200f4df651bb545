"""Where the chest will be when a frame is seen: the measured motion, moved on to display time.

Takes snapshots as a view reads them and the instant at which its next frame is seen, gives
the snapshot with its depth moved on; leaves measuring to `mr.fusion` and the head's motion to
the runtime. A learner's next stroke is much like the last few, so the motion goes on as it did
after the moments of the last seconds that were most like now (`ChestPast`), and where nothing was
like now in a straight line; for who keeps no past it swings about the last stroke's middle
(decision 0027; `python -m tests.bench --only overlay` measures each).
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace

import numpy as np

from mr.fusion.camera import DEEPEST_M
from mr.types import FloatArray, Phase, Snapshot

FAR_NS = 150_000_000
"""Farther ahead than this nothing is predicted: the motion then has turned since (half a cycle
at 120 /min is 250 ms), and the last measured depth is shown, which says of when it is."""
REMEMBER_NS = 4_000_000_000
"""Six strokes at 100 /min: more changes little, and a learner changes."""
GAP_NS = 100_000_000
"""What lies before a gap of this length is forgotten, as `mr.fusion` goes by it."""
DEEPEST_MM = 1000.0 * DEEPEST_M
SWING = 1.2
"""A stroke is quicker than a sine of its rate, for there is a rest between strokes: measured best
of 1.0 to 1.6 at leads of 20 to 100 ms."""
SURE = 2.0
"""In a straight line only what goes beyond this many sigmas of the depth is a motion: the velocity
that a camera tells is so noisy that a still chest would tremble by millimetres."""

STEP_S = 0.005
ALIKE_S = 0.3
"""So much of the motion up to now is laid beside the past."""
FADE_S = 0.1
"""What is older counts less by e."""
NEAR_MM = 1.0
"""Moments within this of the most alike count about as much as that."""
UNLIKE_MM = 8.0
"""A past whose most alike moment is this far off is none: so the first strokes of all."""
QUICK_STEPS = 4
"""How quick the present is, is told over so many steps: over fewer its noise is carried on."""
KEPT_UP = 0.5
"""The present is a little quicker or slower than the past: this share of it is kept up."""
APART_S = 0.3
"""A moment of the past lies at least so long ago: the present is no example for itself."""


class ChestPast:
    """The motion that a view has seen in the last seconds."""

    def __init__(self) -> None:
        self._rows: deque[tuple[int, float, float]] = deque()

    def see(self, snapshot: Snapshot) -> None:
        """Take note of a snapshot; one of a motion already seen changes nothing."""
        t_ns, depth_mm, velocity_mm_s = _measured(snapshot)
        if t_ns is None or depth_mm is None or velocity_mm_s is None:
            return
        newest_ns = self.newest_ns
        if newest_ns is not None and t_ns == newest_ns:
            return
        if newest_ns is not None and not 0 < t_ns - newest_ns <= GAP_NS:
            self._rows.clear()
        self._rows.append((t_ns, depth_mm, velocity_mm_s))
        while self._rows[0][0] < t_ns - REMEMBER_NS:
            self._rows.popleft()

    @property
    def newest_ns(self) -> int | None:
        """When the newest motion was captured."""
        return self._rows[-1][0] if self._rows else None

    def ahead_mm(self, lead_s: float) -> float | None:
        """Tell by how much the depth will change in `lead_s`; None without a past like now."""
        depth_mm = self._even_mm()
        n, n_alike, lead = len(depth_mm), round(ALIKE_S / STEP_S), lead_s / STEP_S
        n_apart = max(math.ceil(lead), round(APART_S / STEP_S))
        if n < n_alike + n_apart + 2:
            return None
        pieces = np.lib.stride_tricks.sliding_window_view(depth_mm, n_alike + 1)
        weights = np.exp(-STEP_S / FADE_S * np.arange(n_alike, -1, -1))
        gap_mm = np.sqrt((pieces[:-n_apart] - pieces[-1]) ** 2 @ (weights / weights.sum()))
        if gap_mm.min() > UNLIKE_MM:
            return None
        alike = np.exp(-2.0 * (gap_mm / (gap_mm.min() + NEAR_MM)) ** 2)
        alike /= alike.sum()
        then = np.arange(n_alike, n_alike + len(alike))
        went_mm = np.interp(then + lead, np.arange(n), depth_mm) - depth_mm[then]
        came_mm = depth_mm[then] - depth_mm[then - QUICK_STEPS]
        quicker_mm = depth_mm[-1] - depth_mm[-1 - QUICK_STEPS] - float(alike @ came_mm)
        return float(alike @ went_mm + KEPT_UP * quicker_mm / QUICK_STEPS * lead)

    def _even_mm(self) -> FloatArray:
        """Lay the depths on an even grid that ends with the newest: by cubics (Hermite's)."""
        if len(self._rows) < 2:
            return np.empty(0)
        newest_ns = self._rows[-1][0]
        rows = np.array([(t - newest_ns, d, v) for t, d, v in self._rows], np.float64).T
        t_s, depth_mm, velocity_mm_s = 1e-9 * rows[0], rows[1], rows[2]
        at_s = STEP_S * np.arange(math.ceil(t_s[0] / STEP_S), 1)
        k = np.clip(np.searchsorted(t_s, at_s, "right") - 1, 0, len(t_s) - 2)
        step_s = t_s[k + 1] - t_s[k]
        u, rise_mm = (at_s - t_s[k]) / step_s, depth_mm[k + 1] - depth_mm[k]
        first_mm = velocity_mm_s[k] * step_s - rise_mm
        last_mm = rise_mm - velocity_mm_s[k + 1] * step_s
        bent_mm = u * (1.0 - u) * ((1.0 - u) * first_mm + u * last_mm)
        return np.asarray(depth_mm[k] + u * rise_mm + bent_mm)


def predicted(snapshot: Snapshot, display_ns: int, past: ChestPast | None = None) -> Snapshot:
    """Move a snapshot's depth on to the instant at which it is seen.

    Parameters
    ----------
    snapshot : Snapshot
        The newest one.
    display_ns : int
        When the frame is seen, ns of the host's clock.
    past : ChestPast, optional
        What was seen until now, this snapshot included.

    Returns
    -------
    Snapshot
        With another `depth_mm`: never shallower than rest or deeper than `DEEPEST_MM`, unless
        it was measured so. The same object where nothing is known of the motion, the hands are
        off, the compressions pause or are over, and where `display_ns` is not after the
        measurement or more than `FAR_NS` after it.
    """
    measured_ns, depth_mm, velocity_mm_s = _measured(snapshot)
    if measured_ns is None or depth_mm is None or velocity_mm_s is None:
        return snapshot
    if snapshot.hands == "off" or snapshot.phase in (Phase.PAUSED, Phase.FINISHED):
        return snapshot
    if not 0 < display_ns - measured_ns <= FAR_NS:
        return snapshot
    lead_s = 1e-9 * (display_ns - measured_ns)
    ahead_mm = None
    if past is None or past.newest_ns != measured_ns:
        ahead_mm = swing_ahead_mm(snapshot, lead_s)
    elif snapshot.n_in_cycle > 0:  # the first stroke after a rest has none like it
        ahead_mm = past.ahead_mm(lead_s)
    if ahead_mm is None:
        ahead_mm = velocity_mm_s * lead_s
        ahead_mm = _beyond(ahead_mm, SURE * (snapshot.depth_sigma_mm or 0.0))
    low_mm, high_mm = min(depth_mm, 0.0), max(depth_mm, DEEPEST_MM)
    return replace(snapshot, depth_mm=min(max(depth_mm + ahead_mm, low_mm), high_mm))


def swing_ahead_mm(snapshot: Snapshot, lead_s: float) -> float | None:
    """Tell the change of depth of a swing about the last stroke's middle; None without one."""
    depth_mm, velocity_mm_s = snapshot.depth_mm, snapshot.velocity_mm_s
    rate_cpm, peak_mm = snapshot.rate_cpm, snapshot.last_depth_mm
    if depth_mm is None or velocity_mm_s is None or rate_cpm is None or peak_mm is None:
        return None
    omega = SWING * 2.0 * math.pi * rate_cpm / 60.0
    if omega <= 0.0:
        return None
    from_middle_mm = depth_mm - 0.5 * (peak_mm + (snapshot.last_release_mm or 0.0))
    turn = omega * lead_s
    return from_middle_mm * (math.cos(turn) - 1.0) + velocity_mm_s / omega * math.sin(turn)


def _beyond(value: float, least: float) -> float:
    """Give what of a value lies beyond the least that counts: no jump where it begins to."""
    return math.copysign(max(abs(value) - least, 0.0), value)


def _measured(snapshot: Snapshot) -> tuple[int | None, float | None, float | None]:
    return snapshot.measured_ns, snapshot.depth_mm, snapshot.velocity_mm_s
