"""How the learner's arms stand: bend of the elbows, and whether shoulders are over hands.

Takes depth frames, the mannequin's pose and the heel of the hand, gives the bend of each
elbow and the lean of the line from the hands to the shoulders, averaged over a compression,
each with a sigma or the reason why it is unknown. Leaves finding arms in one frame to
`mr.tracking.arm_find` and what is to be said about them to `mr.coaching`.

Experimental: see docs/decisions/0014-arms.md for what it has been measured on.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from mr.geometry.camera import Camera
from mr.geometry.poses import difference
from mr.tracking.arm_find import STRIDE, ArmView, find_rods
from mr.tracking.arm_fit import FOREARM_M, UPPER_ARM_M, UPPER_ARM_SIGMA_M, TwoRods
from mr.tracking.chest import HEEL_UNDER_BACK_M
from mr.tracking.hands import HEEL_SIGMA_M
from mr.types import ArmPosture, Arrival, DepthFrame, FloatArray, Measured, Pose, Stamp

SAME_VIEW = np.repeat([1e-3, 1e-3], 3)
"""Change of pose (rad, m) that a view may be old by: a tenth of the angles' sigma."""
LOOK_EVERY_NS = 150_000_000
"""Every fifth frame at 30 /s, every ninth at 60 /s: a look costs as much as one at the
chest, and how the arms stand changes slowly. Every 250 ms was tried: with so few looks
less was known, and fewer bent elbows were named."""
WINDOW_NS = 1_100_000_000
"""Averaged: two compressions at 110 /min."""
MIN_LOOKS, MIN_SHARE = 3, 1 / 3
"""Least number and share of the window's looks in which an arm was measured."""
STEADY_BEND_RAD = float(np.radians(4.0))
STEADY_LEAN_RAD = float(np.radians(2.0))
"""Errors that no averaging takes away: sleeves and the camera's own error that stays.
Source: ours, simulated; tests/truth/test_tracking_arms.py holds them."""

NO_HANDS = "no hands press on the chest"
FEW_LOOKS = "seen for too short a time"
ONE_ARM = "both upper arms are needed, one is seen"


@dataclass(frozen=True, slots=True, eq=False)
class ArmLook:
    """What the last second says about the arms, up to one frame."""

    bend_rad: tuple[Measured, Measured]
    lean_rad: Measured
    confidence: float
    n_px: int


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """One arm in one frame."""

    t_ns: int
    rods: TwoRods
    shoulder_from_heel_m: FloatArray
    bend_variance_rad2: float
    shoulder_variance_m2: float


class ArmWatch:
    """Follows the arms in one camera's picture; one `look` every few frames, in order.

    The arm nearer to the mannequin's head comes first: a camera cannot tell left from right.
    """

    def __init__(self) -> None:
        self._looked_ns: deque[int] = deque()
        self._seen: tuple[deque[_Seen], deque[_Seen]] = (deque(), deque())
        self._why = [NO_HANDS, NO_HANDS]

    def look(
        self, view: ArmView, frame: DepthFrame, t_ns: int, heel_in_mannequin_m: FloatArray | None
    ) -> ArmLook:
        """Measure one frame, captured at `t_ns`; the heel's z is the seen back of the hand."""
        self._forget(t_ns)
        self._looked_ns.append(t_ns)
        if heel_in_mannequin_m is None:
            self._why = [NO_HANDS, NO_HANDS]
            return self._now(0)
        points, whole = view.look(frame)
        n_px = 0
        for slot, why, rods in find_rods(view, points, whole, heel_in_mannequin_m):
            self._why[slot] = why
            if rods is not None:
                self._seen[slot].append(_seen(t_ns, rods, heel_in_mannequin_m))
                n_px += rods.n_upper * STRIDE**2
        return self._now(n_px)

    def _forget(self, t_ns: int) -> None:
        while self._looked_ns and self._looked_ns[0] < t_ns - WINDOW_NS:
            self._looked_ns.popleft()
        for seen in self._seen:
            while seen and seen[0].t_ns < t_ns - WINDOW_NS:
                seen.popleft()

    def _now(self, n_px: int) -> ArmLook:
        bends = tuple(self._bend(k) for k in (0, 1))
        shares = [len(seen) / len(self._looked_ns) for seen in self._seen]
        return ArmLook((bends[0], bends[1]), self._lean(), min(shares), n_px)

    def _enough(self, slot: int) -> bool:
        n = len(self._seen[slot])
        return n >= max(MIN_LOOKS, MIN_SHARE * len(self._looked_ns))

    def _bend(self, slot: int) -> Measured:
        seen = self._seen[slot]
        if not self._enough(slot):
            return Measured.unknown(self._why[slot] or FEW_LOOKS)
        forearm, upper = (_mean_direction(seen, name) for name in ("forearm", "upper"))
        bend = float(np.arccos(np.clip(forearm @ upper, -1.0, 1.0)))
        noise2 = sum(s.bend_variance_rad2 for s in seen) / len(seen) ** 2
        return Measured(bend, float(np.hypot(np.sqrt(noise2), STEADY_BEND_RAD)))

    def _lean(self) -> Measured:
        """Tell how far the line from the hands to the middle of the shoulders is off upright."""
        short = [k for k in (0, 1) if not self._enough(k)]
        if short:
            why = ONE_ARM if len(short) == 1 else self._why[short[0]] or FEW_LOOKS
            return Measured.unknown(why)
        lines, noise2 = [], 0.0
        for seen in self._seen:
            lines.append(np.mean([s.shoulder_from_heel_m for s in seen], axis=0))
            noise2 += sum(s.shoulder_variance_m2 for s in seen) / len(seen) ** 2 / 4
        line = np.mean(lines, axis=0)
        length = float(np.linalg.norm(line))
        lean = float(np.arccos(np.clip(line[2] / length, -1.0, 1.0)))
        steady_m2 = HEEL_SIGMA_M**2 + (UPPER_ARM_SIGMA_M * _off(line / length, self._seen)) ** 2
        sigma = np.sqrt(noise2 + steady_m2) / length
        return Measured(lean, float(np.hypot(sigma, STEADY_LEAN_RAD)))


