"""What one camera says of the chest's depth, and where its zero is.

Takes heights of the surface over the compression point (hand's thickness included),
gives depths; the height that means *no depth* is a slow state, learnt from the
mannequin where there is one, else from a hand seen resting still on the chest before its
first compression, else from the bare chest beside the hands, else unknown. Leaves filtering
to `mr.fusion.fuser`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from mr.fusion.contact import MOVED_M, Approach, Rest
from mr.fusion.give import FULL_M, HandGive
from mr.fusion.lesson import Belief, Lesson, Look, untaught
from mr.fusion.softness import Softness
from mr.types import ChestObservation

WANDER_M = 0.0001
"""One-sigma wander of the offset in a second: hands shift, cameras warm up."""
CONTACT_SIGMA_M = 0.0005
"""A hand that rests still may still weigh on the chest a little."""
RESTACK_SIGMA_M = 0.001
"""Hands that have come back are stacked anew. Source: ours; not measured."""
THICKER_M = 0.002
"""A rest that lies so far over the old zero is of thicker hands; under it, it may be a lean."""
LEANT_M = 0.002
"""A resting hand leans if the bare chest beside it lies so deep: less is the rest's own error."""
CHEST_M, CHEST_N = (0.004, 0.020), 20
"""So many looks at a bare chest that lies so deep make a zero: a hand that presses it lies on it
and does not hover, and soft hands are not yet an error of a millimetre."""
LIFTED_M = 0.012
"""So far above the zero the hand is in the air, and the chest at rest."""
DEEPEST_M = 0.090
"""No chest goes deeper: a hand on its way off was taken for one that presses."""
LEANING_M = 0.003
"""A hand that rests lower than this under the highest release so far leans on the chest."""
REST_GATE = 4.0
"""A resting hand's height lies within this many sigma of the zero found so far."""
BORROW_N = 60
"""So many looks, a second of them, make a zero that is taken from other cameras."""
NOWHERE_M = 0.05
"""One-sigma of a zero that is not known."""
REST_MAX_N = 60
"""So many looks make the zero; a hand that settles slowly is followed."""


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
        self.lesson = Lesson(self._technician)
        self._taught, self._scale = False, 1.0
        """Whether the zero is the mannequin's; and what the camera measures of its depth."""
        self._offset_m = 0.0
        self._variance: float | None = None
        self._t_s = 0.0
        self._relative = False
        self._approach = Approach()
        self._back = False
        """Hands were off since the zero was found: they come back, or others do."""
        self._rest_n = 0
        """Looks averaged into the zero of a hand that has rested since; 0 once it pressed."""
        self._leant_m, self._beside_m = 0.0, 0.0
        """How far the back of a resting hand that leans lies under its zero, and the chest."""
        self._chest_n, self._chest_m = 0, 0.0
        """Zeros that the bare chest told while there was no other, and their mean."""
        self._borrowed_n, self._borrowed_m = 0, 0.0

    @property
    def known(self) -> bool:
        """Whether the height of no depth is known, not only relative to a release."""
        return self._variance is not None and not self._relative

    def learn(self, look: Look) -> Lesson:
        """Take in a look while the mannequin spoke, hands on; give what is known by it."""
        self._back, lesson = False, self.lesson
        if lesson.learn(look):
            self._heed(look.t_s)
        return lesson

    def _heed(self, t_s: float) -> None:
        """Take zero, give and scale from what the mannequin taught."""
        lesson = self.lesson
        self._set(lesson.offset_m, lesson.variance(0.0, t_s), t_s)
        self._taught, self._scale = True, lesson.scale
        self._softness.teach(lesson.more_m, math.sqrt(lesson.variance(FULL_M, t_s)))
        self._give = HandGive(self._gain, lesson.more_m, lesson.scale)

    def belief(self, t_s: float) -> Belief:
        """Tell all that is believed of this camera."""
        taught = self.lesson.belief(t_s) if self._taught else None
        sigma_m = math.sqrt(self._grown(t_s)) if self.known else NOWHERE_M
        more_m, more_sigma_m = self._softness.more_m, self._softness.sigma * FULL_M
        return taught or untaught(self._offset_m, sigma_m, more_m, more_sigma_m)

    def left(self) -> None:
        """Take in that the hands have left while the mannequin spoke."""
        if not self._back:
            self._back = True
            self.lesson.stacked_anew(RESTACK_SIGMA_M)

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
            found = self._find_zero(height_m, seen, t_s) or self._ask_chest(height_m, seen, t_s)
            if not found and self._variance is None:
                return None
        elif self._back:
            self._welcome(height_m, seen, t_s)
        elif self._rest_n:
            self._rest(height_m, seen, t_s)
        depth_m = self._give.depth_m(self._offset_m - height_m)
        if depth_m < -LIFTED_M:
            return self._away(seen)
        if depth_m > DEEPEST_M:
            return None
        slope = self._give.slope(depth_m)
        bias_m = self._bias_m(depth_m, t_s)
        if self._taught and seen.hands == "on":
            self.lesson.compare(seen, t_s)
            self._heed(t_s)
        else:
            self._compare(height_m, seen)
        return Seen(depth_m, seen.sigma_m / slope, bias_m, not self._relative, "on")

    def _bias_m(self, depth_m: float, t_s: float) -> float:
        """Tell how far the depth may steadily be off."""
        slope = self._give.slope(depth_m)
        if self._taught:
            return math.sqrt(self.lesson.variance(depth_m, t_s)) / slope
        return math.hypot(
            math.sqrt(self._grown(t_s)) / slope,
            self._softness.sigma * depth_m,
            self._give.sigma_m(depth_m),
        )

    def _compare(self, height_m: float, seen: ChestObservation) -> None:
        """Learn how soft these hands are from the bare chest beside them."""
        depth_m, sigma_m = seen.beside_depth_m, seen.beside_sigma_m
        if depth_m is None or sigma_m is None or seen.hands != "on" or not self.known:
            return
        depth_m /= self._scale
        technician = HandGive(self._gain, 0.0, self._scale)
        farther_m = self._offset_m - height_m - technician.seen_m(depth_m)
        self._softness.learn(farther_m, depth_m, sigma_m)
        self._give = HandGive(self._gain, self._softness.more_m, self._scale)

    def _away(self, seen: ChestObservation) -> Seen:
        """No hand on it: the chest is at its unloaded zero, which is what zero means."""
        if self._relative:
            self._variance, self._relative = None, False
        if self._variance is not None and not self._back:
            self._back, self._taught = True, False
            self._variance += RESTACK_SIGMA_M**2
            self.lesson.stacked_anew(RESTACK_SIGMA_M)
        self._softness.left()
        self._approach.clear()
        self._rest_n, self._chest_n, self._chest_m = 0, 0, 0.0
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

    def _find_zero(self, height_m: float, seen: ChestObservation, t_s: float) -> bool:
        """Look for a hand that rests still, or else for a first compression."""
        floor_m = self._offset_m - LEANING_M if self._relative else -math.inf
        rest = self._approach.step(height_m, seen, t_s, floor_m)
        if rest is not None:
            self._rest_on(rest, seen.sigma_m, t_s)
            return True
        top_m = None if self._relative else self._approach.pressed_from_m(height_m)
        if top_m is None:
            return False
        self._set(top_m, seen.sigma_m**2, t_s)
        self._relative = True
        return True

    def _welcome(self, height_m: float, seen: ChestObservation, t_s: float) -> None:
        """Let hands that have come back, or others, rest: they are stacked anew."""
        rest = self._approach.step(height_m, seen, t_s)
        if rest is not None:
            self._back = False
            thicker = rest.height_m > self._offset_m + THICKER_M
            if rest.beside_m is not None or thicker:
                self._rest_on(rest, seen.sigma_m, t_s)
        elif self._offset_m - height_m > MOVED_M:
            self._back = False

    def _rest_on(self, rest: Rest, sigma_m: float, t_s: float) -> None:
        """Take the zero from a still hand; one that leans lies under it."""
        beside_m = rest.beside_m if rest.beside_m is not None else 0.0
        leant_m = self._technician.seen_m(beside_m) if beside_m > LEANT_M else 0.0
        variance = sigma_m**2 / rest.n + CONTACT_SIGMA_M**2
        self._set(rest.height_m + leant_m, variance, t_s)
        self._rest_n, self._leant_m, self._beside_m = rest.n, leant_m, max(beside_m, 0.0)

    def _rest(self, height_m: float, seen: ChestObservation, t_s: float) -> None:
        """Go on averaging the zero while the hand rests, until it leans in or first presses."""
        self._approach.step(height_m, seen, t_s)
        beside_m = self._approach.beside_m()
        height_m += self._leant_m
        leans_in = beside_m is not None and beside_m > self._beside_m + LEANT_M
        if leans_in or self._offset_m - height_m > 0.5 * MOVED_M:
            self._rest_n = 0
        elif abs(height_m - self._offset_m) < REST_GATE * seen.sigma_m:
            self._rest_n = min(self._rest_n + 1, REST_MAX_N)
            self._offset_m += (height_m - self._offset_m) / self._rest_n
            self._variance = seen.sigma_m**2 / self._rest_n + CONTACT_SIGMA_M**2
            self._t_s = t_s

    def _set(self, offset_m: float, variance: float, t_s: float) -> None:
        self._offset_m, self._variance, self._t_s = offset_m, variance, t_s
        self._relative, self._taught, self._rest_n = False, False, 0
        self._borrowed_n, self._borrowed_m = 0, 0.0
        self._chest_n, self._chest_m = 0, 0.0
        self._leant_m, self._beside_m = 0.0, 0.0

    def _grown(self, t_s: float) -> float:
        return (self._variance or 0.0) + WANDER_M**2 * max(t_s - self._t_s, 0.0)
