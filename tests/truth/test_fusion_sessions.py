"""Whole simulated sessions: script → sensors → fusion → metrics, against the script.

The truth is the plan's own numbers. The mannequin's counts come from the simulator's
hidden curves and are read by a rig that was calibrated on its bench; the camera's heights
are made here, with noise, bias, latency and arrival out of order.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from calibration.simulated.quick import calibrate_simulated
from mr.config import Mode
from mr.fusion import MotionFuser
from mr.metrics import MetricsConfig, MetricsStepper, Summary, summarise
from mr.rig import Rig
from mr.sim.learner import make_script
from mr.sim.plant import Bench, Plant
from mr.sim.rig import make_sim_rig
from mr.sim.script import Script
from mr.types import (
    Arrival,
    ChestObservation,
    ChestSample,
    Compression,
    MannequinFrame,
    MetricsEvent,
    Stamp,
)

T0_NS = 11_000_000_000
HAND_M = 0.062
BIAS_M = 0.004
Arriving = tuple[int, MannequinFrame | ChestObservation]


@pytest.fixture(scope="module")
def rig() -> Rig:
    return calibrate_simulated(make_sim_rig(), Bench(4), n_frames=3)


def _stamp(t_s: float) -> Stamp:
    return Stamp(T0_NS + round(t_s * 1e9), 100_000)


def _mannequin(script: Script, seed: int) -> list[Arriving]:
    """200 Hz of counts, in bursts as a serial port gives them."""
    plant = Plant(script, seed)
    out: list[Arriving] = []
    for i in range(round(script.duration_s * 200)):
        chest, cells, airway = plant.counts_at(i / 200)
        arrival_ns = T0_NS + (i // 3 + 1) * 15_000_000
        out.append((arrival_ns, MannequinFrame(Arrival("m", i, i, 0), chest, cells, airway, 0)))
    return out


def _given_m(depth_m: float, gain: float) -> float:
    """By how much two hands get thinner: a hyperbola, and at 55 mm what the gain says."""
    share = depth_m / (depth_m + 0.006) * (0.061 / 0.055)
    return (gain - 1.0) * 0.055 * share


def _camera(script: Script, rig: Rig, seed: int, noise_m: float = 0.0012) -> list[Arriving]:
    """60 Hz of heights over the compression point, 60 to 140 ms late, in order."""
    rng = np.random.default_rng([seed, 0xCA])
    camera_id, calibration = next(iter(rig.cameras.items()))
    out: list[Arriving] = []
    for i in range(round(script.duration_s * 60)):
        t_s = i / 60
        x, y, z = script.hands_at(t_s).heel_in_mannequin_m
        over = math.hypot(x, y) < 0.1
        depth_m = float(script.chest_depth_m(t_s))
        height_m = z + HAND_M - _given_m(depth_m, calibration.depth_gain) if over else -depth_m
        height_m += BIAS_M + noise_m * rng.standard_normal()
        stamp = _stamp(t_s + calibration.latency_s)
        seen = ChestObservation(
            Arrival("c", i, i, 0), stamp, camera_id, height_m, noise_m, "on" if over else "off", 90
        )
        arrival_ns = stamp.t_ns + round(1e9 * rng.uniform(0.06, 0.14))
        out.append((max(arrival_ns, out[-1][0] if out else 0), seen))
    return out


def _run(rig: Rig, arriving: list[Arriving]) -> tuple[list[ChestSample], list[MetricsEvent]]:
    fuser, stepper = MotionFuser(rig), MetricsStepper(MetricsConfig())
    motion: list[ChestSample] = []
    for _, sample in sorted(arriving, key=lambda item: item[0]):
        is_frame = isinstance(sample, MannequinFrame)
        stamp = _stamp(sample.arrival.seq / 200) if is_frame else sample.stamp
        motion += fuser.step(sample, stamp)
    motion += fuser.finish()
    return motion, stepper.steps(motion) + stepper.finish()


def _compressions(events: list[MetricsEvent]) -> list[Compression]:
    return [e for e in events if isinstance(e, Compression)]


def _depth_errors_mm(events: list[MetricsEvent], script: Script) -> np.ndarray:
    measured = [c.depth_mm.value for c in _compressions(events)]
    return np.array(measured, dtype=float) - [c.depth_mm for c in script.truth().compressions]


def _release_errors_mm(events: list[MetricsEvent], script: Script) -> np.ndarray:
    """Without the last of each bout: after it the plan's hands let go of the chest."""
    plan = script.compressions
    inner = [i for i in range(len(plan) - 1) if plan[i].bout == plan[i + 1].bout]
    found = _compressions(events)
    return np.array(
        [(found[i].release_depth_mm.value or 0.0) - plan[i].release_depth_mm for i in inner]
    )


