"""Several cameras into one world: what is refused, guided, and written down."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from calibration.boards.charuco import CharucoBoard
from calibration.cameras.boards_seen import BoardsSeen
from calibration.cameras.world import measure_world
from calibration.cameras.world_guide import WorldGuide
from calibration.cameras.world_record import world_record
from calibration.simulated.rooms import room, told_cameras, world_samples
from mr.errors import CalibrationError

BOARD = CharucoBoard()
ROOM = room(2, seed=1)
CAMERAS = told_cameras(ROOM)


@pytest.fixture(scope="module")
def samples() -> list[BoardsSeen]:
    return list(world_samples(ROOM, BOARD, seed=1))


def test_records_of_each_camera_pass(samples: list[BoardsSeen]) -> None:
    world = measure_world(samples, BOARD, CAMERAS)
    for name in CAMERAS:
        record = world_record(world, name, samples)
        assert record.passed, record.failures
        assert record.inputs_sha256
        assert len(record.plots) == 2
    loose = dataclasses.replace(world, capture_covariance=(np.eye(6),) * 2)
    failed = [c.unit for c in world_record(loose, "left").failures]
    assert failed == ["mm", "deg"]


def test_without_depth_it_says_that_nothing_checks_the_size(samples: list[BoardsSeen]) -> None:
    nan = float("nan")
    blind = [dataclasses.replace(s, depth_m=(nan, nan)) for s in samples]
    world = measure_world(blind, BOARD, CAMERAS)
    assert "nothing checks the board's size" in world_record(world, "left").notes[-1]


def test_another_board_and_no_board_are_told(samples: list[BoardsSeen]) -> None:
    none = (np.zeros(0, dtype=np.int64),) * 2
    empty = [
        dataclasses.replace(s, ids=none, corners_px=(np.zeros((0, 2)),) * 2, n_foreign=(0, 0))
        for s in samples
    ]
    with pytest.raises(CalibrationError, match="another dictionary"):
        measure_world(empty, BOARD, CAMERAS)
    foreign = [dataclasses.replace(s, n_foreign=(30, 12)) for s in empty]
    with pytest.raises(CalibrationError, match="none of them on the board of DICT_4X4_100"):
        measure_world(foreign, BOARD, CAMERAS)
    assert "right one" in WorldGuide(BOARD, CAMERAS).offer(foreign[0]).why


def test_the_guide_leads_from_the_origin_to_the_origin(samples: list[BoardsSeen]) -> None:
    guide = WorldGuide(BOARD, CAMERAS)
    assert "at the world's origin" in guide.progress.next
    shares = [guide.progress.share]
    for sample in samples:
        verdict = guide.offer(sample)
        assert verdict.taken, verdict.why
        shares.append(guide.progress.share)
        if len(guide.samples) == 5:
            assert "cameras left and right both see it" in guide.progress.next
    assert shares == sorted(shares)
    assert guide.progress.done
    assert guide.progress.coverage is not None
    assert guide.progress.coverage.shape == (2, 2)
    assert (guide.progress.coverage == 1).all()
    short = WorldGuide(BOARD, CAMERAS)
    for sample in samples[:-2]:
        short.offer(sample)
    assert "back at the world's origin" in short.progress.next
    assert "laid back" in short.offer(samples[0]).why


def test_the_guide_says_what_is_wrong(samples: list[BoardsSeen]) -> None:
    guide = WorldGuide(BOARD, CAMERAS)
    for sample in samples[:6]:
        guide.offer(sample)
    held = samples[7]
    assert "blurred" in guide.offer(dataclasses.replace(held, sharpness_px=(4.0, 5.0))).why
    lone = dataclasses.replace(held, sharpness_px=(1.5, 5.0))
    assert "only camera left" in guide.offer(lone).why
    assert "seen before" in guide.offer(samples[5]).why
    pushed = dataclasses.replace(held, corners_px=(held.corners_px[0] + 12.0, held.corners_px[1]))
    assert "mm apart: hold it still" in guide.offer(pushed).why
    assert guide.offer(held).taken


def test_one_camera_needs_the_origin_only() -> None:
    one = room(1, seed=3)
    guide = WorldGuide(BOARD, told_cameras(one))
    for sample in world_samples(one, BOARD, seed=3, n_held=1):
        guide.offer(sample)
    assert [s.place for s in guide.samples] == ["origin"] * 3 + ["back"] * 2
    assert guide.progress.done
    assert measure_world(guide.samples, BOARD, told_cameras(one)).n_views == (5,)
