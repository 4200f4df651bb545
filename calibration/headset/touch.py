"""The user's bias, and the headset's place itself, by touching crosses at known places.

Takes touches of numbered crosses by a fingertip, with a sweep or without, gives one
registration of all; leaves printing crosses to `calibration.boards`. A cross is touched with
the hand turned differently each time (fingers to the head, to the left, to the right): what
then turns with the hand is the bias, what stays is the place. See
`calibration.headset.registering` for what is assumed of a bias.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.headset.hands import SweepPiece, Touch
from calibration.headset.registering import (
    MOVE,
    TIP_BIAS,
    TURN,
    HeadsetRegistration,
    N,
    State,
    require_still,
    result_of,
    solve,
)
from calibration.headset.sweep import gather
from mr.errors import CalibrationError
from mr.geometry.hand import INDEX_TIP, NS_PER_S, pad_of, seen_by_both, turns_of
from mr.geometry.poses import skew
from mr.geometry.trajectory import consensus, extents_of, rigid_of
from mr.types import BoolArray, FloatArray, Pose

Crosses = Mapping[int, tuple[float, float, float]]
"""Where the numbered crosses are, in the world, m."""

MIN_TOUCHES, MIN_CROSSES = 5, 4
MIN_LOOKS = 20
MIN_ACROSS_M = 0.08
"""Crosses in a narrower strip are a line: the turn about it would be unknown."""
MOST_WANDER_M = 0.04
"""From the first to the last third of a dwell. A headset's own noise makes 13 mm of that."""
GROSS_M = 0.04
"""A look so far from its dwell's median is left out."""
OFF_M = 0.045
"""A touch so far off was of another place: bias and noise together make 12 mm."""
AGREEING = 0.75
"""Of touches that must fit, when they have to find the place by themselves."""
MOVED_M = 0.04
ROUNDS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Touches:
    """All touches' looks that agree within their dwell, behind each other."""

    t_s: FloatArray
    pad_in_xr_m: FloatArray
    """(n, 3)."""
    turns: FloatArray
    """(n, 3, 3), one a dwell."""
    place_in_world_m: FloatArray
    """(n, 3) of the cross that was touched."""
    dwell: FloatArray
    """(n,) which touch."""
    crosses: tuple[int, ...]
    """Of each touch."""

    def look(self, state: State) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Give instants, residuals and slopes."""
        pose = state.xr_from_world
        turned = self.place_in_world_m @ pose.R.T
        residual = self.pad_in_xr_m - turned - pose.t_m - self.turns @ state.tip_bias_m
        columns = np.zeros((len(self.t_s), 3, N))
        columns[:, :, TURN] = -skew(turned)
        columns[:, :, MOVE] = np.eye(3)
        columns[:, :, TIP_BIAS] = self.turns
        return self.t_s, residual, columns

    def middles(self) -> tuple[FloatArray, FloatArray]:
        """Give each touch's mean pad in xr and its cross in the world, (k, 3) both."""
        parts = [self.dwell == k for k in range(len(self.crosses))]
        pads = np.array([np.median(self.pad_in_xr_m[p], axis=0) for p in parts])
        return pads, np.array([self.place_in_world_m[p][0] for p in parts])


def measure_headset(
    pieces: Sequence[SweepPiece], touches: Sequence[Touch], crosses: Crosses
) -> HeadsetRegistration:
    """Register a headset by a sweep and by touches: the whole procedure.

    Raises
    ------
    CalibrationError
        As `gather` and `gather_touches`, and when the headset's frame moved in between.
    """
    sweep = gather(pieces)
    touched = gather_touches(touches, crosses, sweep.start.xr_from_world)
    solution = solve([sweep.look, touched.look], sweep.start)
    require_still(solution.parts[0], "headset, sweep")
    return result_of(
        solution,
        n_looks=int(sweep.kept.any(axis=1).sum()) + len(touched.t_s),
        outliers=sweep.outliers,
        extents_m=sweep.extents_m,
    )


def measure_touches(touches: Sequence[Touch], crosses: Crosses) -> HeadsetRegistration:
    """Register a headset by touches alone; its latency stays unknown.

    Raises
    ------
    CalibrationError
        See `gather_touches`.
    """
    touched = gather_touches(touches, crosses)
    pads, places = touched.middles()
    start = State(consensus(pads, places, AGREEING), 0.0, np.zeros(3), np.zeros(3))
    solution = solve([touched.look], start)
    return result_of(
        solution,
        n_looks=len(touched.t_s),
        outliers=1 - len(touched.t_s) / sum(len(t.t_ns) for t in touches),
        extents_m=np.full(3, np.nan),
    )


def gather_touches(
    touches: Sequence[Touch], crosses: Crosses, expected: Pose | None = None
) -> Touches:
    """Check touches and put them together.

    Parameters
    ----------
    touches
        Each of a cross of `crosses`.
    crosses
        Their places.
    expected
        ``xr_from_world`` of a sweep just before, if there was one.

    Raises
    ------
    CalibrationError
        When there are too few, they lie in one line, the hand moved during one, a wrong cross
        was touched, or the headset's frame moved since the sweep.
    """
    _require_enough(touches, crosses)
    looks = [settled_pad(touch) for touch in touches]
    pairs = list(zip(touches, looks, strict=True))
    first_ns = min(int(touch.t_ns[0]) for touch in touches)
    gathered = Touches(
        np.concatenate([(t.t_ns[k] - first_ns) / NS_PER_S for t, (_, _, k) in pairs]),
        np.concatenate([pad for pad, _, _ in looks]),
        np.concatenate([np.repeat(turn[None], len(pad), axis=0) for pad, turn, _ in looks]),
        np.concatenate([np.tile(crosses[t.cross], (len(pad), 1)) for t, (pad, _, _) in pairs]),
        np.concatenate([np.full(len(pad), i) for i, (pad, _, _) in enumerate(looks)]),
        tuple(touch.cross for touch in touches),
    )
    _require_right_crosses(gathered, crosses, expected)
    return gathered


