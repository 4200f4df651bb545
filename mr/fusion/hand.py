"""Where the hand presses: centre of pressure and seen heel, as one.

Takes centres of pressure and `HandSample`s, gives the hand's offset from the compression
point; leaves judging it to `mr.scoring`. The cells say where the force goes in, cameras
see the heel beside it: their steady difference is learnt while both speak, so that the
position does not jump when one falls silent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from mr.types import FloatArray, HandSample

LEARN_TIME_S = 2.0
FRESH_S = 0.25
LEARNT_SIGMA_M, WANDER_M = 0.0005, 0.0003
"""What remains of the heel's offset once it was learnt; and its wander in a second from then on.
Ref: simulated scenes, ours."""
LEAST_LOOK_M = 0.0002
LEAST_LEARNT_S = 1.0
"""Before so much learning a camera's heel is as sure as tracking says."""

Point = tuple[float, float]


class _Eye:
    def __init__(self, offset_m: Point) -> None:
        self.t_s = 0.0
        self.heel_m: Point = (0.0, 0.0)
        self.sigma_m = 0.0
        self.offset_m = offset_m
        self.learnt_s: float | None = None
        self.taught_s = 0.0
        """How long it was taught."""
        self.scatter_m2 = 0.0
        """Of its looks about what the cells say, the mean of both axes."""

    def look_sigma_m(self) -> float:
        """Tell how far one look may be off, on each axis."""
        return math.sqrt(self.scatter_m2) if self.taught_s >= LEAST_LEARNT_S else self.sigma_m

    def steady_sigma_m(self, t_s: float) -> float:
        """Tell how far all looks may be off alike, once it was taught."""
        if self.learnt_s is None or self.taught_s < LEAST_LEARNT_S:
            return 0.0
        return math.hypot(LEARNT_SIGMA_M, WANDER_M * math.sqrt(max(t_s - self.learnt_s, 0.0)))


class HandPlace:
    """The hand's offset in the mannequin's x and y."""

    def __init__(self, offsets_m: Mapping[str, Point]) -> None:
        """Begin with each camera's calibrated offset of the heel."""
        self._offsets_m = offsets_m
        self._eyes: dict[str, _Eye] = {}
        self._pressure: tuple[float, Point] | None = None

    def see(self, sample: HandSample, t_s: float) -> None:
        """Take in a seen heel."""
        heel = sample.heel_in_mannequin_m
        if heel is None:
            return
        eye = self._eyes.get(sample.camera_id)
        if eye is None:
            offset_m = self._offsets_m.get(sample.camera_id, (0.0, 0.0))
            eye = self._eyes[sample.camera_id] = _Eye(offset_m)
        if t_s <= eye.t_s:
            return
        dt_s, eye.t_s = t_s - eye.t_s, t_s
        eye.heel_m, eye.sigma_m = (heel[0], heel[1]), sample.sigma_m
        if self._pressure is None or abs(t_s - self._pressure[0]) > FRESH_S:
            return
        self._learn(eye, heel[0], heel[1], dt_s, self._pressure[1])

    def _learn(self, eye: _Eye, x: float, y: float, dt_s: float, pressure_m: Point) -> None:
        first = eye.learnt_s is None
        gain = 1.0 if first else 1.0 - math.exp(-dt_s / LEARN_TIME_S)
        ox, oy = eye.offset_m
        far_x, far_y = x - pressure_m[0] - ox, y - pressure_m[1] - oy
        eye.offset_m = (ox + gain * far_x, oy + gain * far_y)
        eye.learnt_s = eye.t_s
        if not first:
            eye.taught_s = min(eye.taught_s + min(dt_s, FRESH_S), LEARN_TIME_S)
            share = max(gain, min(dt_s / max(eye.taught_s, 1e-9), 1.0))
            eye.scatter_m2 += share * (0.5 * (far_x**2 + far_y**2) - eye.scatter_m2)

    def block(
        self, t_s: FloatArray, pressure_m: FloatArray, pressure_sigma_m: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Take in centres of pressure (N, 2), NaN where too little presses.

        Gives the places (N, 2) and their sigmas (N,): where the cells say nothing, what
        cameras see; NaN where they do not see it either.
        """
        felt = ~np.isnan(pressure_sigma_m)
        if felt.any():
            last = int(np.flatnonzero(felt)[-1])
            self.press((float(pressure_m[last, 0]), float(pressure_m[last, 1])), float(t_s[last]))
        if felt.all() or not self._eyes:
            return pressure_m, pressure_sigma_m
        place_m, sigma_m = pressure_m.copy(), pressure_sigma_m.copy()
        for k in np.flatnonzero(~felt).tolist():
            place, sigma = self.seen(float(t_s[k]))
            if place is not None:
                place_m[k], sigma_m[k] = place, sigma
        return place_m, sigma_m

    def press(self, pressure_m: Point, t_s: float) -> None:
        """Take in a centre of pressure."""
        self._pressure = (t_s, pressure_m)

    def seen(self, t_s: float) -> tuple[Point, float] | tuple[None, None]:
        """Give the place and sigma (m) by cameras alone at `t_s`, or (None, None)."""
        total = x = y = steady_m2 = 0.0
        for eye in self._eyes.values():
            if abs(t_s - eye.t_s) > FRESH_S or eye.sigma_m <= 0:
                continue
            weight = 1.0 / max(eye.look_sigma_m(), LEAST_LOOK_M) ** 2
            total += weight
            steady_m2 += weight * eye.steady_sigma_m(t_s) ** 2
            x += weight * (eye.heel_m[0] - eye.offset_m[0])
            y += weight * (eye.heel_m[1] - eye.offset_m[1])
        if total == 0.0:
            return None, None
        return (x / total, y / total), math.sqrt(1.0 / total + steady_m2 / total)
