"""Hands that headset and rig both see, brought to the same instants: pairs of places.

Takes a headset's joints and what the rig's cameras see of hands, gives a `Pair` for each fifth
of a second and hand; leaves what they say to `mr.fusion.frame_filter`. A pure fold: looks wait
until the joints of their instant are there, whichever comes first.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from mr.fusion.hand_track import MIN_PLACES, HandTrack
from mr.geometry.hand import turn_of
from mr.types import BoolArray, FloatArray, HandJoints, IntArray, Pose

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")
Kind = Literal["hand", "stacked", "heel", "touch"]
_Key = tuple[Kind, Side | Literal["both"], bool]
"""Kind, side, and whether it lies far from where that hand is expected: another person's hand is
not mixed with the learner's."""

BIN_S = 0.2
"""Looks of so long make one pair; hands that sweep go straight for so long."""
WAIT_S = 1.0
"""So long a look waits for joints of its instant."""
ALIVE_S = 0.1
"""A hand whose joints are so far behind the other's is not told of any more."""
ROUNDS = 3
ODD_M = 0.025
"""A place that goes so far otherwise than the hand does within a pair is misread: six sigmas."""
STACKED_M = 0.12
"""Hands whose middles are nearer are stacked: which of them the cameras see is not sure."""
HEEL_FRESH_S = 0.5
OWN_M = 0.10
"""So near to where it is expected a hand is that hand: a headset's own error is 11 mm."""
LEAST_WHITE_M = 0.001
BACK_UP = 0.2
"""Least share of a hand's back that looks up, to where cameras hang: of a palm they see another
skin, and a hand whose left and right are swapped has its back below."""
MOST_WAITING = 64


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """One place as the headset and as the rig has it."""

    t_ns: int
    """Of the rig's looks, their mean."""
    kind: Kind
    side: Side | Literal["both"]
    seen_in_xr_m: FloatArray
    """(3,) by the headset, `latency_s` later."""
    place_in_world_m: FloatArray
    """(3,) by the rig."""
    velocity_in_world_m_s: FloatArray
    turn_in_world: FloatArray | None
    """(3, 3) of the hand by the rig; None where it does not tell."""
    turn_in_xr: FloatArray
    """(3, 3) of the hand by the headset."""
    latency_s: float
    white_m: float
    """One-sigma of the rig's part, one axis."""
    n_looks: int
    far: bool = False
    """Whether it lies where the learner's hand is not expected: it may be another person's."""


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    t_ns: int
    points_in_world_m: FloatArray
    """(5, 3), or (1, 3) of a heel."""
    sigma_m: float
    side: Literal["left", "right", "unknown"]


@dataclass(slots=True)
class _Bin:
    index: int
    latency_s: float
    looks: list[tuple[_Look, FloatArray]] = field(default_factory=list)
    """Each with the headset's places (6, 3) of its instant."""


