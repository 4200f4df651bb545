"""Latency and gain of a camera come back from compressions made for it, with honest sigmas."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from calibration.together.motion import CameraMotion, SeenMotion, measure_camera_motion
from calibration.together.sightings import seen_motion
from mr.errors import CalibrationError
from mr.rig import Curve, MannequinCalibration
from mr.types import (
    Arrival,
    ChestObservation,
    DeviceInfo,
    FloatArray,
    MannequinFrame,
    Sample,
    Stamp,
    StreamInfo,
)

T0_NS = 7_000_000_000
LATENCY_S, GAIN = 0.037, 1.03
HAND_M, DRIFT_M_S = 0.061, 0.0002


def chest(rng: np.random.Generator, stroke_m: float, duration_s: float) -> tuple[FloatArray, ...]:
    """Compress unevenly: instants and depths, each compression a raised cosine."""
    t_s = np.arange(0.0, duration_s, 0.001)
    depth_m = np.zeros_like(t_s)
    start_s = 0.5
    while start_s < duration_s - 0.8:
        period_s = 60 / rng.normal(105, 4)
        k = (t_s >= start_s) & (t_s < start_s + period_s)
        peak_m = stroke_m * rng.normal(1, 0.08)
        depth_m[k] = 0.5 * peak_m * (1 - np.cos(2 * np.pi * (t_s[k] - start_s) / period_s))
        start_s += period_s
    return t_s, depth_m


def seen(
    seed: int = 1,
    *,
    latency_s: float = LATENCY_S,
    gain: float = GAIN,
    stroke_m: float = 0.05,
    duration_s: float = 7.0,
    hz: float = 20.0,
    noise_m: float = 0.0008,
    wild_share: float = 0.0,
) -> SeenMotion:
    """Make what both would say; the camera's noise goes on from frame to frame (AR 1)."""
    rng = np.random.default_rng([seed, 0x31])
    t_s, depth_m = chest(rng, stroke_m, duration_s)
    mannequin_s = np.arange(0.0, duration_s, 0.005)
    camera_s = np.arange(rng.uniform(0, 1 / hz), duration_s, 1 / hz)
    noise = rng.standard_normal(len(camera_s))
    for i in range(1, len(noise)):
        noise[i] = 0.4 * noise[i - 1] + math.sqrt(1 - 0.16) * noise[i]
    true_m = np.interp(camera_s, t_s, depth_m)
    height_m = HAND_M + DRIFT_M_S * camera_s - min(gain, 1.0) * true_m
    # Over one it is hands that give way, early and then hardly more; by another law than the fit's.
    height_m -= max(gain - 1.0, 0.0) * 0.060 * true_m / (true_m + 0.005)
    height_m += noise_m * noise
    wild = rng.random(len(camera_s)) < wild_share
    height_m[wild] += rng.uniform(-0.3, 0.3, int(wild.sum()))
    counted_m = np.interp(mannequin_s, t_s, depth_m)
    return SeenMotion(
        depth_t_ns=T0_NS + np.round(mannequin_s * 1e9).astype(np.int64),
        depth_m=counted_m + 0.0001 * rng.standard_normal(len(mannequin_s)),
        surface_t_ns=T0_NS + np.round((camera_s + latency_s) * 1e9).astype(np.int64),
        surface_z_m=height_m,
        surface_sigma_m=np.full(len(camera_s), noise_m),
    )


def near(found: CameraMotion, latency_s: float, gain: float) -> bool:
    return abs(found.latency_s - latency_s) < 0.003 and abs(found.depth_gain - gain) < 0.014


@pytest.mark.parametrize("latency_s", [-0.015, 0.0, 0.037, 0.12])
@pytest.mark.parametrize("gain", [0.93, 1.03])
def test_latency_and_gain_come_back(latency_s: float, gain: float) -> None:
    found = measure_camera_motion(seen(latency_s=latency_s, gain=gain), "side")
    assert near(found, latency_s, gain)
    # Negative control: neighbours of the truth would not pass.
    assert not near(found, latency_s + 0.006, gain)
    assert not near(found, latency_s, gain + 0.025)
    assert 0.0006 < found.rms_m < 0.001
    assert found.n_compressions >= 9


def test_a_long_look_is_sharp() -> None:
    found = measure_camera_motion(seen(duration_s=40.0, hz=30.0), "side")
    assert abs(found.latency_s - LATENCY_S) < 0.0005
    # The fit's law is another one than the hands': a quarter of a millimetre at full depth.
    assert abs(found.depth_gain - GAIN) < 0.005
    assert found.depth_gain_sigma < 0.0025


def test_wild_heights_are_left_out() -> None:
    some = seen(wild_share=0.12)
    found = measure_camera_motion(some, "side")
    assert near(found, LATENCY_S, GAIN)
    assert found.rms_m < 0.0012
    # A plain fit at the true lag is led astray by the very same heights.
    t_s = (some.surface_t_ns - T0_NS) / 1e9
    depth_m = np.interp(t_s - LATENCY_S, (some.depth_t_ns - T0_NS) / 1e9, some.depth_m)
    columns = np.column_stack((np.ones(len(t_s)), t_s, -depth_m))
    plain = np.linalg.lstsq(columns, some.surface_z_m, rcond=None)[0]
    assert abs(plain[2] - GAIN) > 0.05


@pytest.fixture(scope="module")
def runs() -> list[CameraMotion]:
    return [measure_camera_motion(seen(seed), "side") for seed in range(50)]


