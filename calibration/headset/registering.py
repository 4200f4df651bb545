"""Where the headset's frame lies, from a sweep, from touches, or from both: one solution.

Takes averaged residuals of each with their noise, gives ``xr_from_world``, the latency and
the user's biases with one covariance; leaves what is compared to `.sweep` and `.touch`.

The model: what the headset shows of a place p of a hand that is turned by H is
``xr_from_world(p) + H bias``. The bias of wrist and knuckles and the one of the fingertip
have a part in common (a hand placed off) and a part of their own (a knuckle's skin, a
finger's pad). Nothing but hands turned differently tells a bias from a place, and so the
sigmas stay wide where they were not: the bias is then no better known than from its size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mr.errors import CalibrationError
from mr.geometry.correlated import CorrelatedNoise, Part, averaged, fit_noise, solve_parts
from mr.geometry.hand import BIAS_M
from mr.geometry.poses import perturb, skew
from mr.types import FloatArray, Pose

OWN_BIAS_M = 0.003
"""Length of what the fingertip's and the knuckles' biases do not have in common. Ours."""
LATENCY_SIGMA_S = 0.2
"""The latency is as good as unknown before."""
LATENCY_WIDER = 1.3
"""Sigmas of the latency are wider than the model's by so much: while one noisy track slides
along another its noise counts as motion. Source: measured on simulated sweeps."""
TURN, MOVE, LATENCY = slice(0, 3), slice(3, 6), 6
HAND_BIAS, TIP_BIAS = slice(7, 10), slice(10, 13)
N = 13
ROUNDS = 4
EDGE_S = 3.0
STEP_SURE = 35.0
"""Chi-square of three numbers; by chance one sweep in 10 000 has a step so sure somewhere, and
the noise's own parameters are not exact."""
LEAST_STEP_M = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What is solved for."""

    xr_from_world: Pose
    latency_s: float
    hand_bias_m: FloatArray
    """(3,) of wrist and knuckles, in the hand's axes."""
    tip_bias_m: FloatArray

    def moved(self, step: FloatArray) -> State:
        """Give the state after a step (13,)."""
        return State(
            perturb(self.xr_from_world, step[:6]),
            self.latency_s + float(np.clip(step[LATENCY], -0.05, 0.05)),
            self.hand_bias_m + step[HAND_BIAS],
            self.tip_bias_m + step[TIP_BIAS],
        )


@dataclass(frozen=True, slots=True, eq=False)
class HeadsetRegistration:
    """Where the headset's frame lies in the world, and how this headset sees this user's hands."""

    xr_from_world: Pose
    """With its covariance."""
    latency_s: float
    """By how much the headset's joints lag."""
    latency_sigma_s: float
    hand_bias_m: FloatArray
    """(3,) of wrist and knuckles, in the hand's axes (x right, y along, z out of the back)."""
    hand_bias_sigma_m: FloatArray
    tip_bias_m: FloatArray
    tip_bias_sigma_m: FloatArray
    noise: CorrelatedNoise
    """One axis of what was compared."""
    rms_m: float
    n_looks: int
    worth: float
    """How many independent looks they are."""
    outliers: float
    """Share of looks that were left out."""
    extents_m: FloatArray
    """(3,) of the sweep, largest first; NaN without one."""
    t_s: FloatArray
    residual_m: FloatArray
    """(n, 3) averaged, for a plot."""

    def sigma_at_m(self, place_in_world_m: FloatArray) -> float:
        """Give the length of the one-sigma by which a place in the world is off."""
        cov = _covariance_of(self.xr_from_world)
        slope = np.hstack([-skew(self.xr_from_world.R @ place_in_world_m), np.eye(3)])
        return float(np.sqrt(np.trace(slope @ cov @ slope.T)))

    @property
    def sigma_rad(self) -> float:
        """Length of the one-sigma of the turn."""
        return float(np.sqrt(np.trace(_covariance_of(self.xr_from_world)[TURN, TURN])))


def _covariance_of(pose: Pose) -> FloatArray:
    assert pose.covariance is not None
    return pose.covariance


Look = Callable[[State], tuple[FloatArray, FloatArray, FloatArray]]
"""A state to instants (n,) s, residuals (n, 3) m and slopes (n, 3, 13)."""


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """The solved state with what it left."""

    state: State
    covariance: FloatArray
    parts: tuple[Part, ...]


