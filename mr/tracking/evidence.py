"""What hand landmarks say about the hands that depth has found: evidence, never depth.

Takes `HandLandmarks` as they come (late, out of order, or not at all), depth frames and the
`HandSample`s made of them, gives the same samples with `side`, and with a wider sigma where
landmarks persistently lie elsewhere; the heel's value is never touched. Leaves finding hands
to `mr.tracking.landmarks` and `.chest`. A pure fold: votes are counted over the pictures'
own instants, so that the order in which landmarks come in does not matter. Each look with
depth also gives its places (`SeenHand.points_m`), for where a headset lies.

Which of two stacked hands lies *under* the other, landmarks do not tell: they see the upper
one, and their left and right flip on stacked hands. Ref: PARTS.md.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from mr.rig import CameraCalibration
from mr.tracking.lifting import LIFTED, MIDDLE_KNUCKLE, WRIST, Lifter
from mr.types import DepthFrame, FloatArray, HandLandmarks, HandSample, Pose

REMEMBERED_S = 2.0
"""Looks so old say nothing about the hands of now."""
HEEL_TIME_S = 0.10
"""A look is held against a heel of about its own instant only."""
TOLERANCE_M = 0.040
"""A hand whose line from wrist to middle knuckle passes the heel within this is the hand
that depth has found: depth's heel and mediapipe's wrist on stacked hands are both coarse."""
OVER_CHEST_M = (-0.12, 0.35)
"""Heights at which a learner's hand can be; higher up, it is somebody else's."""
REACH_M = 0.25
"""So far from the compression point a hand still belongs to this chest."""
BACK_OF_HAND_M = 0.05
"""Where the search for a hand's depth begins."""
FRAMES_KEPT = 12
"""Landmarks come some 50 to 100 ms after their picture; at 90 Hz twelve frames are 130 ms."""
MOST_APART_S = 0.10
"""A hand that sweeps at 0.5 m/s has gone 50 mm: its places are not told from such a frame."""
LANDMARK_SIGMA_PX = 3.5
"""One-sigma of a landmark in the picture, one axis: 4 mm at 0.7 m with a D435's colour lens.
Source: ours, assumed; on the photographs of `../shared/data/hands` nobody knows the truth."""
MOST_HANDS = 4
"""Of one picture; more are no hands."""
FEWEST = 5
"""Looks that must agree before anything is said."""
ELSEWHERE_SHARE = 0.8
BOTH_SHARE = 0.5
SIDE_MARGIN = 0.6
"""Left minus right, over all looks' trust: below it the side is not known."""
VOTES = {"left": 1.0, "right": -1.0, "unknown": 0.0}

Point = tuple[float, float, float]
Place = Literal["chest", "away", "unknown"]
HandSide = Literal["left", "right", "both", "unknown"]


@dataclass(frozen=True, slots=True, eq=False)
class SeenHand:
    """One hand of one colour picture, in the mannequin's frame."""

    t_ns: int
    side: Literal["left", "right", "unknown"]
    trust: float
    place: Place
    """"unknown" where the depth image has nothing at its wrist and knuckles."""
    wrist_m: FloatArray
    """(3,); NaN where unknown, as the knuckle."""
    knuckle_m: FloatArray
    points_m: FloatArray
    """(5, 3) wrist and knuckles, index first; NaN rows where there is no depth of that time."""
    sigma_m: float
    """Of one of them, one axis; NaN where none is known."""
    away_m: float | None
    """How far its line from wrist to middle knuckle passes the heel that depth showed at its
    instant, in x and y; None where depth showed none."""

    @property
    def on_heel(self) -> bool:
        """Whether it is the hand that depth has found."""
        return self.place == "chest" and self.away_m is not None and self.away_m <= TOLERANCE_M


