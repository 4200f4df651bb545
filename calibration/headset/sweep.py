"""The headset's place in the rig's world, from a hand that both see sweep through the room.

Takes pieces of a sweep, gives ``xr_from_world``, the latency and what is left; leaves the
user's bias to `calibration.headset.touch`, for a sweep hardly tells it from the place. No
marker and no controller is needed.

A hand that goes to and fro on one line, as in CPR, leaves the turn about that line open: this
is refused in words. Whoever recentres the headset meanwhile moves its frame: found and named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from calibration.headset.hands import SweepPiece
from calibration.headset.registering import (
    HAND_BIAS,
    LATENCY,
    MOVE,
    TURN,
    HeadsetRegistration,
    N,
    State,
    require_still,
    result_of,
    solve,
)
from mr.errors import CalibrationError
from mr.geometry.hand import JOINT_UNDER_SKIN_M, NS_PER_S, seen_by_both, turns_of
from mr.geometry.poses import skew
from mr.geometry.tracks import MAX_GAP_S, PointTrack, first_offset_s
from mr.geometry.trajectory import consensus, extents_of, inliers_of, velocity_of
from mr.types import BoolArray, FloatArray, IntArray, Pose

MIN_LOOKS = 120
MIN_JOINTS = 2
"""Of the five places that both must show at an instant."""
MIN_ACROSS_M = 0.2
"""A sweep narrower than this across its longest way is a line; twice this is asked for."""
MOST_LATENCY_S = 0.4
MOVED_SHARE = 0.6
"""Of looks that agree before and after: a frame that jumped leaves one side without any."""
EDGE_S = 3.0
MIN_KEPT = 0.5
MIRRORED_GAIN = 0.3
"""So much more must agree of the mirror image before it is called one."""
AGREES_M = 0.06
"""Of a hand's middle: five sigmas of a headset's joint."""
ROUNDS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """Pieces put together, and what of them agrees: what a registration is solved from."""

    xr_t_ns: IntArray
    joints_in_xr_m: FloatArray
    """(m, 5, 3)."""
    rig_t_ns: IntArray
    points_in_world_m: FloatArray
    """(n, 5, 3)."""
    turns_in_world: FloatArray
    """(n, 3, 3) of the hand, as the rig sees it: were they the headset's, the noise of what is
    compared would be in them, too, and a bias would be seen that is none."""
    kept: BoolArray
    """(n, 5) of those that agree."""
    start: State

    @property
    def outliers(self) -> float:
        """Share of looks that do not agree, of those that both had."""
        seen = self.residuals(self.start)[1]
        return float(1 - self.kept[seen].mean()) if seen.any() else 0.0

    @property
    def extents_m(self) -> FloatArray:
        """How far the hand went along its main directions, largest first, (3,)."""
        used = self.kept.any(axis=1)
        return extents_of(_middle(self.points_in_world_m[used]))[0]

    def look(self, state: State) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Give instants, residuals and slopes of the middle of the places that agree."""
        used = np.asarray(self.kept.any(axis=1))
        residual, known = self.residuals(state)
        weights = (self.kept & known)[used].astype(np.float64)
        used[used] = weights.any(axis=1)
        weights = (self.kept & known)[used].astype(np.float64)
        weights /= weights.sum(axis=1, keepdims=True)
        track = PointTrack(self.rig_t_ns[used], _mean(self.points_in_world_m[used], weights))
        R = state.xr_from_world.R
        columns = np.zeros((len(track), 3, N))
        columns[:, :, TURN] = -skew(track.points_m @ R.T)
        columns[:, :, MOVE] = np.eye(3)
        columns[:, :, LATENCY] = -velocity_of(track) @ R.T
        columns[:, :, HAND_BIAS] = R @ self.turns_in_world[used]
        t_s = (track.t_ns - self.rig_t_ns[0]) / NS_PER_S
        return t_s, _mean(residual[used], weights), columns

    def residuals(self, state: State) -> tuple[FloatArray, BoolArray]:
        """Give what the headset shows minus what it should, (n, 5, 3); and where it shows."""
        inside = state.hand_bias_m - [0.0, 0.0, JOINT_UNDER_SKIN_M]
        shown = self.points_in_world_m + (self.turns_in_world @ inside)[:, None]
        wanted = state.xr_from_world.apply(shown)
        residual = self.joints_at(state.latency_s) - wanted
        return residual, np.asarray(np.isfinite(residual).all(axis=2))

    def joints_at(self, latency_s: float) -> FloatArray:
        """Give the headset's places (n, 5, 3) at the rig's instants."""
        flat = self.joints_in_xr_m.reshape(len(self.xr_t_ns), -1)
        zero_ns = int(self.rig_t_ns[0])
        t_s = (self.rig_t_ns - zero_ns) / NS_PER_S + latency_s
        mine_s = (self.xr_t_ns - zero_ns) / NS_PER_S
        after = np.clip(np.searchsorted(mine_s, t_s), 1, len(mine_s) - 1)
        gap_s = mine_s[after] - mine_s[after - 1]
        share = ((t_s - mine_s[after - 1]) / gap_s)[:, None]
        seen = (1 - share) * flat[after - 1] + share * flat[after]
        seen[(gap_s > MAX_GAP_S) | (share[:, 0] < 0) | (share[:, 0] > 1)] = np.nan
        return np.asarray(seen.reshape(len(t_s), -1, 3))


