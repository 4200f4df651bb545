"""Elbows and shoulders from simulated depth pictures, against the learner's own cones.

Each learner is watched for eight looks, about a second; the last look is the mean over a
compression that a coach would see. The truth never passes through the estimator.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from mr.geometry.camera import Camera
from mr.sim.camera import SimImager
from mr.sim.limbs import Physique
from mr.sim.rig import CameraPlace, make_sim_rig, sim_calibration
from mr.tracking.arm_find import NO_UPPER, ArmView
from mr.tracking.arms import NO_HANDS, ArmWatch
from mr.types import Arrival, DepthFrame, Measured
from tests.bench.arms import ArmResult, ArmSession, watch

N_LOOKS = 8
WORST_BEND_DEG, RMS_BEND_DEG = 9.0, 5.0
WORST_LEAN_DEG, RMS_LEAN_DEG = 4.0, 2.5
CASES = (
    # bend in deg, shoulders back, distance, tilt, azimuth, noise in px
    (0.0, 0.10, 0.70, 30.0, 3.0, 0.10),
    (0.0, 0.04, 0.80, 42.0, 10.0, 0.08),
    (10.0, 0.15, 0.80, 20.0, 15.0, 0.12),
    (20.0, 0.10, 0.62, 16.0, 0.0, 0.10),
    (20.0, 0.04, 0.75, 30.0, -15.0, 0.12),
    (30.0, 0.05, 0.80, 30.0, 8.0, 0.10),
    (40.0, 0.10, 0.70, 35.0, -10.0, 0.09),
    (0.0, 0.20, 0.80, 25.0, 3.0, 0.10),
)
Row = tuple[float, float, float]
"""Measured, its sigma, the truth; all in degrees."""


def session(bend_deg: float, back_m: float, *place: float, sigma_px: float) -> ArmSession:
    """Plan one learner, whose head does not hide the hands."""
    who = Physique(
        elbow_bend_rad=float(np.radians(bend_deg)), shoulder_back_m=back_m, head_forward_m=0.03
    )
    seed = round(bend_deg + 1000 * back_m + 100 * place[0])
    return ArmSession("truth", seed, CameraPlace(*place), who, sigma_px, "good", N_LOOKS)


@pytest.fixture(scope="module")
def results() -> list[ArmResult]:
    return [watch(session(*case[:5], sigma_px=case[5])) for case in CASES]


def deg(measured: Measured, true_deg: float) -> list[Row]:
    if measured.value is None or measured.sigma is None:
        return []
    return [(float(np.degrees(measured.value)), float(np.degrees(measured.sigma)), true_deg)]


def bends(results: list[ArmResult]) -> np.ndarray:
    rows: list[Row] = []
    for r in results:
        for measured, true_deg in zip(r.looks[-1].bend_rad, r.true_bend_deg, strict=True):
            rows += deg(measured, true_deg)
    return np.array(rows)


def leans(results: list[ArmResult]) -> np.ndarray:
    rows: list[Row] = []
    for r in results:
        # The mean over the window, as what is measured is.
        rows += deg(r.looks[-1].lean_rad, float(np.mean(r.true_lean_deg)))
    return np.array(rows)


def agrees(rows: np.ndarray, worst_deg: float, rms_deg: float) -> bool:
    errors = rows[:, 0] - rows[:, 2]
    return bool(np.abs(errors).max() < worst_deg and np.sqrt(np.mean(errors**2)) < rms_deg)


def show(what: str, rows: np.ndarray) -> None:
    errors = rows[:, 0] - rows[:, 2]
    print(f"SIMULATED {what}, deg: measured ± sigma (truth)")
    print("; ".join(f"{m:.1f} ± {s:.1f} ({t:.1f})" for m, s, t in rows))
    rms = np.sqrt(np.mean(errors**2))
    print(f"bias {errors.mean():+.1f}, RMS {rms:.1f}, worst {np.abs(errors).max():.1f}")


def test_the_bend_of_both_elbows(results: list[ArmResult]) -> None:
    rows = bends(results)
    show("bend of the elbows", rows)
    assert len(rows) >= 0.85 * 2 * len(CASES), "most elbows are measured at these places"
    assert agrees(rows, WORST_BEND_DEG, RMS_BEND_DEG)
    wrong = rows + np.array([0.0, 0.0, 10.0])
    assert not agrees(wrong, WORST_BEND_DEG, RMS_BEND_DEG), "a truth 10 deg beside would show"
    straight = rows * [1.0, 1.0, 0.0]
    assert not agrees(straight, WORST_BEND_DEG, RMS_BEND_DEG), "so would no bend at all"


def test_the_lean_of_the_line_from_hands_to_shoulders(results: list[ArmResult]) -> None:
    rows = leans(results)
    show("lean of hands to shoulders", rows)
    assert len(rows) >= len(CASES) - 2
    assert agrees(rows, WORST_LEAN_DEG, RMS_LEAN_DEG)
    same = np.column_stack([np.full(len(rows), rows[:, 0].mean()), rows[:, 1:]])
    assert not agrees(same, WORST_LEAN_DEG, RMS_LEAN_DEG), "one lean for all would show"


def test_the_claimed_sigmas_are_honest(results: list[ArmResult]) -> None:
    for rows in (bends(results), leans(results)):
        off = np.abs(rows[:, 0] - rows[:, 2]) / rows[:, 1]
        assert np.mean(off < 2.0) >= 0.85
        assert np.sqrt(np.mean(off**2)) < 1.6
        assert np.sqrt(np.mean(off**2)) > 0.25, "nor is it claimed to be far worse than it is"
        assert np.sqrt(np.mean((4 * off) ** 2)) > 1.6, "a quarter of the sigma would show"


def test_confidence_is_the_share_of_looks_with_both_arms(results: list[ArmResult]) -> None:
    for r in results:
        both_known = all(b.value is not None for b in r.looks[-1].bend_rad)
        assert 0.0 <= r.looks[-1].confidence <= 1.0
        assert both_known or r.looks[-1].confidence < 0.5
    assert max(r.looks[-1].confidence for r in results) > 0.8


def test_an_upper_arm_out_of_the_picture_is_unknown_and_says_why() -> None:
    """From 0.6 m and 45 degrees the picture ends at the elbows."""
    look = watch(session(30.0, 0.05, 0.60, 45.0, 0.0, sigma_px=0.10)).looks[-1]
    assert {bend.why for bend in look.bend_rad} == {NO_UPPER}
    assert all(bend.value is None for bend in look.bend_rad)
    assert look.lean_rad.value is None
    assert look.lean_rad.why == NO_UPPER
    assert look.confidence == 0.0


def test_hands_that_do_not_press_have_no_arms() -> None:
    """The same watch, told that there are no hands, says so."""
    rig = make_sim_rig(distance_m=0.7, tilt_deg=30.0)
    script = session(*CASES[0][:5], sigma_px=0.1).script()
    calibration = sim_calibration(rig)
    view = ArmView(
        Camera(calibration.depth), calibration.baseline_m, rig.mannequin_from_cam.inverse()
    )
    t_s = script.compressions[2].peak_s
    counts = SimImager(rig, script).depth_counts(t_s)
    frame, watcher = DepthFrame(Arrival("d", 0, 0, 0), "a", counts, 1e-4), ArmWatch()
    for k in range(4):
        look = watcher.look(view, frame, k * 10**8, None)
    assert {look.lean_rad.why, *(b.why for b in look.bend_rad)} == {NO_HANDS}
    took_ms = []
    heel_m = np.array([*script.hands_at(t_s).heel_in_mannequin_m[:2], 0.01])
    for k in range(4, 12):
        start_s = time.process_time()
        look = watcher.look(view, frame, k * 10**8, heel_m)
        took_ms.append(1e3 * (time.process_time() - start_s))
    assert all(b.value is not None for b in look.bend_rad), "with hands it would have seen arms"
    print(f"one look takes {np.median(took_ms):.1f} ms of CPU time (one in 5 to 9 frames)")
