"""The scale of each camera: against the mannequin's depth, else against the first camera.

Takes what the mannequin taught of a camera, or what cameras alone said of the same strokes;
gives the scales that `mr.fusion.witness` compares. Two cameras look at different instants: the
one that looks later is interpolated between its looks, and as both are noisy alike, their ratio
is that of their spreads (the geometric mean of both regressions).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from mr.fusion.lesson import ALIKE, Lesson
from mr.fusion.witness import (
    MANNEQUIN,
    STAYS,
    Finding,
    Scale,
    Witness,
    camera_scale,
    stays_on_hands,
)
from mr.types import ChestObservation

FORGET_S = 20.0
NEAR_S = 0.05
"""Looks that are farther apart are not interpolated."""
FRESH_S = 2.0
"""A source that was silent for so long, while others spoke, is no witness, and no culprit."""
PAUSE_S = 0.25
"""Between looks that are farther apart nobody speaks: hands are off, and none has left."""
LEAST_LOOKS = 120.0
UNSURE = 0.03
"""A scale that is known no better than this is not compared."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What one camera said last."""

    t_s: float
    depth_m: float
    noise_m: float


@dataclass(slots=True)
class _Pair:
    """Spreads of two cameras' depths of the same instants, with forgetting."""

    t_s: float = -math.inf
    n: float = 0.0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    xy: float = 0.0
    yy: float = 0.0

    said_s: float = -math.inf
    """When both spoke last, on the clock of what was spoken."""

    def add(self, x: float, y: float, t_s: float) -> None:
        kept = math.exp(-max(t_s - self.t_s, 0.0) / FORGET_S)
        self.n, self.x, self.y = kept * self.n + 1.0, kept * self.x + x, kept * self.y + y
        self.xx, self.xy = kept * self.xx + x * x, kept * self.xy + x * y
        self.yy, self.t_s = kept * self.yy + y * y, t_s

    def ratio(self) -> tuple[float, float] | None:
        """Give y's spread over x's, with its sigma; None while too little was seen."""
        if self.n < LEAST_LOOKS:
            return None
        xx, yy = self.xx - self.x**2 / self.n, self.yy - self.y**2 / self.n
        xy = self.xy - self.x * self.y / self.n
        if xx <= 0.0 or yy <= 0.0:
            return None
        ratio = math.sqrt(yy / xx)
        unlike = max(1.0 - xy * xy / (xx * yy), 0.0)
        return ratio, ratio * ALIKE * math.sqrt(unlike / self.n)


class Scales:
    """The scales of all cameras of a rig."""

    def __init__(self, camera_ids: Iterable[str]) -> None:
        self._first, *others = sorted(camera_ids) or [""]
        self._spoken_s, self._last_s = 0.0, -math.inf
        """A clock that stands while no camera speaks."""
        self._taught: dict[str, tuple[float, Scale]] = {}
        """When each was taught last, on that clock; and what came of it."""
        self._said: dict[str, _Said] = {}
        self._pairs = {key: _Pair() for key in others}
        self._witness = Witness()
        self.findings: tuple[Finding, ...] = ()
        """Which sources disagree."""

    def taught(self, seen: ChestObservation, lesson: Lesson, t_s: float) -> None:
        """Take in what the mannequin has taught of a camera."""
        self._tick(t_s)
        stays = STAYS if lesson.saw_chest else stays_on_hands(lesson.reach_m)
        scale = camera_scale(lesson.scale, lesson.scale_sigma, seen.sigma_m, stays)
        self._taught[seen.camera_id] = (self._spoken_s, scale)
        self._compare_taught(t_s)

    def told_by_the_mannequin(self, camera_id: str) -> Scale | None:
        """Give a camera's scale against the mannequin; None until it is known well enough."""
        scale = self._taught[camera_id][1] if camera_id in self._taught else None
        return scale if scale is not None and scale.sigma < UNSURE else None

    def _compare_taught(self, t_s: float) -> None:
        """Compare those that have spoken lately; all by the mannequin, which may be silent."""
        heard = {
            key: scale for key, (said_s, scale) in self._taught.items() if self._is_fresh(said_s)
        }
        known = {key: scale for key, scale in heard.items() if scale.sigma < UNSURE}
        if heard:
            known[MANNEQUIN] = Scale(1.0, 0.0)
        self.findings = self._witness.compare(known, t_s)

    def _tick(self, t_s: float) -> None:
        dt_s = t_s - self._last_s
        self._spoken_s += dt_s if 0.0 < dt_s < PAUSE_S else 0.0
        self._last_s = max(t_s, self._last_s)

    def _is_fresh(self, said_s: float) -> bool:
        return self._spoken_s - said_s < FRESH_S

    def alone(self, seen: ChestObservation, depth_m: float, t_s: float) -> None:
        """Take in what a camera says of the depth while the mannequin is silent."""
        self._tick(t_s)
        if self._taught:
            # A mannequin has told more than cameras tell of each other; but it is silent now.
            self._compare_taught(t_s)
            return
        if not self._pairs:
            return
        key, now = seen.camera_id, _Said(t_s, depth_m, seen.sigma_m)
        before = self._said.get(key)
        self._said[key] = now
        partners = self._pairs if key == self._first else (self._first,)
        for other in partners:
            its = self._said.get(other)
            if before is None or its is None or not before.t_s < its.t_s <= t_s:
                continue
            if t_s - before.t_s > NEAR_S:
                continue
            share = (its.t_s - before.t_s) / (t_s - before.t_s)
            here_m = before.depth_m + share * (depth_m - before.depth_m)
            if key == self._first:
                pair, x_m, y_m = self._pairs[other], here_m, its.depth_m
            else:
                pair, x_m, y_m = self._pairs[key], its.depth_m, here_m
            pair.add(x_m, y_m, t_s)
            pair.said_s = self._spoken_s
        self._compare(t_s)

    def _compare(self, t_s: float) -> None:
        known: dict[str, Scale] = {}
        for key, pair in self._pairs.items():
            ratio = pair.ratio() if self._is_fresh(pair.said_s) else None
            if ratio is not None:
                scale = camera_scale(*ratio, self._said[key].noise_m)
                if scale.sigma < UNSURE:
                    known[key] = scale
        if known:
            known[self._first] = camera_scale(1.0, 0.0, self._said[self._first].noise_m)
        self.findings = self._witness.compare(known, t_s)
