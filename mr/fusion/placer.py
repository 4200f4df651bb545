"""Where the headset's frame lies in the world, all session long, and whether that holds.

Takes the headset's joints and head poses and what the rig's cameras see of hands and
mannequin, gives a `Placing`; leaves drawing to views. A fold over samples in the order of their
arrival: no clock, no threads; what a view asks changes nothing.

Three pieces: a search (`frame_finding`) while nothing is known, a filter (`frame_filter`) from
then on, and a watch (`frame_watch`) that says "lost" when pairs stop fitting. While lost the
filter is kept aside: hands that fit it again bring it back, and the search goes on beside it.
Decision 0024.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Literal

import numpy as np

from mr.fusion.dwells import Dwells
from mr.fusion.frame_filter import FrameFilter, Prior
from mr.fusion.frame_finding import find_by_hands, find_by_touches, uprighted
from mr.fusion.frame_watch import FrameWatch
from mr.fusion.hand_pairs import HandPairs, Pair
from mr.fusion.hand_turns import HandTurns
from mr.fusion.head_jumps import CARRY_SIGMAS, HeadJumps, Jump
from mr.fusion.touching import WANTED, Touching
from mr.rig import Rig
from mr.types import (
    FloatArray,
    HandJoints,
    HandPoints,
    HandSample,
    HeadPose,
    MannequinPose,
    Placing,
    Pose,
    Registration,
    Sample,
)

OK_M, STILL_OK_M = 0.003, 0.0045
"""Length of the one-sigma at the chest: to become well known, the issue's 3 mm; to stay so, what
its 5 mm during compressions leave beside the chest's and the head's own errors (decision 0027),
for hands that press hold a frame and do not improve it."""
WEAK_M = 0.010
"""Worse than this a ring of 25 mm about the compression point shows nobody where to press."""
MOST_RMS_M = 0.02
"""Of what pairs leave: the middle of five joints is off by 8 mm, and with a headset twice as
noisy by 17."""
LEAST_PAIRS = 15
"""Three seconds of one hand."""
FOUND_TURN_RAD, FOUND_MOVE_M = 0.35, 0.3
"""How wide a filter begins at what a search has found: all pairs go through it again."""
SEARCHED = 150
"""Pairs that a search looks at: half a minute of one hand."""
SEARCH_EVERY = 5
"""A search is made after so many pairs, about one a second."""
HANDS_WAITED_S = 8.0
"""So long hands were shown before it is said that the cameras tell nothing of them."""
ENOUGH_OF_HANDS_S = 40.0
"""So long hands may take before touching is asked for."""
SILENT_S = 3.0
OVERDUE_S = 1.5
"""Pairs are not held back for longer than this: landmarks come 0.1 s late, bins a second later."""
LATENCY_STEP_S = 0.005
"""Joints are looked up by latencies of such steps; what is left of it the filter has."""
MOST_POSES = 64
JUDGE_EVERY_NS = 200_000_000
HEAD_TOLD_S = 0.3
"""While the head is told of so lately, the frame cannot have become another one unnoticed: a hand
that is far from where the learner's should be is somebody else's."""


State = Literal["unknown", "weak", "ok", "lost"]


class Placer:
    """Follows the headset's frame of one session.

    Parameters
    ----------
    rig
        The calibrated rig: what is known of headset and user, where the mannequin lies, and
        where its plates are.
    model
        The headset as its runtime names it; the rig's numbers of another one are not used.
    learner
        Whose hands these are, by their random id: how the hands of another one lie off is no use.
    """

    def __init__(self, rig: Rig, model: str | None = None, learner: str | None = None) -> None:
        self._prior = Prior.of(rig.headset, model, learner)
        self._lies = rig.world_from_mannequin.pose()
        self._poses: dict[str, deque[tuple[int, Pose]]] = {}
        self._newest_pose = self._lies
        self._pairs = HandPairs()
        self._turns = HandTurns()
        self._jumps = HeadJumps()
        self._dwells = Dwells()
        self._touching = Touching(_plates(rig))
        self._recent: deque[Pair] = deque(maxlen=SEARCHED)
        self._unsearched = 0
        self._sought = 0.0
        self._filter: FrameFilter | None = None
        self._lost = False
        self._jumped = False
        self._ok = False
        self._watch = FrameWatch()
        self._by_touch = False
        self._now_ns = self._judged_ns = 0
        self._head_ns: int | None = None
        self._joints_ns: int | None = None
        self._first_joints_ns: int | None = None
        self._points_ns: int | None = None
        self._poor_since_ns = 0
        """Since when it is not well known."""
        self._seen_at_all = False

    # --- in ---------------------------------------------------------------------------

    def step(self, sample: Sample) -> None:
        """Take in one sample; kinds that tell nothing of the headset are passed by."""
        if isinstance(sample, HandJoints):
            self._joints(sample)
        elif isinstance(sample, HeadPose):
            self._tick(sample.stamp.t_ns)
            self._seen_at_all = True
            told = self._jumps.step(sample)
            self._head_ns = sample.stamp.t_ns
            if isinstance(told, Jump):
                self._jump(told)
            elif told is not None:
                self.doubt(told.t_ns)
        elif isinstance(sample, MannequinPose):
            self._place(sample)
        elif isinstance(sample, HandPoints):
            self._points_ns = sample.stamp.t_ns
            # Landmarks come late, and are lifted by the pose that is held when they come.
            world_from_mannequin = self._newest_of(sample.camera_id)
            points = world_from_mannequin.apply(sample.points_in_mannequin_m)
            self._pairs.points(sample.stamp.t_ns, points, sample.sigma_m, sample.side)
            self._advance()
        elif isinstance(sample, HandSample) and sample.heel_in_mannequin_m is not None:
            world_from_mannequin = self._pose_at(sample.camera_id, sample.stamp.t_ns)
            heel = world_from_mannequin.apply(np.array(sample.heel_in_mannequin_m))
            self._pairs.heel(sample.stamp.t_ns, heel, sample.sigma_m)
            self._advance()

    def doubt(self, t_ns: int) -> None:
        """Say that the headset was away: its frame may be another one when it is back.

        What was known is kept aside: hands that fit it again bring it back within seconds.
        """
        self._tick(t_ns)
        self._forget()
        if self._filter is not None:
            self._lost, self._jumped = True, False
        self._judge()

    def _joints(self, sample: HandJoints) -> None:
        t_ns = sample.stamp.t_ns
        self._seen_at_all = True
        self._tick(t_ns)
        if sample.valid.any():
            self._joints_ns = t_ns
            if self._first_joints_ns is None:
                self._first_joints_ns = self._poor_since_ns = t_ns
        self._pairs.joints(sample)
        dwell = self._dwells.step(sample)
        if dwell is not None and self._wants_touch:
            believed = self._filter.pose if self._filter is not None and not self._lost else None
            pair = self._touching.take(dwell, self._newest_pose, believed)
            if pair is not None:
                self._touched(pair)
        self._advance()

    def _tick(self, t_ns: int) -> None:
        """Go on to an instant; what is known fades without pairs, too."""
        self._now_ns = max(self._now_ns, t_ns)
        if self._now_ns - self._judged_ns > JUDGE_EVERY_NS:
            self._judge()

    def _place(self, pose: MannequinPose) -> None:
        if not pose.valid:
            return
        camera = pose.arrival.stream.partition(".")[0].removeprefix("cam_")
        kept = self._poses.setdefault(camera, deque(maxlen=MOST_POSES))
        kept.append((pose.stamp.t_ns, pose.world_from_mannequin))
        self._newest_pose = pose.world_from_mannequin

    def _newest_of(self, camera_id: str) -> Pose:
        kept = self._poses.get(camera_id)
        return kept[-1][1] if kept else self._lies

    def _pose_at(self, camera_id: str, t_ns: int) -> Pose:
        """Give where a camera had the mannequin at an instant: it lifted the hands by that."""
        kept = self._poses.get(camera_id)
        if not kept:
            return self._lies
        found = kept[0][1]
        for at_ns, pose in kept:
            if at_ns > t_ns:
                break
            found = pose
        return found

    def _advance(self) -> None:
        held = self._filter
        latency_s = self._prior.latency_s if held is None else held.latency_s
        looked_up_s = LATENCY_STEP_S * round(latency_s / LATENCY_STEP_S)
        aside = self._lost and not self._jumped
        believed = None if held is None or aside else held.pose
        for pair in self._pairs.take(looked_up_s, believed):
            for settled in self._turns.step(pair):
                self._paired(settled)
        for settled in self._turns.overdue(self._now_ns - round(OVERDUE_S * 1e9)):
            self._paired(settled)

    # --- one pair -----------------------------------------------------------------------

    def _paired(self, pair: Pair) -> None:
        if pair.kind == "hand":
            self._recent.append(pair)
            self._unsearched += 1
        if self._filter is not None:
            self._weigh(self._filter, pair)
        if (self._filter is None or self._lost) and self._unsearched >= SEARCH_EVERY:
            self._unsearched = 0
            self._search()
        self._judge()

    def _weigh(self, held: FrameFilter, pair: Pair) -> None:
        """Hold a pair against what is believed, and take it in or note that it does not fit."""
        if pair.far and not self._lost and self._head_is_told:
            return
        found = held.expect(pair)
        self._watch.fit(found)
        if self._lost:
            self._jumped = self._jumped and not self._watch.is_another
            self._watch.average(found)
            if self._watch.is_back(held):
                self._lost = self._jumped = False
                self._watch.forget()
            elif not self._jumped:
                return
        elif self._watch.is_another:
            self._lose()
        if not found.fits or (self._lost and not self._jumped):
            return
        held.update(pair, found)
        if self._lost:
            return
        if pair.kind != "heel":
            self._watch.average(found)
        if self._watch.has_stepped(held):
            self._lose()

    @property
    def _head_is_told(self) -> bool:
        return self._head_ns is not None and not self._silent(self._head_ns, HEAD_TOLD_S)

    def _lose(self) -> None:
        """Say that what was known no longer holds; pairs from before the step are no use."""
        self._lost = True
        newest = [pair for pair in self._recent if pair.t_ns > self._now_ns - 2_000_000_000]
        self._recent = deque(newest, maxlen=SEARCHED)
        self._watch.forget()
        self._touching.forget()

    def _jump(self, jump: Jump) -> None:
        self._forget()
        if self._filter is not None:
            self._filter.carry(jump.new_from_old, jump.head_in_new_m, CARRY_SIGMAS)
            self._lost = self._jumped = True
        self._judge()

    def _forget(self) -> None:
        """Forget what was seen in a frame that is no more."""
        self._pairs.forget()
        self._turns.forget()
        self._dwells.forget()
        self._touching.forget()
        self._recent.clear()
        self._watch.forget()
        self._sought = 0.0

    def _search(self) -> None:
        prior = self._prior
        found = find_by_hands(self._recent, prior.latency_s, prior.latency_sigma_s)
        self._sought = found.share
        if found.xr_from_world is not None:
            self._begin(found.xr_from_world, found.agreeing, by_touch=False)

    def _touched(self, pair: Pair) -> None:
        if self._filter is not None and not self._lost:
            found = self._filter.expect(pair)
            if found.fits:
                self._filter.update(pair, found)
        else:
            sought = find_by_touches(self._touching.pairs)
            if sought.xr_from_world is not None:
                self._begin(sought.xr_from_world, sought.agreeing, by_touch=True)
        self._judge()

    def _begin(self, pose: Pose, pairs: tuple[Pair, ...], *, by_touch: bool) -> None:
        """Start a filter and let it go through the pairs that agree; twice, for its slopes."""
        for _ in range(2):
            held = FrameFilter(pose, FOUND_TURN_RAD, FOUND_MOVE_M, self._prior, pairs[0].t_ns)
            for pair in pairs:
                found = held.expect(pair)
                if found.fits:
                    held.update(pair, found)
            pose = uprighted(held.pose, np.mean([p.place_in_world_m for p in pairs], axis=0))
        self._filter, self._by_touch = held, by_touch
        self._lost = self._jumped = False
        self._watch.forget()

    # --- out --------------------------------------------------------------------------

    @property
    def expected(self) -> bool:
        """Whether there is a headset at all."""
        return self._seen_at_all

    @property
    def filter(self) -> FrameFilter | None:
        """What is believed, also while it is lost; None while nothing is."""
        return self._filter

    def placing(self) -> Placing:
        """Tell where the headset's frame lies now, how well, and what would help."""
        registration, sigma_m = self._registration() or (None, 0.0)
        state: State = "lost"
        if not self._lost:
            state = "unknown" if registration is None else "weak"
            if registration is not None and self._ok and sigma_m <= STILL_OK_M:
                state = "ok"
        if state == "ok":
            return Placing(state, registration)
        if self._wants_touch:
            wrong = self._touching.wrong is not None
            share = (self._touching.n_places + self._dwells.share) / (WANTED + 1)
            ask = "touch_other" if wrong else "touch"
            return Placing(state, registration, ask, self._touching.next, min(share, 0.99))
        if self._joints_ns is None or self._silent(self._joints_ns, SILENT_S):
            return Placing(state, registration, "wait")
        share = self._sought if registration is None else OK_M / sigma_m
        return Placing(state, registration, "sweep", None, min(share, 0.99))

    def _registration(self) -> tuple[Registration, float] | None:
        """Give what is believed, as far as it may be used, and its sigma at the chest."""
        held = self._filter
        if held is None or self._lost or held.n_pairs < self._least_pairs:
            return None
        sigma_m = held.sigma_at_m(self._newest_pose.t_m, self._now_ns)
        if sigma_m > WEAK_M or held.rms_m > MOST_RMS_M:
            return None
        pose = Pose(held.pose.R, held.pose.t_m, held.covariance)
        source: Literal["hands", "touch"] = "touch" if self._by_touch else "hands"
        found = Registration(
            pose, held.rms_m, held.n_pairs, held.taken_ns, sigma_m=sigma_m, source=source
        )
        return found, sigma_m

    @property
    def _least_pairs(self) -> int:
        return WANTED if self._by_touch else LEAST_PAIRS

    def _judge(self) -> None:
        """Note whether it is well known: with two limits, so that the state does not flicker."""
        self._judged_ns = self._now_ns
        known = self._registration()
        was = self._ok
        limit_m = STILL_OK_M if was else OK_M
        self._ok = known is not None and known[1] <= limit_m
        if was and not self._ok:
            self._poor_since_ns = self._now_ns

    @property
    def _wants_touch(self) -> bool:
        """Whether touching is what would help: hands do not, or not enough of them."""
        if self._ok or not self._touching.possible or self._first_joints_ns is None:
            return False
        shown = not self._silent(self._joints_ns or 0, SILENT_S)
        waited = self._silent(self._first_joints_ns, HANDS_WAITED_S)
        unseen = self._points_ns is None or self._silent(self._points_ns, HANDS_WAITED_S)
        return shown and (
            (waited and unseen) or self._silent(self._poor_since_ns, ENOUGH_OF_HANDS_S)
        )

    def _silent(self, since_ns: int, s: float) -> bool:
        return self._now_ns - since_ns > s * 1e9


def _plates(rig: Rig) -> Mapping[int, FloatArray]:
    """Give the middles of the rig's marker plates in the mannequin's frame."""
    if rig.markers is None:
        return {}
    return {m.id: np.array(m.corners_in_mannequin_m).mean(axis=0) for m in rig.markers.markers}
