"""Several cameras as one: each has its own zero, and together they have no steps.

Takes one camera's observation after another, gives its depth with what it steadily differs
from the others taken out; leaves each one's zero to `mr.fusion.camera` and filtering to
`mr.fusion.fuser`. Two cameras see the same hand from two sides: their noises are their
own and average out in the motion; a hand that was taken for unloaded was so for both, so
that the error of the zero does not.

The steady difference is the mean of what each camera says beyond the expected motion.
The filter's lag is in all of them alike and leaves the difference.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mr.fusion.camera import CameraZero, Seen
from mr.fusion.diary import Diary, Entry, Led, Left
from mr.fusion.lesson import Look
from mr.fusion.scales import Scales
from mr.fusion.witness import Finding, Scale, lag_finding
from mr.types import ChestObservation

FRESH_S = 0.5
"""A camera unheard for longer is not one of the others."""
AGREE_S = 3.0
"""Time constant of the difference: some compressions."""


@dataclass(frozen=True, slots=True)
class Taught:
    """What is off with one camera, as the mannequin says."""

    camera_id: str
    scale: Scale | None
    """None until it is known well enough."""
    late_s: float
    """Beyond what was calibrated."""
    late_sigma_s: float


@dataclass(slots=True)
class _Habit:
    """What one camera says beyond the expected motion, on the mean."""

    t_s: float = -math.inf
    mean_m: float = 0.0
    seen_s: float = 0.0


class Eyes:
    """The zeros of all cameras, and how they agree.

    Parameters
    ----------
    gains
        Of each camera: seen displacement over true displacement.
    diary
        Where looks are written down for a smoother.
    """

    def __init__(self, gains: Mapping[str, float], diary: Diary | None = None) -> None:
        self._diary = diary
        self._zeros = {key: CameraZero(gain) for key, gain in gains.items()}
        self._habits = {key: _Habit() for key in gains}
        self._scales = Scales(gains)

    def learn(self, look: Look) -> None:
        """Take in a look while the mannequin spoke, hands on."""
        lesson = self._zeros[look.seen.camera_id].learn(look)
        self._scales.taught(look.seen, lesson, look.t_s)
        self._write(look.seen.camera_id, look)

    def left(self, camera_id: str, t_s: float) -> None:
        """Take in that a camera saw the hands leave while the mannequin spoke."""
        self._zeros[camera_id].left()
        self._write(camera_id, Left(t_s))

    def _write(self, camera_id: str, entry: Entry) -> None:
        if self._diary is not None:
            self._diary.note(camera_id, entry)

    def catch_up(self, camera_id: str) -> float:
        """Tell by how much later than believed a camera's instants are (s); 0 if not sure."""
        return self._zeros[camera_id].lesson.catch_up()

    def lag_s(self, camera_id: str) -> float:
        """Tell by how much a camera's instants are late beyond what was calibrated."""
        zero = self._zeros.get(camera_id)
        return zero.lesson.lag_s if zero else 0.0

    def taught(self) -> tuple[Taught, ...]:
        """Tell what the mannequin has taught of each camera so far."""
        return tuple(
            Taught(key, self._scales.told_by_the_mannequin(key), *zero.lesson.late)
            for key, zero in self._zeros.items()
        )

    def findings(self) -> tuple[Finding, ...]:
        """Tell which sources disagree, and which cameras are late."""
        lags = (lag_finding(key, zero.lesson.lag_s) for key, zero in self._zeros.items())
        return (*self._scales.findings, *(lag for lag in lags if lag))

    def depth(self, seen: ChestObservation, t_s: float, expected_m: float | None) -> Seen | None:
        """Give the depth that one camera says; None while it can say nothing.

        Parameters
        ----------
        expected_m
            Where the motion of all cameras leads to at this instant, if it goes on.
        """
        zero = self._zeros[seen.camera_id]
        others = self._others(seen.camera_id, t_s)
        own = zero.depth(seen, t_s)
        if self._diary is not None and own is not None:
            on = own.hands == "on"
            belief = zero.belief(t_s)
            entry = Led(seen, t_s, own.depth_m, belief) if on else Left(t_s)
            self._diary.note(seen.camera_id, entry)
        if own is None or own.hands == "off" or expected_m is None:
            return own
        if not own.zero_known and others:
            # Its own zero is lost; a step in the motion would be worse than to be left out.
            zero.borrow(own, expected_m, t_s)
            return None
        self._note(seen.camera_id, own.depth_m - expected_m, t_s)
        self._scales.alone(seen, own.depth_m, t_s)
        shift_m = self._shift_m(seen.camera_id, others)
        return replace(own, depth_m=own.depth_m - shift_m)

    def _others(self, camera_id: str, t_s: float) -> list[str]:
        """Name the other cameras that speak now and know their zero."""
        return [
            key
            for key, habit in self._habits.items()
            if key != camera_id and t_s - habit.t_s < FRESH_S and self._zeros[key].known
        ]

    def _note(self, camera_id: str, beyond_m: float, t_s: float) -> None:
        habit = self._habits[camera_id]
        dt_s = min(max(t_s - habit.t_s, 0.0), FRESH_S)
        if t_s - habit.t_s > FRESH_S:
            habit.seen_s = 0.0
        habit.seen_s = min(habit.seen_s + dt_s, AGREE_S)
        share = dt_s / habit.seen_s if habit.seen_s > 0 else 1.0
        habit.mean_m += share * (beyond_m - habit.mean_m)
        habit.t_s = t_s

    def _shift_m(self, camera_id: str, others: list[str]) -> float:
        """Tell by how much this camera lies deeper than the mean of all that speak."""
        if not others:
            return 0.0
        means = [self._habits[key].mean_m for key in (camera_id, *others)]
        return self._habits[camera_id].mean_m - math.fsum(means) / len(means)
