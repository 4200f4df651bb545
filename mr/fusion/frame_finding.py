"""Where the headset's frame lies when nothing is known of it but that it stands upright.

Takes pairs of places, gives a first ``xr_from_world`` on which most of them agree, or why there
is none yet; leaves making it exact, and its sigma, to `mr.fusion.frame_filter`.

Both frames have an upright (xr's y, the world's z), so that a turn about it and a place are all
that is sought, and two pairs that lie apart tell both. A hand's own turn must agree as well: it
tells a hand from its mirror image, and a right one from a left one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mr.fusion.hand_pairs import Pair
from mr.geometry.trajectory import extents_of
from mr.types import BoolArray, FloatArray, Pose

MIN_PAIRS = 25
"""Five seconds of one hand."""
MIN_ACROSS_M = 0.15
"""How far a hand must have gone to the side, on its longest way: with the joints' 5 mm, 20 of
them make 1.5 degrees over so much."""
AGREES_M = 0.04
"""Of a hand's middle: bias, tilt and a passing error of three sigmas."""
LEAST_AGREEING = 0.6
MOST_TURNED_RAD = math.radians(40)
"""Between a hand's turns as the headset and as the rig see it: four times a headset's 10 deg."""
N_DRAWS = 120
LATER_S = tuple(0.02 * k for k in range(-3, 9))
"""Latencies that are tried where none is known, from the usual one on."""
LATENCY_KNOWN_S = 0.02
FEW = 40
"""So many pairs tell which latency fits best."""
MIN_TOUCHES, MIN_APART_M = 2, 0.15
"""Places touched so near to each other tell no turn."""
TOUCH_AGREES_M = 0.05
"""Twice a touch's 12 mm of bias and noise, between two of them, and their tilt."""
XR_FROM_UPRIGHT = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Turns a frame with z up into one with y up."""


@dataclass(frozen=True, slots=True, eq=False)
class Sought:
    """What a search came to."""

    xr_from_world: Pose | None
    """Upright; None when it is not found."""
    agreeing: tuple[Pair, ...] = ()
    share: float = 0.0
    """How far the hands have gone for it, 0 ... 1."""


def find_by_hands(pairs: Sequence[Pair], latency_s: float, latency_sigma_s: float) -> Sought:
    """Seek the place on which most pairs of single hands agree.

    Hands that press go along a line and are stacked: they do not take part.
    """
    used = [pair for pair in pairs if pair.kind == "hand"]
    share = min(len(used) / MIN_PAIRS, 1.0)
    if len(used) < 2:
        return Sought(None, share=0.0)
    p = np.array([pair.place_in_world_m for pair in used])
    across_m = float(extents_of(p[:, :2])[0][0])
    share = min(share, across_m / MIN_ACROSS_M)
    if len(used) < MIN_PAIRS or across_m < MIN_ACROSS_M:
        return Sought(None, share=min(share, 0.99))
    a = np.array([pair.seen_in_xr_m for pair in used]) @ XR_FROM_UPRIGHT
    way = np.array([pair.velocity_in_world_m_s for pair in used])
    looked_up = np.array([pair.latency_s for pair in used])
    # Latencies are told apart by some of the pairs; the place is then sought with all.
    some = slice(None, None, max(1, len(used) // FEW))
    later_s = 0.0
    if latency_sigma_s >= LATENCY_KNOWN_S:
        later_s = min(
            LATER_S,
            key=lambda s: _consensus(
                a[some], (p + way * (looked_up - latency_s - s)[:, None])[some]
            )[2],
        )
    shifted = p + way * (looked_up - latency_s - later_s)[:, None]
    turn, move, _ = _consensus(a, shifted)
    agree = np.linalg.norm(a - shifted @ turn.T - move, axis=1) < AGREES_M
    if agree.mean() < LEAST_AGREEING:
        return Sought(None, share=0.99)
    xr_from_world = Pose(XR_FROM_UPRIGHT @ turn, XR_FROM_UPRIGHT @ move)
    kept = [pair for pair, good in zip(used, agree, strict=True) if good]
    if not _turned_alike(kept, xr_from_world):
        return Sought(None, share=0.99)
    return Sought(xr_from_world, tuple(kept), 1.0)


def find_by_touches(pairs: Sequence[Pair]) -> Sought:
    """Seek the place by touched places alone: two that lie apart tell it."""
    used = [pair for pair in pairs if pair.kind == "touch"]
    if len(used) < MIN_TOUCHES:
        return Sought(None, share=len(used) / (MIN_TOUCHES + 1))
    p = np.array([pair.place_in_world_m for pair in used])
    if extents_of(p[:, :2])[0][0] < MIN_APART_M:
        return Sought(None, share=len(used) / (MIN_TOUCHES + 1 + len(used)))
    a = np.array([pair.seen_in_xr_m for pair in used]) @ XR_FROM_UPRIGHT
    turn, move = _upright(a, p, np.ones(len(used), dtype=bool))
    if np.linalg.norm(a - p @ turn.T - move, axis=1).max() > TOUCH_AGREES_M:
        return Sought(None, share=0.99)
    return Sought(Pose(XR_FROM_UPRIGHT @ turn, XR_FROM_UPRIGHT @ move), tuple(used), 1.0)


def uprighted(xr_from_world: Pose, about_in_world_m: FloatArray) -> Pose:
    """Take the tilt out of a pose; a place (3,) of the world stays where it is."""
    R = XR_FROM_UPRIGHT.T @ xr_from_world.R
    turn = _about_z(math.atan2(R[1, 0] - R[0, 1], R[0, 0] + R[1, 1]))
    upright = XR_FROM_UPRIGHT @ turn
    return Pose(upright, xr_from_world.apply(about_in_world_m) - upright @ about_in_world_m)


def _about_z(angle_rad: float) -> FloatArray:
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])


def _consensus(a: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Give the upright turn and move on which most agree, and how far off the 60 % are."""
    rng = np.random.default_rng(0)
    one, two = rng.integers(0, len(a), (2, N_DRAWS))
    from_a, from_p = a[two, :2] - a[one, :2], p[two, :2] - p[one, :2]
    angle = np.arctan2(from_a[:, 1], from_a[:, 0]) - np.arctan2(from_p[:, 1], from_p[:, 0])
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]

    def turned(points: FloatArray) -> FloatArray:
        x, y = points[..., 0], points[..., 1]
        z = np.broadcast_to(points[..., 2], np.broadcast_shapes(x.shape, cos.shape))
        return np.stack([cos * x - sin * y, sin * x + cos * y, z], axis=-1)

    middle_p, middle_a = (p[one] + p[two]) / 2, (a[one] + a[two]) / 2
    move = middle_a - turned(middle_p[:, None])[:, 0]
    off = np.linalg.norm(a[None] - turned(p[None]) - move[:, None], axis=2)
    far = np.quantile(off, LEAST_AGREEING, axis=1)
    k = int(np.argmin(far))
    good = np.asarray(off[k] < max(AGREES_M, float(far[k])))
    for _ in range(3):
        turn, shift = _upright(a, p, good)
        left = np.linalg.norm(a - p @ turn.T - shift, axis=1)
        cut = float(np.quantile(left, LEAST_AGREEING))
        good = np.asarray(left < max(AGREES_M, cut))
    return turn, shift, float(np.quantile(left, LEAST_AGREEING))


def _upright(a: FloatArray, p: FloatArray, good: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Give the turn about z and the move that bring points p (n, 3) to points a best."""
    middle_a, middle_p = a[good].mean(axis=0), p[good].mean(axis=0)
    A, B = (a[good] - middle_a)[:, :2], (p[good] - middle_p)[:, :2]
    angle = math.atan2(float((B[:, 0] * A[:, 1] - B[:, 1] * A[:, 0]).sum()), float((A * B).sum()))
    turn = _about_z(angle)
    return turn, middle_a - turn @ middle_p


def _turned_alike(pairs: Sequence[Pair], xr_from_world: Pose) -> bool:
    """Whether the hand itself is turned alike for both."""
    angles = [
        math.acos(float(np.clip((np.trace(by_rig.T @ pair.turn_in_xr) - 1) / 2, -1.0, 1.0)))
        for pair in pairs
        if pair.turn_in_world is not None
        for by_rig in (xr_from_world.R @ pair.turn_in_world,)
    ]
    return bool(angles) and float(np.median(angles)) < MOST_TURNED_RAD
