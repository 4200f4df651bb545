"""The surface over the compression point, and whether hands are on it.

Takes one depth frame after another with the mannequin's pose, gives the height of the
surface along the chest's normal, the heel of the hand, hands on, off or unknown, and the
bare chest beside hands that are on.
Leaves zero, gain and motion to `mr.fusion`.

The height is a mean over a patch fixed in the *mannequin's* frame. A patch fixed in the
image slides over the hand as the chest goes down and is wrong by centimetres. Without
hands the patch lies on the compression point; with them it lies on the back of the hand,
beyond the wrist, and follows the hand's mean place slowly, so that neither a sliding
hand nor the scatter of the heel within one compression moves it over the knuckles.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from mr.tracking.beside import BareChest, Cells
from mr.tracking.hands import (
    HEEL_SIGMA_M,
    Arm,
    Fingers,
    beside_the_arms,
    find_arms,
    find_fingers,
    foot,
)
from mr.tracking.surface import STRIDE, ChestView, Points, region
from mr.types import DepthFrame, FloatArray

BARE_RADIUS_M = 0.025
BACK_FORWARD_M = 0.040
"""From the heel to the middle of the back of the hand, along the fingers."""
BACK_HALF_M = (0.026, 0.026)
"""Half sides of the patch on the back of the hand: along the fingers, across them."""
BACK_LOW_M, BACK_HIGH_M = -0.075, 0.120
"""Heights at which the back of pressing hands can be; above, they hover."""
HEEL_FORWARD_M = 0.020
"""From where the forearms' axis meets the chest to the heel of the hand, along the
fingers: the wrist is bent back. Ref: PARTS.md, a fixed offset of about 22 mm."""
HEEL_UNDER_BACK_M = 0.05
"""Thickness of two stacked hands at the heel, for following the forearms down to it."""
BARE_HEIGHT_M = 0.015
"""A bare resting chest lies within this of its calibrated height."""
BARE_SPREAD_M = 0.008
MOST_UNDER_M = 0.030
"""The back of the hand is no farther under the fingers: what is, is the chest before it."""
MIN_PX = 30
ROUGH_M = 0.040
"""A patch's points lie within this of their median, or are of something else."""
STEADY_M2 = np.diag([0.0, 1e-3, 1e-3])
"""Keeps the plane through a sliver of points from tipping over."""
REACH_M = 0.15
"""Arms that come down farther from the compression point press elsewhere."""
ELSEWHERE_M, ELSEWHERE_SIGMA_M = 0.30, 0.04
"""Hands up to so far away are at a wrong place of the trunk; the region cuts their arms off."""
FOLLOW_S = 0.5
"""Time constant of the patch's place and of its speed: about a compression, so that what
the scatter of one leaves is small, and a hand that slides is not left behind."""
TURN_S = 1.5
"""Time constant of the fingers' direction: a learner does not turn while pressing."""
SETTLE_S = 0.5
"""So long the place is the mean of all looks since the hands came down: nobody slides yet."""
NEAR_M = 0.006
"""Hands farther from that mean than the heel's scatter are still being put down."""
JUMP_M, JUMP_M_S = 0.010, 0.35
"""Hands that move farther from one frame to the next than the heel's scatter, and faster than
this, are on their way, not on the chest."""
PATIENCE_S = 0.2
"""Hands not seen for longer have not moved on meanwhile: they are looked for where they were."""
MOVING = "the hands are on their way"


@dataclass(frozen=True, slots=True, eq=False)
class Height:
    """Mean height over a patch."""

    z_m: float
    spread_m: float
    sigma_m: float
    n_px: int
    """Pixels of the camera's image it rests on."""


@dataclass(frozen=True, slots=True, eq=False)
class ChestLook:
    """What one frame says; `surface` or `heel_in_mannequin_m` None comes with a why."""

    surface: Height | None
    hands: Literal["on", "off", "unknown"]
    why: str
    heel_in_mannequin_m: FloatArray | None
    """(3,): x, y of the heel; z is the seen back of the hand, its thickness included. With
    hands "off" and a `heel_why` it is where the hands are instead; z is then the chest's."""
    heel_sigma_m: float
    heel_why: str
    n_arms: int = 0
    """Forearms that come down to the heel; which is left or right is not known."""
    beside: Cells | None = None
    """The bare chest beside hands that are on it, where its rest is known."""


def disc(points: Points, centre_m: FloatArray, radius_m: float) -> npt.NDArray[np.bool_]:
    """Mask (h, w) of the points in an upright column about (2,) m."""
    dx, dy = points.x - np.float32(centre_m[0]), points.y - np.float32(centre_m[1])
    return np.asarray(dx * dx + dy * dy < radius_m * radius_m)


