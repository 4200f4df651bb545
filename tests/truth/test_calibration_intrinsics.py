"""The measured lens against the true one: how far off, and how far off it says to be."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from calibration.cameras.factory import prove_factory
from calibration.cameras.intrinsics import MeasuredIntrinsics, measure_intrinsics
from calibration.cameras.intrinsics_guide import MOST_VIEWS, IntrinsicsGuide
from calibration.cameras.intrinsics_record import intrinsics_record
from calibration.record import Record
from calibration.simulated.board_technician import BoardTechnician, capture
from mr.geometry.camera import Camera
from mr.rig import Intrinsics
from mr.sim.board_view import Bend
from mr.types import FloatArray
from tests.truth.held_boards import (
    BOARD,
    D435,
    MIDDLE_M,
    WEBCAM,
    grown,
    held_views,
    numbers_of,
    size_of,
)

FOCAL_SHARE = 0.002
"""Issue 6: intrinsics within 0.2 %; a centre as far off as that as an angle."""
SEEDS = range(40)
LENSES = pytest.mark.parametrize("lens", [D435, WEBCAM], ids=["d435", "webcam"])


def failed(record: Record) -> dict[str, str]:
    return {check.item: check.why for check in record.failures}


def bent(sag_m: float, direction_rad: float = 1.4) -> Bend:
    return Bend(sag_m, 0.24, direction_rad, (float(MIDDLE_M[0]), float(MIDDLE_M[1])))


def keeps_its_sigmas(z: FloatArray) -> bool:
    """40 draws of four numbers, two of them alike: the rms of z has a one-sigma of 0.065."""
    return 0.8 < float(np.sqrt(np.mean(z**2))) < 1.25


@lru_cache(maxsize=2)
def measured_often(lens: Intrinsics) -> list[MeasuredIntrinsics]:
    return [measure_intrinsics(held_views(lens, k, 16), BOARD, size_of(lens)) for k in SEEDS]


@LENSES
def test_errors_are_within_the_limit_and_as_large_as_claimed(lens: Intrinsics) -> None:
    true = numbers_of(lens)
    rows = []
    for measured in measured_often(lens):
        off = numbers_of(measured.intrinsics) - true
        assert np.abs(off[:2] / true[:2]).max() < FOCAL_SHARE
        assert np.abs(off[2:4]).max() < FOCAL_SHARE * true[0]
        rows.append(off[:4] / measured.sigma[:4])
    z = np.array(rows)
    print(f"rms of z, fx fy cx cy: {np.sqrt(np.mean(z**2, axis=0)).round(2)}")
    assert keeps_its_sigmas(z)
    # The controls: sigmas half as large, and twice, are found out.
    assert not keeps_its_sigmas(z / 0.5)
    assert not keeps_its_sigmas(z / 2.0)


@pytest.mark.parametrize(("lens", "seed"), [(D435, 0), (D435, 1), (WEBCAM, 1)])
def test_from_pictures_of_a_simulated_technician(lens: Intrinsics, seed: int) -> None:
    guide = IntrinsicsGuide(BOARD, size_of(lens))
    views, _ = capture(BoardTechnician(lens, BOARD, seed), guide, BOARD)
    assert guide.progress.done
    assert len(views) <= MOST_VIEWS
    measured = measure_intrinsics(views, BOARD, size_of(lens))
    true = numbers_of(lens)
    off = numbers_of(measured.intrinsics) - true
    print(f"{len(views)} views, focal {100 * off[:2] / true[:2]} %, centre {off[2:4]} px")
    assert np.abs(off[:2] / true[:2]).max() < FOCAL_SHARE
    assert np.abs(off[2:4]).max() < FOCAL_SHARE * true[0]
    assert np.abs(off[:4] / measured.sigma[:4]).max() < 4.0
    record = intrinsics_record(measured, "side", views)
    assert record.passed, failed(record)
    # Where the lens says to be known, its rays lie that near to the true ones.
    x, y = np.meshgrid(np.linspace(0, lens.width_px - 1, 9), np.linspace(0, lens.height_px - 1, 7))
    rays = Camera(lens).rays_at(np.stack([x.ravel(), y.ravel()], axis=1))
    apart = Camera(measured.intrinsics).project(rays) - Camera(lens).project(rays)
    turned = np.linalg.norm(apart - np.median(apart, axis=0), axis=1)
    assert turned.max() < 4 * max(measured.ray_sigma_px.max(), FOCAL_SHARE * lens.fx_px / 4)


def test_a_bent_board_is_named_and_does_not_bend_the_lens() -> None:
    for seed in range(3):
        views = held_views(D435, seed, bend=bent(0.0021))
        measured = measure_intrinsics(views, BOARD, size_of(D435))
        words = failed(intrinsics_record(measured, "side"))
        assert list(words) == ["board's sag"]
        assert "the board is bent by about 2." in words["board's sag"]
        assert "its height" in words["board's sag"]
        assert "bulges" in words["board's sag"]
        assert measured.shape.sag_m == pytest.approx(0.0021, abs=2e-4)
        assert measured.intrinsics.fx_px == pytest.approx(D435.fx_px, rel=FOCAL_SHARE)
    hollow = measure_intrinsics(held_views(D435, 1, bend=bent(-0.003, 0.1)), BOARD, size_of(D435))
    why = failed(intrinsics_record(hollow, "side"))["board's sag"]
    assert "hollow" in why
    assert "its width" in why


def test_a_bend_in_pictures_is_found() -> None:
    guide = IntrinsicsGuide(BOARD, size_of(D435))
    technician = BoardTechnician(D435, BOARD, 3, bend=bent(0.0025))
    views, _ = capture(technician, guide, BOARD)
    measured = measure_intrinsics(views, BOARD, size_of(D435))
    assert "bent by about 2." in failed(intrinsics_record(measured, "side"))["board's sag"]
    assert measured.shape.sag_m == pytest.approx(0.0025, abs=3e-4)


def test_a_flat_board_and_a_steady_lens_are_not_called_otherwise() -> None:
    z = []
    for measured in measured_often(D435):
        shape = measured.shape
        assert abs(shape.sag_m) < 2e-4
        assert not shape.bend_fitted
        assert not shape.longer_fitted
        assert not measured.changed.sure
        z.append(shape.longer_across / shape.longer_sigma)
    assert 0.7 < float(np.sqrt(np.mean(np.square(z)))) < 1.35


def test_a_print_longer_one_way_is_named() -> None:
    printed = BOARD.model_copy(update={"print_scale": (1.006, 1.0)})
    views = held_views(D435, 2, printed=printed)
    first = measure_intrinsics(views, BOARD, size_of(D435))
    words = failed(intrinsics_record(first, "side"))
    assert list(words) == ["print longer across than down"]
    assert "longer across than down" in words["print longer across than down"]
    # The lens does not take it up, and told of its scale all is right again.
    assert first.intrinsics.fy_px == pytest.approx(D435.fy_px, rel=FOCAL_SHARE)
    measured = measure_intrinsics(views, printed, size_of(D435))
    assert intrinsics_record(measured, "side").passed
    assert measured.intrinsics.fx_px == pytest.approx(D435.fx_px, rel=FOCAL_SHARE)


@pytest.mark.parametrize("share", [1.008, 0.985])
def test_a_lens_that_changed_in_the_middle_is_named(share: float) -> None:
    views = held_views(D435, 4, 24, later=grown(D435, share))
    words = failed(intrinsics_record(measure_intrinsics(views, BOARD, size_of(D435)), "side"))
    why = words["focal length changed meanwhile"]
    number = int(why.split("after picture ")[1].split(":")[0])
    assert 9 <= number <= 13
    assert "autofocus" in why


def test_the_makers_lens_is_proved_refuted_or_left_open() -> None:
    verdicts = {"true": [], "focal": [], "bent lens": [], "few": []}
    for seed in range(4):
        views = held_views(D435, seed, 26)
        factories = {
            "true": D435,
            "focal": grown(D435, 1.005),
            "bent lens": D435.model_copy(update={"distortion": (0.01, 0.0, 0.0, 0.0, 0.0)}),
        }
        for name, factory in factories.items():
            proof = prove_factory(views, BOARD, factory)
            verdicts[name].append(proof.verdict)
            assert proof.factory_rms_px >= proof.free_rms_px - 1e-6
            assert proof.record("side", views).passed == (proof.verdict == "holds")
        few = prove_factory(held_views(D435, seed, 6, tilt_deg=(0.0, 6.0)), BOARD, D435)
        verdicts["few"].append(few.verdict)
        assert few.hidden_focal_pct > 0.5
        assert "could be hidden" in few.words
    print(verdicts)
    assert set(verdicts["true"]) == {"holds"}
    assert set(verdicts["focal"]) == {"differs"}
    assert set(verdicts["bent lens"]) == {"differs"}
    assert set(verdicts["few"]) == {"weak"}


def test_chi2_of_the_true_lens_is_as_it_should_be() -> None:
    p = [prove_factory(held_views(D435, seed, 16), BOARD, D435).p_value for seed in range(16)]
    assert min(p) > 1e-4
    assert 0.25 < float(np.mean(p)) < 0.75
