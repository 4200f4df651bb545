"""A depth camera's scale and offset are found as well as they claim, and mistakes are named.

Limits: distances within 0.2 % or 2 mm at 0.8 m; the step to 1 %.
"""

from __future__ import annotations

import numpy as np
import pytest

from calibration.boards.charuco import CharucoBoard
from calibration.cameras.depth_scale import DepthScale, measure_depth_scale
from calibration.simulated.boards import depth_samples
from mr.errors import CalibrationError
from mr.sim.plane_depth import DepthFault
from mr.sim.rig import make_sim_rig, sim_calibration

BOARD = CharucoBoard()
SIM = make_sim_rig()
EXACT = sim_calibration(SIM, exact=True)
SEEDS = range(16)
AT_M = 0.8
CHI2_2 = (0.85, 3.8)
"""Mean of 16 draws of chi² with 2 degrees of freedom, 99 %: 0.96 … 3.4, with room for noise that
is not normal."""


def fault_of(seed: int) -> DepthFault:
    rng = np.random.default_rng([seed, 5])
    return DepthFault(1.0 + rng.normal(0, 0.01), rng.normal(0, 0.003))


@pytest.fixture(scope="module")
def results() -> list[tuple[DepthFault, DepthScale]]:
    found = []
    for seed in SEEDS:
        fault = fault_of(seed)
        samples = list(depth_samples(SIM.camera, EXACT, BOARD, seed=seed, fault=fault))
        found.append(
            (fault, measure_depth_scale(samples, BOARD, EXACT, print_sigma=0.0, focal_sigma=0.0))
        )
    return found


def off(fault: DepthFault, found: DepthScale) -> np.ndarray:
    return np.array([found.scale - fault.scale, found.offset_m - fault.offset_m])


def test_distances_are_true_at_every_seed(results: list[tuple[DepthFault, DepthScale]]) -> None:
    for fault, found in results:
        for z in (0.5, AT_M, 1.1):
            reported = (z - fault.offset_m) / fault.scale
            assert abs(reported * found.scale + found.offset_m - z) < 0.002 * z
        assert found.step is not None
        assert abs(found.step.by_depth_m / found.step.gauge_m - 1) < 0.012
        assert abs(found.step.by_corners_m / found.step.gauge_m - 1) < 0.012
        assert np.degrees(np.abs(found.turn_rad[:2])).max() < 0.1


def test_sigmas_are_honest(results: list[tuple[DepthFault, DepthScale]]) -> None:
    def mean_chi2(factor: float) -> float:
        every = [off(*r) @ np.linalg.inv(factor**2 * r[1].covariance) @ off(*r) for r in results]
        return float(np.mean(every))

    print(f"chi2 {mean_chi2(1.0):.2f}")
    assert CHI2_2[0] < mean_chi2(1.0) < CHI2_2[1]
    assert mean_chi2(0.5) > CHI2_2[1]
    assert mean_chi2(2.0) < CHI2_2[0]


def test_a_print_and_a_lens_of_stated_sigma_are_in_the_covariance() -> None:
    """The factory's focal length is off by 0.05 %, as the simulated rig states it."""
    nominal = sim_calibration(SIM)
    printed = BOARD.model_copy(update={"square_m": BOARD.square_m * 1.0012})
    samples = list(depth_samples(SIM.camera, nominal, BOARD, seed=4, printed=printed))
    found = measure_depth_scale(samples, BOARD, nominal)
    error = AT_M * (found.scale - 1) + found.offset_m
    bold = measure_depth_scale(samples, BOARD, nominal, print_sigma=0.0, focal_sigma=0.0)
    assert abs(error) < 3 * found.sigma_m(AT_M)
    assert found.sigma_m(AT_M) > 2 * bold.sigma_m(AT_M)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        ({"printed": BOARD.model_copy(update={"square_m": 0.025})}, "squares measure 1.04"),
        (
            {"printed": BOARD.model_copy(update={"square_m": 0.024 * 0.97})},
            "squares measure 0.9[67]",
        ),
        ({"sag_m": 0.003}, "the board is bent.*rims stand 3"),
        ({"true_gauge_m": 0.048}, "gauge is not the one"),
    ],
)
def test_mistakes_are_caught_and_named(mistake: dict, words: str) -> None:
    fault = DepthFault(1.006, 0.002)
    samples = list(depth_samples(SIM.camera, EXACT, BOARD, seed=2, fault=fault, **mistake))
    with pytest.raises(CalibrationError, match=words):
        measure_depth_scale(samples, BOARD, EXACT)


def test_a_sensor_that_was_turned_is_seen() -> None:
    """Negative control of the factory's color_from_depth."""
    from scipy.spatial.transform import Rotation

    from mr.rig import PoseEntry
    from mr.types import Pose

    samples = list(depth_samples(SIM.camera, EXACT, BOARD, seed=3))
    true = SIM.camera.color_from_depth
    turned = Pose(Rotation.from_rotvec([np.radians(0.8), 0, 0]).as_matrix() @ true.R, true.t_m)
    told = EXACT.model_copy(update={"color_from_depth": PoseEntry.of(turned)})
    found = measure_depth_scale(samples, BOARD, told)
    assert np.degrees(np.linalg.norm(found.turn_rad)) == pytest.approx(0.8, abs=0.15)