def gather(pieces: Sequence[SweepPiece]) -> Sweep:
    """Put pieces together, find which looks agree, and refuse what cannot be solved.

    Raises
    ------
    CalibrationError
        When both saw too little of the hand, it went along a line, the hands are swapped or
        mirrored, or the headset's frame was moved meanwhile.
    """
    sweep = _whole(pieces)
    enough = np.isfinite(sweep.points_in_world_m).all(axis=2).sum(axis=1) >= MIN_JOINTS
    rig = PointTrack(sweep.rig_t_ns[enough], _middle(sweep.points_in_world_m[enough]))
    shown = np.isfinite(sweep.joints_in_xr_m).all(axis=(1, 2))
    _require_both(int(shown.sum()), int(enough.sum()))
    xr = PointTrack(sweep.xr_t_ns[shown], _middle(sweep.joints_in_xr_m[shown]))
    _require_room(rig.points_m)
    latency_s = first_offset_s(xr, rig, MOST_LATENCY_S)
    seen = _middle(sweep.joints_at(latency_s)[enough])
    both = np.isfinite(seen).all(axis=1)
    _require_both(int(both.sum()), int(both.sum()))
    a_m, b_m = seen[both], rig.points_m[both]
    pose = consensus(a_m, b_m)
    t_s = (rig.t_ns[both] - rig.t_ns[0]) / NS_PER_S
    _require_one_frame(t_s, a_m, b_m, pose)
    _require_agreement(a_m, b_m, pose)
    sweep = replace(sweep, start=State(pose, latency_s, np.zeros(3), np.zeros(3)))
    sweep = _settled(sweep)
    _require_hand(sweep)
    return sweep


def _whole(pieces: Sequence[SweepPiece]) -> Sweep:
    if not pieces:
        raise CalibrationError("headset, sweep: nothing was recorded: sweep a hand before it")
    sides = {piece.side for piece in pieces}
    if len(sides) > 1:
        raise CalibrationError(
            "headset, sweep: both hands were swept: sweep one and keep the other out of sight"
        )
    pieces = sorted(pieces, key=lambda piece: int(piece.rig_t_ns[0]))
    xr_t_ns = np.concatenate([p.xr_t_ns for p in pieces])
    joints = np.concatenate([p.joints_in_xr_m for p in pieces])
    valid = np.concatenate([p.valid for p in pieces])
    order = np.argsort(xr_t_ns, kind="stable")
    order = order[valid[order].any(axis=1)]
    rig_t_ns = np.concatenate([p.rig_t_ns for p in pieces])
    points = np.concatenate([p.points_in_world_m for p in pieces])
    return Sweep(
        xr_t_ns[order],
        seen_by_both(joints[order], valid[order]),
        rig_t_ns,
        points,
        turns_of(rig_t_ns, points, sides.pop()),
        np.zeros((0, 5), dtype=bool),
        State(Pose.identity(), 0.0, np.zeros(3), np.zeros(3)),
    )


def _settled(sweep: Sweep) -> Sweep:
    """Fit robustly with plain weights, and tell which places of which looks agree."""
    state = sweep.start
    for _ in range(ROUNDS):
        residual, known = sweep.residuals(state)
        flat = inliers_of(residual.reshape(-1, 3)).reshape(known.shape)
        # A look whose middle is off is off as a whole: its places do not decide one by one.
        sweep = replace(sweep, kept=flat & (flat.sum(axis=1) >= MIN_JOINTS)[:, None])
        _, left, columns = sweep.look(state)
        step = np.zeros(N)
        slopes = columns[:, :, : HAND_BIAS.start].reshape(-1, HAND_BIAS.start)
        step[: HAND_BIAS.start] = np.linalg.lstsq(slopes, left.ravel(), rcond=1e-9)[0]
        state = state.moved(step)
    return replace(sweep, start=state)


def _require_both(n_xr: int, n_rig: int) -> None:
    if min(n_xr, n_rig) < MIN_LOOKS:
        raise CalibrationError(
            f"headset, sweep: the headset saw the hand {n_xr} times and the rig {n_rig} times, "
            f"{MIN_LOOKS} of each are needed: keep the hand in sight of both, and sweep for longer"
        )


def _require_room(points_m: FloatArray) -> None:
    """Refuse a line: the turn about it is then unknown."""
    extents_m, directions = extents_of(points_m)
    if extents_m[1] >= MIN_ACROSS_M:
        return
    along = direction_in_words(directions[0])
    raise CalibrationError(
        f"headset, sweep: too weak: the hand went {extents_m[0] * 1000:.0f} mm {along}, but only "
        f"{extents_m[1] * 1000:.0f} and {extents_m[2] * 1000:.0f} mm across that line, so the "
        f"turn about the line {along} is unknown: sweep 400 mm in each direction"
    )


