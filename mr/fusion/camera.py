"""What one camera says of the chest's depth, and where its zero is.

Takes heights of the surface over the compression point (hand's thickness included),
gives depths; the height that means *no depth* is a slow state, learnt from the
mannequin where there is one, else from a hand seen resting still on the chest before its
first compression, else from the bare chest beside the hands, else unknown. Leaves filtering
to `mr.fusion.fuser`.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Literal

from mr.fusion.give import HandGive
from mr.fusion.softness import Softness
from mr.types import ChestObservation

WANDER_M = 0.0001
"""One-sigma wander of the offset in a second: hands shift, cameras warm up."""
CONTACT_SIGMA_M = 0.0005
"""A hand that rests still may still weigh on the chest a little."""
LEANT_M = 0.002
"""A resting hand leans if the bare chest beside it lies so deep: less is the rest's own error."""
CHEST_M, CHEST_N = (0.004, 0.020), 20
"""So many looks at a bare chest that lies so deep make a zero: a hand that presses it lies on it
and does not hover, and soft hands are not yet an error of a millimetre."""
LIFTED_M = 0.012
"""So far above the zero the hand is in the air, and the chest at rest."""
DEEPEST_M = 0.090
"""No chest goes deeper: a hand on its way off was taken for one that presses."""
MOVED_M = 0.010
STILL_S = 0.35
STILL_N = 6
RECALL_S = 0.8
LEANING_M = 0.003
"""A hand that rests lower than this under the highest release so far leans on the chest."""
GATE = 5.0
REST_GATE = 4.0
"""A resting hand's height lies within this many sigma of the zero found so far."""
BORROW_N = 60
"""So many looks, a second of them, make a zero that is taken from other cameras."""
REST_MAX_N = 60
"""So many looks make the zero; a hand that settles slowly is followed."""
PATIENCE = 8


@dataclass(frozen=True, slots=True)
class Seen:
    """One camera's depth at one instant."""

    depth_m: float
    noise_m: float
    bias_m: float
    zero_known: bool
    hands: Literal["on", "off"]


