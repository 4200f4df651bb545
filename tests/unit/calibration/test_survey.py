"""The plates' survey: what is refused, guided, and written down."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from calibration.mannequin.survey import PlatesSeen, measure_survey
from calibration.mannequin.survey_guide import SurveyGuide
from calibration.mannequin.survey_record import survey_record
from calibration.simulated.plates import REGISTRATION_BOARD, board_on_chest, survey_samples
from mr.errors import CalibrationError
from mr.sim.rig import make_sim_rig, sim_calibration
from mr.types import Pose

SIM = make_sim_rig()
CAMERAS = {"side": sim_calibration(SIM, exact=True)}
SIDES = {p.id: p.tag_m for p in SIM.plates}
LIES = board_on_chest()


@pytest.fixture(scope="module")
def samples() -> list[PlatesSeen]:
    return list(survey_samples(SIM, seed=2))


def measure(samples: list[PlatesSeen], lies: Pose = LIES):  # type: ignore[no-untyped-def]
    return measure_survey(samples, REGISTRATION_BOARD, CAMERAS, lies, SIDES)


def test_the_record_has_each_plate_and_passes(samples: list[PlatesSeen]) -> None:
    survey = measure(samples)
    record = survey_record(survey, "M-1", samples)
    assert record.passed, record.failures
    assert len(record.checks) == 4 * len(SIDES)
    assert len(record.plots[0].series) == len(SIDES)
    worse = dataclasses.replace(survey, sigma_m=survey.sigma_m * np.array([1, 1, 9, 1, 1]))
    assert [c.item for c in survey_record(worse, "M-1").failures] == ["plate 2: place, one-sigma"]


def test_the_boards_own_place_is_told_apart(samples: list[PlatesSeen]) -> None:
    sure = measure(samples)
    covariance = np.diag([1e-3, 1e-3, 2e-3, 5e-4, 5e-4, 5e-4]) ** 2
    unsure = measure(samples, Pose(LIES.R, LIES.t_m, covariance))
    assert (sure.frame_sigma_m == 0).all()
    assert (unsure.frame_sigma_m > 5e-4).all()
    assert np.array_equal(sure.sigma_m, unsure.sigma_m)


def test_what_is_missing_is_told(samples: list[PlatesSeen]) -> None:
    with pytest.raises(CalibrationError, match="plate 0 is seen with the board in 2 pictures"):
        measure(samples[:3])
    nobody = [dataclasses.replace(s, board_ids=s.board_ids[:3]) for s in samples]
    nobody = [dataclasses.replace(s, board_corners_px=s.board_corners_px[:3]) for s in nobody]
    with pytest.raises(CalibrationError, match="right board"):
        measure(nobody)
    aside = list(survey_samples(SIM, seed=2, one_side=True))
    with pytest.raises(CalibrationError, match="from one side only"):
        measure(aside)


def test_two_plates_of_one_id_are_told(samples: list[PlatesSeen]) -> None:
    def swapped(s: PlatesSeen, k: int) -> PlatesSeen:
        ids = tuple({0: 1, 1: 0}.get(j, j) if k % 2 else j for j in s.plate_ids)
        return dataclasses.replace(s, plate_ids=ids)

    with pytest.raises(
        CalibrationError, match=r"no one place explains plate [01].*two with this id"
    ):
        measure([swapped(s, k) for k, s in enumerate(samples)])


def test_the_guide_asks_for_each_plate_and_ends() -> None:
    guide = SurveyGuide(REGISTRATION_BOARD, CAMERAS, SIDES)
    assert "show plate 0 and the board together: 0 of 6" in guide.progress.next
    first, *rest = survey_samples(SIM, seed=3, n=40)
    assert "blurred" in guide.offer(dataclasses.replace(first, sharpness_px=5.0)).why
    empty = dataclasses.replace(first, plate_ids=(), plate_corners_px=np.zeros((0, 4, 2)))
    assert "no plate" in guide.offer(empty).why
    bare = dataclasses.replace(
        first, board_ids=first.board_ids[:0], board_corners_px=first.board_corners_px[:0]
    )
    assert "board is not seen" in guide.offer(bare).why
    assert guide.offer(first).taken
    assert "elsewhere" in guide.offer(first).why
    share = guide.progress.share
    for sample in rest:
        guide.offer(sample)
        assert guide.progress.share >= share
        share = guide.progress.share
    assert guide.progress.done, guide.progress.next
    assert guide.progress.coverage_of == "plates 0, 1, 2, 3, 4"
    near = SurveyGuide(REGISTRATION_BOARD, CAMERAS, {0: SIDES[0]})
    near.offer(rest[4])
    for sample in survey_samples(SIM, seed=2, one_side=True):
        near.offer(sample)
    assert "from another side" in near.progress.next or near.progress.share < 1