class ArmTracker:
    """Makes observations of one camera's depth frames, a few times a second."""

    def __init__(self, camera: Camera, baseline_m: float) -> None:
        self._camera, self._baseline_m = camera, baseline_m
        self._watch = ArmWatch()
        self._view: ArmView | None = None
        self._view_pose = Pose.identity()
        self._next_ns: int | None = None

    def step(
        self,
        frame: DepthFrame,
        arrival: Arrival,
        stamp: Stamp,
        cam_from_mannequin: Pose,
        heel_in_mannequin_m: FloatArray | None,
    ) -> list[ArmPosture]:
        """Observe one frame, or nothing when the last look was just before.

        The heel's z is the seen back of the hand; None when no hands press.
        """
        if self._next_ns is not None and stamp.t_ns < self._next_ns:
            return []
        self._next_ns = stamp.t_ns + LOOK_EVERY_NS
        moved = np.abs(difference(cam_from_mannequin, self._view_pose)) > SAME_VIEW
        if self._view is None or moved.any():
            self._view = ArmView(self._camera, self._baseline_m, cam_from_mannequin)
            self._view_pose = cam_from_mannequin
        look = self._watch.look(self._view, frame, stamp.t_ns, heel_in_mannequin_m)
        return [
            ArmPosture(
                arrival=arrival,
                stamp=stamp,
                camera_id=frame.camera_id,
                bend_rad=look.bend_rad,
                lean_rad=look.lean_rad,
                confidence=look.confidence,
                n_px=look.n_px,
            )
        ]


def _off(line: FloatArray, seen: tuple[deque[_Seen], deque[_Seen]]) -> float:
    """Tell how much of an upper arm's unknown length goes across the line to the shoulders."""
    upper = np.mean([s.rods.upper for arm in seen for s in arm], axis=0)
    return float(np.linalg.norm(upper - (upper @ line) * line))


def _mean_direction(seen: deque[_Seen], name: str) -> FloatArray:
    """Middle direction of a rod over the window, robust against single frames."""
    middle = np.median([getattr(s.rods, name) for s in seen], axis=0)
    return np.asarray(middle / np.linalg.norm(middle))


def _seen(t_ns: int, rods: TwoRods, heel_m: FloatArray) -> _Seen:
    """Put down what the mean over the window needs of one arm."""
    shoulder_m = rods.elbow_m + UPPER_ARM_M * rods.upper
    heel_under_m = heel_m - np.array([0.0, 0.0, HEEL_UNDER_BACK_M])
    of_forearm, of_upper = np.diag(rods.covariance).reshape(2, 2).sum(axis=1) / 2
    variance_m2 = of_forearm * FOREARM_M**2 + of_upper * UPPER_ARM_M**2
    return _Seen(
        t_ns, rods, shoulder_m - heel_under_m, float(of_forearm + of_upper), float(variance_m2)
    )