class CameraZero:
    """The offset of one camera: the height it sees when the chest is not pressed."""

    def __init__(self, gain: float) -> None:
        self._gain = gain
        self._give = self._technician = HandGive(gain)
        self._softness = Softness()
        self._offset_m = 0.0
        self._variance: float | None = None
        self._t_s = 0.0
        self._outliers = 0
        self._relative = False
        self._approach: deque[tuple[float, float, float | None]] = deque()
        """Heights of the last `STILL_S`, and what the bare chest beside the hand said."""
        self._leant_m = 0.0
        """How far the back of a resting hand that leans lies under its zero."""
        self._chest_n, self._chest_m = 0, 0.0
        """Zeros that the bare chest told while there was no other, and their mean."""
        self._recent: deque[tuple[float, float]] = deque()
        """Heights of the last `RECALL_S`: a contact is no hand that hovers over the chest."""
        self._lowest_m = math.inf
        self._highest_m = -math.inf
        self._borrowed_n, self._borrowed_m = 0, 0.0
        self._rest_n = 0
        """Looks averaged into the zero of a hand that has rested since; 0 once it pressed."""

    @property
    def known(self) -> bool:
        """Whether the height of no depth is known, not only relative to a release."""
        return self._variance is not None and not self._relative

    def learn(self, height_m: float, depth_m: float, sigma_m: float, t_s: float) -> None:
        """Take in a height seen while the mannequin said `depth_m`, hands on."""
        offset_m = height_m + self._give.seen_m(depth_m)
        r = (1.5 * sigma_m) ** 2
        if self._variance is None or self._relative:
            self._set(offset_m, r, t_s)
            return
        variance = self._grown(t_s)
        e = offset_m - self._offset_m
        if e * e > GATE * GATE * (variance + r) and self._outliers < PATIENCE:
            self._outliers += 1
            return
        if self._outliers >= PATIENCE:
            variance = e * e
        self._outliers, self._rest_n = 0, 0
        self._offset_m += variance / (variance + r) * e
        self._variance, self._t_s = variance * r / (variance + r), t_s

    def borrow(self, own: Seen, depth_m: float, t_s: float) -> None:
        """Take the zero from other cameras: the mean of many looks while they said `depth_m`.

        `own` is what this camera says of the same instant, from a relative zero.
        """
        self._borrowed_n += 1
        beyond_m = self._give.seen_m(depth_m) - self._give.seen_m(own.depth_m)
        self._borrowed_m += (beyond_m - self._borrowed_m) / self._borrowed_n
        if self._borrowed_n >= BORROW_N:
            offset_m = self._offset_m + self._borrowed_m
            self._set(offset_m, own.noise_m**2 / 2 + CONTACT_SIGMA_M**2, t_s)

    def depth(self, seen: ChestObservation, t_s: float) -> Seen | None:
        """Give the depth without a mannequin; None while nothing can be said."""
        height_m = seen.surface_z_m
        if seen.hands == "off":
            return self._away(seen)
        if height_m is None or (seen.hands == "unknown" and self._variance is None):
            return None
        if self._variance is None or self._relative:
            # A relative zero goes on looking for the true one.
            found = self._find_contact(height_m, seen, t_s) or self._ask_chest(height_m, seen, t_s)
            if not found and self._variance is None:
                return None
        else:
            self._rest(height_m, seen.sigma_m, t_s)
            self._compare(height_m, seen)
        depth_m = self._give.depth_m(self._offset_m - height_m)
        slope = self._give.slope(depth_m)
        noise_m = seen.sigma_m / slope
        if depth_m < -LIFTED_M:
            return self._away(seen)
        if depth_m > DEEPEST_M:
            return None
        bias_m = math.hypot(
            math.sqrt(self._grown(t_s)) / slope,
            self._softness.sigma * depth_m,
            self._give.sigma_m(depth_m),
        )
        return Seen(depth_m, noise_m, bias_m, not self._relative, "on")

    def _compare(self, height_m: float, seen: ChestObservation) -> None:
        """Learn how soft these hands are from the bare chest beside them."""
        depth_m, sigma_m = seen.beside_depth_m, seen.beside_sigma_m
        if depth_m is None or sigma_m is None or seen.hands != "on":
            return
        farther_m = self._offset_m - height_m - self._technician.seen_m(depth_m)
        self._softness.learn(farther_m, depth_m, sigma_m)
        self._give = HandGive(self._gain, self._softness.more_m)

    def _away(self, seen: ChestObservation) -> Seen:
        """No hand on it: the chest is at its unloaded zero, which is what zero means."""
        if self._relative:
            self._variance, self._relative = None, False
        self._softness.left()
        self._approach.clear()
        self._recent.clear()
        self._lowest_m, self._highest_m = math.inf, -math.inf
        noise_m = CONTACT_SIGMA_M if seen.surface_z_m is None else seen.sigma_m
        return Seen(0.0, noise_m, CONTACT_SIGMA_M, True, "off")

    def _ask_chest(self, height_m: float, seen: ChestObservation, t_s: float) -> bool:
        """Take the zero from the bare chest beside hands that press and never rested."""
        depth_m, sigma_m = seen.beside_depth_m, seen.beside_sigma_m
        if depth_m is None or sigma_m is None or not CHEST_M[0] < depth_m < CHEST_M[1]:
            return False
        self._chest_n += 1
        offset_m = height_m + self._technician.seen_m(depth_m)
        self._chest_m += (offset_m - self._chest_m) / self._chest_n
        if self._chest_n < CHEST_N:
            return False
        self._set(self._chest_m, sigma_m**2, t_s)
        return True

    def _find_contact(self, height_m: float, seen: ChestObservation, t_s: float) -> bool:
        """Look for a hand that rests still, or else for a first compression."""
        sigma_m = seen.sigma_m
        self._approach.append((t_s, height_m, seen.beside_depth_m))
        while self._approach[0][0] < t_s - STILL_S:
            self._approach.popleft()
        self._recent.append((t_s, height_m))
        while self._recent[0][0] < t_s - RECALL_S:
            self._recent.popleft()
        if height_m < self._lowest_m:
            self._lowest_m, self._highest_m = height_m, -math.inf
        self._highest_m = max(self._highest_m, height_m)
        n = len(self._approach)
        if n >= STILL_N and t_s - self._approach[0][0] > 0.8 * STILL_S:
            mean_m = math.fsum(h for _, h, _ in self._approach) / n
            spread_m = math.sqrt(math.fsum((h - mean_m) ** 2 for _, h, _ in self._approach) / n)
            low_m = min(h for _, h in self._recent)
            if self._relative:
                low_m = max(low_m, self._offset_m - LEANING_M)
            if spread_m < max(1.5 * sigma_m, 0.0005) and low_m <= mean_m < low_m + MOVED_M:
                leant_m = self._leans_m()
                self._set(mean_m + leant_m, sigma_m**2 / n + CONTACT_SIGMA_M**2, t_s)
                self._rest_n, self._leant_m = n, leant_m
                return True
        if self._relative:
            return False
        pressed = self._highest_m - self._lowest_m > MOVED_M
        if pressed and height_m < self._highest_m - 0.5 * MOVED_M:
            self._set(self._highest_m, sigma_m**2, t_s)
            self._relative = True
            return True
        return False

    def _leans_m(self) -> float:
        """Tell how far the resting hand has gone down with the chest that it leans on."""
        beside_m = [b for _, _, b in self._approach if b is not None]
        if len(beside_m) < STILL_N:
            return 0.0
        mean_m = math.fsum(beside_m) / len(beside_m)
        return self._technician.seen_m(mean_m) if mean_m > LEANT_M else 0.0

    def _rest(self, height_m: float, sigma_m: float, t_s: float) -> None:
        """Go on averaging the zero while the hand rests, until it first presses."""
        if not self._rest_n:
            return
        height_m += self._leant_m
        if self._offset_m - height_m > 0.5 * MOVED_M:
            self._rest_n = 0
        elif abs(height_m - self._offset_m) < REST_GATE * sigma_m:
            self._rest_n = min(self._rest_n + 1, REST_MAX_N)
            self._offset_m += (height_m - self._offset_m) / self._rest_n
            self._variance = sigma_m**2 / self._rest_n + CONTACT_SIGMA_M**2
            self._t_s = t_s

    def _set(self, offset_m: float, variance: float, t_s: float) -> None:
        self._offset_m, self._variance, self._t_s = offset_m, variance, t_s
        self._relative, self._outliers, self._rest_n = False, 0, 0
        self._borrowed_n, self._borrowed_m = 0, 0.0
        self._chest_n, self._chest_m, self._leant_m = 0, 0.0, 0.0

    def _grown(self, t_s: float) -> float:
        return (self._variance or 0.0) + WANDER_M**2 * max(t_s - self._t_s, 0.0)
