"""The headset's place: pairs of hands, rests of a finger, jumps of a head, and what it costs."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mr.fusion.dwells import Dwells
from mr.fusion.frame_filter import BIAS_OF, FrameFilter, Prior
from mr.fusion.frame_finding import (
    XR_FROM_UPRIGHT,
    find_by_hands,
    find_by_touches,
    uprighted,
)
from mr.fusion.hand_pairs import HandPairs, Pair
from mr.fusion.head_jumps import Away, HeadJumps, Jump
from mr.fusion.placer import Placer
from mr.geometry.hand import SEEN_BY_BOTH, turn_of
from mr.geometry.poses import pose_of
from mr.rig import HeadsetCalibration
from mr.sim.headset import hand_joints
from mr.types import (
    Arrival,
    FloatArray,
    HandJoints,
    HandPoints,
    HandSample,
    HeadPose,
    Pose,
    Stamp,
)
from tests.truth import headset_sessions
from tests.truth.headset_sessions import (
    CHEST,
    LEARNER,
    MODEL,
    NS,
    ZERO_NS,
    Session,
    follow,
    over_chest,
    pressing,
    sweeping,
)

MS = 1_000_000
LIES = Pose(XR_FROM_UPRIGHT @ Rotation.from_euler("z", 0.7).as_matrix(), np.array([0.4, 1.1, -0.6]))
FLAT = hand_joints("right")


def joints(t_ns: int, hand_m: FloatArray, side: str = "right") -> HandJoints:
    """Give joints of a hand whose joints lie at (26, 3) m of the world."""
    arrival = Arrival("headset.hands", 0, 0, t_ns)
    return HandJoints(
        arrival,
        Stamp(t_ns, 1000),
        side,  # type: ignore[arg-type]
        LIES.apply(hand_m),
        np.ones(26, dtype=bool),
    )


def pair(
    place_m: FloatArray, kind: str = "hand", t_ns: int = 0, turn: FloatArray | None = None
) -> Pair:
    turn = np.eye(3) if turn is None else turn
    return Pair(
        t_ns=t_ns,
        kind=kind,  # type: ignore[arg-type]
        side="right",
        seen_in_xr_m=LIES.apply(place_m - 0.01 * turn[:, 2] * (kind == "hand")),
        place_in_world_m=place_m,
        velocity_in_world_m_s=np.zeros(3),
        turn_in_world=turn,
        turn_in_xr=LIES.R @ turn,
        latency_s=0.045,
        white_m=0.001,
        n_looks=6,
    )


# --- pairs ------------------------------------------------------------------------------------


def moving(t_s: float) -> FloatArray:
    return FLAT + np.array([0.5 * t_s, 0.2 * np.sin(3 * t_s), 0.3])


def pairs_of(*, wild_every: int = 0, gap: bool = False, late_s: float = 0.05) -> list[Pair]:
    made, pairs = HandPairs(), []
    for k in range(150):
        t_s = k / 72
        hand = moving(t_s - late_s)
        if wild_every and k % wild_every == 0:
            hand = hand + np.array([0.0, 0.15, 0.0])
        if not (gap and 60 < k < 100):
            made.joints(joints(round(t_s * 1e9), hand))
        if k % 2 == 0:
            skin = moving(t_s)[list(SEEN_BY_BOTH)] + np.array([0.0, 0.0, 0.01])
            made.points(round(t_s * 1e9), skin, 0.004, "unknown")
        pairs += made.take(late_s, None)
    return pairs


def test_pairs_meet_at_the_same_instant() -> None:
    found = pairs_of()
    assert len(found) >= 7
    for p in found:
        inside = p.place_in_world_m - np.array([0.0, 0.0, 0.01])
        assert LIES.apply(inside) == pytest.approx(p.seen_in_xr_m, abs=3e-4)
        assert p.turn_in_world == pytest.approx(np.eye(3), abs=0.01)
        assert p.velocity_in_world_m_s[0] == pytest.approx(0.5, abs=0.02)


def test_wild_frames_are_left_out_by_their_neighbours() -> None:
    for p in pairs_of(wild_every=9):
        inside = p.place_in_world_m - np.array([0.0, 0.0, 0.01])
        assert LIES.apply(inside) == pytest.approx(p.seen_in_xr_m, abs=1e-3)


def test_nothing_is_told_over_a_gap() -> None:
    t_s = [p.t_ns * 1e-9 for p in pairs_of(gap=True)]
    assert not [t for t in t_s if 0.85 < t < 1.2]
    assert [t for t in t_s if t < 0.8]


def test_the_hands_shape_does_not_depend_on_which_places_were_seen() -> None:
    rng = np.random.default_rng(3)
    made, found = HandPairs(), []
    for k in range(150):
        t_s = k / 72
        made.joints(joints(round(t_s * 1e9), moving(t_s)))
        skin = moving(t_s)[list(SEEN_BY_BOTH)]
        skin[rng.random(5) < 0.3] = np.nan
        made.points(round(t_s * 1e9), skin, 0.004, "right")
        found += made.take(0.0, None)
    assert len(found) >= 6
    for p in found:
        assert p.turn_in_world == pytest.approx(np.eye(3), abs=0.02)


# --- a first place ----------------------------------------------------------------------------


def swept(n: int = 40) -> list[Pair]:
    rng = np.random.default_rng(1)
    places = rng.uniform(-0.2, 0.2, (n, 3))
    turns = Rotation.from_euler("zyx", rng.uniform(-0.5, 0.5, (n, 3))).as_matrix()
    return [
        pair(p, t_ns=200 * MS * k, turn=R)
        for k, (p, R) in enumerate(zip(places, turns, strict=True))
    ]


def test_hands_find_the_frame() -> None:
    found = find_by_hands(swept(), 0.045, 0.01)
    assert found.xr_from_world is not None
    assert found.xr_from_world.apply(np.zeros(3)) == pytest.approx(LIES.t_m, abs=0.02)


def test_hands_on_a_line_find_nothing() -> None:
    line = [pair(np.array([0.0, 0.0, 0.01 * k]), t_ns=200 * MS * k) for k in range(40)]
    found = find_by_hands(line, 0.045, 0.01)
    assert found.xr_from_world is None
    assert found.share < 0.2


def test_two_touches_find_it_and_two_near_ones_do_not() -> None:
    apart = [pair(np.array([x, 0.1, 0.0]), "touch") for x in (-0.2, 0.2)]
    found = find_by_touches(apart)
    assert found.xr_from_world is not None
    assert pytest.approx(LIES.R, abs=1e-6) == found.xr_from_world.R
    assert (
        find_by_touches([pair(np.array([x, 0.1, 0.0]), "touch") for x in (0.0, 0.1)]).xr_from_world
        is None
    )


def test_a_tilt_is_taken_out_about_a_place() -> None:
    tilted = Pose(LIES.R @ Rotation.from_euler("x", 0.02).as_matrix(), LIES.t_m)
    place = np.array([0.3, -0.2, 0.2])
    found = uprighted(tilted, place)
    assert found.apply(place) == pytest.approx(tilted.apply(place))
    assert (XR_FROM_UPRIGHT.T @ found.R)[2] == pytest.approx([0, 0, 1])


# --- the filter -------------------------------------------------------------------------------


def test_along_a_line_the_turn_about_it_stays_unknown() -> None:
    held = FrameFilter(LIES, 0.1, 0.05, Prior(), 0)
    for k in range(200):
        p = pair(np.array([0.0, 0.0, 0.05 * np.sin(k)]), t_ns=200 * MS * k)
        held.update(p, held.expect(p))
    upright = held.covariance[1, 1] ** 0.5
    assert upright > 0.095
    assert np.trace(held.covariance[3:, 3:]) ** 0.5 < 0.012


def test_a_bias_is_told_by_turning_the_hand_alone() -> None:
    def sigma_m(turning: bool) -> float:
        held = FrameFilter(LIES, 0.1, 0.05, Prior(), 0)
        for p in swept(150):
            one = p if turning else pair(p.place_in_world_m, t_ns=p.t_ns)
            held.update(one, held.expect(one))
        return float(np.linalg.norm(held.bias_m("right")[1]))

    assert sigma_m(turning=True) < 0.6 * sigma_m(turning=False)
    assert sigma_m(turning=False) > 0.007


def test_a_carried_frame_is_less_sure() -> None:
    held = FrameFilter(LIES, 0.1, 0.05, Prior(), 0)
    for p in swept(100):
        held.update(p, held.expect(p))
    chest, before = np.zeros(3), held.sigma_at_m(np.zeros(3), held.t_ns)
    jump = pose_of(np.array([0.0, 0.5, 0.0]), np.array([0.1, 0.0, 0.3]))
    held.carry(
        jump, jump.apply(LIES.apply(np.array([0.0, 0.0, 0.6]))), np.repeat([0.005, 0.004], 3)
    )
    assert held.pose.apply(chest) == pytest.approx((jump @ LIES).apply(chest), abs=0.01)
    assert held.sigma_at_m(chest, held.t_ns) > before


def test_the_rigs_numbers_of_another_headset_are_not_used() -> None:
    known = HeadsetCalibration(
        model="one",
        latency_s=0.08,
        latency_sigma_s=0.004,
        hand_bias_m=(0.001, 0.002, 0.003),
        tip_bias_m=(0.0, 0.0, 0.0),
        bias_sigma_m=0.002,
        made_utc="2026-01-01T00:00:00Z",
        user=LEARNER,
    )
    assert Prior.of(known, "one", LEARNER).latency_s == 0.08
    assert Prior.of(known, "another", LEARNER).latency_s == Prior().latency_s
    assert Prior.of(known, None, LEARNER).bias_sigma_m == Prior().bias_sigma_m
    for other in (None, "", "learner-00000000"):
        strange = Prior.of(known, "one", other)
        assert strange.latency_s == 0.08, "the latency is the headset's"
        assert strange.bias_sigma_m == Prior().bias_sigma_m, "the hands are another one's"
        assert strange.hand_bias_m == (0.0, 0.0, 0.0)
    held = FrameFilter(LIES, 0.1, 0.05, Prior.of(known, "one", LEARNER), 0)
    assert held.bias_m("left")[0] == pytest.approx([0.001, 0.002, 0.003])
    assert set(BIAS_OF) == {"left", "right"}


# --- rests of a finger, jumps of a head -------------------------------------------------------


def test_a_rest_is_told_once() -> None:
    watch, told = Dwells(), []
    for k in range(300):
        hand = FLAT + (np.array([0.004 * k, 0.0, 0.0]) if k < 50 else np.array([0.2, 0.0, 0.0]))
        dwell = watch.step(joints(k * 14 * MS, hand))
        told += [] if dwell is None else [dwell]
    assert len(told) == 1
    pad = LIES.inverse().apply(told[0].pad_in_xr_m)
    assert pad == pytest.approx(FLAT[10] + np.array([0.2, 0.0, -0.008]), abs=1e-6)


def test_a_fist_and_a_hand_that_goes_on_touch_nothing() -> None:
    fist = FLAT.copy()
    fist[10] = FLAT[7] + np.array([0.0, 0.01, -0.02])
    for hand in (lambda k: fist, lambda k: FLAT + np.array([0.001 * k, 0.0, 0.0])):
        watch = Dwells()
        assert all(watch.step(joints(k * 14 * MS, hand(k))) is None for k in range(200))


def head(t_ms: int, place: FloatArray, jump: Pose | None = None) -> HeadPose:
    pose = Pose(np.eye(3), place)
    moved = pose if jump is None else jump @ pose
    return HeadPose(Arrival("headset.head", 0, 0, 0), Stamp(t_ms * MS, 1), moved)


def test_a_jump_of_the_frame_is_told_with_what_it_was() -> None:
    jump = pose_of(np.array([0.0, 0.3, 0.0]), np.array([0.1, 0.0, -0.2]))
    watch, told = HeadJumps(), []
    for k in range(60):
        place = np.array([0.0, 1.5 + 0.004 * k, 0.0])  # 0.29 m/s
        found = watch.step(head(14 * k, place, jump if k >= 40 else None))
        told += [] if found is None else [found]
    (found,) = told
    assert found.t_ns == 40 * 14 * MS
    assert found.new_from_old.t_m == pytest.approx(jump.t_m, abs=0.002)


def test_a_quick_head_and_a_gap_are_no_jump() -> None:
    watch = HeadJumps()
    for k in range(100):
        place = np.array([0.1 * np.sin(0.2 * k), 1.5, 0.0])  # 1.4 m/s at most, 20 m/s²
        assert watch.step(head(14 * k, place)) is None
    assert watch.step(head(14 * 100 + 400, np.array([0.5, 1.5, 0.0]))) is None


def turning_head(k: int, hz: float, deg_s: float, frame: Pose) -> HeadPose:
    turn = Rotation.from_euler("y", deg_s * k / hz, degrees=True).as_matrix()
    arrival, stamp = Arrival("headset.head", 0, 0, 0), Stamp(round(k / hz * 1e9), 1)
    return HeadPose(arrival, stamp, frame @ Pose(turn, np.array([0.0, 1.5, 0.0])))


@pytest.mark.parametrize(("hz", "deg_s"), [(36.0, 200.0), (72.0, 400.0), (30.0, 200.0)])
def test_a_head_that_turns_on_through_a_jump_tells_one(hz: float, deg_s: float) -> None:
    jump = pose_of(np.array([0.0, 1.0, 0.0]), np.array([0.3, 0.0, -0.2]))
    watch, told = HeadJumps(), []
    for k in range(60):
        frame = jump if k >= 30 else Pose.identity()
        found = watch.step(turning_head(k, hz, deg_s, frame))
        told += [] if found is None else [found]
    (found,) = told
    assert isinstance(found, Jump)
    assert found.new_from_old.t_m == pytest.approx(jump.t_m, abs=0.002)
    steady = HeadJumps()
    assert all(steady.step(turning_head(k, hz, deg_s, Pose.identity())) is None for k in range(60))


@pytest.mark.parametrize(
    ("silent_ms", "way_m", "away"), [(70, 0.57, True), (70, 0.1, False), (600, 0.0, True)]
)
def test_a_silence_is_doubted_when_no_head_goes_so_far_or_when_it_was_long(
    silent_ms: int, way_m: float, away: bool
) -> None:
    watch = HeadJumps()
    for k in range(10):
        assert watch.step(head(14 * k, np.array([0.0, 1.5, 0.0]))) is None
    told = watch.step(head(14 * 9 + silent_ms, np.array([way_m, 1.5, 0.0])))
    assert isinstance(told, Away) is away


# --- as a whole -------------------------------------------------------------------------------


def test_what_it_costs() -> None:
    session = Session(0, [sweeping(0, 12), pressing(0, 12)])
    samples = session.samples()
    placer = Placer(session.rig(known=True), MODEL, LEARNER)
    took = []
    for sample in samples:
        start = time.process_time_ns()
        placer.step(sample)
        took.append(time.process_time_ns() - start)
    ms = np.array(took) / 1e6
    print(
        f"{ms.sum() / 24:.1f} ms a second; a sample: mean {1e3 * ms.mean():.0f} us, "
        f"most {ms.max():.1f} ms"
    )
    assert placer.filter is not None


def test_another_session_of_the_headset_is_another_frame() -> None:
    session = Session(0, [sweeping(0, 8)])
    placer = Placer(session.rig(known=True), MODEL, LEARNER)
    follow(session, known=True, placer=placer)
    assert placer.placing().state == "weak"
    placer.doubt(0)
    told = placer.placing()
    assert told.state == "lost"
    assert told.registration is None


def test_a_headset_without_hands_is_waited_for() -> None:
    placer = Placer(Session(0, []).rig(known=False))
    placer.step(head(0, np.zeros(3)))
    told = placer.placing()
    assert (told.state, told.ask) == ("unknown", "wait")


def test_turns_of_one_look() -> None:
    assert turn_of(FLAT[list(SEEN_BY_BOTH)], "right") == pytest.approx(np.eye(3))
    assert turn_of(hand_joints("left")[list(SEEN_BY_BOTH)], "left") == pytest.approx(np.eye(3))
    hidden = FLAT[list(SEEN_BY_BOTH)].copy()
    hidden[2] = np.nan
    assert turn_of(hidden, "right") is None


def kinds_of(session: Session) -> Counter[str]:
    """Count the pairs of a session by their kinds, with its true latency."""
    pairs, found = HandPairs(), Counter[str]()
    for sample in session.samples():
        if isinstance(sample, HandJoints):
            pairs.joints(sample)
            for pair in pairs.take(session.traits.latency_s, None):
                found[f"{pair.kind} {pair.side}"] += 1
        elif isinstance(sample, HandPoints):
            world = CHEST.apply(sample.points_in_mannequin_m)
            pairs.points(sample.stamp.t_ns, world, sample.sigma_m, sample.side)
        elif isinstance(sample, HandSample) and sample.heel_in_mannequin_m is not None:
            heel = CHEST.apply(np.array(sample.heel_in_mannequin_m))
            pairs.heel(sample.stamp.t_ns, heel, sample.sigma_m)
    return found


def test_pressing_hands_make_pairs_of_both_and_heels_too() -> None:
    found = kinds_of(Session(0, [pressing(0, 15)]))
    assert found["stacked both"] > 60
    assert found["heel both"] > 60


@pytest.mark.parametrize("late_ms", [20, 40, 80])
def test_a_hand_at_rest_beside_takes_no_looks_from_the_one_that_sweeps(
    late_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rest(t_s: FloatArray) -> tuple[FloatArray, Rotation]:
        place = np.tile(np.array([-0.45, -0.3, 0.1]), (len(t_s), 1))
        return place, Rotation.from_rotvec(np.zeros((len(t_s), 3)))

    monkeypatch.setattr(headset_sessions, "LANDMARKS_LATE_NS", late_ms * MS)
    swept = replace(sweeping(0, 20), under=over_chest(rest))
    assert kinds_of(Session(0, [swept]))["hand right"] > 60


def test_what_was_well_known_fades_without_hands_and_touching_is_asked_for() -> None:
    session = Session(0, [sweeping(0, 20)], head=False)
    placer = Placer(session.rig(known=True), MODEL, LEARNER)
    told = follow(session, known=True, placer=placer)
    assert told[-1].state == "ok"
    place = session.xr_from_world.apply(CHEST.t_m)
    hand = place + 0.01 * FLAT
    for k in range(600 * 10):
        t_ms = (ZERO_NS + 20 * NS) // MS + 100 * k
        placer.step(joints(t_ms * MS, hand + np.array([0.0, 0.2 * np.sin(0.3 * k), 0.0])))
    late = placer.placing()
    assert late.state == "weak"
    assert late.ask == "touch"
