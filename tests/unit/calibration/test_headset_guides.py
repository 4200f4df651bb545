"""A sweep's and the touches' guides: what is taken, what is refused, what comes next."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from calibration.headset.hands import SweepPiece
from calibration.headset.sweep_guide import SweepGuide
from calibration.headset.touch_guide import TouchGuide
from calibration.simulated.headset_technician import HeadsetTechnician, guided_headset, pieces_of
from mr.geometry.poses import pose_of
from mr.rig import HeadsetCalibration
from mr.sim.headset import SimHeadset, cpr_way
from mr.types import Pose

HEADSET = SimHeadset(pose_of(np.array([0.3, 1.0, -0.4]), np.array([0.2, 1.1, -0.5])))
LIES = Pose.identity()
TECHNICIAN = HeadsetTechnician(HEADSET, LIES, clumsy=False)


@pytest.fixture(scope="module")
def pieces() -> list[SweepPiece]:
    return TECHNICIAN.sweep()


def test_a_sweep_comes_to_its_end(pieces: list[SweepPiece]) -> None:
    guide = SweepGuide(LIES)
    shares = []
    assert "sweep one hand slowly" in guide.progress.next
    for piece in pieces:
        assert guide.offer(piece).taken
        shares.append(guide.progress.share)
    assert guide.progress.done
    assert guide.progress.next == "done: touch the crosses now"
    assert "mm rms" in guide.progress.residual
    assert all(b >= a - 0.05 for a, b in itertools.pairwise(shares))
    coverage = guide.progress.coverage
    assert coverage is not None and coverage.shape == (3, 9)
    assert guide.samples == tuple(pieces)


def test_not_half_of_it(pieces: list[SweepPiece]) -> None:
    guide = SweepGuide(LIES)
    for piece in pieces[:9]:
        guide.offer(piece)
    assert not guide.progress.done


def test_compressions_never_finish_a_sweep() -> None:
    guide = SweepGuide(LIES)
    for piece in pieces_of(HEADSET.see(cpr_way(), 24.0, 1), "right"):
        guide.offer(piece)
    assert not guide.progress.done
    assert "mm are missing" in guide.progress.next
    assert "too weak" in guide.progress.residual


def test_where_to_sweep_next_goes_by_the_mannequin(pieces: list[SweepPiece]) -> None:
    """What lacks height asks for height, whichever way the mannequin lies."""
    flat = np.array([1.0, 1.0, 0.0])
    lowered = [
        replace(p, points_in_world_m=p.points_in_world_m * flat + [0, 0, 0.2]) for p in pieces
    ]
    guide = SweepGuide(LIES)
    for piece in lowered:
        guide.offer(piece)
    assert guide.progress.next.startswith("sweep higher")
    turned = SweepGuide(pose_of(np.array([0.0, np.pi / 2, 0.0]), np.zeros(3)))
    for piece in lowered:
        turned.offer(piece)
    assert "the mannequin's" in turned.progress.next


def test_unfit_pieces_are_refused_in_words(pieces: list[SweepPiece]) -> None:
    guide = SweepGuide(LIES)
    unseen = np.full_like(pieces[0].points_in_world_m, np.nan)
    assert "cameras do not see" in guide.offer(replace(pieces[0], points_in_world_m=unseen)).why
    blind = np.zeros_like(pieces[0].valid)
    assert "headset does not see" in guide.offer(replace(pieces[0], valid=blind)).why
    assert guide.offer(pieces[0]).taken
    assert "seen before" in guide.offer(pieces[0]).why
    assert "left hand" in guide.offer(replace(pieces[1], side="left")).why
    assert guide.progress.n_taken == 1


def test_touches_go_from_cross_to_cross_and_turn_the_hand() -> None:
    guide = TouchGuide(TECHNICIAN.crosses)
    ways: dict[int, set[str]] = {}
    n = 0
    while (wanted := guide.wanted) is not None:
        assert f"touch cross {wanted[0]}, {wanted[1]}" in guide.progress.next
        assert guide.offer(TECHNICIAN.touch(*wanted, n)).taken
        ways.setdefault(wanted[0], set()).add(wanted[1])
        n += 1
    assert guide.progress.done and guide.progress.share == 1.0
    assert all(len(each) == 4 for each in ways.values())


def test_bad_touches_are_refused_in_words() -> None:
    guide = TouchGuide(TECHNICIAN.crosses)
    way = "flat, fingers towards the head"
    first = TECHNICIAN.touch(1, way, 0)
    assert guide.offer(first).taken
    assert "seen before" in guide.offer(first).why
    assert "no cross 99" in guide.offer(replace(TECHNICIAN.touch(1, way, 1), cross=99)).why
    assert "moved by" in guide.offer(TECHNICIAN.touch(2, way, 2, "slipped")).why
    for n, cross in enumerate((2, 3, 4, 5, 6, 7), start=3):
        assert guide.offer(TECHNICIAN.touch(cross, way, n)).taken
    verdict = guide.offer(TECHNICIAN.touch(3, way, 20, "wrong cross"))
    assert verdict.why.startswith("headset, touch: point 3 was touched where point 4 is")


def test_a_clumsy_technician_is_told_and_does_it_again() -> None:
    pieces, touches, crosses, refused = guided_headset(HeadsetTechnician(HEADSET, LIES))
    assert len(touches) == 4 * len(crosses)
    assert len(pieces) >= 20
    assert len(refused) == 3
    assert any("cameras do not see" in why for why in refused)
    assert any("moved by" in why for why in refused)
    assert any("was touched where" in why for why in refused)


def test_the_same_seed_does_the_same() -> None:
    one, two = (HeadsetTechnician(HEADSET, LIES, 5).sweep() for _ in range(2))
    assert np.array_equal(one[3].joints_in_xr_m, two[3].joints_in_xr_m)


def test_the_rig_keeps_what_is_of_headset_and_user() -> None:
    entry = HeadsetCalibration(
        model="simulated",
        latency_s=0.045,
        latency_sigma_s=0.002,
        hand_bias_m=(0.001, 0.002, -0.006),
        tip_bias_m=(0.0, 0.003, -0.005),
        bias_sigma_m=0.002,
        made_utc="2026-01-01T00:00:00Z",
    )
    assert HeadsetCalibration.model_validate(entry.model_dump()) == entry
    with pytest.raises(ValueError, match="latency_s"):
        HeadsetCalibration.model_validate({**entry.model_dump(), "latency_s": 45})
