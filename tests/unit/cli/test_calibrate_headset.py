"""The headset's capture out of samples: what cameras and headset tell of one hand."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from calibration.headset.capture import HandSeen, HeadsetGuide
from calibration.headset.touch import measure_headset
from calibration.headset.touch_guide import WAYS
from calibration.simulated.headset_technician import (
    CROSSES_IN_MANNEQUIN_M,
    TILT_DEG,
    YAW_PITCH_DEG,
    HeadsetTechnician,
)
from mr.cli import calibrate_headset
from mr.cli.calibrate_headset import HandLooks, Worn, hands_seen, whose_hands, worn
from mr.errors import CalibrationError
from mr.geometry.poses import perturb
from mr.session.headset import HANDS, HeadsetLink, HeadsetTeller
from mr.sim.headset import SimHand, SimHeadset, Way, sweep_way, touch_way
from mr.types import Arrival, HandJoints, HandPoints, Pose, Sample, Stamp

TRUE = perturb(
    Pose(
        np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]), np.array([0.2, 0.9, -0.8])
    ),
    np.array([0.0, 0.4, 0.0, 0.0, 0.0, 0.0]),
)
LIES = Pose(Rotation.from_euler("z", 70, degrees=True).as_matrix(), np.array([0.3, -0.2, 0.25]))
NS = 1_000_000_000
DWELL_S, BETWEEN_S, SWEEP_S = 2.0, 1.0, 26.0


def samples_of(hand: SimHand, side: str, later_ns: int) -> Iterator[Sample]:
    """Lay out what both saw as the session tells it, by its instants."""
    told: list[Sample] = []
    for k, t_ns in enumerate(hand.xr_t_ns + later_ns):
        arrival, stamp = Arrival(HANDS, k, int(t_ns), int(t_ns)), Stamp(int(t_ns), 0)
        joints, valid = hand.joints_in_xr_m[k], hand.valid[k]
        told.append(HandJoints(arrival, stamp, side, joints, valid))
    points = LIES.inverse().apply(hand.points_in_world_m)
    for k, t_ns in enumerate(hand.rig_t_ns + later_ns):
        arrival, stamp = Arrival("cam_a.points", k, int(t_ns), int(t_ns)), Stamp(int(t_ns), 0)
        told.append(HandPoints(arrival, stamp, "a", "right", points[k], 0.004))
    yield from sorted(told, key=lambda sample: sample.stamp.t_ns)


def over_the_chest(way: Way) -> Way:
    turned = Rotation.from_matrix(LIES.R)

    def placed(t_s: np.ndarray) -> tuple[np.ndarray, Rotation]:
        place, turns = way(t_s)
        return LIES.apply(place), turned * turns

    return placed


def performed(headset: SimHeadset, guide: HeadsetGuide) -> Iterator[Sample]:
    """Sweep until the guide wants touches, then touch what it wants, until it is done."""
    rng = np.random.default_rng(4)
    at_ns = 0
    while guide.wanted is None:
        hand = headset.see(over_the_chest(sweep_way(1)), SWEEP_S, 1)
        yield from samples_of(hand, headset.side, at_ns)
        at_ns += round((SWEEP_S + BETWEEN_S) * NS)
    n = 0
    while not guide.progress.done:
        n += 1
        assert guide.wanted is not None
        cross, how = guide.wanted
        yaw, pitch = YAW_PITCH_DEG[WAYS.index(how)]
        turn = Rotation.from_matrix(LIES.R) * Rotation.from_euler("z", yaw, degrees=True)
        turn = turn * Rotation.from_euler("x", pitch + rng.normal(0, TILT_DEG), degrees=True)
        place = LIES.apply(np.array(CROSSES_IN_MANNEQUIN_M[cross]))
        way = touch_way(place, turn, headset.side, n)
        yield from samples_of(headset.see(way, DWELL_S, n), headset.side, at_ns)
        at_ns += round((DWELL_S + BETWEEN_S) * NS)


def test_a_sweep_and_touches_are_cut_out_of_the_stream_and_register_the_headset() -> None:
    headset = SimHeadset(TRUE, user_seed=3)
    crosses = HeadsetTechnician(headset, LIES).crosses
    guide = HeadsetGuide(LIES, crosses)
    taken: list[HandSeen] = []
    refused: list[str] = []
    for seen in hands_seen(performed(headset, guide), guide, LIES):
        verdict = guide.offer(seen)
        (taken if verdict.taken else refused).append(seen if verdict.taken else verdict.why)  # type: ignore[arg-type]
    assert guide.progress.done, (guide.progress.next, refused[-3:])
    pieces = [seen.piece for seen in taken if seen.piece is not None]
    touches = [seen.touch for seen in taken if seen.touch is not None]
    assert len(pieces) >= 20
    assert {touch.cross for touch in touches} == set(crosses)
    found = measure_headset(pieces, touches, crosses)
    off_m = np.linalg.norm(found.xr_from_world.apply(LIES.t_m) - TRUE.apply(LIES.t_m))
    assert off_m < 3 * found.sigma_at_m(LIES.t_m)
    assert off_m < 0.006


def test_a_piece_needs_both_and_names_the_hand_that_is_seen() -> None:
    headset = SimHeadset(TRUE)
    hand = headset.see(over_the_chest(sweep_way(1)), 5.0, 1)
    samples = list(samples_of(hand, "right", 0))

    def pieces(of: list[Sample]) -> list[str]:
        looks, found = HandLooks(LIES), []
        for sample in of:
            assert isinstance(sample, HandJoints | HandPoints)
            looks.see(sample)
            piece = looks.piece(sample.stamp.t_ns)
            if piece is not None:
                found.append(piece.side)
        return found

    assert pieces(samples) == ["right"] * 4
    assert pieces([s for s in samples if isinstance(s, HandJoints)]) == []
    unseen = [
        HandJoints(s.arrival, s.stamp, "left", s.joints_in_xr_m, np.zeros(26, dtype=bool))
        for s in samples
        if isinstance(s, HandJoints)
    ]
    both = sorted([*samples, *unseen], key=lambda s: s.stamp.t_ns)  # type: ignore[union-attr]
    assert pieces(both) == ["right"] * 4


def test_whose_hands_is_asked_for_until_it_is_an_id_or_nobody() -> None:
    answers, said = iter(["Ada", "learner-0badcafe"]), []

    class Asked:
        def ask(self, question: str) -> str | None:
            return next(answers)

        def say(self, text: str) -> None:
            said.append(text)

    assert whose_hands(Asked()) == "learner-0badcafe"  # type: ignore[arg-type]
    assert len(said) == 1 and "names are not kept" in said[0]
    answers = iter([""])
    assert whose_hands(Asked()) == ""  # type: ignore[arg-type]


def test_a_loss_is_said_and_waited_out_and_an_end_says_what_to_do() -> None:
    told, tells = multiprocessing.Pipe(duplex=False)
    heard, words = multiprocessing.Pipe(duplex=False)
    said: list[str] = []
    screen: Any = SimpleNamespace(say=said.append)
    headset, teller = Worn(HeadsetLink(told), words), HeadsetTeller(tells)
    teller.lost("taken off")
    assert headset.samples(screen) == ()
    assert said == ["headset: taken off"]
    assert headset.samples(screen) == [], "it is waited for"
    tells.close()
    with pytest.raises(CalibrationError, match=r"has ended: begin this procedure again"):
        headset.samples(screen)
    assert len(said) == 1, "an end is said once, by the error"
    for end in (heard, words, told):
        end.close()


def test_no_end_of_a_pipe_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process itself is a stand-in: the real one needs a headset's software."""
    ends: list[Any] = []

    def pipe(duplex: bool) -> Any:
        pair = multiprocessing.Pipe(duplex)
        ends.extend(pair)
        return pair

    def process(**_: Any) -> Any:
        return SimpleNamespace(start=lambda: None, join=lambda _: None, is_alive=lambda: False)

    context = SimpleNamespace(Pipe=pipe, Process=process)
    monkeypatch.setattr(calibrate_headset.multiprocessing, "get_context", lambda _: context)
    with worn():
        told, tells, heard, words, end, ending = ends
        assert [e.closed for e in (tells, heard, end)] == [True] * 3, "the child's"
        assert [e.closed for e in (told, words, ending)] == [False] * 3
    assert [e.closed for e in ends] == [True] * 6
