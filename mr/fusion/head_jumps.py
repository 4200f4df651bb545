"""A headset's frame that is put elsewhere (recentred, found again), out of the head's own way.

Takes head poses, gives a `Jump` when the head is from one frame to the next where no head can
go, and an `Away` when it was not told of for so long that nobody knows; leaves what either means
to `mr.fusion.placer`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from mr.types import FloatArray, HeadPose, Pose

MOST_GAP_S = 0.05
"""Over a longer silence nobody knows where the head would be."""
AWAY_S = 0.5
"""After so long without a pose its frame is doubted whatever the next one says."""
MOST_M_S, MOST_RAD_S = 2.0, 7.0
"""How quick a head is at the most while it is not told of: who turns round turns by 400 deg/s."""
JUMP_M, JUMP_RAD = 0.03, math.radians(5)
"""From where it would have gone. A head that starts at 10 m/s² is 1 mm off after 14 ms, 12 mm
after 50 ms; it turns by 1 to 2 deg otherwise than expected at the most."""
CARRY_SIGMAS = np.repeat([math.radians(0.3), 0.004], 3)
"""Of the change of frame, at the head: what a head does in a frame's time."""


@dataclass(frozen=True, slots=True, eq=False)
class Jump:
    """A change of the headset's frame."""

    t_ns: int
    new_from_old: Pose
    head_in_new_m: FloatArray
    """(3,)."""


@dataclass(frozen=True, slots=True)
class Away:
    """A silence after which the headset's frame may be another one."""

    t_ns: int
    """Of its end."""


class HeadJumps:
    """Watches the head."""

    def __init__(self) -> None:
        self._last: tuple[int, Pose] | None = None
        self._before: tuple[int, Pose] | None = None

    def step(self, sample: HeadPose) -> Jump | Away | None:
        """Take in one pose."""
        now = (sample.stamp.t_ns, sample.xr_from_head)
        last, before = self._last, self._before
        if last is not None and now[0] <= last[0]:
            return None
        self._last, self._before = now, last
        if last is None:
            return None
        silent_s = (now[0] - last[0]) * 1e-9
        if silent_s > MOST_GAP_S:
            self._before = None
            return Away(now[0]) if _is_elsewhere(last[1], now[1], silent_s) else None
        if before is None:
            return None  # one pose tells no way: nobody knows where the head would be
        moved = float(np.linalg.norm(now[1].t_m - last[1].t_m)) > JUMP_M / 2
        if not moved and np.trace(now[1].R @ last[1].R.T) > 1 + 2 * math.cos(JUMP_RAD / 2):
            return None
        expected = _onwards(before, last, now[0])
        way_m = float(np.linalg.norm(now[1].t_m - expected.t_m))
        turn = Rotation.from_matrix(now[1].R @ expected.R.T).magnitude()
        if way_m < JUMP_M and turn < JUMP_RAD:
            return None
        new_from_old = now[1] @ expected.inverse()
        # The head goes on as it did, in the new frame.
        self._before = (last[0], new_from_old @ last[1])
        return Jump(now[0], new_from_old, now[1].t_m)


def _is_elsewhere(last: Pose, now: Pose, silent_s: float) -> bool:
    """Whether no head can have gone there meanwhile, or the silence was too long to know."""
    way_m = float(np.linalg.norm(now.t_m - last.t_m))
    turn = float(Rotation.from_matrix(now.R @ last.R.T).magnitude())
    quick = way_m > JUMP_M + MOST_M_S * silent_s or turn > JUMP_RAD + MOST_RAD_S * silent_s
    return silent_s > AWAY_S or quick


def _onwards(before: tuple[int, Pose], last: tuple[int, Pose], t_ns: int) -> Pose:
    """Give where a head that goes on steadily is."""
    share = (t_ns - last[0]) / max(last[0] - before[0], 1)
    turn = Rotation.from_matrix(last[1].R @ before[1].R.T).as_rotvec() * share
    turned = Rotation.from_rotvec(turn).as_matrix() @ last[1].R
    return Pose(turned, last[1].t_m + share * (last[1].t_m - before[1].t_m))