def solve(looks: Sequence[Look], state: State) -> Solution:
    """Find the state that fits all best, each with the noise that its residuals show."""
    precision = np.asarray(np.linalg.inv(prior()))
    for _ in range(ROUNDS):
        parts = []
        for look in looks:
            mean = averaged(*look(state))
            parts.append(Part(*mean, fit_noise(*mean)))
        biases = np.concatenate([np.zeros(7), state.hand_bias_m, state.tip_bias_m])
        step, covariance = solve_parts(parts, precision, -precision @ biases)
        state = state.moved(step)
    covariance[LATENCY] *= LATENCY_WIDER
    covariance[:, LATENCY] *= LATENCY_WIDER
    done = tuple(
        Part(*averaged(*look(state)), part.noise) for look, part in zip(looks, parts, strict=True)
    )
    return Solution(state, covariance, done)


def prior() -> FloatArray:
    """Give the covariance (13, 13) of what is known before: nothing but the biases' sizes."""
    out = np.diag(np.concatenate([np.full(3, 1e2), np.full(3, 1e4), [LATENCY_SIGMA_S**2]]))
    out = np.pad(out, (0, N - 7))
    common, own = BIAS_M**2 / 3 * np.eye(3), OWN_BIAS_M**2 / 3 * np.eye(3)
    out[HAND_BIAS, HAND_BIAS] = out[TIP_BIAS, TIP_BIAS] = common + own
    out[HAND_BIAS, TIP_BIAS] = out[TIP_BIAS, HAND_BIAS] = common
    return out


def result_of(
    solution: Solution, *, n_looks: int, outliers: float, extents_m: FloatArray
) -> HeadsetRegistration:
    """Name what was solved."""
    state, covariance = solution.state, solution.covariance
    sigma = np.sqrt(np.diag(covariance))
    pose = state.xr_from_world
    residual = np.concatenate([part.residual_m for part in solution.parts])
    return HeadsetRegistration(
        xr_from_world=Pose(pose.R, pose.t_m, covariance[:6, :6]),
        latency_s=state.latency_s,
        latency_sigma_s=float(sigma[LATENCY]),
        hand_bias_m=state.hand_bias_m,
        hand_bias_sigma_m=sigma[HAND_BIAS],
        tip_bias_m=state.tip_bias_m,
        tip_bias_sigma_m=sigma[TIP_BIAS],
        noise=solution.parts[0].noise,
        rms_m=float(np.sqrt(np.mean(np.sum(residual**2, axis=1)))),
        n_looks=n_looks,
        worth=sum(part.noise.worth(part.t_s) for part in solution.parts),
        outliers=outliers,
        extents_m=extents_m,
        t_s=np.concatenate([part.t_s for part in solution.parts]),
        residual_m=residual,
    )


def require_still(part: Part, what: str) -> None:
    """Refuse a frame that was moved a little meanwhile: a step that noise does not explain.

    Raises
    ------
    CalibrationError
        Naming how far and when.
    """
    cuts_s = np.arange(part.t_s[0] + EDGE_S, part.t_s[-1] - EDGE_S, 0.5)
    worst, where_s, size_m = 0.0, 0.0, 0.0
    loose = np.diag(np.concatenate([np.full(7, 1e-9), np.full(6, 3 / BIAS_M**2), np.zeros(3)]))
    for cut_s in cuts_s:
        after = (part.t_s >= cut_s)[:, None, None] * np.eye(3)
        columns = np.concatenate([part.columns, after], axis=2)
        step, covariance = solve_parts(
            [Part(part.t_s, part.residual_m, columns, part.noise)], loose, np.zeros(N + 3)
        )
        sure = float(step[N:] @ np.linalg.solve(covariance[N:, N:], step[N:]))
        if sure > worst:
            worst, where_s, size_m = sure, float(cut_s), float(np.linalg.norm(step[N:]))
    if worst > STEP_SURE and size_m > LEAST_STEP_M:
        raise CalibrationError(
            f"{what}: the headset's frame moved by {size_m * 1000:.0f} mm at about {where_s:.0f} s "
            "(was it recentred, or did it slip?): do not recentre or shift it, and sweep again"
        )
