"""The simulated camera's noise beside that of a real D435."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mr.sim.camera import SimImager
from mr.sim.learner import still_script
from mr.sim.noise import NoiseField, NoiseModel, Stereo, measure
from mr.sim.rig import make_sim_rig

FB = 424.6 * 0.05
SHAPE = (480, 640)


def statistics(disparity_a, disparity_b, valid) -> dict[str, float]:
    """Temporal noise of a pixel, of 40×40 means, and the neighbours' correlation."""
    diff = (disparity_b - disparity_a) / np.sqrt(2)
    valid = valid & (np.abs(diff) < 0.7)
    blocks, within = [], []
    for y in range(0, SHAPE[0] - 40, 20):
        for x in range(0, SHAPE[1] - 40, 20):
            inside = valid[y : y + 40, x : x + 40]
            if inside.mean() > 0.97:
                values = diff[y : y + 40, x : x + 40][inside]
                blocks.append(values.mean())
                within.append(values.var())
    pixel = float(np.sqrt(np.mean(within) + np.var(blocks)))
    shown = np.where(valid, diff - diff[valid].mean(), np.nan)
    power = np.nanmean(shown**2)
    correlation = {
        f"corr_{lag}px": float(np.nanmean(shown[:, :-lag] * shown[:, lag:]) / power)
        for lag in (1, 4, 8, 16)
    }
    return {"sigma_px": pixel, "ratio_40": pixel / float(np.std(blocks)), **correlation}


def simulated(model: NoiseModel, n: int = 2, depth_m: float = 0.78) -> list[np.ndarray]:
    field = NoiseField(model, SHAPE, seed=3)
    stereo = Stereo(FB, FB, m_per_count=2e-5)
    flat = np.full(SHAPE, depth_m, dtype=np.float32)
    return [measure(flat, stereo, model, field, 0.0) * 2e-5 for _ in range(n)]


def of_model(model: NoiseModel) -> dict[str, float]:
    a, b = simulated(model)
    return statistics(FB / np.maximum(a, 1e-9), FB / np.maximum(b, 1e-9), (a > 0) & (b > 0))


def check(seen: dict[str, float]) -> None:
    assert 0.08 <= seen["sigma_px"] <= 0.12
    assert 2.0 <= seen["ratio_40"] <= 3.7
    assert seen["corr_1px"] > 0.75
    assert 0.55 < seen["corr_4px"] < 0.85
    assert 0.15 < seen["corr_8px"] < 0.5
    assert abs(seen["corr_16px"]) < 0.2


def test_noise_is_as_promised():
    check(of_model(NoiseModel()))


@pytest.mark.parametrize(
    "wrong",
    [
        replace(NoiseModel(), correlation_px=0.0),
        replace(NoiseModel(), white_share=1.0),
        replace(NoiseModel(), sigma_px=0.2),
        replace(NoiseModel(), sigma_px=0.03),
        replace(NoiseModel(), correlation_px=9.0),
    ],
)
def test_other_noise_fails_the_same_check(wrong):
    with pytest.raises(AssertionError):
        check(of_model(wrong))


def test_real_frames_pass_nearly_the_same_check(require, capsys):
    """Prints both side by side; the real camera's bounds are a little wider."""
    data = np.load(require.shared("realsense/d435_two_frames.npz"))
    a, b = data["depth"] * float(data["scale"])
    fb = float(data["fx"]) * float(data["baseline_mm"]) / 1000
    valid = (a > 0.3) & (a < 1.0) & (b > 0)
    real = statistics(fb / np.maximum(a, 1e-3), fb / np.maximum(b, 1e-3), valid)
    sim = of_model(NoiseModel())
    with capsys.disabled():
        print(f"\n{'':>10} {'real D435':>10} {'simulated':>10}")
        for key, value in real.items():
            print(f"{key:>10} {value:10.3f} {sim[key]:10.3f}")
    for key in real:
        assert sim[key] == pytest.approx(real[key], abs=0.2 if "corr" in key else real[key] * 0.3)


def test_disparities_come_in_steps_of_a_32nd():
    def off_step(model: NoiseModel) -> float:
        depth = simulated(model, n=1)[0]
        steps = 32 * FB / depth[depth > 0]
        return float(np.abs(steps - np.rint(steps)).max())

    assert off_step(NoiseModel()) < 0.08
    assert off_step(replace(NoiseModel(), step_px=0.0)) > 0.4