def slab(
    points: Points, centre_m: FloatArray, along: FloatArray, half_m: tuple[float, float]
) -> npt.NDArray[np.bool_]:
    """Mask (h, w) of the points in an upright box about (2,) m, turned to `along`."""
    dx, dy = points.x - np.float32(centre_m[0]), points.y - np.float32(centre_m[1])
    ux, uy = np.float32(along[0]), np.float32(along[1])
    return np.asarray(
        (np.abs(dx * ux + dy * uy) < half_m[0]) & (np.abs(dy * ux - dx * uy) < half_m[1])
    )


def height_at(
    view: ChestView, points: Points, mask: npt.NDArray[np.bool_], centre_m: FloatArray
) -> Height | None:
    """Height of the plane through some points at (2,) m; None with too few of them.

    The back of a hand slopes by half: a plain mean would move with whatever pixels happen
    to be seen.
    """
    n_all = int(np.count_nonzero(mask))
    if n_all < MIN_PX:
        return None
    dx = points.x[mask].astype(np.float64) - centre_m[0]
    dy = points.y[mask].astype(np.float64) - centre_m[1]
    z = points.z[mask].astype(np.float64)
    rows = np.stack([np.ones_like(dx), dx, dy], axis=1)
    kept = np.abs(z - np.median(z)) < ROUGH_M
    spread = 0.0
    for _ in range(3):
        if int(kept.sum()) < MIN_PX:
            return None
        use = rows[kept]
        moments = use.T @ use + STEADY_M2
        plane = np.linalg.solve(moments, use.T @ z[kept])
        miss = np.abs(z - rows @ plane)
        spread = 1.4826 * float(np.median(miss[kept]))
        kept = miss <= max(3.0 * spread, 0.004)
    n = int(kept.sum())
    z_cam_m = float(points.z_cam_m[mask].mean())
    # A plane is less sure where its points are not: beside their own middle.
    blur = float(np.sqrt(np.linalg.inv(moments)[0, 0] * len(use)))
    return Height(float(plane[0]), spread, view.height_sigma_m(z_cam_m, n) * blur, n * STRIDE**2)