def direction_in_words(v: FloatArray) -> str:
    """Name a direction of the world."""
    names = ("along the world's x", "along the world's y", "up and down")
    return names[int(np.argmax(np.abs(v)))]


def _require_one_frame(t_s: FloatArray, a_m: FloatArray, b_m: FloatArray, pose: Pose) -> None:
    """Refuse a headset whose frame was moved: before or after, hardly a look agrees."""
    agree = inliers_within(a_m, b_m, pose)
    cuts_s = np.arange(t_s[0] + EDGE_S, t_s[-1] - EDGE_S, 0.2)
    if len(cuts_s) == 0:
        return
    shares = [agree[t_s < c].mean() - agree[t_s >= c].mean() for c in cuts_s]
    best = int(np.argmax(np.abs(shares)))
    if abs(shares[best]) < MOVED_SHARE:
        return
    before = t_s < cuts_s[best]
    poses = [consensus(a_m[part], b_m[part]) for part in (before, ~before)]
    middle = np.median(b_m, axis=0)
    jump_m = float(np.linalg.norm(poses[1].apply(middle) - poses[0].apply(middle)))
    turn = Rotation.from_matrix(poses[1].R @ poses[0].R.T).magnitude()
    raise CalibrationError(
        f"headset, sweep: the headset's frame moved by {jump_m * 1000:.0f} mm and "
        f"{np.degrees(turn):.0f} deg at {cuts_s[best]:.1f} s (was it recentred?): do not recentre "
        "or take it off, and sweep again"
    )


def inliers_within(a_m: FloatArray, b_m: FloatArray, pose: Pose) -> BoolArray:
    """Tell which pairs a pose explains."""
    return np.asarray(np.linalg.norm(a_m - pose.apply(b_m), axis=1) < AGREES_M)


def _require_agreement(a_m: FloatArray, b_m: FloatArray, pose: Pose) -> None:
    agree = float(inliers_within(a_m, b_m, pose).mean())
    if agree >= MIN_KEPT:
        return
    flip = np.array([1.0, 1.0, -1.0])
    mirrored = consensus(a_m, b_m * flip)
    if float(inliers_within(a_m, b_m * flip, mirrored).mean()) > agree + MIRRORED_GAIN:
        raise CalibrationError(
            "headset, sweep: the headset's motion is the mirror image of the rig's: check that "
            "its axes are OpenXR's (y up, -z forward) and that no picture is mirrored"
        )
    raise CalibrationError(
        f"headset, sweep: only {100 * agree:.0f} % of the looks agree: check that headset and rig "
        "look at the same hand (left or right) and that only one hand moves"
    )


def _require_hand(sweep: Sweep) -> None:
    """Refuse a hand whose index finger is at the other side: left and right are swapped."""
    used = sweep.kept[:, 1] & sweep.kept[:, 4]
    in_xr = sweep.joints_at(sweep.start.latency_s)
    across_xr = (in_xr[:, 4] - in_xr[:, 1])[used]
    across = (sweep.points_in_world_m[:, 4] - sweep.points_in_world_m[:, 1])[used]
    alike = np.sum(across_xr * (across @ sweep.start.xr_from_world.R.T), axis=1)
    if used.any() and float(np.median(alike)) < 0:
        raise CalibrationError(
            "headset, sweep: left and right are swapped: the rig's index knuckle is where the "
            "headset has the little finger's: tell both the same hand, palm down"
        )


def _middle(points_m: FloatArray) -> FloatArray:
    """Give the median (n, 3) of places (n, 5, 3) that are known."""
    known = np.asarray(np.isfinite(points_m).all(axis=2))
    filled = np.where(known[..., None], points_m, np.nan)
    out = np.full((len(points_m), 3), np.nan)
    some = np.asarray(known.any(axis=1))
    out[some] = np.nanmedian(filled[some], axis=1)
    return out


def _mean(points_m: FloatArray, weights: FloatArray) -> FloatArray:
    """Average places (n, 5, 3) with weights (n, 5), those of weight 0 unknown."""
    return np.asarray(np.einsum("nk,nki->ni", weights, np.nan_to_num(points_m)))


def measure_sweep(pieces: Sequence[SweepPiece]) -> HeadsetRegistration:
    """Register a headset by a sweep alone: the user's bias is only known as far as the hand turned.

    Raises
    ------
    CalibrationError
        See `gather`.
    """
    sweep = gather(pieces)
    solution = solve([sweep.look], sweep.start)
    require_still(solution.parts[0], "headset, sweep")
    return result_of(
        solution,
        n_looks=int(sweep.kept.any(axis=1).sum()),
        outliers=sweep.outliers,
        extents_m=sweep.extents_m,
    )