class HandPairs:
    """Joins one headset's joints with the rig's looks."""

    def __init__(self) -> None:
        self._tracks = {side: HandTrack() for side in SIDES}
        self._waiting: deque[_Look] = deque(maxlen=MOST_WAITING)
        self._bins: dict[_Key, _Bin] = {}
        self._heel: tuple[int, FloatArray] | None = None
        self._now_ns = 0

    def forget(self) -> None:
        """Forget all joints: those to come are in another frame."""
        self._tracks = {side: HandTrack() for side in SIDES}
        self._waiting.clear()
        self._bins.clear()

    def joints(self, sample: HandJoints) -> None:
        """Take in one hand of one frame of the headset."""
        self._tracks[sample.side].add(sample)
        self._now_ns = max(self._now_ns, sample.stamp.t_ns)

    def points(
        self,
        t_ns: int,
        points_in_world_m: FloatArray,
        sigma_m: float,
        side: Literal["left", "right", "unknown"],
    ) -> None:
        """Take in wrist and knuckles (5, 3) of one hand of one picture; NaN where unknown."""
        self._waiting.append(_Look(t_ns, points_in_world_m, sigma_m, side))

    def heel(self, t_ns: int, heel_in_world_m: FloatArray, sigma_m: float) -> None:
        """Take in the heel (3,) of hands that press."""
        self._heel = (t_ns, heel_in_world_m)
        self._waiting.append(_Look(t_ns, heel_in_world_m[None], sigma_m, "unknown"))

    def take(self, latency_s: float, believed: Pose | None) -> list[Pair]:
        """Give the pairs that are complete.

        Parameters
        ----------
        latency_s
            By how much the joints are taken to lag.
        believed
            ``xr_from_world``, if it is known: it tells which of two hands was looked at.
        """
        done: list[Pair] = []
        newest_ns = self._told_ns()
        late_ns = round(latency_s * 1e9)
        while self._waiting:
            look = self._waiting[0]
            overdue = self._now_ns > look.t_ns + late_ns + WAIT_S * 1e9
            if newest_ns < look.t_ns + late_ns and not overdue:
                break
            self._waiting.popleft()
            done += self._placed(look, latency_s, believed)
        for key in list(self._bins):
            last_ns = (self._bins[key].index + 1) * BIN_S * 1e9
            if self._now_ns > last_ns + WAIT_S * 1e9:
                done += _closed(key, self._bins.pop(key))
        return done

    def _told_ns(self) -> int:
        """Tell up to when joints are there: of both hands, while both are told of.

        They come one after the other, with one stamp: the first alone says nothing of the second.
        """
        ends_ns = [track.t_ns[-1] for track in self._tracks.values() if track.t_ns]
        newest_ns = max(ends_ns, default=0)
        return min((e for e in ends_ns if newest_ns - e < ALIVE_S * 1e9), default=0)

    def _placed(self, look: _Look, latency_s: float, believed: Pose | None) -> list[Pair]:
        """Put a look into its bin; gives the pair before it when that is complete."""
        at_ns = look.t_ns + round(latency_s * 1e9)
        hands = {
            side: places for side in SIDES if (places := self._tracks[side].at(at_ns)) is not None
        }
        of_heel = len(look.points_in_world_m) == 1
        chosen = self._heels(look, hands) if of_heel else self._hand(look, hands, believed)
        if chosen is None:
            return []
        key, places = chosen
        index = int(look.t_ns // round(BIN_S * 1e9))
        opened = self._bins.get(key)
        if opened is not None and index < opened.index:
            return []
        done: list[Pair] = []
        if opened is None or index > opened.index:
            done = [] if opened is None else _closed(key, opened)
            opened = self._bins[key] = _Bin(index, latency_s)
        if latency_s == opened.latency_s:
            opened.looks.append((look, places))
        return done

    def _heels(self, look: _Look, hands: dict[Side, FloatArray]) -> tuple[_Key, FloatArray] | None:
        """A heel is held against the middle of two stacked hands."""
        if len(hands) < 2 or not _near(hands):
            return None
        return ("heel", "both", False), _of_both(hands)

    def _hand(
        self, look: _Look, hands: dict[Side, FloatArray], believed: Pose | None
    ) -> tuple[_Key, FloatArray] | None:
        """Tell which hand of the headset was looked at, and whether that is sure."""
        known = np.asarray(np.isfinite(look.points_in_world_m).all(axis=1))
        if not hands or known.sum() < MIN_PLACES:
            return None
        if len(hands) == 2 and _near(hands):
            return ("stacked", "both", False), _of_both(hands)
        away_m = _away_m(look, hands, believed, known)
        side = _side(look, hands, away_m)
        if side is None:
            return None
        far = away_m.get(side, 0.0) > OWN_M
        middle = look.points_in_world_m[known].mean(axis=0)
        pressing = (
            self._heel is not None
            and abs(self._heel[0] - look.t_ns) < HEEL_FRESH_S * 1e9
            and float(np.linalg.norm(self._heel[1] - middle)) < STACKED_M
        )
        return ("stacked" if pressing else "hand", side, far), hands[side]


def _away_m(
    look: _Look, hands: dict[Side, FloatArray], believed: Pose | None, known: BoolArray
) -> dict[Side, float]:
    """Tell how far each of the headset's hands is from where a look should show it."""
    if believed is None:
        return {}
    expected = believed.apply(look.points_in_world_m[known])
    return {
        side: float(np.linalg.norm(np.nanmedian(places[:5][known] - expected, axis=0)))
        for side, places in hands.items()
        if np.isfinite(places[:5][known]).all(axis=1).any()
    }


def _side(look: _Look, hands: dict[Side, FloatArray], away_m: dict[Side, float]) -> Side | None:
    """Tell which of the headset's hands was looked at; the rig's own word comes last."""
    if len(hands) == 1:
        return next(iter(hands))
    near = min(away_m, key=lambda side: away_m[side], default=None)
    if near is not None and away_m[near] < OWN_M:
        return near
    return None if look.side == "unknown" else look.side


def _of_both(hands: dict[Side, FloatArray]) -> FloatArray:
    """Give the middles of two hands' places (6, 3), the right one's index to the left's little.

    Palms down the fingers of both then lie in one order, and the middle of them is turned as a
    right hand is.
    """
    return np.asarray((hands["right"] + hands["left"][[0, 4, 3, 2, 1, 5]]) / 2)


def _near(hands: dict[Side, FloatArray]) -> bool:
    apart = hands["left"][:5] - hands["right"][:5]
    apart = apart[np.isfinite(apart).all(axis=1)]
    return bool(len(apart) and np.linalg.norm(apart.mean(axis=0)) < STACKED_M)


def _closed(key: _Key, full: _Bin) -> list[Pair]:
    """Make the pair of a bin's looks; none where too little agrees."""
    kind, side, far = key
    seen = np.array([places for _, places in full.looks])
    turned_as: Side = "right" if side == "both" else side
    in_xr = turn_of(_shape(seen[:, :5])[0], turned_as)
    if in_xr is None:
        return []
    t_ns = np.array([look.t_ns for look, _ in full.looks])
    points = np.array([look.points_in_world_m for look, _ in full.looks])
    if kind == "heel":
        a = (seen[:, 0] + seen[:, 5]) / 2
        p, n_places = points[:, 0], 1.0
        in_world = None
    else:
        shape, good = _shape(points)
        good &= np.isfinite(seen[:, :5]).all(axis=2)
        used = good.sum(axis=1) >= MIN_PLACES
        if not used.any():
            return []
        weights = good[used] / good[used].sum(axis=1, keepdims=True)
        a = np.einsum("nk,nki->ni", weights, np.nan_to_num(seen[used, :5]))
        p = np.einsum("nk,nki->ni", weights, np.nan_to_num(points[used]))
        in_world = turn_of(shape, turned_as)
        if kind == "hand" and in_world is not None and in_world[2, 2] < BACK_UP:
            return []
        n_places, t_ns = float(good[used].sum(axis=1).mean()), t_ns[used]
    both = np.isfinite(a).all(axis=1) & np.isfinite(p).all(axis=1)
    if not both.any():
        return []
    a, p, t_ns = a[both], p[both], t_ns[both]
    sigma_m = float(np.mean([look.sigma_m for look, _ in full.looks]))
    mean_ns = int(t_ns[0]) + round(float((t_ns - t_ns[0]).mean()))
    return [
        Pair(
            t_ns=mean_ns,
            kind=kind,
            side=side,
            seen_in_xr_m=a.mean(axis=0),
            place_in_world_m=p.mean(axis=0),
            velocity_in_world_m_s=_velocity(t_ns, p),
            turn_in_world=in_world,
            turn_in_xr=in_xr,
            latency_s=full.latency_s,
            white_m=float(np.hypot(sigma_m / np.sqrt(n_places * len(p)), LEAST_WHITE_M)),
            n_looks=len(p),
            far=far,
        )
    ]


def _middles(points_m: FloatArray) -> FloatArray:
    """Give the median (k, 3) of each of k places over looks (n, k, 3); NaN where never seen."""
    out = np.full(points_m.shape[1:], np.nan)
    for k in range(points_m.shape[1]):
        known = points_m[np.isfinite(points_m[:, k]).all(axis=1), k]
        if len(known):
            out[k] = np.median(known, axis=0)
    return out


def _shape(points_m: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Give a hand's places (k, 3) of looks (n, k, 3), and which of them (n, k) go along with it.

    The hand goes 80 mm while it is looked at, and not every look has every place: so each
    look's way is taken out first. Places are NaN where they were never seen.
    """
    known = np.asarray(np.isfinite(points_m).all(axis=2))
    shape = _middles(points_m)
    good = known
    for _ in range(ROUNDS):
        moved = points_m - shape
        way = np.array([_middle(moved[k, good[k]]) for k in range(len(points_m))])
        off = moved - way[:, None]
        # What is not known is NaN, which compares False.
        good = known & (np.linalg.norm(off, axis=2) < ODD_M)
        counts = good.sum(axis=0)
        total = np.where(good[..., None], off, 0.0).sum(axis=0)
        shape = shape + total / np.maximum(counts, 1)[:, None]
        shape[counts == 0] = np.nan
    return shape, good


def _middle(points_m: FloatArray) -> FloatArray:
    return np.asarray(np.median(points_m, axis=0)) if len(points_m) else np.full(3, np.nan)


def _velocity(t_ns: IntArray, points_m: FloatArray) -> FloatArray:
    """Give the slope (3,) m/s of a straight line through looks; zero of less than three."""
    t_s = (t_ns - t_ns[0]) * 1e-9
    t_s = t_s - t_s.mean()
    square = float(t_s @ t_s)
    if len(t_s) < 3 or square < 1e-4:
        return np.zeros(3)
    return np.asarray(t_s @ points_m / square)
