"""Hand-eye: where an eye sits on a hand, from two trajectories whose clocks differ.

Takes poses of a hand in its base and of a target in the eye, each with its own stamps, gives
the eye's place on the hand, the target's place in the base and the offset of the clocks;
leaves tracking either of them to others. Thin over SciPy.

For each look ``base_from_hand(t + offset) @ hand_from_eye @ eye_from_target(t)`` is the
target's place in the base, which stays. Ref: Park and Martin 1994 for the start; Furrer et
al. 2017 ("Evaluation of combined time-offset estimation and hand-eye calibration") for the
clocks; the sigmas are those of sums over blocks of time (Liang and Zeger 1986), because what
a tracker is off by now it is still off by a frame later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from mr.errors import CalibrationError
from mr.geometry.poses import pose_of
from mr.geometry.tracks import NS_PER_S, PoseTrack, first_offset_s
from mr.types import BoolArray, FloatArray, Pose

MIN_LOOKS = 20
MIN_TURN_RAD = 0.03
"""Turns about a second axis must reach this; about one alone the eye's place is open. Little
more than it is weak: the covariance says how weak."""
OFFSET_MOST_S = 1.0
PAIR_SHARES = (0.05, 0.12, 0.3)
"""Looks are paired with those so much of the whole later for the start: small turns say little."""
CUT_SIGMAS = 4.0
SCALE_PCT, SCALE_Z = 80.0, 1.2816
"""Of the residuals' sizes; the median would be that of the looks at which nothing moves."""
ROUNDS, MOST_STEPS = 6, 30
N_BLOCKS = 24
MOST_SIGMA_M, MOST_SIGMA_RAD = 0.05, 0.1
"""A look that is worse is no tracker's: another motion."""
_LEAST_KEPT = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class HandEye:
    """An eye on a hand."""

    hand_from_eye: Pose
    base_from_target: Pose
    offset_s: float
    """By how much the hand's stamps lag the eye's."""
    offset_sigma_s: float
    kept: BoolArray
    """(n,) the eye's looks that agree."""
    sigma_rad: float
    sigma_m: float
    """Of one look's turn and place, one axis."""


def spread_of(
    hand: PoseTrack, eye: PoseTrack, hand_from_eye: Pose, offset_s: float
) -> tuple[FloatArray, FloatArray]:
    """Give how far each look puts the target from their mean: turns (n,) rad, places (n,) m.

    Looks without a pose of the hand are left out.
    """
    R, t_m, known = _target_in_base(hand, eye, hand_from_eye, offset_s)
    turns = Rotation.from_matrix(R[known])
    away = np.linalg.norm(t_m[known] - t_m[known].mean(axis=0), axis=1)
    return np.asarray((turns * turns.mean().inv()).magnitude()), np.asarray(away)


def solve_hand_eye(
    hand: PoseTrack, eye: PoseTrack, *, most_offset_s: float = OFFSET_MOST_S
) -> HandEye:
    """Find an eye's place on a hand, the target's place and the clocks' offset.

    Parameters
    ----------
    hand
        ``base_from_hand``, often enough to interpolate.
    eye
        ``eye_from_target``.
    most_offset_s
        How far the clocks may differ.

    Raises
    ------
    CalibrationError
        When there are too few looks, they turn about one axis only, or most disagree.
    """
    _require_looks(hand, eye)
    offset_s = first_offset_s(hand, eye, most_offset_s)
    zero_ns = int(eye.t_ns[0])
    t_s = (eye.t_ns - zero_ns) / NS_PER_S
    known = hand.at(t_s + offset_s, zero_ns)[2]
    if known.sum() < MIN_LOOKS:
        raise CalibrationError(
            f"hand-eye: {int(known.sum())} looks have a pose of the hand at their instant, "
            f"{MIN_LOOKS} are needed: record both at the same time, without gaps"
        )
    x = _start(hand, eye, offset_s, known)
    return _refined(hand, eye, x, known)


