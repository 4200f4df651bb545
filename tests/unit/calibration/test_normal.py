"""The chest's normal by its surface: refusals, the guide, the record."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from calibration.mannequin.normal import RestingChest, measure_chest_normal, resting_chest
from calibration.mannequin.normal_guide import RestGuide, RestLook
from calibration.mannequin.normal_record import normal_record
from calibration.mannequin.resting import measure_resting_pose
from calibration.simulated.resting import rest_looks
from mr.errors import CalibrationError
from mr.sim.rig import make_sim_rig, sim_calibration

SIM = make_sim_rig()
CAMERAS = {"side": sim_calibration(SIM)}
LAYOUT = SIM.marker_layout()


@pytest.fixture(scope="module")
def looks() -> list[RestLook]:
    return list(rest_looks(SIM, CAMERAS["side"], seed=3))


def chest(looks: list[RestLook]) -> RestingChest:
    return resting_chest([s.depth_counts for s in looks], "side", looks[0].m_per_count)


def test_the_record_passes_and_has_both_normals(looks: list[RestLook]) -> None:
    rest = measure_resting_pose([s.seen for s in looks], LAYOUT, CAMERAS["side"])
    assert rest.world_from_mannequin.covariance is not None
    normal = measure_chest_normal([chest(looks)], CAMERAS, rest.world_from_mannequin)
    record = normal_record(normal, rest, "M-1", [chest(looks)])
    assert record.passed, record.failures
    assert record.inputs_sha256
    off = dataclasses.replace(normal, apart_rad=np.radians(1.2))
    assert [c.item for c in normal_record(off, rest, "M-1").failures] == [
        "surface's normal against the markers'"
    ]


def test_the_mean_leaves_out_what_is_seen_seldom(looks: list[RestLook]) -> None:
    frames = [s.depth_counts.copy() for s in looks[:8]]
    for frame in frames:
        frame[200, 300] = 7000
        frame[201, 301] = 7000
    for frame in frames[:4]:
        frame[201, 301] = 0
    mean = resting_chest(frames, "side", 1e-4)
    assert mean.depth_counts[200, 300] == 7000
    assert mean.depth_counts[201, 301] == 0
    with pytest.raises(CalibrationError, match="5 depth frames of camera side"):
        resting_chest(frames[:5], "side", 1e-4)


def test_a_chest_that_is_not_seen_is_told(looks: list[RestLook]) -> None:
    blank = dataclasses.replace(chest(looks), depth_counts=np.zeros((480, 848), dtype=np.float32))
    with pytest.raises(CalibrationError, match="camera side sees 0 patches"):
        measure_chest_normal([blank], CAMERAS, SIM.world_from_mannequin)
    small = dataclasses.replace(blank, depth_counts=blank.depth_counts[:100, :100])
    with pytest.raises(CalibrationError, match="rig's mode"):
        measure_chest_normal([small], CAMERAS, SIM.world_from_mannequin)


def test_two_cameras_that_disagree_are_told(looks: list[RestLook]) -> None:
    other = dataclasses.replace(chest(looks), camera_id="other")
    seen = other.depth_counts > 0
    lower = dataclasses.replace(other, depth_counts=other.depth_counts + np.float32(60) * seen)
    cameras = {**CAMERAS, "other": CAMERAS["side"]}
    with pytest.raises(CalibrationError, match=r"camera side has the chest .* than camera other"):
        measure_chest_normal([chest(looks), lower], cameras, SIM.world_from_mannequin)


def test_the_guide_takes_still_looks_only(looks: list[RestLook]) -> None:
    guide = RestGuide(CAMERAS, LAYOUT)
    assert "leave the mannequin alone" in guide.progress.next
    few = dataclasses.replace(
        looks[0],
        marker_ids=looks[0].marker_ids[:1],
        marker_corners_px=looks[0].marker_corners_px[:1],
    )
    assert "1 plates are seen" in guide.offer(few).why
    foreign = dataclasses.replace(few, n_foreign=4)
    assert "another mannequin" in guide.offer(foreign).why
    strange = dataclasses.replace(looks[0], camera_id="top")
    assert "no colour calibration" in guide.offer(strange).why
    dark = dataclasses.replace(looks[0], depth_counts=looks[0].depth_counts * 0)
    assert "too little depth" in guide.offer(dark).why
    assert guide.offer(looks[0]).taken
    pushed = dataclasses.replace(looks[1], marker_corners_px=looks[1].marker_corners_px + 9.0)
    assert "was moved" in guide.offer(pushed).why
    hands = next(rest_looks(SIM, CAMERAS["side"], seed=3, n=1, hands=True))
    covered = dataclasses.replace(looks[1], depth_counts=hands.depth_counts)
    assert "take the hands away" in guide.offer(covered).why
    for look in looks[1:]:
        assert guide.offer(look).taken
    assert guide.progress.done
    assert guide.chests()[0].n_frames == 12
    assert "px of the plates" in guide.progress.residual