@pytest.mark.parametrize(("scale", "honest"), [(1.0, True), (0.5, False), (2.0, False)])
def test_the_sigmas_are_honest(runs: list[CameraMotion], scale: float, honest: bool) -> None:
    """Errors in sigmas over independent runs; sigmas halved or doubled fail the same test."""
    latency = [(r.latency_s - LATENCY_S) / (scale * r.latency_sigma_s) for r in runs]
    gain = [(r.depth_gain - GAIN) / (scale * r.depth_gain_sigma) for r in runs]
    for errors in (latency, gain):
        assert (0.7 < np.sqrt(np.mean(np.square(errors))) < 1.4) == honest


def test_a_silence_of_the_mannequin_is_not_interpolated() -> None:
    whole = seen(duration_s=10.0)
    t_s = (whole.depth_t_ns - T0_NS) / 1e9
    heard = (t_s < 4.0) | (t_s > 5.5)
    part = dataclasses.replace(
        whole, depth_t_ns=whole.depth_t_ns[heard], depth_m=whole.depth_m[heard]
    )
    found = measure_camera_motion(part, "side")
    assert near(found, LATENCY_S, GAIN)
    # 1.5 s of silence and the lag's range on both sides of it: 1.8 s of 20 Hz.
    assert 30 <= measure_camera_motion(whole, "side").n_used - found.n_used <= 40


def other_motion() -> SeenMotion:
    return dataclasses.replace(seen(1), surface_z_m=seen(2).surface_z_m[: len(seen(1).surface_z_m)])


def with_nan() -> SeenMotion:
    some = seen()
    height_m = some.surface_z_m.copy()
    height_m[20] = np.nan
    return dataclasses.replace(some, surface_z_m=height_m)


def out_of_order() -> SeenMotion:
    some = seen()
    return dataclasses.replace(some, depth_t_ns=some.depth_t_ns[::-1].copy())


def without_sigma() -> SeenMotion:
    some = seen()
    return dataclasses.replace(some, surface_sigma_m=np.zeros_like(some.surface_sigma_m))


@pytest.mark.parametrize(
    ("some", "why"),
    [
        (seen(hz=4.0), r"28 heights and 1400 depths, 40 of each are needed"),
        (seen(duration_s=3.0, hz=60.0), r"\d compressions with \d+ heights, 5 with 40"),
        (seen(stroke_m=0.015), r"moves by 1\d\.\d mm, 25 are needed"),
        (other_motion(), r"heights follow the mannequin, to 1\d\.\d mm rms"),
        (seen(latency_s=0.21), r"no lag between -100 and 200 ms fits"),
        (seen(latency_s=0.28), r"surface rise while"),
        (seen(gain=0.6), r"sees 0\.6\d? of the chest's motion"),
        (seen(gain=-1.0), r"surface rise while"),
        (seen(noise_m=0.008), r"heights follow the mannequin, to [\d.]+ mm rms \([\d.]+ are"),
        (with_nan(), r"the heights must be finite"),
        (out_of_order(), r"the depths must be finite.*increase"),
        (without_sigma(), r"sigmas must be above 0"),
    ],
    ids=[
        "few",
        "short",
        "shallow",
        "other motion",
        "late",
        "half a period late",
        "gain",
        "upside down",
        "noise",
        "nan",
        "order",
        "sigma",
    ],
)
def test_what_cannot_be_measured_is_refused(some: SeenMotion, why: str) -> None:
    with pytest.raises(CalibrationError, match=why) as caught:
        measure_camera_motion(some, "side")
    assert str(caught.value).startswith("camera side, latency and gain: ")
    assert "\n" not in str(caught.value)


def test_only_what_says_something_is_gathered() -> None:
    line = Curve(counts=(0, 1000), values=(0.0, 0.1), sigma=1e-4)
    mannequin = MannequinCalibration(
        serial="M",
        chest_ap_m=0.2,
        chest_depth_m=line,
        cell_force_n=(line,) * 4,
        cell_xy_in_mannequin_m=((0, 0),) * 4,
        airway_flow_ml_s=line,
    )
    streams = (StreamInfo("mannequin", 200.0, 1e6), StreamInfo("mannequin.clock", 5.0, 1e6))
    info = DeviceInfo("sim", "", "", "M", "", streams)

    def height(seq: int, camera_id: str, z_m: float | None, hands: str) -> ChestObservation:
        at = Arrival("c", seq, seq, 0)
        return ChestObservation(at, Stamp(seq, 1), camera_id, z_m, 1e-3, hands, 9)  # type: ignore[arg-type]

    samples: list[Sample] = [
        MannequinFrame(
            Arrival("mannequin", k, 5000 * k, T0_NS + 5_000_000 * k), 10 * k, (0,) * 4, 0, 0
        )
        for k in range(100)
    ]
    samples += [
        height(1, "side", 0.06, "on"),
        height(2, "side", None, "on"),
        height(3, "side", 0.05, "off"),
        height(4, "top", 0.04, "on"),
        height(5, "side", 0.02, "unknown"),
        height(6, "side", 0.01, "on"),
    ]
    found = seen_motion(samples, mannequin, info, "side")
    assert found.surface_t_ns.tolist() == [1, 6]
    assert found.surface_z_m.tolist() == [0.06, 0.01]
    assert found.depth_m[-1] == pytest.approx(0.099)
    # The clock needs some arrivals before it stamps the first sample.
    assert 50 <= len(found.depth_m) == len(found.depth_t_ns) < 100
    assert np.diff(found.depth_t_ns) == pytest.approx(5e6, rel=0.06)