def _require_looks(hand: PoseTrack, eye: PoseTrack) -> None:
    for name, track in (("hand", hand), ("eye", eye)):
        if len(track) < MIN_LOOKS:
            raise CalibrationError(
                f"hand-eye: {len(track)} poses of the {name}, {MIN_LOOKS} are needed: "
                "record for longer"
            )
        whole = np.isfinite(track.R).all() and np.isfinite(track.t_m).all()
        if not whole or (np.diff(track.t_ns) <= 0).any():
            raise CalibrationError(
                f"hand-eye: poses of the {name} must be finite and their stamps increase: "
                "leave out what was not measured"
            )


def _target_in_base(
    hand: PoseTrack, eye: PoseTrack, hand_from_eye: Pose, offset_s: float
) -> tuple[FloatArray, FloatArray, BoolArray]:
    zero_ns = int(eye.t_ns[0])
    t_s = (eye.t_ns - zero_ns) / NS_PER_S
    R, t_m, known = hand.at(t_s + offset_s, zero_ns)
    in_hand = eye.t_m @ hand_from_eye.R.T + hand_from_eye.t_m
    return R @ hand_from_eye.R @ eye.R, np.einsum("nij,nj->ni", R, in_hand) + t_m, known


def _start(hand: PoseTrack, eye: PoseTrack, offset_s: float, known: BoolArray) -> FloatArray:
    """Solve pairs of looks in closed form, with pairs that do not fit weighed down."""
    zero_ns = int(eye.t_ns[0])
    t_s = (eye.t_ns[known] - zero_ns) / NS_PER_S
    R_hand, t_hand, _ = hand.at(t_s + offset_s, zero_ns)
    seen = eye.subset(known).inverse()
    steps = [max(1, round(share * len(t_s))) for share in PAIR_SHARES]
    first = np.concatenate([np.arange(len(t_s) - k) for k in steps])
    then = np.concatenate([np.arange(k, len(t_s)) for k in steps])
    turned_hand, moved_hand = _relative(R_hand, t_hand, first, then)
    turned_eye, moved_eye = _relative(seen.R, seen.t_m, first, then)
    axis_hand = Rotation.from_matrix(turned_hand).as_rotvec()
    axis_eye = Rotation.from_matrix(turned_eye).as_rotvec()
    _require_turns(axis_hand)
    weights = np.ones(len(first))
    for _ in range(ROUNDS):
        turn, _ = Rotation.align_vectors(axis_hand, axis_eye, weights=weights)
        left = np.linalg.norm(axis_hand - turn.apply(axis_eye), axis=1)
        weights = _weights(left)
    # (R_hand - 1) t = R moved_eye - moved_hand, over all pairs.
    columns = turned_hand - np.eye(3)
    wanted = turn.apply(moved_eye) - moved_hand
    place: FloatArray = np.zeros(3)
    for _ in range(ROUNDS):
        scale = np.sqrt(weights)[:, None]
        rows = (columns * scale[..., None]).reshape(-1, 3)
        place = np.asarray(np.linalg.lstsq(rows, (wanted * scale).ravel(), rcond=None)[0])
        weights = _weights(np.linalg.norm(wanted - columns @ place, axis=1))
    x = pose_of(turn.as_rotvec(), place)
    R, t_m, _ = _target_in_base(hand, eye, x, offset_s)
    target = Rotation.from_matrix(R[known]).mean().as_rotvec()
    middle = np.median(t_m[known], axis=0)
    return np.concatenate([turn.as_rotvec(), place, target, middle, [offset_s]])


