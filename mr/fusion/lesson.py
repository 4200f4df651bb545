"""What the mannequin teaches of one camera while both speak: zero, give, scale and lag.

Takes a camera's looks with the depth and the velocity that the mannequin had at that instant,
gives what is off in the camera's reading and how sure that is; leaves naming it to
`mr.fusion.witness` and measuring on without the mannequin to `mr.fusion.camera`.

One Kalman filter, because the five cannot be told apart one by one: hands that give, a scale
that is off and an instant that is late all look like a few millimetres. Over a stroke they
differ: hands have given by the first centimetre, a scale grows with the depth, a lag goes with
the velocity; and the bare chest beside the hands (`ChestObservation.beside_depth_m`) has the
scale and the lag, but no skin.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mr.fusion.give import GIVES_BY_M, HandGive
from mr.types import ChestObservation, FloatArray

OFFSET, MORE, SCALE, LAG, BESIDE = range(5)
PRIOR = np.array([0.02, 0.0012, 0.05, 0.03, 0.0007])
"""One-sigma before the first look: the zero about that look, how much softer than the
technician's the hands are (m), the scale, the lag (s), and where the chest beside the hands
seems to lie at rest (m)."""
WANDER = np.array([0.0002, 0.0001, 0.002, 0.0003, 0.00003])
"""One-sigma by which each wanders in a second: hands slide and grow tired, the chest stays."""
ALIKE = 2.0
"""Looks that follow one another are alike: each counts like one of so many times its noise."""
CHEST_KNOWN = 0.6
"""The chest bears witness when its rest is known by so much better than before the first look."""
GATE = 5.0
PATIENCE = 8
"""So many surprises in a row are the truth; fewer are outliers."""
LAG_LEAST_S, LAG_SURE, LAG_SIGMA_S = 0.0015, 3.0, 0.0015
"""A lag is put right if it is as large, so many sigmas, and known so well."""
LAG_MOST_S = 0.06
"""No more than this is put right: it is then no lag, or the clocks are lost."""
OTHERS_SIGMA_M = 0.0006
"""Of how much hands give, when they lie anew on the chest: other hands may have come."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one camera saw, and what the mannequin said of the same instant."""

    seen: ChestObservation
    depth_m: float
    velocity_m_s: float
    t_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """What is believed of a camera: the state (5,) and its covariance (5, 5)."""

    x: FloatArray
    p: FloatArray

    def joined(self, other: Belief) -> Belief:
        """Join what was learnt from other looks."""
        here, there = np.linalg.inv(self.p), np.linalg.inv(other.p)
        p = np.linalg.inv(here + there)
        return Belief(p @ (here @ self.x + there @ other.x), p)

    def give(self, gain: float) -> HandGive:
        """What the camera sees of a depth."""
        return HandGive(gain, float(self.x[MORE]), 1.0 + float(self.x[SCALE]))

    def depth_m(self, height_m: float, gain: float) -> tuple[float, float]:
        """Tell the depth of a height, and how far it may steadily be off."""
        give = self.give(gain)
        depth_m = give.depth_m(float(self.x[OFFSET]) - height_m)
        row, _ = hand_row(HandGive(gain), depth_m, 0.0)
        return depth_m, math.sqrt(float(row @ self.p @ row)) / give.slope(depth_m)


def untaught(offset_m: float, offset_sigma_m: float, more_m: float, more_sigma_m: float) -> Belief:
    """Give what is believed of a camera that no mannequin has taught."""
    sigma = np.array([offset_sigma_m, more_sigma_m, WANDER[SCALE], PRIOR[LAG], PRIOR[BESIDE]])
    return Belief(np.array([offset_m, more_m, 0.0, 0.0, 0.0]), np.diag(sigma**2))


def hand_row(technician: HandGive, depth_m: float, velocity_m_s: float) -> tuple[FloatArray, float]:
    """Give how a hand's height depends on the state (5,), and what is expected of it."""
    seen_m, slope = technician.seen_m(depth_m), technician.slope(depth_m)
    given = 1.0 - math.exp(-max(depth_m, 0.0) / GIVES_BY_M)
    return np.array([1.0, -given, -seen_m, slope * velocity_m_s, 0.0]), -seen_m


