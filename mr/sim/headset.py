"""A headset's hand joints of a true hand, and what the rig sees of the same hand.

Takes a hand's true way through the world, gives noisy joints in the headset's frame and
noisy landmarks in the world; leaves which way the hand goes to `sweep_way`, `cpr_way` and
`touch_way`, and measuring to `calibration.headset`.

Ref: a fingertip is off by 11 mm on average (a length, not one axis) and 45 ms late on a
Quest 2 (Abdlkarim et al. 2024, Behavior Research Methods); how long an error goes on, how
much of it the joints of a hand share, and the bias per user are ours.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.spatial.transform import Rotation

from mr.types import BoolArray, FloatArray, IntArray, Pose

N_JOINTS = 26
_FINGERS = ((-0.035, 0.035), (-0.022, 0.085), (0.0, 0.090), (0.020, 0.085), (0.038, 0.075))
"""Where thumb to little finger leave the palm, in the hand's x (across) and y (along)."""
RIG_POINTS = (1, 7, 12, 17, 22)
"""Wrist and knuckles: OpenXR's numbers of what the rig sees."""
INDEX_TIP = 10
SKIN_M = 0.010
"""The rig sees skin, and a joint lies so far under it."""
PAD_M = 0.008
"""The finger's pad touches; the tip's joint lies so far above it."""

Way = Callable[[FloatArray], tuple[FloatArray, Rotation]]
"""Instants (n,) s to the wrist's places (n, 3) m and the hand's turns, in the world. The
hand's own axes: x to the right when the palm is down, y along the fingers, z out of the back."""


@dataclass(frozen=True, slots=True)
class HeadsetTraits:
    """How a headset sees hands."""

    rate_hz: float = 72.0
    noise_m: float = 0.011
    """Length of a joint's error, root mean square."""
    correlation_s: float = 0.5
    shared: float = 0.5
    """Share of the error's variance that all joints of a hand have in common."""
    bias_m: float = 0.008
    """Length of one user's steady error: fixed to the hand, the same for all its joints."""
    own_bias_m: float = 0.0015
    """And each joint's own, one axis."""
    latency_s: float = 0.045
    outliers: float = 0.10
    outlier_m: float = 0.15
    lost: float = 0.02


@dataclass(frozen=True, slots=True)
class RigHandTraits:
    """How the rig's cameras see a hand."""

    rate_hz: float = 30.0
    noise_m: float = 0.004
    """One axis of one landmark."""
    outliers: float = 0.02
    lost: float = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class SimHand:
    """What both saw of one hand: stamps, joints (m, 26, 3) and landmarks (n, 5, 3)."""

    xr_t_ns: IntArray
    joints_in_xr_m: FloatArray
    valid: BoolArray
    rig_t_ns: IntArray
    points_in_world_m: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class SimHeadset:
    """One headset on one user's head.

    `xr_from_world` is the truth; `side` the hand that moves; a `recentred` headset's frame is
    another one from `recentred_s` on.
    """

    xr_from_world: Pose
    user_seed: int = 0
    traits: HeadsetTraits = HeadsetTraits()
    side: str = "right"
    recentred_s: float = math.inf
    recentred: Pose = field(default_factory=Pose.identity)

    def see(
        self, way: Way, duration_s: float, seed: int, rig: RigHandTraits | None = None
    ) -> SimHand:
        """Look at a hand for a while, together with the rig."""
        rng = np.random.default_rng([seed, 0x4D])
        joints_m = hand_joints(self.side)
        t_s = _instants(rng, self.traits.rate_hz, duration_s)
        seen, valid = self._joints(way, t_s, joints_m, rng)
        rig = rig or RigHandTraits()
        rig_s = _instants(rng, rig.rate_hz, duration_s)
        points = _posed(way, rig_s, joints_m[list(RIG_POINTS)] + [0.0, 0.0, SKIN_M])
        points += rig.noise_m * rng.standard_normal(points.shape)
        wild = rng.random(points.shape[:2]) < rig.outliers
        points[wild] += rng.normal(0, 0.05, (int(wild.sum()), 3))
        points[rng.random(points.shape[:2]) < rig.lost] = np.nan
        return SimHand(_ns(t_s + self.traits.latency_s), seen, valid, _ns(rig_s), points)

    def _joints(
        self, way: Way, t_s: FloatArray, joints_m: FloatArray, rng: np.random.Generator
    ) -> tuple[FloatArray, BoolArray]:
        traits = self.traits
        joints = self.xr_from_world.apply(_posed(way, t_s, joints_m + self.biases_m()))
        moved = t_s >= self.recentred_s
        joints[moved] = self.recentred.apply(joints[moved])
        axis_m = traits.noise_m / math.sqrt(3)
        keep = math.exp(-1 / (traits.rate_hz * traits.correlation_s))
        common = _wander(rng, (len(t_s), 1, 3), keep) * math.sqrt(traits.shared)
        own = _wander(rng, (len(t_s), N_JOINTS, 3), keep) * math.sqrt(1 - traits.shared)
        joints += axis_m * (common + own)
        wild = rng.random(len(t_s)) < traits.outliers
        away = rng.standard_normal((int(wild.sum()), 1, 3))
        joints[wild] += traits.outlier_m * away / np.linalg.norm(away, axis=2, keepdims=True)
        valid = np.repeat(rng.random((len(t_s), 1)) >= traits.lost, N_JOINTS, axis=1)
        return joints, valid

    def biases_m(self) -> FloatArray:
        """Give this user's steady errors (26, 3) m in the hand's own axes."""
        rng = np.random.default_rng([self.user_seed, 0xB1A5])
        common = rng.standard_normal(3)
        common *= self.traits.bias_m / np.linalg.norm(common)
        return np.asarray(common + self.traits.own_bias_m * rng.standard_normal((N_JOINTS, 3)))


