"""A simulated camera at good and bad places: the mount's report says which and why.

The truth is where the simulator hung the camera, and that the learner kneels on the
mannequin's right; the pixels come from a ray caster that shares no code with tracking.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from mr.sim.camera import SimImager
from mr.sim.learner import make_script, still_script
from mr.sim.noise import NoiseModel
from mr.sim.rig import CameraPlace, sim_calibration
from mr.sim.script import Script
from mr.tracking.chest import BACK_HALF_M
from mr.tracking.mount import COMPRESSION_HZ, MountReport, MountWatch
from mr.tracking.surface import ChestView
from mr.types import FloatArray
from tests.mount.places import calibrated_watch, color_frame, depth_frame, rig_at

PRESSING = make_script("good", compressing_s=3.0, seed=3)
BARE_S = 0.2
"""Before the learner comes."""
FPS = 60
GOOD = CameraPlace(0.70, 30.0, 0.0)
BEHIND = CameraPlace(1.05, 30.0, 180.0)
"""Nearer than this the camera would be in the learner's back."""


def times(script: Script, n: int = 12) -> FloatArray:
    """Give instants at which hands press; of a still scene, any."""
    if not script.compressions:
        return np.linspace(0.5, script.duration_s - 0.5, n)
    return np.linspace(script.compressions[0].onset_s, script.compressions[-1].release_s, n)


@cache
def seen_from(place: CameraPlace, script: Script = PRESSING) -> MountReport:
    """Watch a calibrated camera whose colour picture nobody looks at."""
    sim = rig_at(place)
    imager, watch = SimImager(sim, script, seed=3), calibrated_watch(sim)
    for t_s in times(script):
        watch.step(depth_frame(imager, round(FPS * t_s), t_s), round(t_s * 1e9))
    return watch.report()


def verdicts(report: MountReport) -> dict[str, str]:
    return {i.key: i.verdict for i in report.items}


def advice(report: MountReport, key: str) -> str:
    return next(i.advice for i in report.items if i.key == key)


def test_the_place_that_the_guide_recommends_is_good() -> None:
    report = seen_from(GOOD)
    assert report.verdict == "good", report.items
    facts = report.facts
    assert facts.place is not None
    assert facts.place.distance_m == pytest.approx(0.70, abs=0.002)
    assert np.degrees(facts.place.tilt_rad) == pytest.approx(30.0, abs=0.2)
    assert (facts.side, facts.learner_side) == ("left", "right")
    assert facts.blocked_share == 0.0


def test_behind_the_learner_is_bad_and_the_way_out_is_said() -> None:
    report = seen_from(BEHIND)
    assert report.verdict == "bad"
    assert (report.facts.side, report.facts.learner_side) == ("right", "right")
    assert report.facts.blocked_share == 1.0
    for key in ("side", "sight"):
        assert verdicts(report)[key] == "bad"
        assert "turn it to the mannequin's left side" in advice(report, key)


def test_without_a_learner_the_same_place_hides_nothing() -> None:
    """Negative control: it is the learner's body that hides, not the place."""
    report = seen_from(BEHIND, still_script(3.5))
    assert report.facts.unseen_now_share is not None
    assert report.facts.unseen_now_share < 0.1
    assert report.facts.blocked_share is None
    assert verdicts(report)["sight"] == "unknown"


@pytest.mark.parametrize(
    ("place", "key", "words"),
    [
        (CameraPlace(1.00, 30.0, 0.0), "distance", "move it 25 cm nearer"),
        (CameraPlace(0.70, 55.0, 0.0), "tilt", "raise it: 55°"),
        (CameraPlace(0.70, 5.0, 0.0), "tilt", "lower it to the side: 5°"),
    ],
)
def test_a_bad_place_is_named(place: CameraPlace, key: str, words: str) -> None:
    report = seen_from(place)
    assert report.verdict == "bad"
    assert verdicts(report)[key] == "bad"
    assert words in advice(report, key)
    assert verdicts(seen_from(GOOD))[key] == "good"  # negative control