class ChestWatch:
    """Follows the hands of one camera's picture; one `look` a frame, in order."""

    def __init__(self) -> None:
        self._heel: FloatArray | None = None
        self._speed: FloatArray = np.zeros(2)
        self._fingers: FloatArray | None = None
        self._elsewhere: FloatArray | None = None
        self._bare = BareChest()
        self._last_ns = 0
        self._settled_ns = 0

    def look(self, view: ChestView, frame: DepthFrame, t_ns: int) -> ChestLook:
        """Measure one frame, captured at `t_ns`."""
        points = view.look(frame)
        arms = find_arms(points, view.cam_in_mannequin_m)
        landing = foot(arms, 0.0)
        if landing is None or np.linalg.norm(landing) > REACH_M:
            self._heel = self._fingers = None
            look = self._not_here(view, points, arms, landing)
            if look.hands == "off" and landing is None:
                self._bare.learn(view, points, t_ns)
            return look
        seen = find_fingers(points, landing)
        fingers = self._way(seen, arms)
        rough = _back_height(view, points, landing, fingers)
        if rough is not None:
            # The same part of the arms at every depth, so that its bias stays the same.
            arms = find_arms(points, view.cam_in_mannequin_m, rough.z_m) or arms
            landing = foot(arms, rough.z_m - HEEL_UNDER_BACK_M)
        if rough is None or landing is None:
            return _unknown("the back of the hand is hidden or gives no depth")
        if np.linalg.norm(landing) > REACH_M:  # seen whole, the arms come down elsewhere
            self._heel = self._fingers = None
            return _unknown(MOVING)
        seen = find_fingers(points, landing) or seen
        fingers = self._turn(self._way(seen, arms), landing, t_ns)
        arrived = self._near(landing, t_ns)
        heel = self._follow(landing, t_ns)
        if not arrived:
            return _unknown(MOVING)
        height = _back_height(view, points, heel, fingers) or rough
        if beside_the_arms(arms, fingers) or (
            seen is not None and height.z_m < seen.z_m - MOST_UNDER_M
        ):
            return _unknown("the back of the hand is turned away or hidden by the arms")
        xy = landing + HEEL_FORWARD_M * fingers
        heel_m = np.array([*xy, height.z_m])
        beside = self._bare.cells(view, points, height.z_m)
        return ChestLook(height, "on", "", heel_m, HEEL_SIGMA_M, "", len(arms), beside)

    def _not_here(
        self, view: ChestView, points: Points, arms: list[Arm], landing: FloatArray | None
    ) -> ChestLook:
        """Measure the bare chest; hands that stay at a wrong place beside it are told, too."""
        before, self._elsewhere = self._elsewhere, landing
        if landing is None:
            return self._without_hands(view, points, "no forearm is seen")
        look = self._without_hands(view, points, "the arms come down elsewhere")
        away_m = float(np.linalg.norm(landing))
        steady = before is not None and float(np.linalg.norm(landing - before)) < JUMP_M
        if not steady or away_m > ELSEWHERE_M or look.hands != "off":
            return look
        xy = landing + HEEL_FORWARD_M * self._way(find_fingers(points, landing), arms)
        return replace(
            look,
            heel_in_mannequin_m=np.array([*xy, 0.0]),
            heel_sigma_m=ELSEWHERE_SIGMA_M,
            heel_why=f"the hands are some {1e2 * away_m:.0f} cm from the compression point",
            n_arms=len(arms),
        )

    def _without_hands(self, view: ChestView, points: Points, heel_why: str) -> ChestLook:
        mask = region(points, -0.12, 0.12) & disc(points, np.zeros(2), BARE_RADIUS_M)
        height = height_at(view, points, mask, np.zeros(2))
        if height is None:
            why = "the compression point is hidden or gives no depth"
            return ChestLook(None, "unknown", why, None, float("nan"), heel_why)
        if abs(height.z_m) > BARE_HEIGHT_M or height.spread_m > BARE_SPREAD_M:
            why = f"{_lies(1e3 * height.z_m)}, and {heel_why}"
            return ChestLook(None, "unknown", why, None, float("nan"), heel_why)
        return ChestLook(height, "off", "", None, float("nan"), heel_why)

    def _near(self, landing: FloatArray, t_ns: int) -> bool:
        """Whether the arms come down where they did in the frame before."""
        if self._heel is None:
            return False
        reach_m = JUMP_M + JUMP_M_S * min(max(0, t_ns - self._last_ns) * 1e-9, PATIENCE_S)
        return float(np.linalg.norm(landing - self._heel)) < reach_m

    def _way(self, seen: Fingers | None, arms: list[Arm]) -> FloatArray:
        """Give the fingers' direction in this frame, or else the one known, or a guess."""
        if seen is not None:
            return seen.way
        return _against_lean(arms) if self._fingers is None else self._fingers

    def _turn(self, seen: FloatArray, landing: FloatArray, t_ns: int) -> FloatArray:
        """Turn the direction that is held slowly towards what this frame shows."""
        if self._fingers is None or not self._near(landing, t_ns):
            self._fingers = seen
            return seen
        turned = self._fingers + self._share(t_ns, TURN_S) * (seen - self._fingers)
        self._fingers = turned / max(float(np.linalg.norm(turned)), 1e-6)
        return self._fingers

    def _share(self, t_ns: int, slow_s: float) -> float:
        """Weigh a new look: at first all count alike since the hands came down, then the last."""
        elapsed_s = max(0, t_ns - self._last_ns) * 1e-9
        since_s = max((t_ns - self._settled_ns) * 1e-9, elapsed_s)
        return max(1.0 - float(np.exp(-elapsed_s / slow_s)), elapsed_s / since_s if since_s else 1)

    def _follow(self, landing: FloatArray, t_ns: int) -> FloatArray:
        """Move the patch's place slowly, with a speed of its own, so that it does not lag."""
        elapsed_s = max(0, t_ns - self._last_ns) * 1e-9
        if self._heel is None or not self._near(landing, t_ns):
            self._settled_ns, self._speed, self._heel = t_ns, np.zeros(2), landing
        elif (t_ns - self._settled_ns) * 1e-9 < SETTLE_S:
            if float(np.linalg.norm(landing - self._heel)) >= NEAR_M:
                self._settled_ns = t_ns  # still being put down
                self._heel = landing
            self._heel = self._heel + self._share(t_ns, FOLLOW_S) * (landing - self._heel)
        else:
            # Critically damped. Ref: Benedict & Bordner, IRE Trans. AC-7 (1962) 27.
            expected = self._heel + self._speed * elapsed_s
            keep = float(np.exp(-elapsed_s / FOLLOW_S))
            self._heel = expected + (1.0 - keep**2) * (landing - expected)
            if elapsed_s > 0:
                self._speed = self._speed + (1.0 - keep) ** 2 / elapsed_s * (landing - expected)
        self._last_ns = t_ns
        return self._heel


def _back_height(
    view: ChestView, points: Points, landing: FloatArray, fingers: FloatArray
) -> Height | None:
    """Height of the back of the hand, beyond the wrist."""
    centre = landing + (HEEL_FORWARD_M + BACK_FORWARD_M) * fingers
    patch = slab(points, centre, fingers, BACK_HALF_M)
    return height_at(view, points, patch & region(points, BACK_LOW_M, BACK_HIGH_M), centre)


def _lies(z_mm: float) -> str:
    if abs(z_mm) <= 1e3 * BARE_HEIGHT_M:
        return "something uneven lies on the chest"
    if z_mm < 0:
        return f"the chest lies {-z_mm:.0f} mm too low"
    return f"something lies {z_mm:.0f} mm over the chest"


def _unknown(why: str) -> ChestLook:
    return ChestLook(None, "unknown", why, None, float("nan"), why)


def _against_lean(arms: list[Arm]) -> FloatArray:
    """Horizontal direction (2,) from the heel to the fingers: away from the arms' lean."""
    lean = np.mean([arm.lean for arm in arms], axis=0)
    return np.asarray(-lean / max(float(np.linalg.norm(lean)), 1e-6))