def hand_joints(side: str) -> FloatArray:
    """Give the joints (26, 3) m of a flat hand in its own axes, by OpenXR's numbers."""
    joints = [(0.0, 0.045, 0.0), (0.0, 0.0, 0.0)]
    for finger, (x, y) in enumerate(_FINGERS):
        steps = (0.3, 1.0, 1.35, 1.6) if finger == 0 else (0.3, 1.0, 1.45, 1.7, 1.9)
        joints += [(x * (0.5 + 0.5 * min(s, 1.0)), y * s, 0.0) for s in steps]
    flat = np.array(joints)
    if side == "left":
        flat[:, 0] *= -1
    return flat


def sweep_way(seed: int = 0, size_m: float = 0.5, turning_rad: float = 0.7) -> Way:
    """Sweep a hand through a volume over the chest, and turn it slowly meanwhile."""
    rng = np.random.default_rng([seed, 0x53])
    hz = np.array([0.31, 0.23, 0.19]) * rng.uniform(0.9, 1.1, 3)
    phase = rng.uniform(0, 2 * np.pi, 3)
    turn_hz, turn_phase = np.array([0.07, 0.11, 0.09]), rng.uniform(0, 2 * np.pi, 3)
    centre = np.array([0.0, 0.0, 0.45])

    def way(t_s: FloatArray) -> tuple[FloatArray, Rotation]:
        place = centre + size_m / 2 * np.sin(2 * np.pi * t_s[:, None] * hz + phase)
        angles = turning_rad * np.sin(2 * np.pi * t_s[:, None] * turn_hz + turn_phase)
        return place, Rotation.from_euler("zyx", angles * [1.3, 1.0, 0.7])

    return way


def cpr_way(seed: int = 0, depth_m: float = 0.05) -> Way:
    """Compress: nearly a line, up and down."""
    rng = np.random.default_rng([seed, 0x54])
    hz = rng.uniform(1.7, 1.9)

    def way(t_s: FloatArray) -> tuple[FloatArray, Rotation]:
        depth = depth_m / 2 * (1 - np.cos(2 * np.pi * hz * t_s))
        place = np.zeros((len(t_s), 3))
        place[:, 2] = 0.06 - depth
        place[:, 0] = 0.004 * np.sin(2 * np.pi * 0.1 * t_s)
        return place, Rotation.from_rotvec(np.zeros((len(t_s), 3)))

    return way


def touch_way(
    cross_in_world_m: FloatArray, turn: Rotation, side: str, seed: int = 0, slip_m: float = 0.0
) -> Way:
    """Hold the index finger's pad on a place: a hair beside it, trembling a little."""
    rng = np.random.default_rng([seed, 0x55])
    aim = cross_in_world_m + 0.001 * rng.standard_normal(3)
    tip = hand_joints(side)[INDEX_TIP] - [0.0, 0.0, PAD_M]
    phase = rng.uniform(0, 2 * np.pi, 3)

    def way(t_s: FloatArray) -> tuple[FloatArray, Rotation]:
        sway = 0.0005 * np.sin(2 * np.pi * np.array([1.3, 2.1, 1.7]) * t_s[:, None] + phase)
        slip = slip_m * (t_s / max(float(t_s[-1]), 1e-3))[:, None] * np.array([1.0, 0.0, 0.0])
        turns = Rotation.from_matrix(np.repeat(turn.as_matrix()[None], len(t_s), axis=0))
        return aim + sway + slip - turns.apply(tip), turns

    return way


def _posed(way: Way, t_s: FloatArray, joints_m: FloatArray) -> FloatArray:
    """Give joints (n, k, 3) m in the world."""
    wrist, turns = way(t_s)
    return np.asarray(np.einsum("nij,kj->nki", turns.as_matrix(), joints_m) + wrist[:, None])


def _wander(rng: np.random.Generator, shape: tuple[int, ...], keep: float) -> FloatArray:
    """Give an Ornstein-Uhlenbeck process of unit variance along the first axis."""
    out = rng.standard_normal(shape)
    fresh = math.sqrt(1 - keep * keep)
    for i in range(1, shape[0]):
        out[i] = keep * out[i - 1] + fresh * out[i]
    return out


def _instants(rng: np.random.Generator, hz: float, duration_s: float) -> FloatArray:
    return np.arange(rng.uniform(0, 1 / hz), duration_s, 1 / hz)


def _ns(t_s: FloatArray) -> IntArray:
    return 5_000_000_000 + np.round(t_s * 1e9).astype(np.int64)