def _rate_errors_cpm(events: list[MetricsEvent], script: Script) -> np.ndarray:
    found, truth = _compressions(events), script.truth().compressions
    pairs = [
        (found[i].rate_cpm.value, 60 / (truth[i].peak_s - truth[i - 1].peak_s))
        for i in range(1, len(found))
    ]
    return np.array([value - true for value, true in pairs if value is not None])


def _summary(events: list[MetricsEvent], script: Script) -> Summary:
    first, last = script.compressions[0].onset_s, script.compressions[-1].release_s
    return summarise(events, _stamp(first).t_ns, _stamp(last).t_ns)


@pytest.mark.parametrize(
    ("style", "mode"),
    [
        ("demo", Mode.C30_2),
        ("shallow", Mode.HANDS_ONLY),
        ("leaning", Mode.HANDS_ONLY),
        ("fast", Mode.CONTINUOUS),
        ("double-dip", Mode.HANDS_ONLY),
    ],
)
def test_a_session_with_the_mannequin(rig: Rig, style: str, mode: Mode) -> None:
    script = make_script(style, mode, compressing_s=20.0, seed=11)
    truth = script.truth()
    _, events = _run(rig, _mannequin(script, 11) + _camera(script, rig, 11))
    summary = _summary(events, script)
    assert summary.n_compressions == truth.count
    assert summary.mean_depth_mm.value == pytest.approx(truth.mean_depth_mm, abs=0.1)
    assert summary.mean_rate_cpm.value == pytest.approx(truth.mean_rate_cpm, abs=0.3)
    # Onset and release are a tenth of the travel inside the plan's, once a bout.
    assert summary.ccf_pct.value == pytest.approx(truth.ccf_pct, abs=1.5)
    assert np.sqrt(np.mean(_depth_errors_mm(events, script) ** 2)) < 0.12
    assert np.abs(_release_errors_mm(events, script)).max() < 0.25
    if style != "double-dip":  # of two equal dips either may be the deeper
        assert np.sqrt(np.mean(_rate_errors_cpm(events, script) ** 2)) < 0.8
    assert summary.n_ventilations == len(truth.breaths)
    if truth.breaths:
        mean_ml = float(np.mean([b.volume_ml for b in truth.breaths]))
        assert summary.mean_volume_ml.value == pytest.approx(mean_ml, rel=0.03)
    x, y = summary.mean_hand_offset_mm
    middle_s = 0.5 * script.duration_s
    assert (x.value, y.value) == pytest.approx(1e3 * script.hand_offset_m(middle_s), abs=1.5)


@pytest.mark.parametrize("style", ["good", "deep", "fast", "slow", "leaning"])
def test_a_session_with_a_camera_alone(rig: Rig, style: str) -> None:
    alone = rig.model_copy(update={"mannequin": None})
    script = make_script(style, Mode.HANDS_ONLY, compressing_s=30.0, seed=12)
    truth = script.truth()
    motion, events = _run(alone, _camera(script, rig, 12))
    summary = _summary(events, script)
    assert all(sample.zero_known for sample in motion)
    assert summary.n_compressions == truth.count
    assert summary.mean_depth_mm.value == pytest.approx(truth.mean_depth_mm, abs=0.6)
    assert summary.mean_rate_cpm.value == pytest.approx(truth.mean_rate_cpm, abs=0.2)
    assert abs(summary.mean_rate_cpm.value - truth.mean_rate_cpm) < 3 * summary.mean_rate_cpm.sigma
    assert np.sqrt(np.mean(_depth_errors_mm(events, script) ** 2)) < 1.0
    # What rests on the chest is noise all through; the lowest of it is a little too low.
    assert abs(np.mean(_release_errors_mm(events, script))) < 0.8
    assert np.sqrt(np.mean(_rate_errors_cpm(events, script) ** 2)) < 2.5


@pytest.mark.parametrize(
    ("rate_hz", "noise_mm", "limit_mm"),
    [
        (30, 0.0, 0.3),
        (30, 0.8, 0.25),
        (60, 0.0, 0.1),
        (60, 0.8, 0.2),
        (200, 0.0, 0.01),
        (200, 0.8, 0.2),
    ],
)
@pytest.mark.parametrize("style", ["demo", "fast", "deep"])
def test_the_tip_of_a_press_is_not_rounded_off(
    style: str, rate_hz: float, noise_mm: float, limit_mm: float
) -> None:
    """A tip of 50 ms that rises by a millimetre: two frames of a camera at 30 Hz.

    The negative control is the smoothed curve, whose peaks are too low by more.
    """
    errors, smoothed = [], []
    for seed in range(4):
        script = make_script(style, Mode.HANDS_ONLY, compressing_s=10.0, seed=seed)
        t_s = np.arange(0, script.duration_s, 1 / rate_hz)
        noise = noise_mm * np.random.default_rng(seed).standard_normal(t_s.size)
        mm = 1e3 * script.chest_depth_m(t_s) + noise
        stepper = MetricsStepper(MetricsConfig())
        motion = [
            ChestSample(_stamp(t), d / 1e3, 0.0, noise_mm / 1e3, ("truth",))
            for t, d in zip(t_s.tolist(), mm.tolist(), strict=True)
        ]
        errors.append(_depth_errors_mm(stepper.steps(motion) + stepper.finish(), script))
        n = max(round(0.060 * rate_hz), 3)
        means = np.convolve(mm, np.ones(n) / n, mode="same")
        for c in script.truth().compressions:
            smoothed.append(means[abs(t_s - c.peak_s) < 0.1].max() - c.depth_mm)
    assert abs(np.mean(np.concatenate(errors))) < limit_mm
    assert np.mean(smoothed) < -limit_mm