def test_noise_in_depth_grows_with_its_square():
    def sigma_m(depth_m: float) -> float:
        a, b = simulated(NoiseModel(), depth_m=depth_m)
        return float(np.std((a - b)[(a > 0) & (b > 0)]) / np.sqrt(2))

    assert sigma_m(0.8) / sigma_m(0.4) == pytest.approx(4.0, rel=0.1)
    assert 0.0015 < sigma_m(0.7) < 0.0030, "about 2 mm a pixel at 0.7 m"


def test_edges_are_holes_on_the_side_the_right_imager_cannot_see():
    depth = np.full(SHAPE, 1.0, dtype=np.float32)
    depth[100:300, 300:400] = 0.5
    stereo = Stereo(FB, FB)
    model = replace(NoiseModel(), hole_share=0.0)
    counts = measure(depth, stereo, model, NoiseField(model, SHAPE, 1), 0.0)
    row = counts[200] == 0
    shadow_px = int(row[200:300].sum())
    assert shadow_px == pytest.approx(FB / 0.5 - FB / 1.0, abs=2.0)
    assert row[400:500].sum() <= 2, "no shadow on the other side"
    band_px = round(FB / 1.0 + model.left_band_px)
    assert not (counts[50, band_px + 1 :] == 0).any()
    assert (counts[50, : band_px - 1] == 0).all(), "no partner in the right image"
    perfect = NoiseModel.none()
    whole = measure(depth, stereo, perfect, NoiseField(perfect, SHAPE, 1), 0.0)
    assert (whole > 0).all(), "a perfect camera has no holes"


def test_frames_of_a_still_scene_differ_and_agree_in_the_mean():
    imager = SimImager(make_sim_rig(), still_script(), seed=2, calibration_error=False)
    frames = np.stack([imager.depth_counts(0.03 * i) for i in range(24)]).astype(float)
    true = imager.true_depth_m(0.0)
    box = (slice(230, 270), slice(400, 440))
    patch = frames[:, *box]
    error_mm = np.where(patch > 0, patch / 10 - 1000 * true[box], np.nan)
    mean_mm = np.nanmean(error_mm, axis=(1, 2))
    assert 0.3 < mean_mm.std() < 1.1, "a 40×40 mean still trembles"
    assert abs(mean_mm.mean()) < 0.5
    one_pixel_mm = np.nanstd(error_mm[:, 20, 20])
    assert one_pixel_mm > 1.8 * mean_mm.std()


def test_what_stays_from_frame_to_frame_is_another_error_elsewhere():
    """The static error of a still wall survives a mean over frames; moved away it is new."""
    model = replace(NoiseModel(), static_px=0.06, hole_share=0.0)
    field, stereo = NoiseField(model, SHAPE, seed=3), Stereo(FB, FB, m_per_count=2e-5)

    def mean_px(depth_m: float) -> np.ndarray:
        flat = np.full(SHAPE, depth_m, dtype=np.float32)
        frames = [measure(flat, stereo, model, field, 0.0)[:, 80:] for _ in range(40)]
        return np.mean([FB / (f * 2e-5) for f in frames], axis=0) - FB / depth_m

    first, again = mean_px(0.70), mean_px(0.70)
    period_px = model.static_period_px
    moved = mean_px(FB / (FB / 0.70 + period_px / 4))
    assert np.std(first) == pytest.approx(0.06, rel=0.3)
    assert np.corrcoef(first.ravel(), again.ravel())[0, 1] > 0.9
    assert abs(np.corrcoef(first.ravel(), moved.ravel())[0, 1]) < 0.3
    assert np.std(first) > 3 * 0.09 / np.sqrt(40), "more than the frames' own noise leaves"


def test_disparities_are_drawn_by_whole_pixels():
    """The mean error over a slope, as a function of the fraction, is the model's sine."""

    def amplitude_px(locking_px: float) -> float:
        model = replace(NoiseModel(), locking_px=locking_px, static_px=0.0, hole_share=0.0)
        field, stereo = NoiseField(model, SHAPE, seed=5), Stereo(FB, FB, m_per_count=2e-5)
        true_px = np.linspace(25.0, 35.0, SHAPE[1] * 3, dtype=np.float32)[-SHAPE[1] :]
        slope = np.broadcast_to(np.float32(FB) / true_px, SHAPE).copy()
        frames = [measure(slope, stereo, model, field, 0.0)[:, 80:] for _ in range(60)]
        error = np.mean([FB / (f * 2e-5) for f in frames], axis=(0, 1)) - true_px[80:]
        phase = np.exp(-2j * np.pi * true_px[80:])
        return float(2 * abs(np.mean((error - error.mean()) * phase)))

    assert amplitude_px(0.05) == pytest.approx(0.05, abs=0.01)
    assert amplitude_px(0.0) < 0.01
