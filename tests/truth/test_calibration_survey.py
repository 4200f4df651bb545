"""Plates are surveyed to 0.5 mm, their sigmas are honest, and what moved or bent is named."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.mannequin.survey import Survey, measure_survey
from calibration.simulated.plates import REGISTRATION_BOARD, board_on_chest, survey_samples
from mr.errors import CalibrationError
from mr.sim.rig import make_sim_rig, sim_calibration

SIM = make_sim_rig()
EXACT = {"side": sim_calibration(SIM, exact=True)}
SIDES = {p.id: p.tag_m for p in SIM.plates}
TRUE = {m.id: np.array(m.corners_in_mannequin_m) for m in SIM.marker_layout().markers}
SEEDS = range(16)
PER_DEGREE = (0.72, 1.35)
LIMIT_M = 5e-4


def survey(seed: int, cameras: dict = EXACT, **mistake: object) -> Survey:
    samples = list(survey_samples(SIM, seed=seed, **mistake))  # type: ignore[arg-type]
    return measure_survey(samples, REGISTRATION_BOARD, cameras, board_on_chest(), SIDES)


@pytest.fixture(scope="module")
def surveys() -> list[Survey]:
    return [survey(seed) for seed in SEEDS]


def off(found: Survey) -> list[np.ndarray]:
    return [np.array(m.corners_in_mannequin_m) - TRUE[m.id] for m in found.layout.markers]


def test_plates_are_where_they_are_found(surveys: list[Survey]) -> None:
    for found in surveys:
        assert found.sigma_m.max() < LIMIT_M
        for error in off(found):
            assert np.linalg.norm(error, axis=1).max() < LIMIT_M


def test_with_the_factorys_lens_as_well() -> None:
    for error in off(survey(1, {"side": sim_calibration(SIM)})):
        assert np.linalg.norm(error, axis=1).max() < LIMIT_M


def test_sigmas_are_honest(surveys: list[Survey]) -> None:
    each = []
    for found in surveys:
        for error, covariance in zip(off(found), found.corner_covariance, strict=True):
            # Twelve coordinates of a rigid square are six numbers.
            each.append(error.ravel() @ np.linalg.pinv(covariance, rcond=1e-6) @ error.ravel() / 6)
    print(f"chi2 per degree {np.mean(each):.2f}")
    assert PER_DEGREE[0] < np.mean(each) < PER_DEGREE[1]
    assert np.mean(each) / 0.25 > PER_DEGREE[1]
    assert np.mean(each) / 4.0 < PER_DEGREE[0]


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        ({"moved": {3: (7, np.array([0, 0, 0.02, 0.004, 0, 0]))}}, "plate 3 moved between .* 7 "),
        ({"moved": {1: (14, np.array([0, 0, 0, 0.003, 0, 0.002]))}}, "plate 1 moved between"),
        ({"board_moved": (9, np.array([0, 0, 0, 0.003, 0, 0]))}, "board moved between .* 9 and 10"),
        ({"true_sides_m": {2: 0.090}}, "plate 2 measures 90.0|plate 2 measures 89.9"),
        ({"twist_m": {0: 0.0015}}, "plate 0 is bent"),
        ({"printed": REGISTRATION_BOARD.model_copy(update={"square_m": 0.0206})}, "squares"),
    ],
)  # fmt: skip
def test_mistakes_are_caught_and_named(mistake: dict, words: str) -> None:
    with pytest.raises(CalibrationError, match=words):
        survey(1, **mistake)