def settled_pad(touch: Touch) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Give the pad's places (k, 3), the hand's turn (3, 3), and which looks (m,) they are of.

    Raises
    ------
    CalibrationError
        When the fingertip was seen too seldom, or moved.
    """
    what = f"headset, touch of cross {touch.cross}"
    places = seen_by_both(touch.joints_in_xr_m, touch.valid)
    turn = turns_of(touch.t_ns, places, touch.side)
    pads = pad_of(touch.joints_in_xr_m, turn)
    known = touch.valid[:, INDEX_TIP] & np.isfinite(pads).all(axis=1)
    if known.sum() < MIN_LOOKS:
        raise CalibrationError(
            f"{what}: the fingertip was seen {int(known.sum())} times, {MIN_LOOKS} are needed: "
            "look at the hand while it touches"
        )
    third = max(1, len(pads) // 3)
    first, last = (
        np.median(pads[part][known[part]], axis=0) if known[part].any() else np.full(3, np.nan)
        for part in (slice(0, third), slice(-third, None))
    )
    wander_m = float(np.linalg.norm(last - first))
    if wander_m > MOST_WANDER_M:
        raise CalibrationError(
            f"{what}: the hand moved by {wander_m * 1000:.0f} mm during the touch: "
            "keep the finger on the cross for a second and touch it again"
        )
    near = np.linalg.norm(pads - np.median(pads[known], axis=0), axis=1) < GROSS_M
    kept = known & near
    return pads[kept], _mean_turn(turn[kept]), kept


def _mean_turn(turns: FloatArray) -> FloatArray:
    u, _, vt = np.linalg.svd(np.median(turns, axis=0))
    return np.asarray(u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))]) @ vt)


def _require_enough(touches: Sequence[Touch], crosses: Crosses) -> None:
    numbers = {touch.cross for touch in touches}
    strangers = sorted(numbers - set(crosses))
    if strangers:
        raise CalibrationError(
            f"headset, touch: cross {strangers[0]} is not in the layout (it has "
            f"{', '.join(map(str, sorted(crosses)))}): take the layout of this sheet"
        )
    if len(touches) < MIN_TOUCHES or len(numbers) < MIN_CROSSES:
        raise CalibrationError(
            f"headset, touch: {len(touches)} touches of {len(numbers)} crosses, {MIN_TOUCHES} of "
            f"{MIN_CROSSES} are needed: touch more of them"
        )
    extents_m, _ = extents_of(np.array([crosses[number] for number in sorted(numbers)]))
    if extents_m[1] < MIN_ACROSS_M:
        raise CalibrationError(
            f"headset, touch: the touched crosses lie in one line ({extents_m[0] * 1000:.0f} mm "
            f"long, {extents_m[1] * 1000:.0f} mm across): touch crosses beside that line, too"
        )


def _require_right_crosses(touched: Touches, crosses: Crosses, expected: Pose | None) -> None:
    """Refuse touches of other crosses than were said, naming them."""
    pads, places = touched.middles()
    own = consensus(pads, places, AGREEING)
    for _ in range(ROUNDS):
        fits = np.linalg.norm(pads - own.apply(places), axis=1) < OFF_M
        if fits.sum() >= MIN_CROSSES:
            own = rigid_of(pads[fits], places[fits])
    fits = np.linalg.norm(pads - own.apply(places), axis=1) < OFF_M
    if expected is not None:
        middle = places.mean(axis=0)
        away_m = float(np.linalg.norm(own.apply(middle) - expected.apply(middle)))
        if fits.mean() >= AGREEING and away_m > MOVED_M:
            raise CalibrationError(
                f"headset, touch: the touches lie {away_m * 1000:.0f} mm from where the sweep puts "
                "the crosses: was the headset recentred in between, or is the layout another "
                "one's? Sweep and touch again"
            )
        if fits.mean() < AGREEING:
            own = expected
            fits = np.linalg.norm(pads - own.apply(places), axis=1) < OFF_M
    if fits.all():
        return
    if fits.mean() < 0.5:
        raise CalibrationError(
            f"headset, touch: {int((~fits).sum())} of {len(fits)} touches lie more than "
            f"{OFF_M * 1000:.0f} mm from their crosses: is this the layout of another sheet, or "
            "was the sheet moved? Take the right one and touch again"
        )
    where = own.inverse().apply(pads[~fits])
    names = list(crosses)
    wrong = []
    for k, place in zip(np.flatnonzero(~fits), where, strict=True):
        away_m = np.linalg.norm(np.array([crosses[n] for n in names]) - place, axis=1)
        near = names[int(np.argmin(away_m))]
        said = touched.crosses[int(k)]
        wrong.append(
            f"point {said} was touched where point {near} is"
            if away_m.min() < OFF_M and near != said
            else f"point {said} was touched {away_m[names.index(said)] * 1000:.0f} mm beside it"
        )
    raise CalibrationError(f"headset, touch: {'; '.join(wrong)}: touch again what is named")
