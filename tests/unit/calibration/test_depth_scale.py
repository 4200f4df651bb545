"""A depth camera against a board: what is refused, guided, and written down."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from calibration.boards.charuco import CharucoBoard
from calibration.cameras.board_depth import BoardDepth, board_depth, middle_depth_m
from calibration.cameras.depth_guide import DepthGuide
from calibration.cameras.depth_record import depth_record
from calibration.cameras.depth_scale import measure_depth_scale
from calibration.simulated.boards import board_view, depth_samples, facing
from mr.errors import CalibrationError
from mr.geometry.camera import Camera
from mr.rig import CameraCalibration
from mr.sim.plane_depth import DepthFault
from mr.sim.rig import make_sim_rig, sim_calibration

BOARD = CharucoBoard()
SIM = make_sim_rig()
CAMERA = sim_calibration(SIM, exact=True)
FAULT = DepthFault(1.01, 0.003)


@pytest.fixture(scope="module")
def samples() -> list[BoardDepth]:
    return list(depth_samples(SIM.camera, CAMERA, BOARD, seed=1, fault=FAULT))


def test_a_record_tells_all_and_passes(samples: list[BoardDepth]) -> None:
    result = measure_depth_scale(samples, BOARD, CAMERA)
    record = depth_record(result, "side", samples)
    assert record.passed, record.failures
    assert record.n_samples == len(samples) == result.n_views
    assert [p.title for p in record.plots] == [
        "true less reported depth",
        "what is left after the fit",
    ]
    assert record.inputs_sha256["camera_side_depth_boards"]
    assert all(line.sigma > 0 for line in record.budget)
    worn = dataclasses.replace(result, scale=1.03)
    assert [c.item for c in depth_record(worn, "side").failures] == ["depth scale, off 1"]


def test_without_a_step_it_says_so(samples: list[BoardDepth]) -> None:
    held = [s for s in samples if np.isnan(s.gauge_m)]
    result = measure_depth_scale(held, BOARD, CAMERA)
    assert result.step is None
    assert "no known step" in depth_record(result, "side").notes[0]


def test_places_that_are_all_alike_are_refused(samples: list[BoardDepth]) -> None:
    with pytest.raises(CalibrationError, match="nearer and farther"):
        measure_depth_scale(samples[-4:] * 2, BOARD, CAMERA)
    with pytest.raises(CalibrationError, match="5 of 5 places"):
        measure_depth_scale(samples[:5], BOARD, CAMERA)


def test_another_board_is_told(samples: list[BoardDepth]) -> None:
    none = np.zeros(0, dtype=np.int64)
    foreign = [
        dataclasses.replace(s, ids=none, corners_px=np.zeros((0, 2)), n_foreign=40) for s in samples
    ]
    with pytest.raises(CalibrationError, match="another board"):
        measure_depth_scale(foreign, BOARD, CAMERA)


def test_pictures_that_were_not_still_are_left_out_or_refused(samples: list[BoardDepth]) -> None:
    def moved(s: BoardDepth) -> BoardDepth:
        off = np.float32(0.008 / s.m_per_count)
        return dataclasses.replace(
            s, depth_counts=np.where(s.depth_counts > 0, s.depth_counts + off, 0)
        )

    one = [moved(s) if k == 4 else s for k, s in enumerate(samples)]
    result = measure_depth_scale(one, BOARD, CAMERA)
    assert result.left_out == (4,)
    clean = measure_depth_scale(samples, BOARD, CAMERA)
    assert clean.left_out == ()
    assert abs(result.scale - clean.scale) < 1e-3
    many = [moved(s) if k % 3 == 1 else s for k, s in enumerate(samples)]
    with pytest.raises(CalibrationError, match="hold it still"):
        measure_depth_scale(many, BOARD, CAMERA)


def test_the_boards_middle_is_where_the_corrected_depth_has_it(samples: list[BoardDepth]) -> None:
    told = CAMERA.model_copy(update={"depth_scale": FAULT.scale, "depth_offset_m": FAULT.offset_m})
    far = 0.45 * (1.1 / 0.45) ** (5 / 11)
    assert middle_depth_m(samples[5], BOARD, told) == pytest.approx(far, rel=0.03)
    apart = middle_depth_m(samples[5], BOARD, told) - middle_depth_m(samples[5], BOARD, CAMERA)
    assert apart == pytest.approx(far * (FAULT.scale - 1) + FAULT.offset_m, abs=5e-4)
    none = dataclasses.replace(samples[5], depth_counts=samples[5].depth_counts * 0)
    assert np.isnan(middle_depth_m(none, BOARD, told))


def test_too_few_frames_or_corners_make_no_sample() -> None:
    rng = np.random.default_rng(0)
    lens = Camera(CAMERA.color)  # type: ignore[arg-type]
    view = board_view(facing(0.7, 0, 0, 0, (0, 0), BOARD), BOARD, lens, rng)
    frames = [np.full((480, 848), 7000, dtype=np.uint16)] * 4
    with pytest.raises(CalibrationError, match="3 depth frames"):
        board_depth(view, frames[:3], 1e-4, BOARD, CAMERA)
    few = dataclasses.replace(view, ids=view.ids[:4], corners_px=view.corners_px[:4])
    with pytest.raises(CalibrationError, match="4 corners"):
        board_depth(few, frames, 1e-4, BOARD, CAMERA)
    grey: CameraCalibration = CAMERA.model_copy(update={"color": None, "color_from_depth": None})
    with pytest.raises(CalibrationError, match="no colour"):
        board_depth(view, frames, 1e-4, BOARD, grey)


def test_the_guide_asks_for_what_is_missing_and_ends(samples: list[BoardDepth]) -> None:
    guide = DepthGuide(BOARD, CAMERA)
    assert "facing the camera, about 0.5 m" in guide.progress.next
    blurred = dataclasses.replace(samples[0], sharpness_px=4.0)
    assert "blurred" in guide.offer(blurred).why
    assert "right one" in guide.offer(dataclasses.replace(samples[0], n_foreign=99)).why
    nothing = dataclasses.replace(
        samples[0], ids=samples[0].ids[:3], corners_px=samples[0].corners_px[:3]
    )
    assert "too little" in guide.offer(nothing).why
    bent = dataclasses.replace(
        samples[0],
        corners_px=samples[0].corners_px + 2 * np.sin(np.arange(len(samples[0].ids)))[:, None],
    )
    assert "bent" in guide.offer(bent).why
    assert guide.offer(samples[0]).taken
    assert "seen before" in guide.offer(samples[0]).why
    shares = []
    for sample in samples[1:]:
        assert guide.offer(sample).taken
        shares.append(guide.progress.share)
    assert shares == sorted(shares)
    assert guide.progress.n_taken == len(samples)
    assert guide.progress.done, guide.progress.next
    assert "mm off the corners" in guide.progress.residual
    again = DepthGuide(BOARD, CAMERA)
    for sample in guide.samples:
        again.offer(sample)
    assert again.progress.next == guide.progress.next
