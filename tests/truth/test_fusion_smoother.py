"""The smoothed motion is no worse than the live one, and they differ as their sigmas claim."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.quick import calibrate_simulated
from mr.rig import Rig
from mr.sim.learner import make_script
from mr.sim.plant import Bench
from mr.sim.rig import make_sim_rig
from mr.types import ChestSample, FloatArray
from tests.truth.fusion_sessions import Fused, Looking, camera, fuse, mannequin, stamp

SILENT_S = (5.0, 11.0)
WANDER_M = 0.0002
N = 6


@pytest.fixture(scope="module")
def rig() -> Rig:
    one = calibrate_simulated(make_sim_rig(), Bench(4), n_frames=3)
    return one.model_copy(update={"cameras": {"a": next(iter(one.cameras.values()))}})


def rms(values: FloatArray) -> float:
    return float(np.sqrt(np.mean(values**2)))


@pytest.fixture(scope="module")
def stretches(rig: Rig) -> tuple[FloatArray, list[Fused]]:
    """Give (n, 4) of the compressions that a camera led: errors, live and smoothed, and sigmas.

    The hands' back wanders as the model says, and the hands give otherwise than was calibrated.
    """
    rows, every = [], []
    for seed in range(N):
        script = make_script("good", compressing_s=12.0, seed=60 + seed)
        more_m = float(np.random.default_rng(seed).uniform(-0.002, 0.002))
        how = Looking("a", beside=False, wander_m=WANDER_M, more_m=more_m)
        counts = mannequin(script, seed, lambda t_s: not SILENT_S[0] < t_s < SILENT_S[1])
        found = fuse(rig, counts + camera(script, rig, how, seed))
        every.append(found)
        true = script.truth().compressions
        for live, late, c in zip(
            found.compressions, found.smoothed_compressions, true, strict=True
        ):
            if SILENT_S[0] < c.peak_s < SILENT_S[1]:
                a, b = live.depth_mm, late.depth_mm
                assert a.value is not None
                assert b.value is not None
                rows.append((a.value - c.depth_mm, b.value - c.depth_mm, a.sigma, b.sigma))
    return np.array(rows, dtype=np.float64), every


def test_smoothing_helps_where_a_camera_led(stretches: tuple[FloatArray, list[Fused]]) -> None:
    live, late, _, late_sigma = stretches[0].T
    print(f"live {rms(live):.2f} mm, smoothed {rms(late):.2f} mm, claimed {rms(late_sigma):.2f}")
    assert rms(late) < rms(live)
    assert rms(late) < 1.2 * rms(late_sigma)


@pytest.mark.parametrize(("factor", "honest"), [(1.0, True), (0.25, False), (3.0, False)])
def test_live_and_smoothed_differ_as_their_sigmas_claim(
    stretches: tuple[FloatArray, list[Fused]], factor: float, honest: bool
) -> None:
    """Of an optimal smoother the difference's variance is that of live less that of smoothed.

    The model also lets hands grow softer and scales wander, which these do not: so the spread
    is within 0.4 and 1.2 of what is claimed. Claims a quarter as large, or three times, fail.
    """
    live, late, live_sigma, late_sigma = stretches[0].T
    claimed_mm = factor * float(np.sqrt(np.mean(live_sigma**2 - late_sigma**2)))
    ratio = rms(live - late) / claimed_mm
    print(f"differ by {rms(live - late):.2f} mm, claimed {claimed_mm:.2f}")
    assert (0.4 <= ratio <= 1.2) == honest


def test_what_the_mannequin_led_stays(stretches: tuple[FloatArray, list[Fused]]) -> None:
    for found in stretches[1]:
        for live, late in zip(found.motion, found.smoothed, strict=True):
            assert live.stamp == late.stamp
            if live.sources == ("mannequin",):
                assert live is late


def test_the_velocity_is_better_with_both_sides(
    rig: Rig, stretches: tuple[FloatArray, list[Fused]]
) -> None:
    script = make_script("good", compressing_s=12.0, seed=60)
    found = stretches[1][0]

    def error_m_s(motion: list[ChestSample]) -> float:
        led = [s for s in motion if s.sources == ("a",) and s.hands == "on"]
        t_s = np.array([(s.stamp.t_ns - stamp(0.0).t_ns) * 1e-9 for s in led])
        return rms(np.array([s.velocity_m_s for s in led]) - script.chest_velocity_m_s(t_s))

    assert error_m_s(found.smoothed) < 0.7 * error_m_s(found.motion)


def test_a_zero_that_is_found_late_is_known_from_the_start(rig: Rig) -> None:
    """Hands that press before anyone saw them rest, and a mannequin that speaks at half-time."""
    script = make_script("good", compressing_s=12.0, seed=70)
    begun_s = script.compressions[0].onset_s + 0.1
    counts = mannequin(script, 70, lambda t_s: t_s > 9.0)
    seen = [
        item
        for item in camera(script, rig, Looking("a", beside=False, more_m=0.001), 70)
        if item[1].arrival.seq / 60 > begun_s
    ]
    found = fuse(rig, counts + seen)
    early = [k for k, c in enumerate(found.compressions) if c.peak_ns < stamp(8.5).t_ns]
    assert len(early) > 5
    assert all(found.compressions[k].depth_mm.value is None for k in early), "the control: live"
    depths = {c.peak_s: c.depth_mm for c in script.truth().compressions}
    for k in early[1:]:
        late = found.smoothed_compressions[k]
        peak_s = (late.peak_ns - stamp(0.0).t_ns) * 1e-9
        true_mm = depths[min(depths, key=lambda t_s: abs(t_s - peak_s))]
        assert late.depth_mm.value == pytest.approx(true_mm, abs=2.0)