class HandEvidence:
    """Joins one camera's landmarks with the heel that its depth frames show.

    Parameters
    ----------
    calibration
        Of the camera; without a colour sensor there are no landmarks, and samples pass
        unchanged.
    """

    def __init__(self, calibration: CameraCalibration) -> None:
        both = calibration.color is not None and calibration.color_from_depth is not None
        self._lifter = Lifter(calibration) if both else None
        self._frames: deque[tuple[int, DepthFrame]] = deque(maxlen=FRAMES_KEPT)
        self._looks: dict[int, list[SeenHand]] = {}
        self._heels: deque[tuple[int, Point]] = deque(maxlen=512)
        self._newest_ns = 0
        self._verdict: _Verdict | None = None

    def see(self, found: HandLandmarks, cam_from_mannequin: Pose) -> SeenHand | None:
        """Take in one hand of one picture; None when there is nothing to place it by."""
        if self._lifter is None or len(found.landmarks_px) != 21:
            return None
        hand = self._placed(found, cam_from_mannequin)
        look = self._looks.setdefault(hand.t_ns, [])
        if len(look) < MOST_HANDS:
            look.append(hand)
            self._verdict = None
        self._forget(hand.t_ns)
        return hand

    def judge(self, sample: HandSample, frame: DepthFrame) -> HandSample:
        """Give what one depth frame showed, with what landmarks of about now say of it."""
        if self._lifter is None:
            return sample
        self._frames.append((sample.stamp.t_ns, frame))
        self._forget(sample.stamp.t_ns)
        verdict, heel = self._weighed(), sample.heel_in_mannequin_m
        if heel is None:
            if not verdict.over_chest:
                return sample
            return replace(sample, why=f"{sample.why}; hand landmarks see a hand over the chest")
        self._heels.append((sample.stamp.t_ns, heel))
        if verdict.away_m is not None:
            # The heel is at the one place or at the other: half way is one sigma.
            sigma_m = math.hypot(sample.sigma_m, verdict.away_m / 2)
            why = f"hand landmarks lie {1e3 * verdict.away_m:.0f} mm from the heel seen in depth"
            return replace(sample, sigma_m=sigma_m, why=why)
        return sample if sample.side == "both" else replace(sample, side=verdict.side)

    # --- one picture --------------------------------------------------------------------

    def _placed(self, found: HandLandmarks, cam_from_mannequin: Pose) -> SeenHand:
        place: Place = "unknown"
        wrist = knuckle = np.full(3, np.nan)
        points, sigma_m = np.full((len(LIFTED), 3), np.nan), float("nan")
        away_m = None
        frame, apart_s = self._frame_of(found.stamp.t_ns)
        if frame is not None and self._lifter is not None:
            pixels = found.landmarks_px[list(LIFTED)]
            points = self._lifter.with_depth(pixels, frame, cam_from_mannequin, BACK_OF_HAND_M)
            known = points[np.isfinite(points).all(axis=1)]
            if len(known) >= 2:
                middle = np.median(known, axis=0)
                place = "chest" if _over_chest(middle) else "away"
                # All at the hand's own height: one pixel beside a finger sees the floor.
                flat = self._lifter.at_height(
                    found.landmarks_px[[WRIST, MIDDLE_KNUCKLE]], cam_from_mannequin, middle[2]
                )
                wrist, knuckle = flat[0], flat[1]
                heel = self._heel_at(found.stamp.t_ns)
                away_m = None if heel is None else _away_m(wrist, knuckle, heel)
                sigma_m = LANDMARK_SIGMA_PX * self._lifter.m_per_px(middle, cam_from_mannequin)
            if apart_s > MOST_APART_S:
                points = np.full_like(points, np.nan)
        return SeenHand(
            t_ns=found.stamp.t_ns,
            side=found.side,
            trust=found.confidence,
            place=place,
            wrist_m=wrist,
            knuckle_m=knuckle,
            points_m=points,
            sigma_m=sigma_m,
            away_m=away_m,
        )

    def _frame_of(self, t_ns: int) -> tuple[DepthFrame | None, float]:
        """Give the kept depth frame nearest in time to a picture, and how far apart (s) it is."""
        if not self._frames:
            return None, 0.0
        frame_ns, frame = min(self._frames, key=lambda kept: abs(kept[0] - t_ns))
        return frame, abs(frame_ns - t_ns) * 1e-9

    def _heel_at(self, t_ns: int) -> Point | None:
        if not self._heels:
            return None
        heel_ns, heel = min(self._heels, key=lambda entry: abs(entry[0] - t_ns))
        return heel if abs(heel_ns - t_ns) <= HEEL_TIME_S * 1e9 else None

    def _forget(self, now_ns: int) -> None:
        self._newest_ns = max(self._newest_ns, now_ns)
        oldest_ns = self._newest_ns - round(REMEMBERED_S * 1e9)
        for t_ns in [t for t in self._looks if t < oldest_ns]:
            del self._looks[t_ns]
            self._verdict = None
        while self._heels and self._heels[0][0] < oldest_ns:
            self._heels.popleft()

    def _weighed(self) -> _Verdict:
        """Give what all looks say together; weighed anew only when there is a new one."""
        if self._verdict is None:
            self._verdict = _weigh(list(self._looks.values()))
        return self._verdict


@dataclass(frozen=True, slots=True, eq=False)
class _Verdict:
    """What the looks of about now say together."""

    over_chest: bool
    away_m: float | None
    side: HandSide


def _weigh(looks: list[list[SeenHand]]) -> _Verdict:
    over = [[hand for hand in hands if hand.place == "chest"] for hands in looks]
    on_heel = [[hand for hand in hands if hand.on_heel] for hands in looks]
    return _Verdict(
        over_chest=sum(map(bool, over)) >= FEWEST,
        away_m=_persistently_away_m(over),
        side=_side([hands for hands in on_heel if hands]),
    )


def _persistently_away_m(over_chest: list[list[SeenHand]]) -> float | None:
    """Tell how far (m) each look's nearest hand lies from the heel; None when it mostly fits."""
    known = [[h.away_m for h in hands if h.away_m is not None] for hands in over_chest]
    nearest = np.array([min(away) for away in known if away])
    if len(nearest) < FEWEST or np.mean(nearest > TOLERANCE_M) < ELSEWHERE_SHARE:
        return None
    return float(np.median(nearest))


def _side(on_heel: list[list[SeenHand]]) -> HandSide:
    """Name the hands: both when most looks show two, else one by a vote with a margin."""
    if len(on_heel) < FEWEST:
        return "unknown"
    if np.mean([len(hands) >= 2 for hands in on_heel]) >= BOTH_SHARE:
        return "both"
    # Of two hands in one look neither can be the one that the vote is about.
    single = [hands[0] for hands in on_heel if len(hands) == 1]
    total = sum(hand.trust for hand in single)
    lead = sum(VOTES[hand.side] * hand.trust for hand in single)
    if len(single) < FEWEST or abs(lead) < SIDE_MARGIN * total:
        return "unknown"
    return "left" if lead > 0 else "right"


def _away_m(wrist_m: FloatArray, knuckle_m: FloatArray, heel_m: Point) -> float:
    """Tell how far the line from wrist to middle knuckle passes a heel, in x and y."""
    start, along = wrist_m[:2], (knuckle_m - wrist_m)[:2]
    to_heel = np.array(heel_m[:2]) - start
    share = float(np.clip(to_heel @ along / max(float(along @ along), 1e-9), 0.0, 1.0))
    return float(np.linalg.norm(to_heel - share * along))


def _over_chest(point_m: FloatArray) -> bool:
    low_m, high_m = OVER_CHEST_M
    return bool(low_m < point_m[2] < high_m and np.hypot(*point_m[:2]) < REACH_M)