def test_a_wrong_gain_would_be_seen(rig: Rig) -> None:
    """Negative control: with a gain that is 7 % off the same check fails."""
    camera_id, camera = next(iter(rig.cameras.items()))
    gain = 1.07 * camera.depth_gain
    wrong = rig.model_copy(
        update={
            "mannequin": None,
            "cameras": {camera_id: camera.model_copy(update={"depth_gain": gain})},
        }
    )
    script = make_script("good", Mode.HANDS_ONLY, compressing_s=20.0, seed=12)
    _, events = _run(wrong, _camera(script, rig, 12))
    depth = _summary(events, script).mean_depth_mm.value
    assert depth is not None
    assert abs(depth - script.truth().mean_depth_mm) > 2.0


def test_five_seconds_without_the_mannequin(rig: Rig) -> None:
    script = make_script("good", Mode.HANDS_ONLY, compressing_s=20.0, seed=13)
    frames = [
        item for item in _mannequin(script, 13) if not 10.0 < item[1].arrival.seq / 200 < 15.0
    ]
    motion, events = _run(rig, frames + _camera(script, rig, 13))
    assert len(_compressions(events)) == script.truth().count
    t_s = np.array([(s.stamp.t_ns - T0_NS) / 1e9 for s in motion])
    error_mm = 1e3 * (np.array([s.depth_m for s in motion]) - script.chest_depth_m(t_s))
    without = (t_s > 10.0) & (t_s < 15.0)
    assert np.array([s.sources != ("mannequin",) for s in motion])[without].all()
    # One frame's noise is 1.2 mm; what the camera learnt adds next to nothing.
    assert np.sqrt(np.mean(error_mm[without] ** 2)) < 1.4
    assert abs(error_mm[without].mean()) < 0.3
    during = [10.0 < c.peak_s < 15.0 for c in script.truth().compressions]
    assert np.sqrt(np.mean(_depth_errors_mm(events, script)[during] ** 2)) < 0.7


def test_five_seconds_without_cameras_change_nothing(rig: Rig) -> None:
    script = make_script("good", Mode.HANDS_ONLY, compressing_s=8.0, seed=14)
    frames, seen = _mannequin(script, 14), _camera(script, rig, 14)
    fewer = [item for item in seen if not 4.0 < item[1].arrival.seq / 60 < 9.0]
    whole, part = _run(rig, frames + seen)[1], _run(rig, frames + fewer)[1]
    assert [c.depth_mm for c in _compressions(whole)] == [c.depth_mm for c in _compressions(part)]


@pytest.fixture(scope="module")
def led_by_a_camera(rig: Rig) -> list[tuple[np.ndarray, np.ndarray]]:
    """(errors, sigmas) in m of the samples a camera led, for eight independent sessions."""
    runs = []
    for seed in range(8):
        script = make_script("good", Mode.HANDS_ONLY, compressing_s=6.0, seed=20 + seed)
        frames = [i for i in _mannequin(script, seed) if i[1].arrival.seq / 200 < 5.0]
        motion, _ = _run(rig, frames + _camera(script, rig, seed))
        led = [s for s in motion if s.sources != ("mannequin",) and s.hands == "on"]
        t_s = np.array([(s.stamp.t_ns - T0_NS) / 1e9 for s in led])
        error_m = np.array([s.depth_m for s in led]) - script.chest_depth_m(t_s)
        runs.append((error_m, np.array([s.sigma_m for s in led])))
    return runs


@pytest.mark.parametrize(("scale", "honest"), [(1.0, True), (0.5, False), (2.0, False)])
def test_a_camera_samples_sigma_is_honest(
    led_by_a_camera: list[tuple[np.ndarray, np.ndarray]], scale: float, honest: bool
) -> None:
    """The 95 % coverage over independent runs; sigmas halved or doubled fail the same test."""
    shares = [np.mean(np.abs(e) < 1.96 * scale * s) for e, s in led_by_a_camera]
    half = 2.36 * np.std(shares, ddof=1) / math.sqrt(len(shares))
    assert (abs(np.mean(shares) - 0.95) <= half + 0.02) == honest
