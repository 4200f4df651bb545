"""Where the headset's frame lies in the world, held by one pair of places after another.

Takes `mr.fusion.hand_pairs.Pair`s, gives ``xr_from_world`` with its covariance, the joints'
latency and the user's biases; leaves a first place to `mr.fusion.frame_finding` and what is to
be believed to `mr.fusion.placer`.

An information that the pairs do not give (the turn about a line that hands go along, a bias of
hands that are never turned) stays as wide as it was before: nothing drifts there, and sigma
says so. What hands show is off now and still off half a second later: that error is a state of
its own, so a long look counts for no more looks than it is worth.

Ref: an error-state Kalman filter (Sola 2017, arXiv 1711.02508); the model of a hand is
`mr.geometry.hand`'s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from mr.fusion.hand_pairs import Pair
from mr.geometry.hand import BIAS_M, JOINT_UNDER_SKIN_M
from mr.geometry.poses import perturb, skew
from mr.rig import HeadsetCalibration
from mr.types import FloatArray, Pose

TURN, MOVE, LATENCY = slice(0, 3), slice(3, 6), 6
LEFT, RIGHT, TIP = slice(7, 10), slice(10, 13), slice(13, 16)
HEEL = slice(16, 19)
STACK_OF = {"both": slice(19, 22), "left": slice(22, 25), "right": slice(25, 28)}
NOISE_LEFT, NOISE_RIGHT = slice(28, 31), slice(31, 34)
N = 34
BIAS_OF = {"left": LEFT, "right": RIGHT}
SHARES = {"left": (1.0, 0.0), "right": (0.0, 1.0), "both": (0.5, 0.5)}
"""Of the left and the right hand in what is compared."""

HEADSET_TILT_RAD = math.radians(0.3)
"""A headset's own up: an accelerometer's bias of 5 mg, as a phone's or headset's is. Ours."""
WORLD_TILT_RAD = math.radians(0.5)
"""The world's z stands on a table or a floor: floors are level to some 5 mm in 1 m (0.3 deg)
and a table or a board on it to as much. A wet room's floor slopes by 1 % (0.6 deg)."""
TILT_RAD = math.hypot(HEADSET_TILT_RAD, WORLD_TILT_RAD)
LATENCY_S, LATENCY_SIGMA_S = 0.045, 0.06
"""Before it is known: 45 ms (Abdlkarim et al. 2024, a Quest 2), and streamed headsets have 50 to
100 ms on top."""
STACK_M = 0.025
"""One axis, steady in the world, a hand's bias included: pressing hands hardly turn, and a turn
that is seen with noise would pass what is steady on to the frame. Of stacked hands the cameras
see the upper one, its fingers mixed with the lower one's (PARTS.md); the headset's hands are
compared by their middle, half a hand's thickness lower. Where it shows one hand only, that may
be either."""
HEEL_M = 0.030
"""One axis. The heel that depth finds has no joint: between wrist and palm, some 22 mm before
the forearms' foot, and its height is the back of the upper hand."""
WALK_M = 0.002
"""By how much that wanders in 10 s, one axis."""
GRIP_M, GRIP_S = 0.008, 1.5
"""And by how much it is another one when the hands were away for so long."""
NOISE_M, NOISE_S = 0.0049, 0.7
"""Of the middle of five joints, one axis: a joint's 11 mm (its length; Abdlkarim et al. 2024), of
which a hand's joints share half (ours); and how long it goes on (ours). Both are learnt."""
NOISE_BOUNDS_M, NOISE_BOUNDS_S = (0.002, 0.015), (0.15, 2.0)
TIP_NOISE_M = 0.0064
"""Of one joint, one axis."""
PLACE_M = 0.0015
"""One axis of where a fingertip is put that aims at a tag's middle. Ours."""
LEARNT_FROM, LEARNT_OVER = 30.0, 300.0
"""What noise was assumed counts for so many pairs; what was seen is forgotten over as many."""
DRIFT_M, DRIFT_RAD, DRIFT_TILT_RAD = 0.001, math.radians(0.1), math.radians(0.02)
"""By how much a headset's frame wanders in the room in a minute, one axis, and how far it turns
about the upright. Assumed: inside-out tracking keeps its map, and no figure for one room was
found; a jump is found by itself."""
GATE = 16.3
"""Chi-square of three numbers; one good pair in 1000 lies beyond."""
_SHORTEST_S = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """What is known of headset and user before a session."""

    latency_s: float = LATENCY_S
    latency_sigma_s: float = LATENCY_SIGMA_S
    hand_bias_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    tip_bias_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    bias_sigma_m: float = BIAS_M
    """Its length."""

    @staticmethod
    def of(known: HeadsetCalibration | None, model: str | None, learner: str | None) -> Prior:
        """Take the rig's numbers when they are of this model; else what holds for any.

        The latency is the headset's; how hands lie off is of the one learner who was measured.
        """
        if known is None or model is None or known.model != model:
            return Prior()
        if not known.user or known.user != learner:
            return Prior(known.latency_s, known.latency_sigma_s)
        return Prior(
            known.latency_s,
            known.latency_sigma_s,
            known.hand_bias_m,
            known.tip_bias_m,
            known.bias_sigma_m,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Surprise:
    """How a pair stands to what was expected of it."""

    left_m: FloatArray
    """(3,) what the headset shows minus what it should, its passing error left in."""
    slopes: FloatArray
    """(3, N)."""
    covariance: FloatArray
    """(3, 3) of what is left, without the passing error."""
    chi2: float

    @property
    def fits(self) -> bool:
        """Whether noise explains it."""
        return self.chi2 < GATE


@dataclass(slots=True)
class _Learnt:
    """The passing error's size and how long it goes on, as the pairs show them."""

    weight: float = LEARNT_FROM
    square_m2: float = LEARNT_FROM * NOISE_M**2
    product_m2: float = LEARNT_FROM * NOISE_M**2 * math.exp(-0.2 / NOISE_S)
    last: dict[str, tuple[int, FloatArray]] = field(default_factory=dict)

    def see(self, pair: Pair, left_m: FloatArray) -> None:
        """Count one pair that fits.

        What is left of two hands' middle is the mean of two hands' errors: of one it is more.
        """
        share = math.hypot(*SHARES[pair.side])
        left_m = left_m / share
        before = self.last.get(pair.side)
        self.last[pair.side] = (pair.t_ns, left_m)
        if before is None or not 0.1 < (pair.t_ns - before[0]) * 1e-9 < 0.3:
            return
        keep = 1 - 1 / LEARNT_OVER
        white2 = (pair.white_m / share) ** 2
        self.weight = keep * self.weight + 1
        square = max(float(left_m @ left_m) / 3 - white2, 0.0)
        self.square_m2 = keep * self.square_m2 + square
        self.product_m2 = keep * self.product_m2 + float(left_m @ before[1]) / 3

    @property
    def sigma_m(self) -> float:
        low, high = NOISE_BOUNDS_M
        return min(max(math.sqrt(self.square_m2 / self.weight), low), high)

    @property
    def correlation_s(self) -> float:
        low, high = NOISE_BOUNDS_S
        alike = min(max(self.product_m2 / max(self.square_m2, 1e-12), 0.01), 0.99)
        return min(max(-0.2 / math.log(alike), low), high)


class FrameFilter:
    """One belief of where the headset's frame lies.

    Parameters
    ----------
    start
        ``xr_from_world`` to begin at; upright.
    turn_sigma_rad, move_sigma_m
        How far its turn about the upright and its place may be off, one axis each.
    prior
        What is known of headset and user.
    t_ns
        When.
    """

    def __init__(
        self, start: Pose, turn_sigma_rad: float, move_sigma_m: float, prior: Prior, t_ns: int
    ) -> None:
        self.pose = Pose(start.R, start.t_m)
        self.t_ns = t_ns
        self.n_pairs = 0
        self.taken_ns = t_ns
        """Of the newest pair that was taken in."""
        self._x = np.zeros(N)
        self._x[LATENCY] = prior.latency_s
        for side in (LEFT, RIGHT):
            self._x[side] = prior.hand_bias_m
        self._x[TIP] = prior.tip_bias_m
        sigma = np.zeros(N)
        sigma[TURN] = (TILT_RAD, turn_sigma_rad, TILT_RAD)
        sigma[MOVE] = move_sigma_m
        sigma[LATENCY] = prior.latency_sigma_s
        for part in (LEFT, RIGHT, TIP):
            sigma[part] = prior.bias_sigma_m / math.sqrt(3)
        sigma[HEEL] = HEEL_M
        for part in STACK_OF.values():
            sigma[part] = STACK_M
        sigma[NOISE_LEFT] = sigma[NOISE_RIGHT] = NOISE_M
        self._P = np.diag(sigma**2)
        self._learnt = _Learnt()
        self._pressed_ns: dict[int, int] = {}
        self._rms: tuple[float, float] = (0.0, 0.0)

    @property
    def latency_s(self) -> float:
        """By how much the headset's joints lag."""
        return float(self._x[LATENCY])

    @property
    def covariance(self) -> FloatArray:
        """Of ``xr_from_world``, (6, 6), as of its last pair."""
        return self._P[:6, :6].copy()

    @property
    def rms_m(self) -> float:
        """Length of what the last pairs left, root mean square over about a minute."""
        total, weight = self._rms
        return math.sqrt(total / weight) if weight else 0.0

    def bias_m(self, side: str) -> tuple[FloatArray, FloatArray]:
        """Give one hand's bias (3,) and its one-sigmas."""
        part = BIAS_OF[side]
        return self._x[part].copy(), np.sqrt(np.diag(self._P)[part])

    def sigma_at_m(self, place_in_world_m: FloatArray, t_ns: int) -> float:
        """Give the length of the one-sigma by which a place is off in the headset at `t_ns`."""
        slope = np.hstack([-skew(self.pose.R @ place_in_world_m), np.eye(3)])
        later_s = max((t_ns - self.t_ns) * 1e-9, 0.0)
        wide = self._P[:6, :6] + np.diag(_drift(later_s))
        return math.sqrt(float(np.trace(slope @ wide @ slope.T)))

    def predict(self, t_ns: int) -> None:
        """Go on to an instant; one before the last pair changes nothing."""
        dt_s = (t_ns - self.t_ns) * 1e-9
        if dt_s < _SHORTEST_S:
            return
        self.t_ns = t_ns
        keep = math.exp(-dt_s / self._learnt.correlation_s)
        noise = slice(NOISE_LEFT.start, N)
        self._x[noise] *= keep
        self._P[noise] *= keep
        self._P[:, noise] *= keep
        fresh = np.zeros(N)
        fresh[noise] = self._learnt.sigma_m**2 * (1 - keep * keep)
        fresh[:6] = _drift(dt_s)
        self._P[np.diag_indices(N)] += fresh

    def expect(self, pair: Pair) -> Surprise:
        """Go on to a pair's instant, and tell how it stands to what is believed then."""
        self.predict(pair.t_ns)
        self._loosen(pair)
        return self._surprise(pair)

    def _loosen(self, pair: Pair) -> None:
        """Let what is steady while hands press wander, and be another one after a break."""
        if pair.kind not in ("heel", "stacked"):
            return
        part = _steady_of(pair)
        since_s = (pair.t_ns - self._pressed_ns.get(part.start, pair.t_ns)) * 1e-9
        self._pressed_ns[part.start] = pair.t_ns
        more = WALK_M**2 * max(since_s, 0.0) / 10.0 + (GRIP_M**2 if since_s > GRIP_S else 0.0)
        axes = np.arange(part.start, part.stop)
        limit = HEEL_M if pair.kind == "heel" else STACK_M
        self._P[axes, axes] = np.maximum(
            self._P[axes, axes], np.minimum(self._P[axes, axes] + more, limit**2)
        )

    def _surprise(self, pair: Pair) -> Surprise:
        R = self.pose.R
        turn = pair.turn_in_xr if pair.turn_in_world is None else R @ pair.turn_in_world
        way = pair.velocity_in_world_m_s
        on = pair.place_in_world_m + way * (pair.latency_s - self.latency_s)
        turned = R @ on
        slopes = np.zeros((3, N))
        slopes[:, TURN] = -skew(turned)
        slopes[:, MOVE] = np.eye(3)
        white2 = pair.white_m**2
        expected = turned + self.pose.t_m
        if pair.kind == "touch":
            slopes[:, TIP] = turn
        else:
            left_share, right_share = SHARES[pair.side]
            slopes[:, LATENCY] = -R @ way
            slopes[:, NOISE_LEFT] = left_share * np.eye(3)
            slopes[:, NOISE_RIGHT] = right_share * np.eye(3)
        if pair.kind in ("heel", "stacked"):
            slopes[:, _steady_of(pair)] = R
        elif pair.kind == "hand":
            slopes[:, BIAS_OF[pair.side]] = turn
            expected = expected - JOINT_UNDER_SKIN_M * turn[:, 2]
        steady = slice(LEFT.start, NOISE_LEFT.start)
        left = pair.seen_in_xr_m - expected - slopes[:, steady] @ self._x[steady]
        # The steady part of what is expected, and then the error that passes.
        calm = slopes.copy()
        calm[:, NOISE_LEFT.start :] = 0.0
        covariance = calm @ self._P @ calm.T + white2 * np.eye(3)
        whole = slopes @ self._P @ slopes.T + white2 * np.eye(3)
        passing = slopes[:, NOISE_LEFT.start :] @ self._x[NOISE_LEFT.start :]
        off = left - passing
        return Surprise(left, slopes, covariance, float(off @ np.linalg.solve(whole, off)))

    def update(self, pair: Pair, found: Surprise) -> None:
        """Take in a pair with what `expect` told of it."""
        H, white2 = found.slopes, pair.white_m**2
        off = found.left_m - H[:, NOISE_LEFT.start :] @ self._x[NOISE_LEFT.start :]
        PH = self._P @ H.T
        gain = np.linalg.solve(H @ PH + white2 * np.eye(3), PH.T).T
        step = gain @ off
        self.pose = perturb(self.pose, step[:6])
        self._x += step
        self._x[:6] = 0.0
        P = self._P - gain @ PH.T
        self._P = 0.5 * (P + P.T)
        self.n_pairs += 1
        self.taken_ns = pair.t_ns
        # What is left by what is believed now: to first order.
        steady = slice(0, NOISE_LEFT.start)
        left = found.left_m - H[:, steady] @ step[steady]
        total, weight = self._rms
        keep = 1 - 1 / LEARNT_OVER
        self._rms = (keep * total + float(left @ left), keep * weight + 1)
        if pair.kind in ("hand", "stacked"):
            self._learnt.see(pair, left)

    def mean_sigma_m(self, n: int) -> float:
        """Give the one-sigma, one axis, of the passing error's mean over n pairs in a row."""
        alike = math.exp(-0.2 / self._learnt.correlation_s)
        return self._learnt.sigma_m * math.sqrt((1 + alike) / (1 - alike) / n)

    def carry(self, new_from_old: Pose, head_in_new_m: FloatArray, sigmas: FloatArray) -> None:
        """Go over to another frame of the headset.

        Parameters
        ----------
        new_from_old
            Of the headset's frames.
        head_in_new_m
            (3,) where the head was at the jump: about it `new_from_old` is known best.
        sigmas
            (6,) of `new_from_old` there: turns (rad) and way (m).
        """
        self.pose = new_from_old @ self.pose
        turn = np.eye(N)
        for part in (TURN, MOVE, NOISE_LEFT, NOISE_RIGHT):
            turn[part, part] = new_from_old.R
        self._x = turn @ self._x
        self._P = turn @ self._P @ turn.T
        lever = np.eye(6)
        lever[3:, :3] = -skew(self.pose.t_m - head_in_new_m)
        self._P[:6, :6] += lever @ np.diag(sigmas**2) @ lever.T


def _steady_of(pair: Pair) -> slice:
    return HEEL if pair.kind == "heel" else STACK_OF[pair.side]


def _drift(s: float) -> FloatArray:
    """Give the variances (6,) by which a frame wanders in so long."""
    tilt, turn, move = DRIFT_TILT_RAD**2, DRIFT_RAD**2, DRIFT_M**2
    return np.array([tilt, turn, tilt, move, move, move]) * (s / 60.0)