def _relative(
    R: FloatArray, t_m: FloatArray, first: FloatArray, then: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Give each pair's second pose seen from its first one."""
    back = np.swapaxes(R[first], -1, -2)
    return back @ R[then], np.einsum("nij,nj->ni", back, t_m[then] - t_m[first])


def _require_turns(axes: FloatArray) -> None:
    vectors = np.linalg.eigh(axes.T @ axes)[1]
    across = float(np.percentile(np.abs(axes @ vectors[:, 1]), 95))
    if across < MIN_TURN_RAD:
        raise CalibrationError(
            f"hand-eye: but for one axis the hand turns by {np.degrees(across):.0f} deg, "
            f"{np.degrees(MIN_TURN_RAD):.0f} are needed: turn it about two axes at least"
        )


def _refined(hand: PoseTrack, eye: PoseTrack, x: FloatArray, known: BoolArray) -> HandEye:
    """Fit both places and the offset together, leaving looks out that do not agree."""
    kept = known.copy()
    for _ in range(ROUNDS):
        left = _left(hand, eye, x)
        sigma_rad, sigma_m = _scale(left[kept, :3]), _scale(left[kept, 3:])
        sigmas = np.repeat([sigma_rad, sigma_m], 3)
        z = np.linalg.norm(left / sigmas, axis=1)
        agree = known & (z < CUT_SIGMAS * np.sqrt(left.shape[1]))
        fit = least_squares(
            _scaled,
            x,
            loss="soft_l1",
            x_scale=0.01,
            max_nfev=MOST_STEPS,
            args=(hand, eye, agree, sigmas),
        )
        x, done = fit.x, np.array_equal(agree, kept)
        kept = agree
        if done:
            break
    if sigma_m > MOST_SIGMA_M or sigma_rad > MOST_SIGMA_RAD:
        raise CalibrationError(
            f"hand-eye: looks scatter by {sigma_m * 1000:.0f} mm and {np.degrees(sigma_rad):.0f} "
            "deg: check that hand and eye are fixed to each other and that the target lies still"
        )
    if kept.sum() < _LEAST_KEPT * known.sum():
        raise CalibrationError(
            f"hand-eye: {int(kept.sum())} of {int(known.sum())} looks agree: check that hand and "
            "eye are fixed to each other and that the target lies still"
        )
    covariance = _covariance(np.asarray(fit.jac), fit.fun.reshape(-1, 6))
    return HandEye(
        _pose(x[:6], covariance[:6, :6]),
        _pose(x[6:12], covariance[6:12, 6:12]),
        float(x[12]),
        float(np.sqrt(covariance[12, 12])),
        kept,
        sigma_rad,
        sigma_m,
    )


def _scaled(
    x: FloatArray, hand: PoseTrack, eye: PoseTrack, agree: BoolArray, sigmas: FloatArray
) -> FloatArray:
    return np.asarray((_left(hand, eye, x)[agree] / sigmas).ravel())


def _left(hand: PoseTrack, eye: PoseTrack, x: FloatArray) -> FloatArray:
    """Give each look's turn (rad) and way (m) from the target's place, (n, 6)."""
    R, t_m, _ = _target_in_base(hand, eye, pose_of(x[:3], x[3:6]), float(x[12]))
    turn = Rotation.from_matrix(R) * Rotation.from_rotvec(x[6:9]).inv()
    return np.column_stack([turn.as_rotvec(), t_m - x[9:12]])


def _covariance(slope: FloatArray, left: FloatArray) -> FloatArray:
    """Give the covariance of a fit whose residuals hang together within blocks of time.

    `slope` has the loss's second derivative in it, as SciPy gives it: for ``soft_l1`` rows are
    scaled by ``(1 + r²)^-3/4``, and with residuals scaled by ``(1 + r²)^1/4`` their product is
    the loss's own gradient.
    """
    weighted = left * np.sqrt(np.sqrt(1 + left**2))
    rows = slope.reshape(len(left), 6, -1)
    scores = np.einsum("nip,ni->np", rows, weighted)
    blocks = np.array_split(scores, min(N_BLOCKS, len(left)))
    sums = np.array([block.sum(axis=0) for block in blocks])
    k = len(sums)
    bread = np.linalg.inv(slope.T @ slope)
    return np.asarray(bread @ (sums.T @ sums) @ bread * k / max(k - 1, 1))


def _pose(x: FloatArray, covariance: FloatArray) -> Pose:
    """Make a pose; its turn's covariance is of a left turn, not of the rotation vector."""
    base = pose_of(x[:3], x[3:])
    turns = Rotation.from_rotvec(x[:3] + 1e-6 * np.eye(3)) * Rotation.from_rotvec(x[:3]).inv()
    slope = np.eye(6)
    slope[:3, :3] = turns.as_rotvec().T / 1e-6
    return Pose(base.R, base.t_m, slope @ covariance @ slope.T)


def _scale(left: FloatArray) -> float:
    return max(float(np.percentile(np.abs(left), SCALE_PCT)) / SCALE_Z, 1e-9)


def _weights(left: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + (left / max(float(np.median(left)), 1e-9) / 2) ** 2))