class Lesson:
    """The filter; see the module's first lines.

    Parameters
    ----------
    technician
        The camera's give as it was calibrated.
    vague
        By how much less than `PRIOR` is known before the first look.
    """

    def __init__(self, technician: HandGive, vague: float = 1.0) -> None:
        self._technician = technician
        self._x = np.zeros(5)
        self._p = np.diag((vague * PRIOR) ** 2)
        self._t_s: float | None = None
        self._surprises = 0
        self.reach_m = 0.0
        """How deep the looks reached."""
        self.lag_s = 0.0
        """By how much the camera's instants are late beyond what was calibrated, put right."""

    def learn(self, look: Look) -> bool:
        """Take in one look with hands on the chest; False when it was an outlier."""
        height_m = look.seen.surface_z_m
        if height_m is None:
            return False
        row, expected_m = hand_row(self._technician, look.depth_m, look.velocity_m_s)
        if self._t_s is None:
            self._x[OFFSET] = height_m - expected_m
        self._wander(look.t_s)
        if not self._update(row, height_m - expected_m, (ALIKE * look.seen.sigma_m) ** 2):
            self._surprises += 1
            if self._surprises <= PATIENCE:
                return False
            self.stacked_anew(abs(height_m - expected_m - float(row @ self._x)))
            return False
        self._surprises, self.reach_m = 0, max(self.reach_m, look.depth_m)
        beside_m, sigma_m = look.seen.beside_depth_m, look.seen.beside_sigma_m
        if beside_m is not None and sigma_m is not None:
            row = np.array([0.0, 0.0, look.depth_m, -look.velocity_m_s, 1.0])
            self._update(row, beside_m - look.depth_m, (ALIKE * sigma_m) ** 2)
        return True

    def compare(self, seen: ChestObservation, t_s: float) -> None:
        """Hold the hand against the bare chest beside it while the mannequin is silent.

        The depth itself is not known then, but both see the same one, on the same scale: what
        the hand's height gains on the chest beside it is the hand's own.
        """
        height_m, beside_m, sigma_m = seen.surface_z_m, seen.beside_depth_m, seen.beside_sigma_m
        if self._t_s is None or height_m is None or beside_m is None or sigma_m is None:
            return
        depth_m = beside_m - float(self._x[BESIDE])
        self._wander(t_s)
        row, expected_m = hand_row(self._technician, depth_m, 0.0)
        slope = self._technician.slope(depth_m)
        row[SCALE], row[BESIDE] = 0.0, slope
        value = height_m - expected_m + slope * float(self._x[BESIDE])
        self._update(row, value, (ALIKE * math.hypot(seen.sigma_m, slope * sigma_m)) ** 2)

    def stacked_anew(self, sigma_m: float) -> None:
        """Take in that the hands lie anew on the chest, or others do."""
        self._p[OFFSET, OFFSET] += sigma_m**2
        self._p[MORE, MORE] += OTHERS_SIGMA_M**2

    def catch_up(self) -> float:
        """Tell by how much later than believed the instants are (s), to be put right at once.

        Zero while that is not sure, or next to nothing.
        """
        lag_s, sigma_s = float(self._x[LAG]), math.sqrt(self._p[LAG, LAG])
        if sigma_s > LAG_SIGMA_S or abs(lag_s) < max(LAG_LEAST_S, LAG_SURE * sigma_s):
            return 0.0
        most_s = min(max(self.lag_s + lag_s, -LAG_MOST_S), LAG_MOST_S)
        caught_s = most_s - self.lag_s
        self._x[LAG] -= caught_s
        self.lag_s = most_s
        return caught_s

    @property
    def late(self) -> tuple[float, float]:
        """By how much the instants are late beyond what was calibrated, all told, and one-sigma."""
        return self.lag_s + float(self._x[LAG]), math.sqrt(self._p[LAG, LAG])

    @property
    def offset_m(self) -> float:
        """The height that means no depth."""
        return float(self._x[OFFSET])

    @property
    def more_m(self) -> float:
        """By how much these hands give more than the technician's."""
        return float(self._x[MORE])

    @property
    def scale(self) -> float:
        """How much deeper the camera measures than the mannequin, as a ratio."""
        return 1.0 + float(self._x[SCALE])

    @property
    def saw_chest(self) -> bool:
        """Whether the chest beside the hands was seen often enough to bear witness."""
        return float(self._p[BESIDE, BESIDE]) < float(CHEST_KNOWN * PRIOR[BESIDE]) ** 2

    @property
    def scale_sigma(self) -> float:
        """One-sigma of `scale`, by the looks' own noise alone."""
        return math.sqrt(self._p[SCALE, SCALE])

    def belief(self, t_s: float) -> Belief | None:
        """Give all of it, at or after the last look; None before the first."""
        if self._t_s is None:
            return None
        grown = np.diag(WANDER**2 * max(t_s - self._t_s, 0.0))
        return Belief(self._x.copy(), self._p + grown)

    def variance(self, depth_m: float, t_s: float) -> float:
        """Tell how sure the height at a depth is (m²), at or after the last look."""
        row, _ = hand_row(self._technician, depth_m, 0.0)
        grown = WANDER**2 * max(t_s - (t_s if self._t_s is None else self._t_s), 0.0)
        return float(row @ self._p @ row + (row * row) @ grown)

    def _wander(self, t_s: float) -> None:
        if self._t_s is not None:
            self._p += np.diag(WANDER**2 * max(t_s - self._t_s, 0.0))
        self._t_s = t_s

    def _update(self, row: FloatArray, value: float, r: float) -> bool:
        """Take in one value; False when it is an outlier."""
        surprise, column = value - float(row @ self._x), self._p @ row
        variance = float(row @ column) + r
        if surprise * surprise > GATE * GATE * variance:
            return False
        gain = column / variance
        self._x += gain * surprise
        self._p -= np.outer(gain, column)
        return True