def test_markers_alone_tell_the_place() -> None:
    """A layout is known, where the camera hangs is not."""
    sim = rig_at(GOOD)
    imager = SimImager(sim, PRESSING, seed=4)
    watch = MountWatch(sim_calibration(sim), sim.marker_layout())
    for k, t_s in enumerate(times(PRESSING, 6)):
        watch.step(color_frame(imager, k, t_s), round(t_s * 1e9))
        watch.step(depth_frame(imager, round(FPS * t_s), t_s), round(t_s * 1e9) + 1)
    facts = watch.report().facts
    assert facts.pose_from == "markers" and facts.place is not None
    assert facts.place.distance_m == pytest.approx(0.70, abs=0.01)
    assert np.degrees(facts.place.tilt_rad) == pytest.approx(30.0, abs=1.0)
    assert facts.markers_seen is not None and facts.markers_seen >= 2
    assert facts.side == "left"


@pytest.mark.parametrize("place", [GOOD, CameraPlace(0.90, 40.0, 60.0), CameraPlace(0.6, 20, -30)])
def test_before_any_calibration_the_picture_tells_roughly(place: CameraPlace) -> None:
    sim = rig_at(place)
    imager, watch = SimImager(sim, PRESSING, seed=5), MountWatch(sim_calibration(sim))
    for t_s in (BARE_S, *times(PRESSING, 6)):
        watch.step(depth_frame(imager, round(FPS * t_s), t_s), round(t_s * 1e9))
    facts = watch.report().facts
    assert facts.pose_from == "picture" and facts.place is not None
    assert facts.place.distance_m == pytest.approx(place.distance_m, abs=0.05)
    assert np.degrees(facts.place.tilt_rad) == pytest.approx(place.tilt_deg, abs=12.0)
    assert facts.side is None and "rough" in facts.why


def test_before_any_calibration_hands_are_not_taken_for_the_chest() -> None:
    """Negative control: without a look at the bare chest there is no place."""
    sim = rig_at(GOOD)
    imager, watch = SimImager(sim, PRESSING, seed=5), MountWatch(sim_calibration(sim))
    for t_s in times(PRESSING, 6):
        watch.step(depth_frame(imager, round(FPS * t_s), t_s), round(t_s * 1e9))
    report = watch.report()
    assert report.verdict == "unknown"
    assert "hands off for a moment" in report.advice


def test_the_expected_noise_is_that_of_the_camera() -> None:
    """The scatter of a patch's mean height over frames of a still scene, against the claim."""
    claims, found = {}, {}
    for distance_m in (0.6, 0.9):
        sim = rig_at(CameraPlace(distance_m, 30.0, 0.0))
        imager = SimImager(sim, still_script(4.0), seed=6, noise=NoiseModel(sigma_px=0.10))
        watch = calibrated_watch(sim)
        camera = sim_calibration(sim)
        view = ChestView(watch.camera, camera.baseline_m, sim.mannequin_from_cam.inverse())
        heights = []
        for k in range(40):
            frame = depth_frame(imager, k, k / FPS)
            watch.step(frame, round(1e9 * k / FPS))
            points = view.look(frame)
            flat = (np.abs(points.x) < BACK_HALF_M[0]) & (np.abs(points.y) < BACK_HALF_M[1])
            heights.append(float(np.nanmean(points.z[flat])))
        sigma_m = watch.report().facts.sigma_m
        assert sigma_m is not None
        claims[distance_m] = sigma_m / np.sqrt(8 / (FPS / COMPRESSION_HZ))
        found[distance_m] = float(np.std(heights))
        print(
            f"{distance_m} m: claimed {1e3 * claims[distance_m]:.2f} mm a frame, "
            f"found {1e3 * found[distance_m]:.2f} mm"
        )
    for distance_m, claim in claims.items():
        assert 0.5 < found[distance_m] / claim < 1.5
    # Negative control: neither the other distance's claim nor independent pixels would do.
    assert not 0.5 < found[0.9] / claims[0.6] < 1.5
    n_px = 4 * BACK_HALF_M[0] * BACK_HALF_M[1] * (424.6 / 0.6) ** 2
    lone_m = 0.6**2 * 0.10 / (424.6 * 0.05) / np.sqrt(n_px)
    assert not 0.5 < found[0.6] / lone_m < 1.5
